# SPDX-License-Identifier: Apache-2.0
"""berthd dies while a create is on its way to the engine. The next berthd lists the engine, asks for the same, and finds
the name taken by what its predecessor began: that is no failed update, and the end is as declared."""
import unittest

from engine import PrivateEngine
from engine_proxy import HoldingProxy
from scale import rounds
from server import Berthd, condition, container, is_ready
from waiting import eventually


# Whatever a spec can say that is asked of a container which nobody has on record: what the next berthd finds is the same.
RICH = {"command": ["sleep"], "args": ["100000"], "user": "0:0", "workingDir": "/tmp", "hostname": "flight", "tty": True,
        "stdin": True, "readOnlyRootFilesystem": True, "labels": {"tier": "front"}, "expose": ["9000", "53/udp"],
        "capAdd": ["NET_ADMIN"], "capDrop": ["MKNOD"], "groupAdd": ["10"], "devices": [{"hostPath": "/dev/null"}],
        "sysctls": {"net.ipv4.ip_unprivileged_port_start": "0"},
        "ports": [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP", "hostIP": "127.0.0.1"}],
        "mounts": [{"type": "Volume", "source": "flight-data", "target": "/data", "volumeOptions": {"noCopy": True}},
                   {"type": "Bind", "source": "/usr/share", "target": "/mnt", "readOnly": True,
                    "bindOptions": {"propagation": "rprivate"}},
                   {"type": "Tmpfs", "target": "/run", "tmpfsOptions": {"size": "1Mi", "mode": "0700"}}],
        "healthcheck": {"test": ["CMD", "true"], "interval": "1s", "timeout": "1500ms", "retries": 3}}


class CallInFlight(unittest.TestCase):
    def setUp(self):
        self.engine = PrivateEngine.shared()
        self.proxy = HoldingProxy(self.engine.socket, self.engine.root / "holding.sock")
        self.addCleanup(self.proxy.close)
        self.addCleanup(self.remove_all)  # once berthd is gone: while it runs, it makes again what is removed
        self.berthd = Berthd(self.proxy.path).start()
        self.addCleanup(self.berthd.destroy)

    def test_the_next_of_a_replace(self):
        for number in range(rounds(3, 1)):
            name = f"flight-{number}"
            self.declare(name, "one")
            eventually(40, lambda: self.settled(name, "one"), "the first one is Ready")
            self.cut(name, "two")

    def test_the_first_one(self):
        for number in range(rounds(3, 1)):
            self.cut(f"flight-first-{number}", "one")

    def remove_all(self):
        for name in self.engine.docker("ps", "--all", "--quiet", "--filter", "name=flight-").split():
            self.engine.docker("rm", "--force", name)
        self.engine.docker("volume", "rm", "flight-data", check=False)

    def declare(self, name, version):
        self.berthd.apply(container(name, env=[{"name": "VERSION", "value": version}], **RICH))

    def cut(self, name, version):
        self.proxy.hold()
        self.declare(name, version)
        eventually(20, lambda: self.proxy.creates == 1, "the create is on its way")
        self.berthd.kill()
        self.berthd.start()
        eventually(20, lambda: self.proxy.creates == 2, "the next berthd asks for the same")
        self.proxy.release()
        eventually(40, lambda: self.settled(name, version), f"{name} is as declared")
        self.assertNotIn("update", self.berthd.object("container", name)["status"])
        eventually(10, lambda: self.assertEqual(self.failures(name), ["Failed"]) is None,
                   "the refused create is told of, and nothing else")
        self.berthd.kubectl("delete", "container", name, "--timeout=60s")
        self.assertEqual(self.engine.managed_rows(name), [])

    def failures(self, name):
        events = self.berthd.get("/api/v1/namespaces/default/events").json()["items"]
        return [event["reason"] for event in events
                if event["involvedObject"]["name"] == name and event["type"] == "Warning"]

    def settled(self, name, version):
        item, have = self.berthd.object("container", name), self.engine.managed(name)
        self.assertNotEqual(condition(item, "Ready").get("reason"), "RolledBack")
        return (is_ready(item) and [one["Name"] for one in have] == [f"/{name}"]
                and f"VERSION={version}" in have[0]["Config"]["Env"])

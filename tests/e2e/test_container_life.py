# SPDX-License-Identifier: Apache-2.0
"""Containers beside each other on a real engine: who waits for whom, who follows whom, what is repaired, what keeps its
data, and what is taken over as it runs."""
import json
import pathlib
import re
import shutil
import tempfile

from case import RoadCase
from server import condition, container
from waiting import always, eventually

CHECK = {"test": ["CMD-SHELL", "test -e /tmp/well"], "interval": "200ms", "timeout": "5s", "retries": 1}


def after(name, wanted="Started", **more):
    return {"containerRef": {"name": name}, "condition": wanted, **more}


class ContainerLife(RoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "bin").mkdir()
            shutil.copy("/bin/busybox", root / "bin/busybox")
            for applet in ("sh", "sleep", "cat"):
                (root / "bin" / applet).symlink_to("busybox")
            cls.engine.load(root, "life-data:1", "VOLUME /data")

    def says(self, name, kind, reason, seconds=20):
        def look():
            found = condition(self.berthd.object("container", name), kind)
            return found if found.get("reason") == reason else None
        return eventually(seconds, look, f"{name} says {kind} {reason}")

    def started(self, name):
        return self.engine.inspect(name)["State"]["StartedAt"]

    def patch(self, name, spec):
        self.berthd.kubectl("patch", "container", name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def test_a_start_waits_for_health_and_for_an_end(self):
        self.make(container("life-db", healthcheck=CHECK),
                  container("life-job", command=["sh", "-c", "while ! test -e /tmp/go; do sleep 0.05; done"],
                            restartPolicy="Never"),
                  container("life-web", dependsOn=[after("life-db", "Healthy"), after("life-job", "Completed")]))
        self.says("life-db", "Ready", "Unhealthy")
        waits = self.says("life-web", "Stalled", "DependencyFailed")
        self.assertIn('Container "life-db" to be healthy: its healthcheck fails', waits["message"])
        self.assertEqual(self.engine.inspect("life-web")["State"]["Status"], "created")
        self.engine.docker("exec", "life-db", "touch", "/tmp/well")
        waits = self.says("life-web", "Ready", "WaitingForDependencies")
        self.assertEqual(waits["message"], 'waits for Container "life-job" to be completed: it still runs')
        self.engine.docker("exec", "life-job", "touch", "/tmp/go")
        self.ready("life-web")

    def test_a_circle_is_named(self):
        self.make(container("life-one", dependsOn=[after("life-two")]),
                  container("life-two", dependsOn=[after("life-one")]))
        said = self.says("life-one", "Stalled", "DependencyCircle")
        self.assertEqual(said["message"], "these wait for each other: life-one, life-two, life-one")
        self.patch("life-two", {"dependsOn": None})
        self.ready("life-one")

    def test_they_follow_one_that_is_replaced(self):
        self.make(container("life-vpn"),
                  container("life-in", containerRef={"name": "life-vpn"}),
                  container("life-by", dependsOn=[after("life-vpn", restart=True)]),
                  container("life-aside", dependsOn=[after("life-vpn")]))
        for name in ("life-in", "life-by", "life-aside"):
            self.ready(name)
        before = {name: self.started(name) for name in ("life-by", "life-aside")}
        self.patch("life-vpn", {"env": [{"name": "A", "value": "2"}]})
        self.ready("life-vpn")
        vpn = self.engine.inspect("life-vpn")["Id"]
        eventually(20, lambda: self.engine.inspect("life-in")["HostConfig"]["NetworkMode"] == f"container:{vpn}",
                   "made again in the new one's network")
        eventually(20, lambda: self.started("life-by") != before["life-by"], "restarted after the other")
        for name in ("life-in", "life-by"):
            self.ready(name)
        self.assertEqual(self.started("life-aside"), before["life-aside"])
        # Whoever shares its network is left in an empty one when it is only started again.
        old = self.started("life-in")
        self.engine.docker("restart", "-t", "0", "life-vpn")
        eventually(20, lambda: self.started("life-in") != old, "started again with it")
        self.ready("life-in")
        interfaces = self.engine.docker("exec", "life-in", "ip", "-o", "link")
        self.assertEqual(interfaces, self.engine.docker("exec", "life-vpn", "ip", "-o", "link"))

    def test_what_is_unhealthy_is_restarted_or_made_again(self):
        well = ["sh", "-c", "touch /tmp/well; sleep 100000"]
        self.make(container("life-restart", command=well, healthcheck=CHECK, onUnhealthy="Restart"),
                  container("life-recreate", command=well, healthcheck=CHECK, onUnhealthy="Recreate"))
        for name in ("life-restart", "life-recreate"):
            self.ready(name)
        before = {name: self.engine.inspect(name) for name in ("life-restart", "life-recreate")}
        for name in before:
            self.engine.docker("exec", name, "rm", "/tmp/well")
        eventually(20, lambda: self.started("life-restart") != before["life-restart"]["State"]["StartedAt"], "restarted")
        eventually(20, lambda: self.engine.inspect("life-recreate") is not None
                   and self.engine.inspect("life-recreate")["Id"] != before["life-recreate"]["Id"], "made again")
        for name in before:
            self.ready(name)
            self.assertEqual(self.status_of(name)["repairs"]["count"], 1)
        self.assertEqual(self.engine.inspect("life-restart")["Id"], before["life-restart"]["Id"])

    def test_anonymous_volumes_outlive_replaces_and_go_with_the_object(self):
        self.make(container("life-data", image="life-data:1"))
        self.ready("life-data")
        self.engine.docker("exec", "life-data", "sh", "-c", "echo kept > /data/file")
        for value in ("1", "2"):
            self.patch("life-data", {"env": [{"name": "A", "value": value}]})
            eventually(20, lambda: f"A={value}" in (self.engine.inspect("life-data") or {"Config": {"Env": []}})
                       ["Config"]["Env"], "replaced")
            self.ready("life-data")
            self.assertEqual(self.engine.docker("exec", "life-data", "cat", "/data/file"), "kept")
        volume = self.engine.inspect("life-data")["Mounts"][0]["Name"]
        self.assertIn(volume, self.engine.docker("volume", "ls", "-q"))
        self.berthd.kubectl("delete", "container", "life-data", "--timeout=60s")
        self.assertNotIn(volume, self.engine.docker("volume", "ls", "-q"))

    def test_a_running_container_is_adopted_by_its_manifest(self):
        self.engine.docker("network", "create", "life_default")
        self.addCleanup(self.engine.docker, "network", "rm", "life_default", check=False)
        self.engine.docker(
            "run", "-d", "--name", "life-web-1", "--stop-timeout", "1", "--network", "life_default", "--network-alias", "web", "-e", "A=1",
            "-p", "127.0.0.1::8080", "-v", "/srv:/srv:ro", "--memory", "64m", "--cap-add", "NET_ADMIN", "--restart",
            "unless-stopped", "--health-cmd", "true", "--health-interval", "300ms", "--label",
            "com.docker.compose.project=life", "--label", "com.docker.compose.service=web", "web:1")
        self.addCleanup(self.engine.docker, "rm", "-f", "life-web-1", check=False)
        before = self.engine.inspect("life-web-1")
        manifest = self.berthd.berth("adopt", "local", "life-web-1", "--name", "life-adopted")
        self.assertIn(before["Id"], manifest)
        # Another definition is refused, and nothing happens.
        wrong = re.sub(r"value: [\"']?1[\"']?", 'value: "2"', manifest)
        self.assertNotEqual(wrong, manifest)
        self.berthd.kubectl("apply", "-f", "-", stdin=wrong)
        self.addCleanup(self.berthd.kubectl, "delete", "container", "life-adopted", "--ignore-not-found", check=False)
        said = self.says("life-adopted", "Stalled", "NameConflict")
        self.assertIn("differs in spec.env[A]; nothing was changed", said["message"])
        self.berthd.kubectl("apply", "-f", "-", stdin=manifest)
        self.ready("life-adopted")
        self.assertEqual(self.engine.inspect("life-web-1")["State"]["StartedAt"], before["State"]["StartedAt"])
        self.assertEqual(self.status_of("life-adopted")["adopted"], before["Id"])
        self.assertIn("default/life-adopted", self.berthd.kubectl("get", "enginecontainers", "-o", "wide"))
        # From now on it is kept, and a change makes one with labels of it.
        self.engine.docker("kill", "life-web-1")
        eventually(20, lambda: self.engine.inspect("life-web-1")["State"]["Running"], "started again")
        self.patch("life-adopted", {"image": "web:2"})
        eventually(20, lambda: self.engine.managed("life-adopted")
                   and self.engine.managed("life-adopted")[0]["Name"] == "/life-web-1", "replaced")
        self.ready("life-adopted")
        self.assertNotIn("adopted", self.status_of("life-adopted"))

    def test_what_cannot_be_adopted_is_said(self):
        self.engine.docker("run", "-d", "--rm", "--name", "life-rm", "busybox:test", "sleep", "100000")
        self.addCleanup(self.engine.docker, "rm", "-f", "life-rm", check=False)
        told = self.berthd.berth("adopt", "local", "life-rm", check=False)
        self.assertEqual(told.returncode, 1)
        self.assertIn("no word for HostConfig.AutoRemove of container life-rm", told.stderr)
        self.make(container("life-ours"))
        self.ready("life-ours")
        told = self.berthd.berth("adopt", "local", "life-ours", check=False)
        self.assertEqual(told.returncode, 1)
        self.assertIn("managed by Container default/life-ours", told.stderr)
        told = self.berthd.berth("adopt", "local", "life-nobody", check=False)
        self.assertIn("not found", told.stderr)

    def test_a_plain_container_is_never_taken_over_silently(self):
        self.engine.docker("run", "-d", "--name", "life-plain", "busybox:test", "sleep", "100000")
        self.addCleanup(self.engine.docker, "rm", "-f", "life-plain", check=False)
        before = self.engine.inspect("life-plain")
        self.make(container("life-plain"))
        self.says("life-plain", "Stalled", "NameConflict")
        always(1, lambda: self.engine.inspect("life-plain")["State"] == before["State"], "left alone")

    def test_a_platform_that_is_not_there_is_pulled_or_said(self):
        self.make(container("life-arm", platform="linux/arm64", imagePullPolicy="Never"))
        said = self.says("life-arm", "Ready", "ErrImageNeverPull")
        self.assertIn("busybox:test for linux/arm64", said["message"])
        self.patch("life-arm", {"platform": "linux/amd64"})
        self.ready("life-arm")

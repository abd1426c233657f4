# SPDX-License-Identifier: Apache-2.0
"""Whatever is done to a managed container from outside is undone; what is not ours is never touched."""
import signal

import scale
from case import RoadCase
from engine_proxy import DeafProxy
from server import Berthd, condition, container
from waiting import always, eventually


class Drift(RoadCase):
    POLICIES = ("Always", "UnlessStopped")

    def declared(self, name, seconds=5, not_as=None):
        """As declared again within `seconds`: exactly one container, running, not paused; another start than
        `not_as`, so that what is not yet dead does not pass for repaired."""
        def look():
            have = self.engine.managed(name)
            return have[0] if len(have) == 1 and have[0]["Name"] == f"/{name}" and have[0]["State"]["Running"] \
                and not have[0]["State"]["Paused"] and have[0]["State"]["StartedAt"] != not_as else None
        found = eventually(seconds, look, f"{name} is as declared again")
        self.ready(name)
        return found

    def each(self, *command):
        for policy in self.POLICIES:
            with self.subTest(policy=policy):
                name = f"drift-{command[0]}-{policy.lower()}"
                self.make(container(name, restartPolicy=policy))
                self.ready(name)
                started = self.engine.inspect(name)["State"]["StartedAt"]
                self.engine.docker(*command, name)
                self.declared(name, not_as=None if command[0] == "pause" else started)

    def test_rm(self):
        self.each("rm", "-f")

    def test_kill(self):
        self.each("kill")

    def test_stop(self):
        self.each("stop", "-t", "1")

    def test_pause(self):
        self.each("pause")

    def test_rename(self):
        self.make(container("renamed"))
        self.ready("renamed")
        self.engine.docker("rename", "renamed", "other")
        self.declared("renamed")

    def test_swapped_names(self):
        self.make(container("swap-a"), container("swap-b"))
        made = {name: self.ready(name)["status"]["containerID"] for name in ("swap-a", "swap-b")}
        self.berthd.process.send_signal(signal.SIGSTOP)
        try:
            for name, other in (("swap-a", "swap-c"), ("swap-b", "swap-a"), ("swap-c", "swap-b")):
                self.engine.docker("rename", name, other)
        finally:
            self.berthd.process.send_signal(signal.SIGCONT)
        eventually(20, lambda: {name: self.engine.inspect(name)["Id"] for name in made} == made,
                   "each has its own name again")
        for name in made:
            self.declared(name)

    def test_slow_creates_hold_up_no_repair(self):
        self.make(container("mended"))
        self.ready("mended")
        started = self.engine.inspect("mended")["State"]["StartedAt"]
        # The engine looks for the plugin for 15 s.
        slow = [container(f"slow-{number}", logging={"driver": "nope"}) for number in range(20)]
        self.addCleanup(self.berthd.kubectl, "delete", "container", *[item["metadata"]["name"] for item in slow],
                        "--ignore-not-found", "--timeout=60s", check=False)
        self.berthd.apply(*slow)
        self.engine.docker("rm", "-f", "mended")
        self.declared("mended", not_as=started)

    def test_networks(self):
        self.engine.docker("network", "create", "drift-a")
        self.engine.docker("network", "create", "drift-b")
        self.addCleanup(self.engine.docker, "network", "rm", "drift-a", "drift-b")
        self.make(container("netted", networks=[{"name": "drift-a", "aliases": ["n"]}]))
        self.addCleanup(self.berthd.kubectl, "delete", "container", "netted", "--ignore-not-found")
        self.ready("netted")
        self.engine.docker("network", "disconnect", "drift-a", "netted")
        eventually(5, lambda: self._networks("netted") == ["drift-a"], "connected again")
        aliases = self.engine.inspect("netted")["NetworkSettings"]["Networks"]["drift-a"]["Aliases"]
        self.assertIn("n", aliases)
        self.engine.docker("network", "connect", "drift-b", "netted")
        eventually(5, lambda: self._networks("netted") == ["drift-a"], "the connection that nobody declared is gone")
        self.berthd.kubectl("delete", "container", "netted")

    def _networks(self, name):
        return sorted(self.engine.inspect(name)["NetworkSettings"]["Networks"])

    def test_limits(self):
        self.make(container("limits", resources={"memory": "64Mi", "memorySwap": "64Mi"}))
        self.ready("limits")
        self.engine.docker("update", "--memory", "32m", "--memory-swap", "32m", "--restart", "no", "limits")
        eventually(5, lambda: self.engine.inspect("limits")["HostConfig"]["Memory"] == 64 << 20, "the limit is back")
        self.assertEqual(self.engine.inspect("limits")["HostConfig"]["RestartPolicy"]["Name"], "always")

    def test_made_again_by_hand(self):
        wanted = {"command": ["sleep"], "args": ["100000"], "env": [{"name": "A", "value": "1"}]}
        run = ("--stop-timeout", "1", "--entrypoint", "sleep", "-e", "A=1", "busybox:test")
        others = {"hash": ({"berth.dev/spec-hash": "h1:other"}, (*run, "100000")),
                  "command": ({}, (*run, "7")),
                  "mounts": ({}, ("-v", "/var/tmp:/mnt", *run, "100000"))}
        if scale.FULL:
            others["environment"] = ({}, ("-e", "B=1", *run, "100000"))
            others["ports"] = ({}, ("-p", "80", *run, "100000"))
        for what, (labels, arguments) in others.items():
            with self.subTest(what):
                made = self.by_hand(f"byhand-{what}", wanted, labels, arguments)
                found = eventually(20, lambda: self.other_than(f"byhand-{what}", made), "it is replaced")
                self.assertEqual((found["Path"], found["Args"]), ("sleep", ["100000"]))
                self.assertNotIn("B=1", found["Config"]["Env"])
                self.assertEqual((found["HostConfig"]["PortBindings"] or {}, found["HostConfig"]["Binds"] or []), ({}, []))
                self.declared(f"byhand-{what}")
        with self.subTest("the same"):
            made = self.by_hand("byhand-same", wanted, {}, (*run, "100000"))
            eventually(20, lambda: self.status_of("byhand-same").get("containerID") == made, "it is taken over")
            self.declared("byhand-same")
            self.assertEqual(self.engine.inspect("byhand-same")["Id"], made)

    def by_hand(self, name, wanted, labels, arguments):
        """A managed container is made again while berthd does not look, with its labels; the new one's id."""
        self.make(container(name, **wanted))
        self.ready(name)
        labels = {**self.engine.inspect(name)["Config"]["Labels"], **labels}
        self.berthd.process.send_signal(signal.SIGSTOP)
        try:
            self.engine.docker("rm", "-f", name)
            return self.engine.docker("run", "-d", "--name", name, *[f"--label={k}={v}" for k, v in labels.items()],
                                      *arguments)
        finally:
            self.berthd.process.send_signal(signal.SIGCONT)

    def other_than(self, name, made):
        have = self.engine.managed(name)
        return have[0] if len(have) == 1 and have[0]["Name"] == f"/{name}" and have[0]["Id"] != made else None

    def test_one_shots_stay_ended(self):
        self.make(container("done", restartPolicy="Never", command=["true"]),
                  container("bad", restartPolicy="Never", command=["sh", "-c", "exit 3"]),
                  container("shot", restartPolicy="Never"))
        eventually(20, lambda: self.status_of("done").get("phase") == "Succeeded", "done succeeded")
        self.assertEqual(condition(self.berthd.object("container", "done"), "Ready")["reason"], "Completed")
        eventually(20, lambda: self.status_of("bad").get("phase") == "Failed", "bad failed")
        self.assertEqual(self.status_of("bad")["exitCode"], 3)
        self.ready("shot")
        self.engine.docker("kill", "shot")
        eventually(10, lambda: self.status_of("shot").get("phase") == "Failed", "shot failed")
        self.engine.docker("rm", "done")
        always(2, lambda: self.engine.inspect("done") is None and
               not self.engine.inspect("shot")["State"]["Running"] and
               not self.engine.inspect("bad")["State"]["Running"], "one-shots stay as they ended")
        self.assertEqual(self.status_of("done")["phase"], "Succeeded")

    def test_foreign_containers_are_never_touched(self):
        self.engine.docker("run", "-d", "--name", "foreign", "busybox:test", "sleep", "100000")
        self.addCleanup(self.engine.docker, "rm", "-f", "foreign")
        before = self.engine.inspect("foreign")
        self.make(container("foreign"))
        eventually(10, lambda: condition(self.berthd.object("container", "foreign"), "Ready").get("reason")
                   == "NameConflict", "the conflict is a condition")
        self.berthd.kubectl("delete", "container", "foreign")
        after = self.engine.inspect("foreign")
        self.assertEqual((after["Id"], after["State"]["StartedAt"]), (before["Id"], before["State"]["StartedAt"]))


class EventsCut(RoadCase):
    """berthd talks to the engine through a proxy that swallows the event stream."""

    @classmethod
    def setUpClass(cls):
        from engine import PrivateEngine
        cls.engine = PrivateEngine.shared()
        cls.volumes_before = cls.volumes()
        cls.proxy = DeafProxy(cls.engine.socket, cls.engine.root / "deaf.sock")
        cls.berthd = Berthd(cls.proxy.path).start()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.proxy.close()

    def test_drift_is_found_without_events(self):
        names = {"rm": ("rm", "-f"), "kill": ("kill",), "stop": ("stop", "-t", "1"), "pause": ("pause",)}
        self.make(*[container(f"deaf-{key}") for key in names])
        for key in names:
            self.ready(f"deaf-{key}", seconds=90)
        self.proxy.deaf.set()
        for key, command in names.items():
            self.engine.docker(*command, f"deaf-{key}")
        for key in names:
            eventually(60, lambda: self._as_declared(f"deaf-{key}"), f"deaf-{key} is as declared again")

    def _as_declared(self, name):
        have = self.engine.managed(name)
        return len(have) == 1 and have[0]["State"]["Running"] and not have[0]["State"]["Paused"]

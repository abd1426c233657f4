# SPDX-License-Identifier: Apache-2.0
"""berthd dies at every step of a replace and of its rollback, in either order: the end is one container, as it should
be, with nothing left over. Under StopFirst never did two run at once, under StartFirst always one. It dies around a
restart: the container is restarted once."""
import concurrent.futures
import json
import subprocess
import threading
import traceback
import unittest

from engine import PrivateEngine
import scale
from scale import rounds
from server import BERTHD, Berthd, condition, container, is_ready
from waiting import eventually

NAMES = subprocess.run([BERTHD, "--list-failpoints"], text=True, capture_output=True, check=True).stdout.split()
ROLLBACK = ("record-failure", "stop-next", "remove-next", "restore-policy-old", "start-old")
FAILPOINT_EXIT = 86
# Steps that an order never comes to: aliases are for StartFirst, which leaves the old one alone until the new is proved.
NOT_REACHED = {"StopFirst": ("name-next",), "StartFirst": ("restore-policy-old", "start-old")}
AT_ONCE = 4  # berthds beside each other; each has containers of its own


class ReplaceCrash(unittest.TestCase):
    def test_every_failpoint(self):
        self.every("StopFirst", ("before", "after"))

    def test_every_failpoint_of_start_first(self):
        # Before a step is after the one ahead of it.
        self.every("StartFirst", ("before", "after") if scale.FULL else ("after",))

    def every(self, order, moments):
        engine = PrivateEngine.shared()
        names = [name for name in NAMES if name.startswith("replace:") and name.split(":")[2] in moments
                 and name.split(":")[1] not in NOT_REACHED[order]]
        self.assertGreaterEqual(len(names), 11, NAMES)
        steps = [(number, order, step) for number in range(rounds(3, 1)) for step in names]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            ends = {step: pool.submit(Crash(engine, *step).run) for step in steps}
        broken = {step: end.exception() for step, end in ends.items() if end.exception()}
        for step, error in broken.items():
            print(f"  {step}:")
            traceback.print_exception(error)
        self.assertEqual(list(broken), [])


class RestartCrash(unittest.TestCase):
    def test_a_token_is_acted_on_once(self):
        engine = PrivateEngine.shared()
        names = [name for name in NAMES if name.startswith("restart:")]
        self.assertEqual(names, ["restart:before", "restart:after"])
        for step in names:
            with self.subTest(step):
                self.crash(engine, step)

    def crash(self, engine, step):
        name = "crash-" + step.replace(":", "-")
        berthd = Berthd(engine.socket).start()
        try:
            berthd.apply(container(name))
            eventually(40, lambda: is_ready(berthd.object("container", name)), "it is Ready")
            since = engine.inspect(name)["State"]["StartedAt"]
            berthd.stop()
            berthd.start(environment={"BERTH_FAILPOINT": step})
            berthd.kubectl("annotate", "container", name, "berth.dev/restartedAt=t1", check=False)
            self.assertEqual(berthd.process.wait(40), FAILPOINT_EXIT)
            berthd.start()
            eventually(40, lambda: handled(berthd.object("container", name)) == "t1", "the token is handled")
            self.assertEqual(restarts(engine, name, since), 1)
            self.assertNotIn("restart", berthd.object("container", name)["status"]["handled"])
        finally:
            berthd.destroy()
            engine.docker("rm", "-f", name, check=False)

    def test_an_unknown_failpoint_is_refused(self):
        berthd = Berthd("/nonexistent.sock").start(environment={"BERTH_FAILPOINT": "replace:nothing"}, ready=False)
        try:
            self.assertEqual(berthd.process.wait(20), 1)
            self.assertIn("is no failpoint; known are replace:create-next:before", berthd.log_tail())
        finally:
            berthd.destroy()


def handled(item):
    return item["status"].get("handled", {}).get("restartedAt")


def restarts(engine, name, since):
    """How often the engine has restarted it after its first start."""
    until = engine.api("/info")["SystemTime"]
    return len(engine.docker("events", "--since", since, "--until", until, "--format", "{{.Action}}",
                             "--filter", f"container={name}", "--filter", "event=restart").split())


class Crash:
    """One replace, cut at one step."""

    def __init__(self, engine, number, order, step):
        self.engine, self.order, self.step = engine, order, step
        self.fails = step.split(":")[1] in ROLLBACK
        self.name = f"crash-{order.lower()}-" + step.replace(":", "-") + f"-{number}"
        self.network = f"net-{self.name}"

    def spec(self, version, healthy):
        probe = {"test": ["CMD", "test", "-e", "/tmp/ok"], "interval": "300ms", "timeout": "1s", "retries": 1}
        return {"command": ["sh", "-c", ("touch /tmp/ok; " if healthy else "") + "exec sleep 100000"],
                "healthcheck": probe, "env": [{"name": "VERSION", "value": version}],
                "files": [{"path": "/tmp/version", "content": version}],
                "networks": [{"name": self.network, "aliases": ["site"]}],
                "update": {"order": self.order, "progressDeadlineSeconds": 3 if self.fails else 30}}

    def run(self):
        berthd = Berthd(self.engine.socket).start()
        watcher = OneRuns(self.engine, self.name, self.order)
        self.engine.docker("network", "create", self.network)
        try:
            berthd.apply(container(self.name, **self.spec("one", healthy=True)))
            eventually(40, lambda: self.settled(berthd, "one"), "the first one is Ready")
            first = self.engine.managed(self.name)[0]["Id"]
            berthd.stop()
            berthd.start(environment={"BERTH_FAILPOINT": self.step})
            watcher.start()
            berthd.kubectl("patch", "container", self.name, "--type=merge", "-p",
                           json.dumps({"spec": self.spec("two", healthy=not self.fails)}), check=False)
            code = berthd.process.wait(40)
            assert code == FAILPOINT_EXIT, f"the failpoint {self.step} was reached: {code}"
            berthd.start()
            if self.fails:
                eventually(60, lambda: self.rolled_back(berthd, first), f"rolled back after {self.step}")
            else:
                eventually(60, lambda: self.settled(berthd, "two"), f"settled after {self.step}")
            have = self.engine.managed(self.name)
            assert have[0]["HostConfig"]["RestartPolicy"]["Name"] == "always", have[0]["HostConfig"]["RestartPolicy"]
            assert have[0]["NetworkSettings"]["Networks"][self.network]["Aliases"].count("site") == 1, have[0]
            assert watcher.end() == [], f"as many ran as {self.order} allows: {watcher.seen}"
            assert watcher.looks > 10, f"somebody looked: {watcher.looks} times"
            berthd.kubectl("delete", "container", self.name, "--timeout=60s")
            assert self.engine.managed_rows(self.name) == []
        finally:
            watcher.end()
            berthd.destroy()
            for row in self.engine.managed_rows(self.name):
                self.engine.docker("rm", "-f", row["Id"], check=False)
            self.engine.docker("network", "rm", self.network, check=False)

    def only(self):
        have = self.engine.managed(self.name)
        return have[0] if [item["Name"] for item in have] == [f"/{self.name}"] and have[0]["State"]["Running"] else None

    def settled(self, berthd, version):
        item, have = berthd.object("container", self.name), self.only()
        return is_ready(item) and have and f"VERSION={version}" in have["Config"]["Env"]

    def rolled_back(self, berthd, first):
        item, have = berthd.object("container", self.name), self.only()
        return condition(item, "Ready").get("reason") == "RolledBack" and have and have["Id"] == first


class OneRuns:
    """Looks all the time how many containers of an object run: StopFirst allows one at most, StartFirst one at least."""

    def __init__(self, engine, name, order):
        self.engine, self.name, self.seen, self.looks, self.over = engine, name, [], 0, threading.Event()
        self.allowed = (0, 1) if order == "StopFirst" else (1, 2)
        self.thread = threading.Thread(target=self._look, daemon=True)

    def start(self):
        self.thread.start()

    def _look(self):
        while not self.over.wait(0.05):
            try:
                running = [row["Names"] for row in self.engine.managed_rows(self.name) if row["State"] == "running"]
            except Exception as error:  # who cannot look has seen nothing
                self.seen.append(error)
                return
            self.looks += 1
            if len(running) not in self.allowed:
                self.seen.append(running)

    def end(self):
        self.over.set()
        if self.thread.is_alive():
            self.thread.join()
        return self.seen

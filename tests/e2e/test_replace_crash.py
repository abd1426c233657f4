# SPDX-License-Identifier: Apache-2.0
"""berthd dies at every step of a replace and of its rollback: the end is one container, as it should be, with nothing
left over, and never did two run at once."""
import concurrent.futures
import json
import subprocess
import threading
import traceback
import unittest

from engine import PrivateEngine
from scale import rounds
from server import BERTHD, Berthd, condition, container, is_ready
from waiting import eventually

NAMES = subprocess.run([BERTHD, "--list-failpoints"], text=True, capture_output=True, check=True).stdout.split()
ROLLBACK = ("record-failure", "stop-next", "remove-next", "restore-policy-old", "start-old")
FAILPOINT_EXIT = 86
AT_ONCE = 4  # berthds beside each other; each has containers of its own


class ReplaceCrash(unittest.TestCase):
    def test_every_failpoint(self):
        engine = PrivateEngine.shared()
        self.assertGreaterEqual(len(NAMES), 20, NAMES)
        steps = [(number, step) for number in range(rounds(3, 1)) for step in NAMES]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            ends = {step: pool.submit(Crash(engine, *step).run) for step in steps}
        broken = {step: end.exception() for step, end in ends.items() if end.exception()}
        for step, error in broken.items():
            print(f"  {step}:")
            traceback.print_exception(error)
        self.assertEqual(list(broken), [])


class Crash:
    """One replace, cut at one step."""

    def __init__(self, engine, number, step):
        self.engine, self.step = engine, step
        self.fails = step.split(":")[1] in ROLLBACK
        self.name = "crash-" + step.replace(":", "-") + f"-{number}"

    def spec(self, version, healthy):
        probe = {"test": ["CMD", "test", "-e", "/tmp/ok"], "interval": "300ms", "timeout": "1s", "retries": 1}
        return {"command": ["sh", "-c", ("touch /tmp/ok; " if healthy else "") + "exec sleep 100000"],
                "healthcheck": probe, "env": [{"name": "VERSION", "value": version}],
                "files": [{"path": "/tmp/version", "content": version}],
                "update": {"progressDeadlineSeconds": 3 if self.fails else 30}}

    def run(self):
        berthd = Berthd(self.engine.socket).start()
        watcher = AtMostOne(self.engine, self.name)
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
            assert watcher.end() == [], f"never more than one ran: {watcher.seen}"
            assert watcher.looks > 10, f"somebody looked: {watcher.looks} times"
            berthd.kubectl("delete", "container", self.name, "--timeout=60s")
            assert self.engine.managed_rows(self.name) == []
        finally:
            watcher.end()
            for row in self.engine.managed_rows(self.name):
                self.engine.docker("rm", "-f", row["Id"], check=False)
            berthd.destroy()

    def only(self):
        have = self.engine.managed(self.name)
        return have[0] if [item["Name"] for item in have] == [f"/{self.name}"] and have[0]["State"]["Running"] else None

    def settled(self, berthd, version):
        item, have = berthd.object("container", self.name), self.only()
        return is_ready(item) and have and f"VERSION={version}" in have["Config"]["Env"]

    def rolled_back(self, berthd, first):
        item, have = berthd.object("container", self.name), self.only()
        return condition(item, "Ready").get("reason") == "RolledBack" and have and have["Id"] == first


class AtMostOne:
    """Looks all the time whether more than one container of an object runs."""

    def __init__(self, engine, name):
        self.engine, self.name, self.seen, self.looks, self.over = engine, name, [], 0, threading.Event()
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
            if len(running) > 1:
                self.seen.append(running)

    def end(self):
        self.over.set()
        if self.thread.is_alive():
            self.thread.join()
        return self.seen

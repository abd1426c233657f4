# SPDX-License-Identifier: Apache-2.0
"""berthd dies at every step of a replace: the end is one container, as declared, with nothing left over."""
import json
import subprocess
import threading
import unittest

from engine import PrivateEngine
from scale import rounds
from server import BERTHD, Berthd, container, is_ready
from waiting import eventually

NAMES = subprocess.run([BERTHD, "--list-failpoints"], text=True, capture_output=True, check=True).stdout.split()


class ReplaceCrash(unittest.TestCase):
    def setUp(self):
        self.engine = PrivateEngine.shared()

    def test_every_failpoint(self):
        steps = [name for name in NAMES if name.startswith("replace")]
        self.assertGreaterEqual(len(steps), 10, NAMES)
        for number in range(rounds(3, 1)):
            for step in steps:
                with self.subTest(step=step, round=number):
                    self.crash_at(step)

    def crash_at(self, step):
        berthd = Berthd(self.engine.socket).start()
        name = "crash"
        try:
            berthd.apply(container(name))
            eventually(30, lambda: is_ready(berthd.object("container", name)), "the first one is Ready")
            berthd.stop()
            berthd.start(environment={"BERTH_FAILPOINT": step})
            watcher = AtMostOne(self.engine, name)
            berthd.kubectl("patch", "container", name, "--type=merge", "-p",
                           json.dumps({"spec": {"env": [{"name": "STEP", "value": step}]}}), check=False)
            code = berthd.process.wait(30)
            self.assertNotEqual(code, 0, f"the failpoint {step} was reached")
            berthd.process = None
            berthd.start()
            item = eventually(40, lambda: self.settled(berthd, name), f"settled after {step}")
            self.assertEqual(item["status"]["observedGeneration"], item["metadata"]["generation"])
            have = self.engine.managed(name)
            self.assertEqual([c["Name"] for c in have], [f"/{name}"])
            self.assertIn(f"STEP={step}", have[0]["Config"]["Env"])
            self.assertEqual(have[0]["HostConfig"]["RestartPolicy"]["Name"], "always")
            self.assertEqual(watcher.end(), [], "never more than one ran")
        finally:
            if berthd.process is None or berthd.process.poll() is not None:
                berthd.process = None
                berthd.start()
            berthd.kubectl("delete", "container", name, "--ignore-not-found", "--timeout=60s")
            berthd.destroy()
        self.assertEqual(self.engine.managed(name), [])

    def settled(self, berthd, name):
        item = berthd.object("container", name)
        return item if is_ready(item) and len(self.engine.managed(name)) == 1 else None


class AtMostOne:
    """Looks all the time whether more than one container of an object runs."""

    def __init__(self, engine, name):
        self.engine, self.name, self.seen, self.over = engine, name, [], threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()

    def _look(self):
        while not self.over.wait(0.05):
            running = self.engine.docker("ps", "--quiet", "--filter", f"label=berth.dev/name={self.name}", check=False)
            if len(running.split()) > 1:
                self.seen.append(running)

    def end(self):
        self.over.set()
        self.thread.join()
        return self.seen

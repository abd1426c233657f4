# SPDX-License-Identifier: Apache-2.0
"""Upstream's own libraries as judges: the tests of tests/conformance, each against a berthd."""
import os
import subprocess

from case import RoadCase
import scale
from server import Berthd

LONGEST = 4 * 3600 if "BERTH_ROUNDS" in os.environ else 1800  # seconds of one test


def judged_by(*patterns):
    """A class decorator: one method for each Go test whose name begins with one of the patterns."""
    def add(case):
        listed = subprocess.run([os.environ["BERTH_CONFORMANCE"], "-test.list", "."], capture_output=True, text=True,
                                check=True).stdout.split()
        for name in (name for name in listed if name.startswith(tuple(f"Test{pattern}" for pattern in patterns))):
            setattr(case, f"test_{name.removeprefix('Test')}", _runner(name))
        return case
    return add


def judge(case, berthd, name, **more):
    """Runs one Go test against a berthd; what it said."""
    environment = {**os.environ, "BERTH_KUBECONFIG": str(berthd.kubeconfig),
                   "BERTH_METRICS": f"http://127.0.0.1:{berthd.metrics_port}/metrics", **more}
    if scale.FULL:
        environment = {"BERTH_ROUNDS": "10000", **environment, "BERTH_FULL": "yes"}
    result = subprocess.run([os.environ["BERTH_CONFORMANCE"], "-test.run", f"^{name}$", "-test.v", "-test.timeout=0"],
                            capture_output=True, text=True, timeout=LONGEST, env=environment)
    output = result.stdout + result.stderr
    with open(scale.logs() / f"{name}.log", "a") as log:
        log.write(output)
    case.assertEqual(result.returncode, 0, output[-6000:])
    case.assertIn(f"--- PASS: {name} ", output)
    return output


def _runner(name):
    return lambda self: judge(self, self.berthd, name)


class OfflineCase(RoadCase):
    """No loop runs: nothing but the requests changes an object, and no engine is needed."""
    settings = {"controllers": "none"}

    @classmethod
    def setUpClass(cls):
        cls.berthd = Berthd("/nonexistent/docker.sock", **cls.settings).start()

    @classmethod
    def tearDownClass(cls):
        cls.berthd.destroy()

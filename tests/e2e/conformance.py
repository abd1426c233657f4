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
        binary = os.environ["BERTH_CONFORMANCE"]
        listed = subprocess.run([binary, "-test.list", "."], capture_output=True, text=True, check=True).stdout.split()
        for name in (name for name in listed if name.startswith(tuple(f"Test{pattern}" for pattern in patterns))):
            setattr(case, f"test_{name.removeprefix('Test')}", _runner(binary, name))
        return case
    return add


def _runner(binary, name):
    def test(self):
        environment = {**os.environ, "BERTH_KUBECONFIG": str(self.berthd.kubeconfig),
                       "BERTH_METRICS": f"http://127.0.0.1:{self.berthd.metrics_port}/metrics"}
        if scale.FULL:
            environment = {"BERTH_ROUNDS": "10000", **environment, "BERTH_FULL": "yes"}
        result = subprocess.run([binary, "-test.run", f"^{name}$", "-test.v", "-test.timeout=0"], capture_output=True,
                                text=True, timeout=LONGEST, env=environment)
        (scale.logs() / f"{name}.log").write_text(result.stdout + result.stderr)
        self.assertEqual(result.returncode, 0, (result.stdout + result.stderr)[-6000:])
        self.assertIn(f"--- PASS: {name} ", result.stdout)
    return test


class OfflineCase(RoadCase):
    """No loop runs: nothing but the requests changes an object, and no engine is needed."""
    settings = {"controllers": "none"}

    @classmethod
    def setUpClass(cls):
        cls.berthd = Berthd("/nonexistent/docker.sock", **cls.settings).start()

    @classmethod
    def tearDownClass(cls):
        cls.berthd.destroy()

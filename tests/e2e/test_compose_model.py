# SPDX-License-Identifier: Apache-2.0
"""Compose files as Berth reads them, judged by compose's own library. No server takes part."""
import os
import re
import subprocess
import unittest

import scale
from server import TOP


class ComposeModel(unittest.TestCase):
    def judged(self, name):
        """Runs one Go test of tests/conformance/compose, and prints its parity table."""
        environment = {**os.environ, "BERTH_COMPOSE_MODEL": str(TOP / "build/bin/compose_model"),
                       "BERTH_COMPOSE_CASES": str(TOP / "tests/golden/compose/model/*.txt")}
        if scale.FULL:
            environment["BERTH_ROUNDS"] = "20000"
        result = subprocess.run([os.environ["BERTH_COMPOSE_CONFORMANCE"], "-test.run", f"^{name}$", "-test.v", "-test.timeout=0"],
                                capture_output=True, text=True, timeout=1800, env=environment)
        output = result.stdout + result.stderr
        for line in re.findall(r"(parity: .*|waived: .*)", output):
            print(f"  {line}", flush=True)
        failed = re.findall(r"^ +--- FAIL: .*(?:\n(?! +---).*){0,12}", output, re.MULTILINE)
        self.assertEqual(result.returncode, 0, "\n".join(failed)[:6000] or output[-6000:])
        self.assertIn(f"--- PASS: {name} ", output)

    def test_picked(self):
        self.judged("TestComposePicked")

    def test_generated(self):
        self.judged("TestComposeGenerated")

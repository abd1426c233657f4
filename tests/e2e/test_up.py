# SPDX-License-Identifier: Apache-2.0
"""`./dev up` ends with the page served and kubectl listing it; `./dev down` leaves nothing that it made."""
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest
import urllib.request

from engine import PrivateEngine
from server import TOP


class Up(unittest.TestCase):
    def dev(self, command, environment):
        result = subprocess.run([TOP / "dev", command], text=True, capture_output=True, timeout=600, cwd=TOP,
                                env={**os.environ, **environment})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def test_up_and_down_on_a_running_engine(self):
        self.round({"BERTH_UP_SOCKET": str(PrivateEngine.shared().socket)}, made_engine=False)

    def test_up_and_down_without_an_engine(self):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            # Its bridge would be docker0, as on a machine of a user's; no other engine of the tests uses that.
            self.round({"BERTH_UP_SOCKET": f"{folder}/docker.sock"}, made_engine=True)

    def round(self, environment, made_engine):
        environment = {"BERTH_UP_PORT": "17443", "BERTH_UP_METRICS_PORT": "17444", **environment}
        began = time.monotonic()
        try:
            said = self.dev("up", environment)
            took = time.monotonic() - began
            self.assertLess(took, 60)
            page = urllib.request.urlopen(re.search(r"http://\S+", said).group(0), timeout=5).read().decode()
            self.assertIn("<h1>", page)
            line = re.search(r"kubectl (--kubeconfig .*)$", said, re.M).group(1)
            listed = subprocess.run([os.environ["BERTH_KUBECTL"], *line.split()], text=True, capture_output=True, cwd=TOP)
            self.assertRegex(listed.stdout, r"container\.berth\.dev/quickstart .*Running")
            self.assertRegex(listed.stdout, r"host\.berth\.dev/local ")
            engine = ["docker", "--host", f"unix://{environment['BERTH_UP_SOCKET']}"]
        finally:
            self.dev("down", environment)
        self.assertFalse((TOP / "build/up").exists())
        if made_engine:
            self.assertNotEqual(subprocess.run([*engine, "ps"], capture_output=True).returncode, 0, "its engine is gone")
        else:
            left = subprocess.run([*engine, "ps", "--all", "--format", "{{.Names}}"], text=True, capture_output=True).stdout
            self.assertNotIn("quickstart", left)

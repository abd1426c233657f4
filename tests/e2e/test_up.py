# SPDX-License-Identifier: Apache-2.0
"""`./dev up` ends with the page served and kubectl listing it; `./dev down` leaves nothing that it made."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request

from engine import PrivateEngine, run
from server import TOP


@contextlib.contextmanager
def own_bridge():
    name = f"brthup{os.getpid() % 100000}"
    run("ip", "link", "add", name, "type", "bridge")
    try:
        run("ip", "address", "add", "10.214.77.1/24", "dev", name)
        run("ip", "link", "set", name, "up")
        yield name
    finally:
        run("ip", "link", "delete", name)


class Up(unittest.TestCase):
    def dev(self, command, environment):
        result = subprocess.run([TOP / "dev", command], text=True, capture_output=True, timeout=600, cwd=TOP,
                                env={**os.environ, **environment})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def test_up_and_down_on_a_running_engine(self):
        self.round({"BERTH_UP_SOCKET": str(PrivateEngine.shared().socket)}, made_engine=False)

    def test_up_and_down_without_an_engine(self):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, own_bridge() as bridge:
            # Not docker0: that may be the engine's of whoever runs the tests.
            self.round({"BERTH_UP_SOCKET": f"{folder}/docker.sock", "BERTH_UP_DOCKERD_FLAGS": f"--bridge={bridge}"},
                       made_engine=True)

    def round(self, environment, made_engine):
        # A folder and ports of its own: whoever runs the tests may be up.
        home = pathlib.Path(tempfile.mkdtemp(prefix="berth-up-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        environment = {"BERTH_UP_DIR": str(home / "up"), "BERTH_UP_PORT": "17443", "BERTH_UP_METRICS_PORT": "17444",
                       "BERTH_UP_PAGE_PORT": "18088", **environment}
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
        self.assertFalse((home / "up").exists())
        if made_engine:
            self.assertNotEqual(subprocess.run([*engine, "ps"], capture_output=True).returncode, 0, "its engine is gone")
        else:
            left = subprocess.run([*engine, "ps", "--all", "--format", "{{.Names}}"], text=True, capture_output=True).stdout
            self.assertNotIn("quickstart", left)

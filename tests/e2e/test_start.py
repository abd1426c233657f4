# SPDX-License-Identifier: Apache-2.0
"""A start that cannot succeed ends with code 1 and one sentence that says why; it never dies half-way."""
import pathlib
import subprocess
import tempfile
import unittest

from engine import PrivateEngine
from server import BERTHD, Berthd


class Start(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.running = Berthd(PrivateEngine.shared().socket, controllers="none").start()

    @classmethod
    def tearDownClass(cls):
        cls.running.destroy()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="berth-e2e-", dir="/var/tmp")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def refused(self, *fragments, **settings):
        chosen = {"data-dir": self.root / "data", "listen": "127.0.0.1:0", "metrics-listen": "127.0.0.1:0",
                  "docker-socket": self.root / "none.sock", **{k.replace("_", "-"): v for k, v in settings.items()}}
        result = subprocess.run([BERTHD, *[f"--{key}={value}" for key, value in chosen.items()]], text=True,
                                capture_output=True, timeout=30)
        self.assertEqual(result.returncode, 1, result.stderr)
        sentence = result.stderr.splitlines()[-1]
        self.assertTrue(sentence.startswith("berthd: "), result.stderr)
        for fragment in fragments:
            self.assertIn(fragment, sentence)

    def test_addresses(self):
        self.refused("Address already in use", listen=f"127.0.0.1:{self.running.port}")
        self.refused("Address already in use", metrics_listen=f"127.0.0.1:{self.running.metrics_port}")
        self.refused("nonsense", listen="nonsense")
        self.refused("plain HTTP", metrics_listen="0.0.0.0:0")

    def test_folders(self):
        (self.root / "file").write_text("")
        self.refused("Not a directory", data_dir=self.root / "file")
        self.refused("in use by another berthd", data_dir=self.running.data)
        (self.root / "data" / "admin.kubeconfig").mkdir(parents=True)
        self.refused()

    def test_keys_of_another(self):
        own = Berthd(self.root / "none.sock", data_dir=self.root / "own", controllers="none").start()
        try:
            own.stop()
            self.refused("ring.json is missing", data_dir=own.data, key_dir=self.root / "empty")
            self.refused("do not fit", data_dir=own.data,
                         key_dir=self.running.data.with_name(self.running.data.name + ".keys"))
        finally:
            own.destroy()

    def test_tokens_and_controllers(self):
        tokens = self.root / "tokens"
        tokens.write_text("garbage\n")
        tokens.chmod(0o600)
        self.refused("line 1", token_auth_file=tokens)
        self.refused("cannot be read", token_auth_file=self.root / "absent")
        self.refused('"nope" is no controller', controllers="nope")

    def test_nothing_of_the_data_is_for_others(self):
        data = self.root / "data"
        (data / "db").mkdir(parents=True, mode=0o755)  # as an older version left it
        own = Berthd(self.root / "none.sock", data_dir=data, controllers="none").start()
        try:
            own.request("POST", "/api/v1/namespaces", {"metadata": {"name": "one"}})
            for folder in (data, data.with_name("data.keys")):
                for path in [folder, *folder.rglob("*")]:
                    self.assertEqual(path.stat().st_mode & 0o077, 0, path)
            self.assertEqual((data / "db").stat().st_mode & 0o777, 0o700)
        finally:
            own.destroy()

    def test_the_kubeconfig_follows_the_address(self):
        own = Berthd(self.root / "none.sock", data_dir=self.root / "data", controllers="none").start()
        try:
            before, port = own.kubeconfig.read_text(), own.port
            own.stop()
            own.port = 0
            own.start()
            self.assertNotEqual(own.port, port)
            self.assertEqual(own.kubeconfig.read_text(), before.replace(f":{port}\n", f":{own.port}\n"))
            self.assertEqual(own.kubectl("get", "--raw", "/livez"), "ok")
        finally:
            own.destroy()

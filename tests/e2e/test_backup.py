# SPDX-License-Identifier: Apache-2.0
"""A copy of the stopped data and its keys is a backup (docs/operations.md): put back, all is as it was then."""
import base64
import shutil
import unittest

from engine import PrivateEngine
from server import Berthd, container, is_ready
from waiting import eventually


class Backup(unittest.TestCase):
    def setUp(self):
        self.engine = PrivateEngine.shared()
        self.berthd = Berthd(self.engine.socket).start()
        # Once berthd is gone: while it runs, it makes again what is removed.
        self.addCleanup(self.engine.docker, "rm", "--force", "kept", "later")
        self.addCleanup(self.berthd.destroy)

    def ready(self, name):
        eventually(30, lambda: is_ready(self.berthd.object("container", name)), f"{name} is Ready")

    def test_copied_and_put_back(self):
        self.berthd.kubectl("create", "secret", "generic", "s", "--from-literal=password=sesame")
        self.berthd.kubectl("create", "serviceaccount", "robot")
        token = self.berthd.kubectl("create", "token", "robot").strip()
        self.berthd.apply(container("kept"))
        self.ready("kept")
        before = self.engine.inspect("kept")["Id"]
        self.berthd.stop()
        folders = [self.berthd.data, self.berthd.data.with_name("data.keys")]
        for folder in folders:
            shutil.copytree(folder, folder.with_name(folder.name + ".backup"))
        self.berthd.start()
        self.berthd.apply(container("later"))
        self.ready("later")
        self.berthd.kubectl("delete", "secret", "s")
        self.berthd.stop()
        for folder in folders:
            shutil.rmtree(folder)
            folder.with_name(folder.name + ".backup").rename(folder)
        self.berthd.start()
        self.assertEqual(base64.b64decode(self.berthd.object("secret", "s")["data"]["password"]), b"sesame")
        who = {"Authorization": f"Bearer {token}"}
        self.assertEqual(self.berthd.get("/version", anonymous=True, headers=who).status, 200)
        self.assertIsNone(self.berthd.object("container", "later"))
        self.ready("kept")
        self.berthd.kubectl("patch", "container", "kept", "--type=merge", "-p", '{"spec": {"restartPolicy": "Never"}}')
        self.ready("kept")
        self.assertEqual(self.engine.inspect("kept")["Id"], before, "it ran on")
        self.assertTrue(self.engine.inspect("later")["State"]["Running"], "what the backup does not know stays")
        self.assertEqual(self.berthd.berth("audit", "verify", check=False).returncode, 0)

# SPDX-License-Identifier: Apache-2.0
"""A full disk refuses writes, serves reads, and heals by itself."""
import pathlib
import subprocess
import tempfile
import unittest

from engine import PrivateEngine
from server import Berthd
from waiting import eventually


class DiskFull(unittest.TestCase):
    def test_full_and_freed(self):
        mount = pathlib.Path(tempfile.mkdtemp(prefix="berth-disk-", dir="/var/tmp"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", mount], check=True)
        berthd = Berthd(PrivateEngine.shared().socket, data_dir=mount / "data", key_dir=mount / "keys",
                        controllers="none")
        try:
            berthd.start()
            self.assertEqual(self.create(berthd, "before").status, 201)
            filler = mount / "filler"
            with open(filler, "wb") as file:
                try:
                    while True:
                        file.write(b"\0" * 65536)
                        file.flush()
                except OSError:
                    pass
            refused = self.create(berthd, "during")
            self.assertEqual(refused.status, 503, refused.text)
            self.assertIn("retry-after", refused.headers)
            self.assertEqual(refused.json()["reason"], "ServiceUnavailable")
            self.assertEqual(berthd.get("/api/v1/namespaces/default/configmaps/before").status, 200)
            self.assertEqual(berthd.get("/livez").status, 200)
            filler.unlink()
            eventually(15, lambda: self.create(berthd, "after").status in (201, 409), "writes are taken again")
            self.assertEqual(berthd.get("/api/v1/namespaces/default/configmaps/during").status, 404)
            berthd.kill()
            berthd.start()
            names = [item["metadata"]["name"] for item in
                     berthd.get("/api/v1/namespaces/default/configmaps").json()["items"]]
            self.assertEqual(names, ["after", "before"])
        finally:
            berthd.destroy()
            subprocess.run(["umount", mount], check=True)
            mount.rmdir()

    def create(self, berthd, name):
        return berthd.request("POST", "/api/v1/namespaces/default/configmaps",
                              {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "b"}})

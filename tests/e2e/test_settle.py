# SPDX-License-Identifier: Apache-2.0
"""What is applied again moves nothing: many appliers and a controller on one object, and every file of examples/."""
import json

from conformance import OfflineCase, judged_by
from server import TOP


@judged_by("Appliers")
class Appliers(OfflineCase):
    pass


class ServerSide(OfflineCase):
    way = ["--server-side"]

    def test_nothing_differs_after_an_apply(self):
        files = sorted((TOP / "examples").rglob("*.yaml"))
        self.assertGreaterEqual(len(files), 5)
        for path in files:
            with self.subTest(example=path.name):
                self.berthd.kubectl("apply", "-f", path, *self.way)
                before = self.versions(path)
                self.berthd.kubectl("apply", "-f", path, *self.way)
                self.assertEqual(self.versions(path), before)
                result = self.berthd.kubectl("diff", "-f", path, *self.way, check=False)
                self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
                self.assertEqual(self.versions(path), before)

    def versions(self, path):
        read = json.loads(self.berthd.kubectl("get", "-f", path, "-o", "json"))
        return {(item["kind"], item["metadata"]["name"]): item["metadata"]["resourceVersion"]
                for item in read.get("items", [read])}


class ClientSide(ServerSide):
    way = []

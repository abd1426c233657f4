# SPDX-License-Identifier: Apache-2.0
"""Every file of examples/ is applied, becomes as declared, and is taken away again."""
import json
import pathlib
import re

from case import RoadCase
from server import TOP, is_ready
from waiting import eventually

# Applied by a suite that has what they need.
ELSEWHERE = {"ssh-host.yaml": "test_ssh"}  # and stacks/: test_compose


class Examples(RoadCase):
    def test_each_file(self):
        self.engine.docker("tag", "busybox:test", "busybox:1.35")
        self.engine.docker("tag", "web:1", "berth-quickstart:1")
        files = [path for path in sorted((TOP / "examples").rglob("*.yaml")) if path.name not in ELSEWHERE
                 and path.parent.name != "stacks"]
        self.assertGreaterEqual(len(files), 5)
        for path in files:
            with self.subTest(example=path.name):
                self.apply_and_remove(path)

    def test_the_manifest_of_the_readme(self):
        self.engine.docker("tag", "web:1", "berth-quickstart:1")
        path = pathlib.Path(self.berthd.root) / "readme.yaml"
        path.write_text(re.search(r"```yaml\n(.*?)```", (TOP / "README.md").read_text(), re.S).group(1))
        self.apply_and_remove(path)

    def apply_and_remove(self, path):
        self.berthd.berth("apply", "-f", path)
        try:
            for item in json.loads(self.berthd.kubectl("get", "containers", "-A", "-o", "json"))["items"]:
                name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
                eventually(40, lambda: is_ready(self.berthd.object("container", name, namespace)),
                           f"{path.name}: {name} is as declared")
            again = self.berthd.berth("apply", "-f", path)
            self.assertNotIn("configured", again)
            self.assertNotIn("created", again)
        finally:
            self.berthd.berth("delete", "-f", path, "--ignore-not-found")
        self.assertEqual(self.berthd.kubectl("get", "containers,networks,volumes", "-A", "-o", "name"), "")

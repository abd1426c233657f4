# SPDX-License-Identifier: Apache-2.0
"""A test case with the shared engine and one berthd for the whole class."""
import unittest

from engine import PrivateEngine
from server import Berthd, is_ready
from waiting import eventually


class RoadCase(unittest.TestCase):
    maxDiff = None
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.engine = PrivateEngine.shared()
        cls.volumes_before = cls.volumes()
        cls.berthd = Berthd(cls.engine.socket, **cls.settings).start()

    @classmethod
    def tearDownClass(cls):
        # The engine outlives the suite: nothing of this berthd may stay on it.
        if cls.berthd.process is not None:
            for kinds in ("containers", "networks,volumes"):
                cls.berthd.kubectl("delete", kinds, "--all", "-A", "--timeout=60s", check=False)
        cls.berthd.destroy()
        # Their data outlives Volumes, unless they say otherwise.
        for name in cls.volumes() - cls.volumes_before:
            cls.engine.docker("volume", "rm", "--force", name, check=False)

    @classmethod
    def volumes(cls):
        return set(cls.engine.docker("volume", "ls", "--quiet", check=False).split())

    def make(self, *objects):
        """Applies objects and has their containers removed at the end of the test."""
        self.berthd.apply(*objects)
        for item in objects:
            if item["kind"] == "Container":
                self.addCleanup(self.berthd.kubectl, "delete", "container", item["metadata"]["name"], "-n",
                                item["metadata"]["namespace"], "--ignore-not-found", "--timeout=60s", check=False)

    def ready(self, name, namespace="default", seconds=30):
        """Waits for Ready=True at the present generation; the object then."""
        def look():
            item = self.berthd.object("container", name, namespace)
            return item if is_ready(item) else None
        try:
            return eventually(seconds, look, f"container {name} is Ready")
        except AssertionError as error:
            status = (self.berthd.object("container", name, namespace) or {}).get("status")
            raise AssertionError(f"{error}; status: {status}; log: {self.berthd.log_tail()}") from None

    def status_of(self, name, namespace="default"):
        return (self.berthd.object("container", name, namespace) or {}).get("status", {})

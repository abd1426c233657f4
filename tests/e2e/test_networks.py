# SPDX-License-Identifier: Apache-2.0
"""Networks and Volumes as objects, and Containers that refer to them, on a real engine."""
import os
import signal

from case import RoadCase
from server import condition, container, is_ready
from waiting import eventually


def thing(kind, name, **spec):
    return {"apiVersion": "berth.dev/v1", "kind": kind, "metadata": {"name": name, "namespace": "default"},
            "spec": {"host": "local", **spec}}


class Networks(RoadCase):
    SUBNET = f"10.215.{os.getpid() % 250}"

    def tearDown(self):
        # Containers first: what they use waits for them.
        for kinds in ("containers", "networks,volumes"):
            self.berthd.kubectl("delete", kinds, "--all", "--timeout=60s")

    def becomes(self, kind, name, check, what):
        def look():
            item = self.berthd.object(kind, name)
            return item if item and check(item) else None
        try:
            return eventually(30, look, f"{kind} {name} {what}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self.berthd.object(kind, name)}; {self.berthd.log_tail()}") from None

    def comes_up(self, kind, name):
        return self.becomes(kind, name, is_ready, "is Ready")

    def says(self, kind, name, of, status, reason):
        return self.becomes(kind, name, lambda item: (condition(item, of).get("status"),
                                                      condition(item, of).get("reason")) == (status, reason),
                            f"says {of}={status} {reason}")

    def gone(self, kind, name):
        eventually(30, lambda: self.berthd.object(kind, name) is None, f"{kind} {name} is gone")

    def network(self, name):
        return self.engine.api(f"/networks/{name}")

    def volume(self, name):
        return self.engine.api(f"/volumes/{name}")

    def test_containers_meet_on_a_network(self):
        client = container("client", networks=[{"networkRef": {"name": "front"}}])
        server = container("server", networks=[{"networkRef": {"name": "front"}, "aliases": ["db"],
                                                "ipv4Address": f"{self.SUBNET}.9"}])
        self.berthd.apply(client, server)
        self.says("container", "client", "ReferencesResolved", "False", "NotFound")
        self.assertIsNone(self.engine.inspect("client"))
        front = thing("Network", "front", ipam={"config": [{"subnet": f"{self.SUBNET}.0/24"}]}, labels={"team": "a"})
        self.berthd.apply(front)
        made = self.comes_up("network", "front")
        self.ready("client")
        self.ready("server")
        seen = self.network("front")
        self.assertEqual(made["status"]["networkID"], seen["Id"])
        self.assertEqual(made["status"]["subnets"], [f"{self.SUBNET}.0/24"])
        self.assertEqual(seen["Labels"]["berth.dev/name"], "front")
        self.assertEqual(self.berthd.object("container", "server")["status"]["ip"], f"{self.SUBNET}.9")
        self.assertIn(f"{self.SUBNET}.9", self.engine.docker("exec", "client", "nslookup", "db"))
        self.unchanged(front, client, server)

        self.berthd.kubectl("delete", "network", "front", "--wait=false")
        waiting = self.says("network", "front", "InUse", "True", "Containers")
        self.assertEqual(condition(waiting, "InUse")["message"],
                         "containers client and server use it; it is removed once none does")
        self.berthd.kubectl("delete", "container", "client", "--timeout=60s")
        self.becomes("network", "front", lambda item: condition(item, "InUse").get("message", "").startswith(
            "container server uses it"), "waits for one only")
        self.berthd.kubectl("delete", "container", "server", "--timeout=60s")
        self.gone("network", "front")
        self.assertIsNone(self.network("front"))

    def unchanged(self, *objects):
        """Applied again, and looked at anew: no call, no version moves."""
        def look():
            return (self.berthd.metric("berth_engine_writes_total"),
                    [self.berthd.object(item["kind"], item["metadata"]["name"])["metadata"]["resourceVersion"]
                     for item in objects])
        looks = []

        def rests():
            looks.append(look())
            return len(looks) >= 5 and all(each == looks[-1] for each in looks[-5:])
        eventually(20, rests, "everything rests")
        resyncs = self.berthd.metric("berth_engine_resyncs_total")
        self.berthd.apply(*objects)
        self.berthd.process.send_signal(signal.SIGUSR1)
        eventually(10, lambda: self.berthd.metric("berth_engine_resyncs_total") > resyncs, "the resync is done")
        self.assertEqual(look(), looks[-1])

    def test_a_change_makes_it_anew_once_nobody_is_on_it(self):
        self.berthd.apply(thing("Network", "front"), container("web", networks=[{"networkRef": {"name": "front"}}]))
        before = self.comes_up("network", "front")["status"]["networkID"]
        self.ready("web")
        self.berthd.apply(thing("Network", "front", internal=True))
        self.says("network", "front", "Stalled", "True", "InUse")
        self.assertEqual(self.network("front")["Id"], before)
        self.berthd.kubectl("delete", "container", "web", "--timeout=60s")
        self.assertNotEqual(self.comes_up("network", "front")["status"]["networkID"], before)
        self.assertTrue(self.network("front")["Internal"])

    def test_one_that_vanished_is_made_again(self):
        stopped = container("web", networks=[{"networkRef": {"name": "front"}}])
        self.berthd.apply(thing("Network", "front"), stopped)
        before = self.comes_up("network", "front")["status"]["networkID"]
        self.ready("web")
        stopped["spec"]["desiredState"] = "Stopped"
        self.berthd.apply(stopped)
        self.ready("web")
        self.engine.docker("network", "rm", "front")
        self.becomes("network", "front", lambda item: is_ready(item) and item["status"]["networkID"] != before,
                     "is made again")
        stopped["spec"]["desiredState"] = "Running"
        self.berthd.apply(stopped)
        self.becomes("container", "web", lambda item: is_ready(item) and item["status"]["phase"] == "Running",
                     "runs on the new one")

    def test_what_fits_by_name_is_used_and_left(self):
        self.engine.docker("network", "create", "handmade")
        self.engine.docker("volume", "create", "handmade")
        self.addCleanup(self.engine.docker, "network", "rm", "handmade")
        self.addCleanup(self.engine.docker, "volume", "rm", "handmade")
        self.berthd.apply(thing("Network", "net", networkName="handmade"),
                          thing("Volume", "vol", volumeName="handmade", deletionPolicy="Delete"),
                          thing("Network", "again", networkName="handmade"))
        for kind, name in (("network", "net"), ("volume", "vol"), ("network", "again")):
            self.assertTrue(self.comes_up(kind, name)["status"]["external"])
        self.berthd.kubectl("delete", "networks,volumes", "--all", "--timeout=60s")
        self.assertIsNotNone(self.network("handmade"))
        self.assertIsNotNone(self.volume("handmade"))

    def test_a_name_is_one_objects_only(self):
        self.berthd.apply(thing("Network", "first", networkName="shared"))
        self.comes_up("network", "first")
        self.berthd.apply(thing("Network", "second", networkName="shared"))
        self.says("network", "second", "Stalled", "True", "NameConflict")
        self.berthd.kubectl("delete", "network", "first", "--timeout=60s")
        self.assertNotIn("external", self.comes_up("network", "second")["status"])

    def test_data_outlives_its_objects(self):
        data = thing("Volume", "data")
        db = container("db", mounts=[{"type": "Volume", "volumeRef": {"name": "data"}, "target": "/data"}])
        self.berthd.apply(data, db)
        self.ready("db")
        self.engine.docker("exec", "db", "sh", "-c", "echo kept > /data/file")
        self.unchanged(data, db)
        self.berthd.kubectl("delete", "container/db", "volume/data", "--timeout=60s")
        self.assertIsNotNone(self.volume("data"))
        self.berthd.apply(data, db)
        self.assertNotIn("external", self.comes_up("volume", "data")["status"])
        self.ready("db")
        self.assertEqual(self.engine.docker("exec", "db", "cat", "/data/file"), "kept")
        self.berthd.kubectl("patch", "volume", "data", "--type=merge", "-p", '{"spec":{"deletionPolicy":"Delete"}}')
        self.berthd.kubectl("delete", "volume", "data", "--wait=false")
        self.says("volume", "data", "InUse", "True", "Containers")
        self.berthd.kubectl("delete", "container", "db", "--timeout=60s")
        self.gone("volume", "data")
        self.assertIsNone(self.volume("data"))

    def test_a_lost_volume_is_not_followed_by_an_empty_one(self):
        self.berthd.apply(thing("Volume", "data"))
        self.comes_up("volume", "data")
        self.engine.docker("volume", "rm", "data")
        self.says("volume", "data", "Stalled", "True", "VolumeLost")
        self.berthd.apply(container("db", mounts=[{"type": "Volume", "volumeRef": {"name": "data"},
                                                   "target": "/data"}]))
        self.says("container", "db", "ReferencesResolved", "False", "NotFound")
        self.assertIsNone(self.volume("data"))

    def test_what_the_engine_refuses_is_said(self):
        self.berthd.apply(thing("Network", "front", ipam={"config": [{"subnet": f"{self.SUBNET}.0/24",
                                                                      "gateway": "192.0.2.1"}]}))
        said = self.becomes("network", "front", lambda item: condition(item, "Ready").get("reason") == "CreateFailed",
                            "says what the engine said")
        self.assertTrue(condition(said, "Ready")["message"])
        refused = self.berthd.kubectl("apply", "-f", "-", check=False, stdin="""
apiVersion: berth.dev/v1
kind: Network
metadata: {name: bad}
spec: {host: local, networkName: host, ipam: {config: [{subnet: 10.0.0.1}]}}
""")
        self.assertIn("spec.networkName", refused.stderr)
        self.assertIn("spec.ipam.config[0].subnet", refused.stderr)

# SPDX-License-Identifier: Apache-2.0
"""engine.berth.dev: what is on the engines, managed or not, read without a call to them; and images by berth image."""
import json

from case import RoadCase
from registry import Registry
from server import container
from waiting import eventually

KINDS = "enginecontainers,engineimages,enginenetworks,enginevolumes"


class EngineKinds(RoadCase):
    def setUp(self):
        self.engine.docker("run", "--detach", "--name", "stranger", "--label", "app=shop", "--env", "DB_PASSWORD=canary-1",
                           "--env", "PLACE=here", "--env", "URL=http://u:canary-2@db", "--volume", "stranger:/data",
                           "busybox:test", "sleep", "100000")
        self.addCleanup(self.engine.docker, "volume", "rm", "stranger", check=False)
        self.addCleanup(self.engine.docker, "rm", "--force", "stranger", check=False)
        self.named("enginecontainers", "containerName", "stranger")

    def items(self, plural, selector=""):
        return json.loads(self.berthd.kubectl("get", plural, "-o", "json", *selector.split()))["items"]

    def named(self, plural, field, name):
        """Waits until the one with that value is there, and gives it."""
        def look():
            return next((item for item in self.items(plural) if item[field] == name), None)
        return eventually(20, look, f"{plural} has {name}")

    def test_everything_is_listed_with_its_owner(self):
        self.make(container("kept", env=[{"name": "PLAIN", "value": "canary-3"}]))
        self.ready("kept")
        stranger = self.named("enginecontainers", "containerName", "stranger")
        kept = self.named("enginecontainers", "containerName", "kept")
        self.assertEqual(kept["managed"], "Container default/kept")
        self.assertNotIn("managed", stranger)
        self.assertEqual(stranger["metadata"]["name"], "local." + self.engine.inspect("stranger")["Id"][:12])
        self.assertIn("Container default/kept", self.berthd.kubectl("get", "enginecontainers"))
        self.assertIn("MANAGED", self.berthd.kubectl("get", "enginecontainers").splitlines()[0])
        image = next(item for item in self.items("engineimages") if "busybox:test" in item["tags"])
        self.assertIn("stranger", image["usedBy"])
        self.assertIn("Container default/kept", image["managed"])
        self.assertGreater(image["size"], 1000)
        self.assertEqual({item["networkName"] for item in self.items("enginenetworks")} & {"bridge", "host", "none"},
                         {"bridge", "host", "none"})
        volume = self.named("enginevolumes", "volumeName", "stranger")
        self.assertEqual(volume["usedBy"], ["stranger"])
        one = json.loads(self.berthd.kubectl("get", "enginevolume", volume["metadata"]["name"], "-o", "json"))
        self.assertEqual(one["volumeName"], "stranger")

    def test_secrets_are_masked(self):
        self.make(container("kept", env=[{"name": "PLAIN", "value": "canary-3"}]))
        self.ready("kept")
        stranger = self.named("enginecontainers", "containerName", "stranger")
        kept = self.named("enginecontainers", "containerName", "kept")
        self.assertNotIn("canary", json.dumps(self.items("enginecontainers")))
        self.assertNotIn("env", stranger)
        for item, wanted in ((stranger, ["DB_PASSWORD=********", "PLACE=here", "URL=********"]),
                             (kept, ["PLAIN=********"])):
            text = self.berthd.kubectl("get", "enginecontainer", item["metadata"]["name"], "-o", "json")
            self.assertNotIn("canary", text)
            for variable in wanted:
                self.assertIn(variable, json.loads(text)["env"])

    def test_selectors(self):
        self.assertEqual(self.items("enginecontainers", "--field-selector host=nowhere"), [])
        here = self.items("enginecontainers", "--field-selector host=local")
        self.assertIn("stranger", [item["containerName"] for item in here])
        labelled = self.items("enginecontainers", "-l app=shop")
        self.assertEqual([item["containerName"] for item in labelled], ["stranger"])
        wrong = self.berthd.kubectl("get", "enginecontainers", "--field-selector", "color=red", check=False)
        self.assertIn("field label not supported: color", wrong.stderr)
        absent = self.berthd.kubectl("get", "enginecontainer", "local.000000000000", check=False)
        self.assertIn("NotFound", absent.stderr)
        watched = self.berthd.request("GET", "/apis/engine.berth.dev/v1/enginecontainers?watch=true")
        self.assertEqual(watched.status, 405)

    def test_no_engine_is_called(self):
        # A list of the engine's own time may fall into one look, but not into every one.
        def look():
            before = self.berthd.metric("berth_engine_calls_total")
            self.berthd.kubectl("get", KINDS)
            return self.berthd.metric("berth_engine_calls_total") == before
        eventually(60, look, "reads cost no engine call")

    def test_discovery_and_openapi_know_them(self):
        names = self.berthd.kubectl("api-resources", "--api-group=engine.berth.dev", "-o", "name").split()
        self.assertEqual(sorted(names), sorted(f"{kind}.engine.berth.dev" for kind in KINDS.split(",")))
        self.assertIn("Names of the containers", self.berthd.kubectl("explain", "engineimage.usedBy"))

    def test_images_come_and_go(self):
        registry = Registry().start()
        self.addCleanup(registry.destroy)
        image = registry.push(self.engine, "web:2", "team/pulled:1")
        self.addCleanup(self.engine.docker, "rmi", "--force", image, check=False)
        denied = self.berthd.berth("image", "pull", image, "--host", "local", check=False)
        self.assertEqual(denied.returncode, 1)
        self.assertIn("Forbidden", denied.stderr)
        self.assertIn("no Registry", denied.stderr)
        self.berthd.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pulled", "namespace": "berth-system"},
             "stringData": {"password": "wonderland"}},
            {"apiVersion": "berth.dev/v1", "kind": "Registry", "metadata": {"name": "pulled", "namespace": "berth-system"},
             "spec": {"server": registry.server, "username": "alice", "passwordSecretRef": {"name": "pulled"}}})
        self.addCleanup(self.berthd.kubectl, "delete", "registry,secret", "pulled", "-n", "berth-system")
        pulled = self.berthd.berth("image", "pull", image, "--host", "local")
        self.assertIn("pulled on host local: sha256:", pulled)
        self.assertIn(image, self.berthd.berth("image", "ls", "--host", "local"))
        used = self.berthd.berth("image", "rm", "busybox:test", "--host", "local", check=False)
        self.assertIn("containers were made from it", used.stderr)
        self.engine.docker("image", "inspect", "busybox:test")
        records = self.berthd.berth("audit", "export", "--kind", "engine")
        self.assertIn('"action":"pull"', records)
        self.assertIn('"actor":"berth-admin"', records)

    def test_dangling_images_are_pruned_and_unused_ones_removed(self):
        with_layer = "FROM busybox:test\nRUN echo {} > /made\n"
        first = self.engine.docker("build", "--quiet", "--tag", "dangling:1", "-", stdin=with_layer.format(1))
        second = self.engine.docker("build", "--quiet", "--tag", "dangling:1", "-", stdin=with_layer.format(2))
        self.engine.docker("tag", "dangling:1", "dangling:2")
        self.named_image(first)
        self.named_image(second)
        pruned = self.berthd.berth("image", "prune", "--host", "local")
        self.assertIn(first, pruned)
        self.assertNotIn(second, pruned)
        self.assertRegex(pruned, r"bytes reclaimed on host local")
        removed = self.berthd.berth("image", "rm", "dangling:1", "--host", "local")
        self.assertIn("deleted", removed)
        self.assertEqual(self.engine.docker("images", "--quiet", "dangling"), "")
        absent = self.berthd.berth("image", "rm", "dangling:1", "--host", "local", check=False)
        self.assertIn("not found", absent.stderr)

    def named_image(self, identity):
        return eventually(20, lambda: [item for item in self.items("engineimages") if item["id"] == identity], identity)

# SPDX-License-Identifier: Apache-2.0
"""What kubectl reads and patches: pages, selections, watches, strategic patches, and the protobuf that it sends."""
import json
import os
import subprocess

from case import RoadCase
from waiting import eventually


class KubectlReads(RoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # kubectl sends these as protobuf.
        cls.berthd.kubectl("create", "namespace", "reads")
        for name in "abcde":
            cls.berthd.kubectl("create", "configmap", name, "-n", "reads", f"--from-literal=key={name}")

    def kubectl(self, *arguments, **options):
        return self.berthd.kubectl(*arguments, "-n", "reads", **options)

    def names(self, *arguments):
        return self.kubectl("get", "configmaps", "-o", "name", *arguments).split()

    def test_pages_are_one_list(self):
        whole = [f"configmap/{name}" for name in "abcde"]
        self.assertEqual(self.names(), whole)
        paged = self.kubectl("get", "configmaps", "-o", "name", "--chunk-size=2", "-v=6", check=False)
        self.assertEqual(paged.stdout.split(), whole)
        asked = [line for line in paged.stderr.splitlines() if "limit=2" in line and "200 OK" in line]
        self.assertEqual(len(asked), 3, paged.stderr)
        self.assertEqual(sum("continue=" in line for line in asked), 2)
        self.assertEqual(self.names("--chunk-size=-1"), whole)

    def test_a_page_that_is_gone_says_how_to_go_on(self):
        path = "/api/v1/namespaces/reads/configmaps"
        first = self.berthd.get(f"{path}?limit=2").json()
        self.assertEqual(first["metadata"]["remainingItemCount"], 3)
        rest = self.berthd.get(f"{path}?continue={first['metadata']['continue']}").json()
        self.assertEqual([item["metadata"]["name"] for item in rest["items"]], ["c", "d", "e"])
        self.assertEqual(rest["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"])
        broken = self.berthd.get(f"{path}?continue=broken").json()
        self.assertEqual((broken["code"], broken["reason"]), (400, "BadRequest"))
        self.assertIn("continue key is not valid", broken["message"])

    def test_selections_and_forms(self):
        self.kubectl("label", "configmaps", "b", "d", "tier=db")
        self.assertEqual(self.names("-l", "tier in (db,web)"), ["configmap/b", "configmap/d"])
        self.assertEqual(self.names("-l", "!tier"), ["configmap/a", "configmap/c", "configmap/e"])
        self.assertEqual(self.names("--field-selector", "metadata.name!=a,metadata.name!=b"),
                         ["configmap/c", "configmap/d", "configmap/e"])
        refused = self.kubectl("get", "configmaps", "--field-selector", "data.key=a", check=False)
        self.assertIn("field label not supported: data.key", refused.stderr)
        wide = self.kubectl("get", "configmaps", "-o", "wide", "--sort-by={.data.key}").splitlines()
        self.assertRegex(wide[0], r"^NAME +DATA +AGE$")
        self.assertEqual([line.split()[0] for line in wide[1:]], list("abcde"))
        columns = self.kubectl("get", "configmaps", "a", "-o", "custom-columns=N:.metadata.name,K:.data.key")
        self.assertEqual(columns.split(), ["N", "K", "a", "a"])

    def test_a_watch_tells_what_changes(self):
        before = self.berthd.metric("berth_api_watches")
        environment = {**os.environ, "HOME": str(self.berthd.root / "home"), "KUBECONFIG": str(self.berthd.kubeconfig)}
        watch = subprocess.Popen(
            [os.environ["BERTH_KUBECTL"], "get", "configmaps", "-n", "reads", "--watch-only", "-o", "name"],
            stdout=subprocess.PIPE, text=True, env=environment)
        try:
            eventually(10, lambda: self.berthd.metric("berth_api_watches") > before, "the watch is open")
            self.kubectl("annotate", "configmap", "c", "seen=yes")
            self.assertEqual(watch.stdout.readline(), "configmap/c\n")
        finally:
            watch.terminate()
            watch.wait(10)
            watch.stdout.close()

    def test_built_in_kinds_take_strategic_patches(self):
        def patch(body):
            return self.berthd.kubectl("patch", "configmap", "patched", "-p", json.dumps(body))

        self.berthd.kubectl("create", "configmap", "patched", "--from-literal=key=value")
        self.assertEqual(patch({"metadata": {"finalizers": ["example.com/one", "example.com/two"]}}),
                         "configmap/patched patched\n")
        patch({"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/one"], "finalizers": ["example.com/three"]}})
        self.assertEqual(self.berthd.object("configmap", "patched")["metadata"]["finalizers"],
                         ["example.com/three", "example.com/two"])
        patch({"metadata": {"finalizers": None}})
        patch({"data": {"$patch": "replace", "other": "x"}})
        live = self.berthd.object("configmap", "patched")
        self.assertEqual(live["data"], {"other": "x"})
        self.assertNotIn("finalizers", live["metadata"])
        self.assertIn("(no change)", patch({"data": {"other": "x"}}))
        own = self.berthd.request("PATCH", "/apis/berth.dev/v1/hosts/any", {},
                                  headers={"Content-Type": "application/strategic-merge-patch+json"})
        self.assertEqual(own.status, 415, own.text)

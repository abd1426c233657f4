# SPDX-License-Identifier: Apache-2.0
"""What belongs to something that goes, goes with it or is let go: namespaces and ownerReferences, by real kubectl."""
import json
import threading

from case import RoadCase
from scale import rounds
from server import container
from waiting import always, eventually

NAMESPACES = "/api/v1/namespaces"


def config_map(name, namespace="default", owners=(), finalizers=(), labels=None):
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": namespace, "finalizers": list(finalizers),
                         "labels": labels or {}, "ownerReferences": list(owners)}}


def owned_by(item, blocks=False):
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": item["metadata"]["name"],
            "uid": item["metadata"]["uid"], "blockOwnerDeletion": blocks}


class GarbageCase(RoadCase):
    def create(self, item):
        """The object as the server made it."""
        namespace = item["metadata"]["namespace"]
        answer = self.berthd.request("POST", f"{NAMESPACES}/{namespace}/configmaps", item)
        self.assertEqual(answer.status, 201, answer.text)
        return {**answer.json(), "apiVersion": "v1", "kind": "ConfigMap"}

    def namespace(self, name, **metadata):
        answer = self.berthd.request("POST", NAMESPACES, {"metadata": {"name": name, **metadata}})
        self.assertEqual(answer.status, 201, answer.text)
        return {**answer.json(), "apiVersion": "v1", "kind": "Namespace"}

    def let_go(self, name, namespace="default"):
        answer = self.berthd.request("PATCH", f"{NAMESPACES}/{namespace}/configmaps/{name}",
                                     {"metadata": {"finalizers": None}},
                                     headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(answer.status, 200, answer.text)

    def map(self, name, namespace="default"):
        return self.berthd.object("configmap", name, namespace)

    def gone(self, *names, seconds=10):
        eventually(seconds, lambda: all(self.map(name) is None for name in names), f"{names} are gone")

    def deleting(self, *names):
        def look():
            return all("deletionTimestamp" in (self.map(name) or {"metadata": {}})["metadata"] for name in names)
        eventually(10, look, f"{names} are being deleted")


class Namespaces(GarbageCase):
    def test_goes_with_everything_in_it(self):
        self.namespace("team")
        self.berthd.apply(container("web", "team"), config_map("settings", "team"))
        self.ready("web", "team")
        self.assertEqual(len(self.engine.managed("web", "team")), 1)
        said = self.berthd.kubectl("delete", "namespace", "team", "--timeout=60s")
        self.assertIn('namespace "team" deleted', said)
        self.assertIsNone(self.berthd.object("namespace", "team"))
        self.assertEqual(self.engine.managed("web", "team"), [], "the real container went first")
        self.namespace("team")
        self.assertIsNone(self.map("settings", "team"), "another one of its name begins empty")
        self.berthd.kubectl("delete", "namespace", "team", "--timeout=60s")

    def test_says_what_it_waits_for_and_takes_nothing_new(self):
        self.namespace("held")
        self.create(config_map("kept", "held", finalizers=["example.com/hold"]))
        answer = self.berthd.request("DELETE", f"{NAMESPACES}/held")
        self.assertEqual((answer.status, answer.json()["kind"]), (200, "Namespace"))
        self.assertEqual(answer.json()["status"]["phase"], "Terminating")

        refused = self.berthd.request("POST", f"{NAMESPACES}/held/configmaps", config_map("late", "held"))
        self.assertEqual(refused.status, 403, refused.text)
        said = refused.json()
        self.assertEqual(said["message"], 'configmaps "late" is forbidden: unable to create new content in namespace '
                                          'held because it is being terminated')
        self.assertEqual(said["details"]["causes"][0]["reason"], "NamespaceTerminating")

        def waits():
            conditions = self.berthd.object("namespace", "held")["status"].get("conditions", [])
            found = {each["type"]: each for each in conditions}
            return found if "NamespaceFinalizersRemaining" in found else None
        found = eventually(10, waits, "the namespace says what it waits for")
        self.assertEqual(found["NamespaceContentRemaining"]["message"],
                         "Some resources are remaining: configmaps. has 1 resource instances")
        self.assertEqual(found["NamespaceFinalizersRemaining"]["message"],
                         "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource "
                         "instances")
        self.let_go("kept", "held")
        self.berthd.kubectl("wait", "--for=delete", "namespace/held", "--timeout=20s")

    def test_is_let_go_by_hand(self):
        """What stands in spec.finalizers is changed through /finalize alone: kubectl replace --raw."""
        item = self.namespace("stuck")
        path = f"{NAMESPACES}/stuck/finalize"
        item["spec"]["finalizers"].append("example.com/x")
        held = self.berthd.request("PUT", path, item)
        self.assertEqual((held.status, held.json()["spec"]["finalizers"]), (200, ["kubernetes", "example.com/x"]))
        self.berthd.kubectl("delete", "namespace", "stuck", "--wait=false")
        eventually(10, lambda: self.berthd.object("namespace", "stuck")["spec"]["finalizers"] == ["example.com/x"],
                   "Berth has done its part")
        item = self.berthd.object("namespace", "stuck")
        item["spec"]["finalizers"] = []
        self.berthd.kubectl("replace", "--raw", path, "-f", "-", stdin=json.dumps(item))
        self.assertIsNone(self.berthd.object("namespace", "stuck"))

    def test_some_stay(self):
        for name in ("default", "kube-system", "kube-public", "berth-system"):
            answer = self.berthd.request("DELETE", f"{NAMESPACES}/{name}")
            self.assertEqual(answer.status, 403, answer.text)
            self.assertEqual(answer.json()["message"],
                             f'namespaces "{name}" is forbidden: this namespace may not be deleted')

    def test_survives_a_kill(self):
        self.namespace("halfway")
        for number in range(50):
            self.create(config_map(f"c{number}", "halfway"))
        self.create(config_map("last", "halfway", finalizers=["example.com/hold"]))
        self.berthd.request("DELETE", f"{NAMESPACES}/halfway")
        self.berthd.kill()
        self.berthd.start()
        self.let_go("last", "halfway")
        self.berthd.kubectl("wait", "--for=delete", "namespace/halfway", "--timeout=30s")

    def test_no_acknowledged_object_is_lost(self):
        """Whatever was acknowledged came before the deletion was: nothing got in later, and vanished."""
        for number in range(rounds(25, 5)):
            name = f"race-{number}"
            self.namespace(name)
            acknowledged, answers, enough = [], set(), threading.Event()
            writers = [threading.Thread(target=self.write, args=(name, connection, acknowledged, answers, enough))
                       for connection in [self.berthd.connection() for _ in range(4)]]
            for writer in writers:
                writer.start()
            self.assertTrue(enough.wait(30), "the load is real")
            answer = self.berthd.request("DELETE", f"{NAMESPACES}/{name}")
            self.assertEqual(answer.status, 200, answer.text)
            for writer in writers:
                writer.join(60)
            self.assertLessEqual(answers, {403, 404})
            self.assertLess(max(acknowledged), int(answer.json()["metadata"]["resourceVersion"]))
            self.berthd.kubectl("wait", "--for=delete", f"namespace/{name}", "--timeout=60s")

    def write(self, namespace, connection, acknowledged, answers, enough):
        for number in range(10_000):
            answer = self.berthd.request("POST", f"{NAMESPACES}/{namespace}/configmaps",
                                         config_map(f"c{id(connection)}-{number}", namespace), connection=connection)
            if answer.status != 201:
                answers.add(answer.status)
                return
            acknowledged.append(int(answer.json()["metadata"]["resourceVersion"]))
            if len(acknowledged) >= 20:
                enough.set()


class Owners(GarbageCase):
    def family(self, name, **options):
        owner = self.create(config_map(f"{name}-owner"))
        self.create(config_map(f"{name}-child", owners=[owned_by(owner, blocks=True)], **options))

    def test_background(self):
        self.family("back")
        self.berthd.kubectl("delete", "configmap", "back-owner")
        self.gone("back-owner", "back-child")

    def test_foreground(self):
        self.family("fore", finalizers=["example.com/hold"])
        self.berthd.kubectl("delete", "configmap", "fore-owner", "--cascade=foreground", "--wait=false")
        self.deleting("fore-owner", "fore-child")
        self.assertEqual(self.map("fore-owner")["metadata"]["finalizers"], ["foregroundDeletion"])
        always(0.5, lambda: self.map("fore-owner"), "the owner waits")
        self.let_go("fore-child")
        self.gone("fore-owner", "fore-child")

    def test_orphan(self):
        self.family("orph")
        self.berthd.kubectl("delete", "configmap", "orph-owner", "--cascade=orphan")
        self.gone("orph-owner")
        self.assertNotIn("ownerReferences", self.map("orph-child")["metadata"])
        self.berthd.kubectl("delete", "configmap", "orph-child")

    def test_a_container_goes_with_its_owner(self):
        owner = self.create(config_map("app"))
        web = container("owned")
        web["metadata"]["ownerReferences"] = [owned_by(owner, blocks=True)]
        self.make(web)
        self.ready("owned")
        self.berthd.kubectl("delete", "configmap", "app", "--cascade=foreground", "--timeout=60s")
        self.assertIsNone(self.berthd.object("container", "owned"), "the owner went last")
        self.assertEqual(self.engine.managed("owned"), [])

    def test_an_owner_that_is_not_there(self):
        absent = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "absent", "uid": "0-0"}}
        self.create(config_map("stray", owners=[owned_by(absent)]))
        self.gone("stray")

    def test_a_namespaced_owner_of_a_cluster_scoped_object(self):
        owner = self.create(config_map("small"))
        self.namespace("large", ownerReferences=[owned_by(owner)])
        said = eventually(10, lambda: self.berthd.kubectl(
            "get", "events", "-o", "jsonpath={.items[?(@.reason=='OwnerRefInvalidNamespace')].message}"),
            "an Event tells of it")
        self.assertIn(f'uid: {owner["metadata"]["uid"]}] does not exist in namespace ""', said)
        self.berthd.kubectl("delete", "configmap", "small")
        always(0.5, lambda: self.berthd.object("namespace", "large"), "it is nobody's dependent")
        self.berthd.kubectl("delete", "namespace", "large", "--timeout=30s")

    def test_a_collection(self):
        owners = [self.create(config_map(f"many-{number}", labels={"set": "many"})) for number in range(3)]
        for number, owner in enumerate(owners):
            self.create(config_map(f"left-{number}", owners=[owned_by(owner)]))
        path = f"{NAMESPACES}/default/configmaps?labelSelector=set%3Dmany"
        both = self.berthd.request("DELETE", path, {"orphanDependents": True, "propagationPolicy": "Orphan"})
        self.assertEqual(both.status, 422, both.text)
        self.assertIn("orphanDependents and deletionPropagation cannot be both set", both.text)
        answer = self.berthd.request("DELETE", path, {"propagationPolicy": "Orphan", "gracePeriodSeconds": 0})
        self.assertEqual((answer.status, len(answer.json()["items"])), (200, 3), answer.text)
        self.gone(*(f"many-{number}" for number in range(3)))
        for number in range(3):
            self.assertNotIn("ownerReferences", self.map(f"left-{number}")["metadata"])
        self.berthd.kubectl("delete", "configmap", "left-0", "left-1", "left-2")

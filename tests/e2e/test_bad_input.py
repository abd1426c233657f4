# SPDX-License-Identifier: Apache-2.0
"""Bad input gets a clear Status, and nothing of it is stored."""
import json
import resource
import socket
import ssl
import time

import bad_requests
from case import RoadCase
from conformance import OfflineCase
from scale import rounds
from server import container
from waiting import eventually

CONTAINERS = "/apis/berth.dev/v1/namespaces/default/containers"


class BadInput(RoadCase):
    settings = {"controllers": "none"}

    def setUp(self):
        self.before = self.revision()

    def tearDown(self):
        self.assertEqual(self.revision(), self.before, "nothing was stored")

    def revision(self):
        return self.berthd.metric("berth_store_revision")

    def refused(self, status, reason, *fragments, path=CONTAINERS, method="POST", body=None, **options):
        answer = self.berthd.request(method, path, body, **options)
        self.assertEqual(answer.status, status, answer.text)
        said = answer.json()
        self.assertEqual((said["kind"], said["status"], said["code"]), ("Status", "Failure", status))
        self.assertEqual(said["reason"], reason, answer.text)
        for fragment in fragments:
            self.assertIn(fragment, answer.text.replace('\\"', '"'))
        return said

    def invalid(self, field, fragment, item):
        said = self.refused(422, "Invalid", fragment, body=item)
        self.assertIn(field, [cause["field"] for cause in said["details"]["causes"]])

    def test_fields(self):
        unknown = container("a", nonsense=1)
        self.refused(400, "BadRequest", 'unknown field "spec.nonsense"', body=unknown,
                     path=CONTAINERS + "?fieldValidation=Strict")
        twice = json.dumps(container("a")).replace('"image":', '"image": "x", "image":')
        self.refused(400, "BadRequest", 'duplicate field "spec.image"', body=twice,
                     path=CONTAINERS + "?fieldValidation=Strict")
        warned = self.berthd.request("POST", CONTAINERS + "?dryRun=All", unknown)
        self.assertEqual(warned.status, 201)
        self.assertEqual(warned.headers["warning"], '299 - "unknown field \\"spec.nonsense\\""')
        ignored = self.berthd.request("POST", CONTAINERS + "?dryRun=All&fieldValidation=Ignore", unknown)
        self.assertEqual((ignored.status, ignored.headers.get("warning")), (201, None))

    def test_values(self):
        missing = container("a")
        del missing["spec"]["image"]
        self.invalid("spec.image", "Required value", missing)
        self.invalid("spec.image", "must be of type string", container("a", image=7))
        self.invalid("spec.ports[0].containerPort", "65535", container("a", ports=[{"containerPort": 70000}]))
        self.invalid("spec.ports[1]", "Duplicate value", container("a", ports=[
            {"containerPort": 80, "hostPort": 8080}, {"containerPort": 81, "hostPort": 8080}]))
        self.invalid("spec.resources.memory", "lots", container("a", resources={"memory": "lots"}))
        self.invalid("spec.healthcheck.interval", "soon",
                     container("a", healthcheck={"test": ["CMD", "true"], "interval": "soon"}))
        self.invalid("metadata.name", "Bad_Name", container("Bad_Name"))
        self.invalid("spec.ports[0].hostIP", "not-an-ip",
                     container("a", ports=[{"containerPort": 80, "hostIP": "not-an-ip"}]))
        both = container("a", networks=[{"name": "x"}], networkMode="host")
        self.refused(422, "Invalid", "networkMode", body=both)
        self.invalid("spec.ports[0].hostPort", "may not be set with update.order StartFirst",
                     container("a", update={"order": "StartFirst"}, ports=[{"containerPort": 80, "hostPort": 8080}]))

    def test_all_causes_are_told_at_once(self):
        said = self.refused(422, "Invalid", body=container("a", image="", ports=[{"containerPort": 0}],
                                                           restartPolicy="Sometimes"))
        fields = {cause["field"] for cause in said["details"]["causes"]}
        self.assertTrue({"spec.image", "spec.ports[0].containerPort", "spec.restartPolicy"} <= fields, fields)

    def test_wrong_kind_group_and_namespace(self):
        self.refused(404, "NotFound", 'namespaces "absent" not found', body=container("a", namespace="absent"),
                     path="/apis/berth.dev/v1/namespaces/absent/containers")
        self.refused(400, "BadRequest", "namespace", body=container("a", namespace="other"))
        answer = self.berthd.request("POST", CONTAINERS, {**container("a"), "kind": "Host"})
        self.assertIn(answer.status, (400, 422), answer.text)
        self.refused(400, "BadRequest", body={**container("a"), "apiVersion": "berth.dev/v9"})
        self.assertEqual(self.berthd.get("/apis/berth.dev/v1/things").status, 404)
        self.assertEqual(self.berthd.get("/apis/other.dev/v1").status, 404)

    def test_malformed_bodies(self):
        yaml = {"Content-Type": "application/yaml"}
        self.refused(400, "BadRequest", "line 2", "column", body="a: b\n  c: [1\n", headers=yaml)
        self.refused(400, "BadRequest", body="{\"kind\": ")
        bomb = "a0: &a0 [x, x]\n" + "".join(
            f"a{i}: &a{i} [*a{i-1}, *a{i-1}, *a{i-1}, *a{i-1}, *a{i-1}, *a{i-1}, *a{i-1}, *a{i-1}]\n" for i in range(1, 12))
        # Refused before they are expanded: hours and gigabytes. What a busy machine adds does not come near the limit.
        began = time.monotonic()
        self.refused(400, "BadRequest", body=bomb, headers=yaml)
        self.refused(400, "BadRequest", body="[" * 5000 + "]" * 5000)
        self.refused(400, "BadRequest", body="[" * 5000 + "]" * 5000, headers=yaml)
        self.assertLess(time.monotonic() - began, 30, "bombs are refused before they are expanded")
        self.refused(413, "RequestEntityTooLarge", body="x" * (4 << 20))
        self.refused(415, "UnsupportedMediaType", body="<a/>", headers={"Content-Type": "text/xml"})
        self.refused(415, "UnsupportedMediaType", "application/merge-patch+json", method="PATCH", body="{}",
                     path=CONTAINERS + "/a", headers={"Content-Type": "application/strategic-merge-patch+json"})

    def test_roles_that_stand_for_billions_of_rights(self):
        group = "rbac.authorization.k8s.io"
        maker = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": "role-maker"},
                 "rules": [{"apiGroups": [group], "resources": ["roles"], "verbs": ["create"]}]}
        binding = {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": {"name": "role-maker"},
                   "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "role-maker"},
                   "subjects": [{"apiGroup": group, "kind": "User", "name": "eve"}]}
        roles = f"/apis/{group}/v1/namespaces/default/roles"
        for path, item in ((f"/apis/{group}/v1/clusterroles", maker), (roles.replace("roles", "rolebindings"), binding)):
            self.assertEqual(self.berthd.request("POST", path, item).status, 201)
        self.before = self.revision()
        words = [f"w{i}" for i in range(250)]
        bombs = {
            "rules[0] is more than can be compared": [{"apiGroups": words, "resources": words, "verbs": words}],
            "... and 13968 more": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": [f"n{i}"],
                                    "verbs": ["get"]} for i in range(14_000)],
            '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}': [
                {"apiGroups": [""] * 100, "resources": ["secrets"] * 100, "verbs": ["get"] * 100}],
        }
        for words, rules in bombs.items():
            said = self.refused(403, "Forbidden", words, path=roles, headers={"Impersonate-User": "eve"}, body={
                                    "apiVersion": f"{group}/v1", "kind": "Role", "metadata": {"name": "bomb"},
                                    "rules": rules})
            self.assertLess(len(said["message"]), 64_000)

    def test_credentials(self):
        self.refused(401, "Unauthorized", path=CONTAINERS, method="GET", anonymous=True)
        self.refused(401, "Unauthorized", path=CONTAINERS, method="GET", anonymous=True,
                     headers={"Authorization": "Bearer wrong"})

    def raw(self):
        return self.berthd.tls(anonymous=True).wrap_socket(
            socket.create_connection(("127.0.0.1", self.berthd.port)), server_hostname="127.0.0.1")

    def test_half_requests_do_no_harm(self):
        for piece in (b"", b"GET", b"POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", b"\0" * 100):
            stream = self.raw()
            stream.sendall(piece)
            stream.close()
        self.assertEqual(self.berthd.get("/livez").text, "ok")

    def test_ten_thousand_connections(self):
        count = 10_000
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 1000)), hard))
        secured = rounds(2000, 200)
        context, streams = self.berthd.tls(), []
        try:
            for _ in range(count - secured):
                streams.append(socket.create_connection(("127.0.0.1", self.berthd.port), timeout=30))
            # Long before the server is tired of those that do not even shake hands.
            eventually(20, lambda: self.berthd.metric("process_open_fds") >= count - secured,
                       "all are accepted, and none is closed")
            for _ in range(secured):
                streams.append(socket.create_connection(("127.0.0.1", self.berthd.port), timeout=30))
                streams[-1] = context.wrap_socket(streams[-1], server_hostname="127.0.0.1")
            self.assertEqual(self.berthd.get(CONTAINERS, connection=self.berthd.connection()).status, 200)
            for stream in (streams[-secured], streams[-1]):
                stream.sendall(f"GET {CONTAINERS} HTTP/1.1\r\nHost: berth\r\n\r\n".encode())
                self.assertIn(b"HTTP/1.1 200", stream.recv(4096))
        finally:
            for stream in streams:
                stream.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        self.assertEqual(self.berthd.get("/livez").text, "ok")


class EveryRoute(OfflineCase):
    """Each bad request to each resource of discovery. Who has no credentials or no right is asked about in
    test_clients.py, verb by verb, with upstream's RBAC as the oracle."""

    def test_every_bad_request_gets_its_status_and_leaves_nothing(self):
        self.resources = bad_requests.discover(self.berthd)
        self.assertGreater(len([resource for resource in self.resources if resource.item]), 10)
        revision = self.berthd.metric("berth_store_revision")
        self.ask_all()
        self.assertEqual(self.berthd.metric("berth_store_revision"), revision, "nothing was stored")
        # Once more, now that all of its code and tables are in memory.
        files, memory = self.grown()
        self.ask_all()
        def settled():
            again = self.grown()
            return again[0] <= files and again[1] <= 1.05 * memory + (1 << 20)
        eventually(30, settled, f"no more descriptors than {files} and memory near {memory / 2**20:.1f} MiB")

    def grown(self):
        return self.berthd.metric("process_open_fds"), self.berthd.metric("process_resident_memory_bytes")

    def ask_all(self):
        connection = self.berthd.connection()
        wrong, count = [], 0
        for resource in self.resources:
            for request in (request for family in bad_requests.FAMILIES for request in family(resource)):
                answer = self.berthd.request(request.method, request.path, request.body, request.headers, connection=connection)
                count += 1
                if answer.headers.get("connection") == "close":
                    connection.close()  # and is opened again by itself
                problem = self.problem(request, answer)
                if problem:
                    wrong.append(f"{problem}: {request}: {answer.status} {answer.text[:300]}")
        connection.close()
        self.assertEqual(wrong, [], f"{len(wrong)} of {count}")
        self.assertGreater(count, 2000)

    def problem(self, request, answer):
        if request.wanted is None:
            return "" if answer.status < 500 else "an error of the server's"
        status, reason = request.wanted
        if answer.status != status:
            return f"not {status}"
        if reason is None:  # what no resource is has no Status upstream, either
            return ""
        said = answer.json()
        if (said["kind"], said["status"], said["code"], said["reason"]) != ("Status", "Failure", status, reason):
            return f"no Status that says {reason}"
        return "" if said["message"] and len(answer.text) < 64_000 else "no message, or a very long one"

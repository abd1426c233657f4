# SPDX-License-Identifier: Apache-2.0
"""Every bad request to every resource that discovery names, and the answer that upstream's server gives.

The codes were seen on upstream's own server, or are in its sources: apimachinery's validation of options and
apiserver's handlers (create.go, update.go, patch.go, delete.go, get.go)."""
import dataclasses
import itertools
import json

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
MERGE, PATCH, STRATEGIC, APPLY = ("application/merge-patch+json", "application/json-patch+json",
                                  "application/strategic-merge-patch+json", "application/apply-patch+yaml")
BAD = (400, "BadRequest")
INVALID = (422, "Invalid")
NOT_FOUND = (404, "NotFound")
NOT_ACCEPTABLE = (406, "NotAcceptable")
UNSUPPORTED = (415, "UnsupportedMediaType")
CONFLICT = (409, "Conflict")

LIST_QUERIES = {
    "limit=abc": BAD, "limit=99999999999999999999": BAD, "continue=nonsense": BAD, "resourceVersion=abc": BAD,
    "resourceVersion=18446744073709551616": BAD, "resourceVersionMatch=Exact": INVALID,
    "resourceVersion=1&resourceVersionMatch=Older": INVALID, "resourceVersion=0&resourceVersionMatch=Exact": INVALID,
    "sendInitialEvents=true": INVALID, "timeoutSeconds=soon": BAD, "labelSelector=a%3Db%3Dc": BAD,
    "labelSelector=in%20(": BAD, "fieldSelector=spec.nonsense%3D1": BAD, "fieldSelector=metadata.name": BAD}
WATCH_QUERIES = {
    "timeoutSeconds=soon": BAD, "resourceVersion=abc": BAD, "resourceVersionMatch=NotOlderThan": INVALID,
    "sendInitialEvents=true": INVALID, "sendInitialEvents=true&resourceVersionMatch=Exact": INVALID,
    "labelSelector=%21%21": BAD, "fieldSelector=metadata.name": BAD}
WRITE_QUERIES = {"dryRun=Some": INVALID, "fieldValidation=Loud": INVALID, "fieldManager=" + 129 * "m": INVALID,
                 "fieldManager=a%07b": INVALID}
DELETE_QUERIES = {"dryRun=Some": INVALID, "propagationPolicy=Sideways": INVALID,
                  "propagationPolicy=Orphan&orphanDependents=true": INVALID, "gracePeriodSeconds=soon": BAD}
ACCEPTS = ("text/html", "image/*", "nonsense", "application/json;as=Picture",
           "application/json;as=Table;v=v9;g=meta.k8s.io")
CONTENT_TYPES = ("text/plain", "application/xml", "nonsense", "multipart/form-data; boundary=x")

# An object of each kind that nothing makes by itself.
OBJECTS = {
    "configmaps": {}, "secrets": {}, "serviceaccounts": {}, "roles": {}, "leases": {}, "networks": {"spec": {"host": "local"}},
    "volumes": {"spec": {"host": "local"}}, "registries": {"spec": {"server": "registry.example"}},
    "hosts": {"spec": {"local": {"socket": "/nonexistent/docker.sock"}}},
    "containers": {"spec": {"host": "local", "image": "web:1", "suspend": True}},
    "composestacks": {"spec": {"host": "local", "compose": "services: {web: {image: web}}", "suspend": True}},
    "rolebindings": {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}},
    "events": {"involvedObject": {"kind": "ConfigMap", "namespace": "default", "name": "bad"}}}
# What is only asked, and never stored.
ATTRIBUTES = {"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}
QUESTIONS = {
    "auditverifications": {}, "tokenreviews": {"spec": {"token": "x"}}, "selfsubjectreviews": {},
    "subjectaccessreviews": {"spec": {"user": "u", **ATTRIBUTES}}, "selfsubjectaccessreviews": {"spec": ATTRIBUTES},
    "localsubjectaccessreviews": {"spec": {"user": "u", **ATTRIBUTES}}, "selfsubjectrulesreviews": {"spec": {"namespace": "default"}}}


@dataclasses.dataclass
class Resource:
    """What discovery says of one, and an object of it."""
    name: str
    kind: str
    group_version: str
    namespaced: bool
    verbs: frozenset
    item: dict = None

    @property
    def root(self):
        return ("/apis/" if "/" in self.group_version else "/api/") + self.group_version

    @property
    def collection(self):
        return f"{self.root}/{'namespaces/default/' if self.namespaced else ''}{self.name}"

    @property
    def path(self):
        return f"{self.collection}/{self.item['metadata']['name']}"

    @property
    def ours(self):
        return self.group_version.split("/")[0].endswith("berth.dev")


@dataclasses.dataclass
class Request:
    method: str
    path: str
    body: object = None
    headers: dict = dataclasses.field(default_factory=dict)
    wanted: tuple = BAD
    what: str = ""

    def __str__(self):
        body = self.body if isinstance(self.body, str) else repr(self.body)
        return f"{self.method} {self.path[:200]} {self.headers} {str(body)[:200]} ({self.what})"


def discover(berthd):
    """Every resource, each with one object that is there, or with a question that may be asked."""
    versions = ["v1"] + [group["preferredVersion"]["groupVersion"] for group in berthd.get("/apis").json()["groups"]]
    found = []
    for version in versions:
        root = ("/apis/" if "/" in version else "/api/") + version
        for entry in berthd.get(root).json()["resources"]:
            if "/" not in entry["name"]:
                found.append(Resource(entry["name"], entry["kind"], version, entry["namespaced"], frozenset(entry["verbs"])))
    for resource in found:
        if "list" not in resource.verbs:
            resource.item = {"apiVersion": resource.group_version, "kind": resource.kind, "metadata": {}, **QUESTIONS.get(resource.name, {})}
            continue
        extra = OBJECTS.get(resource.name)
        if extra is not None and "create" in resource.verbs:
            item = {"apiVersion": resource.group_version, "kind": resource.kind, "metadata": {"name": "bad"}, **extra}
            if resource.group_version == "events.k8s.io/v1":
                continue  # the same store as core's
            answer = berthd.request("POST", resource.collection, item)
            assert answer.status == 201, (item, answer.text)
        items = berthd.get(resource.collection + "?limit=1").json()["items"]
        if items:
            resource.item = {"apiVersion": resource.group_version, "kind": resource.kind, **items[0]}
    return found


def paths(resource):
    """Nothing is there, or nothing can be."""
    group = resource.root.rsplit("/", 1)[0]
    reads = [f"{resource.root}/namespaces/default/{resource.name}x/y/z/a", f"{group}/v9/{resource.name}",
             f"{resource.collection}/no-such-object-here/no-such-part"]
    if "get" in resource.verbs:
        reads += [f"{resource.collection}/no-such-object-here", f"{resource.collection}/No_Such"]
    for path in reads:
        yield Request("GET", path, wanted=(404, None), what="path")
    for path in (f"{resource.collection}/%zz", f"{resource.collection}/%00", f"{resource.collection}/..%2f"):
        yield Request("GET", path, what="path")


def queries(resource):
    if "list" in resource.verbs:
        for query, wanted in LIST_QUERIES.items():
            yield Request("GET", f"{resource.collection}?{query}", wanted=wanted, what="query")
    if "watch" in resource.verbs:
        for query, wanted in WATCH_QUERIES.items():
            yield Request("GET", f"{resource.collection}?watch=true&{query}", wanted=wanted, what="query")
    for request in writes(resource):
        for query, wanted in WRITE_QUERIES.items():
            yield dataclasses.replace(request, path=f"{request.path}?{query}", wanted=wanted, what="query")
    for path in deletions(resource):
        for query, wanted in DELETE_QUERIES.items():
            yield Request("DELETE", f"{path}?{query}", wanted=wanted, what="query")
    if "deletecollection" in resource.verbs:
        for query in ("limit=abc", "labelSelector=%21%21", "fieldSelector=metadata.name", "resourceVersion=abc"):
            yield Request("DELETE", f"{resource.collection}?{query}", what="query")


def writes(resource):
    """Each would be taken as it stands."""
    if resource.item is None:
        return
    item = json.dumps(resource.item)
    if "create" in resource.verbs:
        fresh = {**resource.item, "metadata": {"name": "another"}}
        yield Request("POST", resource.collection, json.dumps(fresh), {"Content-Type": JSON})
    if "update" in resource.verbs:
        yield Request("PUT", resource.path, item, {"Content-Type": JSON})
    if "patch" in resource.verbs:
        yield Request("PATCH", resource.path, '{"metadata":{"labels":{"a":"b"}}}', {"Content-Type": MERGE})
        yield Request("PATCH", resource.path, '[{"op":"add","path":"/metadata/labels","value":{"a":"b"}}]', {"Content-Type": PATCH})
        if not resource.ours:
            yield Request("PATCH", resource.path, '{"metadata":{"labels":{"a":"b"}}}', {"Content-Type": STRATEGIC})


def deletions(resource):
    if resource.item is not None and "delete" in resource.verbs:
        yield resource.path
    if "deletecollection" in resource.verbs:
        yield resource.collection


def headers(resource):
    for accept in ACCEPTS:
        sent = {"Accept": accept}
        if "list" in resource.verbs:
            yield Request("GET", resource.collection, None, sent, NOT_ACCEPTABLE, "Accept")
        if "watch" in resource.verbs:
            yield Request("GET", resource.collection + "?watch=true", None, sent, NOT_ACCEPTABLE, "Accept")
        for request in writes(resource):
            yield dataclasses.replace(request, headers={**request.headers, **sent}, wanted=NOT_ACCEPTABLE, what="Accept")
        for path in deletions(resource):
            yield Request("DELETE", path, None, sent, NOT_ACCEPTABLE, "Accept")
    for kind in CONTENT_TYPES:
        for request in writes(resource):
            yield dataclasses.replace(request, headers={"Content-Type": kind}, wanted=UNSUPPORTED, what="Content-Type")
    if resource.ours:
        for request in writes(resource):
            kind = STRATEGIC if request.method == "PATCH" else PROTOBUF
            yield dataclasses.replace(request, headers={"Content-Type": kind}, wanted=UNSUPPORTED, what="Content-Type")


def bombs():
    """Bodies that would be much larger than they are."""
    yield JSON, 100_000 * "["
    yield JSON, 100_000 * '{"a":'
    yield YAML, 10_000 * "{" + 10_000 * "}"
    yield YAML, "a: &a [x, x]\n" + "".join(f"{n}: &{n} [*{o}, *{o}, *{o}, *{o}, *{o}, *{o}, *{o}, *{o}, *{o}]\n"
                                          for o, n in itertools.pairwise("abcdefghijkl"))
    yield YAML, 50_000 * "- "


def bodies(resource):
    for request in writes(resource):
        whole, kind = request.body, request.headers["Content-Type"]
        texts = [whole[:size] for size in range(1, len(whole), 1 + len(whole) // 12)]
        texts += ['"text"', "7", whole + "}", "\x00\x01", whole.replace('"', '"\\ud800', 1), "[1]"]
        if kind != PATCH:
            texts.append("[]")
        if kind in (JSON, PATCH):
            texts.append("{}" if kind == PATCH else "[{}]")
        for text in texts:
            yield dataclasses.replace(request, body=text, what="body")
        for bomb_kind, text in bombs():
            if bomb_kind == JSON or kind == JSON:
                yield dataclasses.replace(request, body=text, headers={"Content-Type": kind if bomb_kind == JSON else YAML}, what="bomb")
        if kind == JSON:
            for text in ("a: b\n  c: [1\n", "a: 1\na: 2\n- x", "\t- x", "%YAML 9.9"):
                yield dataclasses.replace(request, body=text, headers={"Content-Type": YAML}, what="YAML")
            if not resource.ours:
                for data in (b"k8s\x00", b"k8s\x00\x0a\xff\xff\xff\xff\x7f", b"protobuf", b"k8s\x00" + 1000 * b"\x0a\x80"):
                    yield dataclasses.replace(request, body=data, headers={"Content-Type": PROTOBUF}, what="protobuf")
    if resource.item is not None and "patch" in resource.verbs:
        for text in ("a: [", "[]", "7", "a: 1\n---\nb: [", 100_000 * "["):
            yield Request("PATCH", resource.path + "?fieldManager=m", text, {"Content-Type": APPLY}, what="apply")
        yield Request("PATCH", resource.path, json.dumps(resource.item), {"Content-Type": APPLY}, INVALID, "apply without a manager")
    for path in deletions(resource):
        for text in ('{"kind":', "[]", "7", '{"gracePeriodSeconds":"soon"}', '{"preconditions":7}', 100_000 * "["):
            yield Request("DELETE", path, text, {"Content-Type": JSON}, what="body")


def changed(item, path, value):
    """The item with another value in a place."""
    made = json.loads(json.dumps(item))
    level = made
    for name in path[:-1]:
        level = level.setdefault(name, {})
    level[path[-1]] = value
    return made


# Well-formed, of types that nothing reads: as upstream's decoder, of the metadata of every kind and of a built-in kind's rest.
TYPES = {("metadata", "labels"): [7, "a", ["a"], {"a": 1}, {"a": {}}], ("metadata", "annotations"): [True, {"a": ["b"]}],
         ("metadata", "finalizers"): ["a", {}, [1]], ("metadata", "ownerReferences"): [{}, ["a"], [{"uid": 5}]],
         ("metadata", "creationTimestamp"): ["nope", 5], ("metadata", "generation"): ["1", 1.5]}
BUILT_IN_TYPES = {
    "configmaps": {("data",): [5, ["a"], {"a": 1}], ("immutable",): ["true"]}, "secrets": {("data",): [{"a": 5}, {"a": "%"}], ("type",): [5]},
    "serviceaccounts": {("secrets",): [{}, ["a"]], ("automountServiceAccountToken",): ["no"]},
    "roles": {("rules",): [{}, [{"verbs": "get"}]]}, "clusterroles": {("rules",): [{}, [{"verbs": [1]}]]},
    "rolebindings": {("subjects",): [{}, [5]], ("roleRef",): ["view"]}, "clusterrolebindings": {("subjects",): [[5]]},
    "leases": {("spec",): [5, {"leaseDurationSeconds": "15"}, {"renewTime": "soon"}]},
    "events": {("count",): ["1"], ("reason",): [5], ("eventTime",): ["now"]}, "namespaces": {("spec",): [[]]}}


def types(resource):
    for request in writes(resource):
        if request.method == "PATCH":
            continue
        places = {**TYPES, **({} if resource.ours else BUILT_IN_TYPES.get(resource.name, {}))}
        if "metadata" not in json.loads(request.body) or "list" not in resource.verbs:
            continue
        for path, values in places.items():
            if resource.group_version == "events.k8s.io/v1" and path == ("count",):
                continue  # deprecatedCount there
            for value in values:
                yield dataclasses.replace(request, body=json.dumps(changed(json.loads(request.body), path, value)), what="type")


def managed_fields(resource):
    """1 MiB of them: refused for what they say, or for their size."""
    entry = {"manager": "m", "operation": "Update", "apiVersion": resource.group_version, "time": "2026-01-01T00:00:00Z",
             "fieldsType": "FieldsV1"}
    deep = 20_000 * '{"f:a":' + "{}" + 20_000 * "}"
    wide = json.dumps({f"f:{number}": {} for number in range(80_000)})
    for request in writes(resource):
        if request.headers["Content-Type"] == PATCH:
            continue
        for fields in ("DEEP", "WIDE", "7"):
            item = json.loads(request.body)
            item["metadata"]["managedFields"] = [{**entry, "fieldsV1": fields}]
            body = json.dumps(item).replace('"DEEP"', deep).replace('"WIDE"', wide)
            yield dataclasses.replace(request, body=body, path=request.path + "?dryRun=All", wanted=None, what=f"managedFields {fields}")


FAMILIES = (paths, queries, headers, bodies, types, managed_fields)

# SPDX-License-Identifier: Apache-2.0
"""Every verb of unmodified kubectl: the current minor, 1.32, and the 1.20 of Debian 12."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from case import RoadCase
from server import container
from waiting import eventually


class Verbs:
    """One kubectl; a fresh home, because it caches discovery there."""
    program = None
    minor = 0

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="berth-kubectl-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.namespace = f"verbs-{self.minor}"
        self.run_ok("create", "namespace", self.namespace)

    def tearDown(self):
        self.run_ok("delete", "namespace", self.namespace, "--timeout=60s")

    def kubectl(self, *arguments, stdin=None, environment=None):
        return subprocess.run([self.program, *map(str, arguments)], input=stdin, text=True, capture_output=True, timeout=120,
                              env={**os.environ, "HOME": str(self.home), "KUBECONFIG": str(self.berthd.kubeconfig),
                                   **(environment or {})})

    def run_ok(self, *arguments, **options):
        result = self.kubectl(*arguments, **options)
        self.assertEqual(result.returncode, 0, f"kubectl {' '.join(map(str, arguments))}: {result.stderr}{result.stdout}")
        return result.stdout

    def fails(self, words, *arguments, code=1, **options):
        result = self.kubectl(*arguments, **options)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertIn(words, result.stderr)

    def thing(self, name, **spec):
        return container(name, self.namespace, suspend=True, **spec)

    def test_create_get_describe_delete(self):
        ns = ("-n", self.namespace)
        text = json.dumps(self.thing("one"))
        self.assertIn("container.berth.dev/one created", self.run_ok("create", "-f", "-", stdin=text))
        self.fails("AlreadyExists", "create", "-f", "-", stdin=text)
        self.assertRegex(self.run_ok("get", "containers", *ns), r"NAME +HOST +IMAGE +STATUS[\s\S]*\none +local +busybox:test")
        self.assertRegex(self.run_ok("get", "ctr", "-o", "wide", *ns), "REASON")
        self.assertEqual(self.run_ok("get", "container", "one", "-o", "jsonpath={.spec.image}", *ns), "busybox:test")
        self.assertEqual(self.run_ok("get", "containers", "-o", "name", *ns).strip(), "container.berth.dev/one")
        self.assertIn("kind: Container", self.run_ok("get", "container", "one", "-o", "yaml", *ns))
        self.assertIn("one", self.run_ok("get", "containers", "-A", "--sort-by=.metadata.name", "--chunk-size=1"))
        self.assertIn("one", self.run_ok("get", "containers", *ns, "--field-selector=metadata.name=one", "--no-headers"))
        self.assertRegex(self.run_ok("describe", "container", "one", *ns), r"Name: +one[\s\S]*Image: +busybox:test")
        self.fails("NotFound", "get", "container", "absent", *ns)
        self.fails("doesn't have a resource type", "get", "nonsense")
        self.assertIn('"one" deleted', self.run_ok("delete", "container", "one", *ns, "--timeout=30s"))

    def test_apply_diff_edit_replace(self):
        ns = ("-n", self.namespace)
        text = json.dumps(self.thing("two"))
        self.assertIn("created", self.run_ok("apply", "-f", "-", stdin=text))
        self.assertIn("unchanged", self.run_ok("apply", "-f", "-", stdin=text))
        changed = json.dumps(self.thing("two", labels={"a": "b"}))
        self.assertEqual(self.run_ok("diff", "-f", "-", stdin=text), "")
        result = self.kubectl("diff", "-f", "-", stdin=changed)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stdout, r"\+ +a: b")
        self.assertIn("configured", self.run_ok("apply", "-f", "-", stdin=changed))
        self.assertEqual(self.run_ok("get", "container", "two", "-o", "jsonpath={.spec.labels.a}", *ns), "b")
        self.assertIn("serverside-applied", self.run_ok("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=changed).replace(" ", ""))
        version = self.run_ok("get", "container", "two", "-o", "jsonpath={.metadata.resourceVersion}", *ns)
        self.run_ok("apply", "--server-side", "-f", "-", stdin=changed)
        self.assertEqual(version, self.run_ok("get", "container", "two", "-o", "jsonpath={.metadata.resourceVersion}", *ns))
        self.assertEqual(self.run_ok("diff", "--server-side", "-f", "-", stdin=changed), "")
        edited = self.run_ok("edit", "container", "two", *ns, environment={"KUBE_EDITOR": "sed -i 's/a: b/a: c/'"})
        self.assertIn("edited", edited)
        live = json.loads(self.run_ok("get", "container", "two", "-o", "json", *ns))
        self.assertEqual(live["spec"]["labels"], {"a": "c"})
        live["spec"]["labels"] = {"a": "d"}
        self.assertIn("replaced", self.run_ok("replace", "-f", "-", stdin=json.dumps(live)))
        self.fails("the object has been modified", "replace", "-f", "-", stdin=json.dumps(live))

    def test_patch_label_annotate(self):
        ns = ("-n", self.namespace)
        self.run_ok("apply", "-f", "-", stdin=json.dumps(self.thing("three")))
        self.run_ok("patch", "container", "three", *ns, "--type=merge", "-p", '{"spec":{"labels":{"x":"1"}}}')
        self.run_ok("patch", "container", "three", *ns, "--type=json", "-p",
                    '[{"op":"replace","path":"/spec/labels/x","value":"2"}]')
        self.assertEqual(self.run_ok("get", "container", "three", "-o", "jsonpath={.spec.labels.x}", *ns), "2")
        self.fails("the body of the request was in an unknown format", "patch", "container", "three", *ns, "-p", '{"spec":{}}')
        self.run_ok("label", "container", "three", "tier=web", *ns)
        self.assertIn("three", self.run_ok("get", "containers", "-l", "tier in (web)", *ns))
        self.fails("already has a value", "label", "container", "three", "tier=db", *ns)
        self.run_ok("label", "container", "three", "tier-", *ns)
        self.run_ok("annotate", "container", "three", "note=it", *ns)
        self.run_ok("create", "configmap", "settings", "--from-literal=a=1", *ns)
        self.run_ok("patch", "configmap", "settings", *ns, "-p", '{"data":{"b":"2"}}')
        self.assertEqual(self.run_ok("get", "configmap", "settings", "-o", "jsonpath={.data}", *ns), '{"a":"1","b":"2"}')
        self.run_ok("create", "secret", "generic", "keys", "--from-literal=k=v", *ns)
        self.assertEqual(self.run_ok("get", "secret", "keys", "-o", "jsonpath={.data.k}", *ns), "dg==")
        self.run_ok("create", "serviceaccount", "robot", *ns)

    def test_wait_watch_explain_discover(self):
        ns = ("-n", self.namespace)
        watcher = subprocess.Popen([self.program, "get", "containers", *ns, "-w", "--no-headers"], stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, "HOME": str(self.home), "KUBECONFIG": str(self.berthd.kubeconfig)})
        try:
            self.run_ok("apply", "-f", "-", stdin=json.dumps(self.thing("four")))
            self.assertRegex(watcher.stdout.readline(), "^four +local")
        finally:
            watcher.terminate()
            watcher.wait(10)
            watcher.stdout.close()
        self.fails("timed out", "wait", "--for=condition=Ready", "container/four", *ns, "--timeout=1s")
        self.run_ok("delete", "container", "four", *ns, "--wait=false")
        gone = self.kubectl("wait", "--for=delete", "container/four", *ns, "--timeout=30s")
        # 1.20 calls what is gone before it looked an error.
        self.assertTrue(gone.returncode == 0 or self.minor == 20 and "no matching resources found" in gone.stderr, gone.stderr)
        self.assertRegex(self.run_ok("explain", "container.spec.ports"), r"containerPort\s+<integer>")
        self.assertIn("healthcheck", self.run_ok("explain", "container.spec", "--recursive"))
        self.assertRegex(self.run_ok("api-resources"), r"containers +ctr +berth.dev/v1 +true +Container")
        self.assertIn("berth.dev/v1", self.run_ok("api-versions"))
        self.assertIn("Server Version", self.run_ok("version"))
        self.fails('resource type "services"', "cluster-info")  # it lists Services, which there are none of

    def test_rights(self):
        ns = ("-n", self.namespace)
        self.assertEqual(self.run_ok("auth", "can-i", "create", "containers").strip(), "yes")
        self.assertIn("*.*", self.run_ok("auth", "can-i", "--list"))
        self.run_ok("create", "role", "reader", "--verb=get,list,watch", "--resource=containers.berth.dev", *ns)
        self.run_ok("create", "rolebinding", "reader", "--role=reader", "--user=somebody", *ns)
        eventually(5, lambda: self.kubectl("get", "containers", *ns, "--as=somebody").returncode == 0, "the binding holds")
        self.fails('cannot create resource "configmaps"', "create", "configmap", "no", *ns, "--as=somebody")
        self.fails("Forbidden", "get", "secrets", *ns, "--as=somebody")

    def test_events_scale_rollout(self):
        ns = ("-n", self.namespace)
        self.run_ok("apply", "-f", "-", stdin=json.dumps(self.thing("five")))
        self.run_ok("get", "events", *ns)
        # There is no /scale, and kubectl knows the kinds that roll out by heart: its own words for any custom resource.
        self.fails("the server could not find the requested resource", "scale", "container", "five", "--replicas=2", *ns)
        for verb in ("status", "history", "restart", "undo", "pause"):
            self.fails('no kind "Container" is registered for version "berth.dev/v1"', "rollout", verb, "container/five", *ns)

    def test_deletes_many(self):
        ns = ("-n", self.namespace)
        for name in ("a", "b", "c"):
            self.run_ok("create", "configmap", name, *ns, "--dry-run=client", "-o", "name")
            self.run_ok("create", "configmap", name, *ns)
        self.run_ok("create", "configmap", "dry", *ns, "--dry-run=server")
        self.run_ok("label", "configmaps", "a", "b", "gone=soon", *ns)
        self.assertEqual(self.run_ok("delete", "configmaps", "-l", "gone=soon", *ns).count("deleted"), 2)
        self.assertNotIn("dry", self.run_ok("get", "configmaps", "-o", "name", *ns))
        self.run_ok("delete", "configmaps", "--all", *ns)


class Current(Verbs, RoadCase):
    program = os.environ["BERTH_KUBECTL"]
    minor = 37

    def test_newer_verbs(self):
        ns = ("-n", self.namespace)
        self.assertIn("system:masters", self.run_ok("auth", "whoami"))
        self.run_ok("events", *ns)
        self.run_ok("create", "serviceaccount", "robot", *ns)
        token = self.run_ok("create", "token", "robot", *ns, "--duration=10m").strip()
        self.assertEqual(token.count("."), 2)
        self.fails("Unauthorized", "auth", "whoami", "--token=no.such.token", "--kubeconfig=/dev/null",
                   f"--server=https://127.0.0.1:{self.berthd.port}", "--insecure-skip-tls-verify")
        self.run_ok("apply", "-f", "-", stdin=json.dumps(self.thing("six")))
        self.run_ok("patch", "container", "six", "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Pending"}}', *ns)
        self.run_ok("wait", "--for=jsonpath={.spec.image}=busybox:test", "container/six", *ns, "--timeout=5s")

    def test_prune(self):
        def configmap(name):
            return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"of": "pruned"}}}

        def applied(*names, prune):
            return self.run_ok("apply", "--prune", *prune, "-n", self.namespace, "-f", "-", stdin=json.dumps(
                {"apiVersion": "v1", "kind": "List", "items": [configmap(name) for name in names]}))
        self.fails('no matches for kind "Endpoints"', "apply", "--prune", "-l", "of=pruned", "-n", self.namespace, "-f", "-",
                   stdin=json.dumps(configmap("one")))
        listed = ("-l", "of=pruned", "--prune-allowlist=core/v1/ConfigMap", "--prune-allowlist=berth.dev/v1/Container")
        applied("one", "two", prune=listed)
        self.assertIn("configmap/two pruned", applied("one", prune=listed))
        self.assertEqual(self.run_ok("get", "configmaps", "-l", "of=pruned", "-o", "name", "-n", self.namespace).split(),
                         ["configmap/one"])


class Old(Verbs, RoadCase):
    program = os.environ["BERTH_KUBECTL_1_32"]
    minor = 32


class Debian(Verbs, RoadCase):
    program = os.environ["BERTH_KUBECTL_1_20"]
    minor = 20

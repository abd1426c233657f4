# SPDX-License-Identifier: Apache-2.0
"""Identity and rights, with real kubectl: roles, tokens, acting as somebody else, and what a namespace lets run."""
import base64
import json
import os
import subprocess

from case import RoadCase
from server import container
from waiting import eventually


class Rbac(RoadCase):
    def setUp(self):
        self.ns = "rights-" + self._testMethodName.removeprefix("test_").replace("_", "-")[:40]
        self.berthd.kubectl("create", "namespace", self.ns)
        self.addCleanup(self.berthd.kubectl, "delete", "namespace", self.ns, "--timeout=60s", check=False)

    def kubectl(self, *arguments, **options):
        return self.berthd.kubectl("-n", self.ns, *arguments, **options)

    def refused(self, words, *arguments, **options):
        result = self.kubectl(*arguments, check=False, **options)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertIn(words, result.stderr + result.stdout)

    def with_token(self, token, *arguments):
        """kubectl with a bearer token alone."""
        home = self.berthd.root / "home"
        authority = self.berthd.root / "ca.crt"
        authority.write_text(self.berthd._credential("certificate-authority-data"))
        environment = {**os.environ, "HOME": str(home), "KUBECONFIG": "/dev/null"}
        return subprocess.run(
            [os.environ["BERTH_KUBECTL"], "--server", f"https://127.0.0.1:{self.berthd.port}", "--certificate-authority",
             str(authority), "--token", token, "-n", self.ns, *arguments], text=True, capture_output=True, timeout=60,
            env=environment)

    def test_a_binding_gives_and_its_end_takes(self):
        self.refused('configmaps is forbidden: User "eve" cannot list resource "configmaps" in API group "" in the '
                     f'namespace "{self.ns}"', "get", "configmaps", "--as=eve")
        self.kubectl("create", "rolebinding", "see", "--clusterrole=view", "--user=eve")
        self.kubectl("get", "configmaps", "--as=eve")
        self.refused("cannot create resource", "create", "configmap", "c", "--as=eve")
        self.refused("cannot list resource", "get", "secrets", "--as=eve")
        self.assertIn("ClusterRole/view", self.kubectl("get", "rolebindings"))
        self.assertRegex(self.kubectl("get", "rolebindings", "-o", "wide"), r"see +ClusterRole/view +\S+ +eve")
        self.kubectl("delete", "rolebinding", "see")
        self.refused("is forbidden", "get", "configmaps", "--as=eve")

    def test_can_i(self):
        self.kubectl("create", "role", "reader", "--verb=get,list", "--resource=configmaps")
        self.kubectl("create", "rolebinding", "reader", "--role=reader", "--group=readers")
        eve = ("--as=eve", "--as-group=readers")
        self.assertEqual(self.kubectl("auth", "can-i", "get", "configmaps", *eve).strip(), "yes")
        self.assertEqual(self.kubectl("auth", "can-i", "delete", "configmaps", *eve, check=False).stdout.strip(), "no")
        self.assertEqual(self.kubectl("auth", "can-i", "*", "*").strip(), "yes")
        listed = self.kubectl("auth", "can-i", "--list", *eve)
        self.assertRegex(listed, r"configmaps +\[\] +\[\] +\[get list\]")
        self.assertRegex(listed, r"\[/version\]|/version")
        self.assertRegex(self.kubectl("auth", "whoami", *eve), r"Username +eve\nGroups +\[readers system:authenticated\]")

    def test_nobody_grants_what_they_do_not_hold(self):
        self.kubectl("create", "rolebinding", "boss", "--clusterrole=admin", "--user=eve")
        self.kubectl("create", "rolebinding", "fine", "--clusterrole=view", "--user=bob", "--as=eve")
        self.refused("attempting to grant RBAC permissions not currently held", "create", "rolebinding", "more",
                     "--clusterrole=cluster-admin", "--user=eve", "--as=eve")
        self.refused("attempting to grant RBAC permissions not currently held", "create", "role", "more", "--verb=*",
                     "--resource=hosts.berth.dev", "--as=eve")
        self.kubectl("auth", "reconcile", "-f", "-", stdin=json.dumps(
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
             "metadata": {"name": "made", "namespace": self.ns},
             "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]}))
        self.assertIn("made", self.kubectl("get", "roles"))

    def test_tokens(self):
        eventually(10, lambda: self.kubectl("get", "serviceaccount", "default", "--ignore-not-found").strip(),
                   "the account default is there")
        self.kubectl("create", "serviceaccount", "robot")
        self.kubectl("create", "rolebinding", "robot", "--clusterrole=view", f"--serviceaccount={self.ns}:robot")
        token = self.kubectl("create", "token", "robot", "--duration=20m").strip()
        good = self.with_token(token, "get", "configmaps")
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertIn(f"system:serviceaccount:{self.ns}:robot", self.with_token(token, "auth", "whoami").stdout)
        self.assertIn("cannot create", self.with_token(token, "create", "configmap", "c").stderr)
        self.refused("may not specify a duration less than 10 minutes", "create", "token", "robot", "--duration=1m")
        self.kubectl("delete", "serviceaccount", "robot")
        self.assertIn("Unauthorized", self.with_token(token, "get", "configmaps").stderr)

    def test_a_secret_with_a_token(self):
        self.kubectl("create", "serviceaccount", "robot")
        self.kubectl("create", "-f", "-", stdin=json.dumps(
            {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
             "metadata": {"name": "kept", "annotations": {"kubernetes.io/service-account.name": "robot"}}}))
        data = eventually(10, lambda: (self.berthd.object("secret", "kept", self.ns) or {}).get("data"), "it is filled")
        token = base64.b64decode(data["token"]).decode()
        self.assertIn("BEGIN CERTIFICATE", base64.b64decode(data["ca.crt"]).decode())
        self.assertIn(f"system:serviceaccount:{self.ns}:robot", self.with_token(token, "auth", "whoami").stdout)
        self.kubectl("delete", "serviceaccount", "robot")
        self.assertIn("Unauthorized", self.with_token(token, "get", "configmaps").stderr)
        eventually(10, lambda: self.berthd.object("secret", "kept", self.ns) is None, "the Secret went with its account")

    def test_placing_needs_the_host(self):
        self.kubectl("create", "rolebinding", "edit", "--clusterrole=edit", "--user=eve")
        web = json.dumps(container("web", self.ns, suspend=True))
        self.refused('cannot use resource "hosts" in API group "berth.dev"', "create", "-f", "-", "--as=eve", stdin=web)
        self.kubectl("create", "rolebinding", "hosts", "--clusterrole=host-user", "--user=eve")
        self.kubectl("create", "-f", "-", "--as=eve", stdin=web)
        self.kubectl("delete", "container", "web", "--as=eve")

    def test_the_namespace_says_what_runs(self):
        loose = container("loose", self.ns, suspend=True, privileged=True)
        self.refused(f'violates berth.dev/enforce "baseline" of namespace "{self.ns}": privileged', "create", "-f", "-",
                     stdin=json.dumps(loose))
        bound = container("bound", self.ns, suspend=True,
                          mounts=[{"type": "Bind", "source": "/srv/shop/data", "target": "/data"}])
        self.refused("berth.dev/allowed-binds", "create", "-f", "-", stdin=json.dumps(bound))
        self.berthd.kubectl("annotate", "namespace", self.ns, "berth.dev/allowed-binds=/srv/shop")
        self.kubectl("create", "-f", "-", stdin=json.dumps(bound))
        self.berthd.kubectl("label", "namespace", self.ns, "berth.dev/enforce=privileged")
        self.kubectl("create", "-f", "-", stdin=json.dumps(loose))
        self.kubectl("delete", "containers", "--all", "--timeout=60s")

    def test_what_runs_goes_on_when_the_level_rises(self):
        self.berthd.kubectl("label", "namespace", self.ns, "berth.dev/enforce=privileged")
        self.make(container("web", self.ns, mounts=[{"type": "Bind", "source": "/usr", "target": "/host", "readOnly": True}]))
        self.ready("web", self.ns)
        self.berthd.kubectl("label", "namespace", self.ns, "berth.dev/enforce=baseline", "--overwrite")
        self.kubectl("wait", "--for=condition=Allowed=False", "container/web", "--timeout=20s")
        self.ready("web", self.ns)
        self.refused("violates berth.dev/enforce", "patch", "container", "web", "--type=merge", "-p",
                     '{"spec":{"args":["200000"]}}')
        self.berthd.kubectl("label", "namespace", self.ns, "berth.dev/enforce=privileged", "--overwrite")
        eventually(20, lambda: "Allowed" not in self.kubectl("get", "container", "web", "-o", "yaml"), "it is allowed again")

    def test_loosening_a_namespace_needs_enforce(self):
        self.berthd.kubectl("create", "clusterrole", self.ns, "--verb=get,patch", "--resource=namespaces")
        self.berthd.kubectl("create", "clusterrolebinding", self.ns, f"--clusterrole={self.ns}", "--group=namespace-writers")
        self.addCleanup(self.berthd.kubectl, "delete", "clusterrole,clusterrolebinding", self.ns, check=False)
        eve = ("--as=eve", "--as-group=namespace-writers")
        self.berthd.kubectl("label", "namespace", self.ns, "team=blue", *eve)
        self.refused("which changing berth.dev/enforce or berth.dev/allowed-binds needs", "label", "namespace", self.ns,
                     "berth.dev/enforce=privileged", *eve)

    def test_our_kinds_are_declared(self):
        crds = self.berthd.kubectl("get", "crd", "-o", "name")
        self.assertIn("customresourcedefinition.apiextensions.k8s.io/containers.berth.dev", crds)
        self.berthd.kubectl("wait", "--for=condition=Established", "crd/containers.berth.dev", "--timeout=10s")
        self.refused("MethodNotAllowed", "delete", "crd", "containers.berth.dev")

    def test_default_roles_come_back(self):
        self.berthd.kubectl("delete", "clusterrolebinding", "system:basic-user")
        self.berthd.kubectl("delete", "clusterrole", "view")
        self.berthd.stop()
        self.berthd.start()
        self.assertIn("configmaps", self.berthd.kubectl("get", "clusterrole", "view", "-o", "yaml"))
        self.kubectl("auth", "whoami", "--as=eve")

    def test_new_rules_are_gathered(self):
        self.berthd.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                           "metadata": {"name": "things", "labels": {
                               "rbac.authorization.kubernetes.io/aggregate-to-view": "true"}},
                           "rules": [{"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["get"]}]})
        self.addCleanup(self.berthd.kubectl, "delete", "clusterrole", "things")
        eventually(10, lambda: "example.com" in self.berthd.kubectl("get", "clusterrole", "admin", "-o", "yaml"),
                   "admin has the rule, over view, operator and edit")

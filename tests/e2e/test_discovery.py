# SPDX-License-Identifier: Apache-2.0
"""What kubectl learns from discovery and OpenAPI: every kubectl, unmodified, validating as it does by itself."""
import json
import os
import subprocess

from case import RoadCase
from server import container

KUBECTLS = ("BERTH_KUBECTL", "BERTH_KUBECTL_1_32", "BERTH_KUBECTL_1_20")


class Discovery(RoadCase):
    def kubectl(self, which, *arguments, stdin=None):
        """The result of one of the kubectls, each with a cache of its own."""
        home = self.berthd.root / which
        home.mkdir(exist_ok=True)
        return subprocess.run([os.environ[which], *arguments], input=stdin, text=True, capture_output=True, timeout=60,
                              env={**os.environ, "HOME": str(home), "KUBECONFIG": str(self.berthd.kubeconfig)})

    def with_each(self, check):
        """Calls `check` with each kubectl and a number of its own."""
        for number, which in enumerate(KUBECTLS):
            with self.subTest(kubectl=which):
                check(which, number)

    def succeed(self, which, *arguments, stdin=None):
        result = self.kubectl(which, *arguments, stdin=stdin)
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
        return result.stdout

    def test_api_resources(self):
        def check(which, _):
            lines = self.succeed(which, "api-resources").splitlines()
            rows = {line.split()[-1]: line.split() for line in lines}
            self.assertEqual(rows["Container"], ["containers", "ctr", "berth.dev/v1", "true", "Container"])
            self.assertEqual(rows["Namespace"], ["namespaces", "ns", "v1", "false", "Namespace"])
            names = self.succeed(which, "api-resources", "--api-group=berth.dev", "-o", "name").split()
            for name in ("containers", "hosts", "networks", "volumes"):
                self.assertIn(f"{name}.berth.dev", names)
            self.assertIn("host.berth.dev/local", self.succeed(which, "get", "berth", "-o", "name").split())
        self.with_each(check)

    def test_explain(self):
        def check(which, _):
            text = self.succeed(which, "explain", "container.spec.ports")
            self.assertIn("Ports published on the host.", text)
            self.assertRegex(text, r"containerPort\s+<integer> -required-")
            self.assertIn("The port inside.", text)
            every = self.succeed(which, "explain", "ctr", "--recursive")
            for field in ("secretKeyRef", "ownerReferences", "lastTransitionTime", "deletionPolicy"):
                self.assertRegex(every, rf"\n +{field}\s+<")
            self.assertIn("Text by key.", self.succeed(which, "explain", "configmap.data"))
            unknown = self.kubectl(which, "explain", "container.spec.port")
            self.assertNotEqual(unknown.returncode, 0)
            self.assertIn('"port" does not exist', unknown.stderr)
        self.with_each(check)

    def make_stopped(self, name):
        """A manifest that starts nothing, and is gone when the test is over."""
        self.addCleanup(self.berthd.kubectl, "delete", "container", name, "--ignore-not-found", check=False)
        return container(name, desiredState="Stopped")

    def test_apply_and_create_validate(self):
        def check(which, number):
            name = f"validated-{number}"
            manifest = self.make_stopped(name)
            for wanted in ("created", "unchanged"):
                said = self.succeed(which, "apply", "-f", "-", stdin=json.dumps(manifest))
                self.assertEqual(said, f"container.berth.dev/{name} {wanted}\n")
            manifest["spec"]["stopTimeout"] = 2
            said = self.succeed(which, "apply", "-f", "-", stdin=json.dumps(manifest))
            self.assertEqual(said, f"container.berth.dev/{name} configured\n")
            # A mistake is named before anything is sent, or by the server in Strict mode.
            manifest["spec"]["immage"] = "busybox:test"
            refused = self.kubectl(which, "apply", "-f", "-", stdin=json.dumps(manifest))
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("immage", refused.stderr)
            self.berthd.kubectl("delete", "container", name)
            del manifest["spec"]["immage"]
            said = self.succeed(which, "create", "-f", "-", stdin=json.dumps(manifest))
            self.assertEqual(said, f"container.berth.dev/{name} created\n")
        self.with_each(check)

    def test_dry_run_on_the_server(self):
        def check(which, _):
            said = self.succeed(which, "apply", "--dry-run=server", "-f", "-", stdin=json.dumps(container("dry")))
            self.assertEqual(said, "container.berth.dev/dry created (server dry run)\n")
            self.assertIsNone(self.berthd.object("container", "dry"))
        self.with_each(check)

    def test_diff(self):
        def check(which, number):
            manifest = self.make_stopped(f"differing-{number}")
            self.berthd.apply(manifest)
            same = self.kubectl(which, "diff", "-f", "-", stdin=json.dumps(manifest))
            self.assertEqual((same.returncode, same.stdout), (0, ""), same.stderr)
            manifest["spec"]["stopTimeout"] = 3
            other = self.kubectl(which, "diff", "-f", "-", stdin=json.dumps(manifest))
            self.assertEqual(other.returncode, 1, other.stderr)
            self.assertIn("+  stopTimeout: 3", other.stdout)
        self.with_each(check)

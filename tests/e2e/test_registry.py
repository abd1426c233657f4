# SPDX-License-Identifier: Apache-2.0
"""Registries: the probe's conditions, and images pulled with credentials from Secrets, by a real docker-registry."""
import json
import pathlib
import shutil
import tempfile

from case import RoadCase
from registry import Authority, Registry, TokenServer
from server import condition, container
from waiting import eventually

WRONG = "guessed-canary-4711"


def secret(name, password, namespace="default"):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace},
            "stringData": {"password": password}}


def registry(name, server, namespace="default", **spec):
    base = {"server": server, "username": "alice", "passwordSecretRef": {"name": name}}
    return {"apiVersion": "berth.dev/v1", "kind": "Registry", "metadata": {"name": name, "namespace": namespace},
            "spec": {**base, **spec}}


class Registries(RoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory(prefix="berth-e2e-", dir="/var/tmp")
        cls.authority = Authority(cls.folder.name)
        cls.plain = Registry().start()
        cls.image = cls.plain.push(cls.engine, "web:1", "team/web:1")

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.plain.destroy()
        cls.folder.cleanup()

    def conditions(self, name, namespace="default"):
        item = self.berthd.object("registry", name, namespace)
        return {kind: (condition(item, kind).get("status"), condition(item, kind).get("reason"))
                for kind in ("Ready", "Reachable", "Authenticated")}

    def says(self, name, **wanted):
        """Waits for conditions: says("ghcr", Ready=("True", "Accepted"))."""
        def look():
            found = self.conditions(name)
            return all(found[kind] == value for kind, value in wanted.items())
        try:
            eventually(30, look, f"registry {name}: {wanted}")
        except AssertionError as error:
            raise AssertionError(f"{error}; conditions: {self.berthd.object('registry', name)['status']}; "
                                 f"log: {self.berthd.log_tail()}") from None

    def drop(self, *images):
        for image in images:
            self.addCleanup(self.engine.docker, "rmi", "--force", image, check=False)

    def own(self, *objects):
        self.make(*objects)
        for item in objects:
            if item["kind"] != "Container":
                self.addCleanup(self.berthd.kubectl, "delete", item["kind"].lower(), item["metadata"]["name"], "-n",
                                item["metadata"]["namespace"], "--ignore-not-found")

    def test_password_is_corrected(self):
        self.drop(self.image)
        self.own(secret("corrected", WRONG), registry("corrected", self.plain.server),
                 container("corrected", image=self.image, command=None))
        self.says("corrected", Ready=("False", "Denied"), Reachable=("True", "Reached"),
                  Authenticated=("False", "Denied"))
        eventually(30, lambda: condition(self.berthd.object("container", "corrected"), "ImageResolved").get("reason")
                   == "ImagePullDenied", "the pull is denied")
        message = condition(self.berthd.object("container", "corrected"), "ImageResolved")["message"]
        self.assertIn("with the credentials of Registry default/corrected", message)
        # Nothing but the Secret is changed.
        self.berthd.apply(secret("corrected", "wonderland"))
        self.says("corrected", Ready=("True", "Accepted"), Authenticated=("True", "Accepted"))
        item = self.ready("corrected", seconds=25)
        digest = self.engine.docker("inspect", "--format", "{{index .RepoDigests 0}}", self.image).split("@")[1]
        self.assertEqual(item["status"]["image"]["digest"], digest)
        self.nowhere(WRONG)

    def nowhere(self, canary):
        """A password is in no sink that people or programs read."""
        sinks = {"log": self.berthd.log_path.read_text(),
                 "audit": self.berthd.berth("audit", "export"),
                 "events": self.berthd.kubectl("get", "events", "-A", "-o", "json"),
                 "objects": self.berthd.kubectl("get", "containers,registries", "-A", "-o", "json"),
                 "metrics": json.dumps(self.berthd.metrics())}
        for name, text in sinks.items():
            self.assertNotIn(canary, text, f"the password is in {name}")

    def test_the_systems_registry_serves_every_namespace(self):
        image = self.plain.push(self.engine, "web:2", "team/system:1")
        self.drop(image)
        self.own(secret("system", "wonderland", "berth-system"),
                 registry("system", self.plain.server, "berth-system"), container("system", image=image, command=None))
        self.ready("system")

    def test_one_pull_for_many(self):
        image = self.plain.push(self.engine, "web:2", "team/many:1")
        self.drop(image)
        self.own(secret("many", "wonderland"), registry("many", self.plain.server))
        before = self.pulls()
        names = [f"many-{i}" for i in range(4)]
        self.own(*(container(name, image=image, command=None, registryRef={"name": "many"}) for name in names))
        for name in names:
            self.ready(name)
        self.assertEqual(self.pulls() - before, 1)

    def pulls(self):
        return sum(value for key, value in self.berthd.metrics().items()
                   if key.startswith("berth_engine_calls_total") and 'operation="image_pull"' in key)

    def test_what_is_not_there(self):
        self.own(secret("absent", "wonderland"), registry("absent", self.plain.server),
                 container("absent", image=f"{self.plain.server}/team/web:none"))
        eventually(30, lambda: condition(self.berthd.object("container", "absent"), "Ready").get("reason")
                   == "ImageNotFound", "the image is not found")

    def test_credentials_stay_with_their_server(self):
        refused = self.berthd.kubectl("apply", "-f", "-", check=False,
                                      stdin=json.dumps(registry("bad", "https://ghcr.io/v2")))
        self.assertIn("no scheme, no path", refused.stderr)
        self.own(secret("elsewhere", "wonderland"), registry("elsewhere", "127.0.0.1:1"),
                 container("elsewhere", image=self.image, registryRef={"name": "elsewhere"}))
        eventually(30, lambda: condition(self.berthd.object("container", "elsewhere"), "Ready").get("reason")
                   == "RegistryNotUsable", "its credentials are for another server")
        self.says("elsewhere", Ready=("False", "Unreachable"), Authenticated=("Unknown", "NotReached"))

    def test_token_server(self):
        tokens = TokenServer(self.authority, "alice", "wonderland")
        self.addCleanup(tokens.stop)
        guarded = Registry(token_server=tokens).start()
        self.addCleanup(guarded.destroy)
        image = guarded.push(self.engine, "web:1", "team/token:1")
        self.drop(image)
        self.own(secret("token", WRONG), registry("token", guarded.server))
        self.says("token", Ready=("False", "Denied"))
        self.berthd.apply(secret("token", "wonderland"))
        self.says("token", Ready=("True", "Accepted"))
        self.own(container("token", image=image, command=None))
        self.ready("token")

    def test_tls(self):
        address = self.engine.address.split("/")[0]
        secure = Registry(address=address, tls=self.authority).start()
        self.addCleanup(secure.destroy)
        trust = pathlib.Path("/etc/docker/certs.d") / secure.server
        self.addCleanup(shutil.rmtree, trust, ignore_errors=True)
        trust.mkdir(parents=True)
        shutil.copy(self.authority.certificate, trust / "ca.crt")
        image = secure.push(self.engine, "web:1", "team/tls:1")
        self.drop(image)
        shutil.rmtree(trust)

        self.own(secret("tls", "wonderland"), registry("tls", secure.server))
        self.says("tls", Ready=("False", "CertificateUntrusted"), Reachable=("False", "CertificateUntrusted"))
        self.own(registry("tls", secure.server, caBundle=self.authority.certificate.read_text()))
        self.says("tls", Ready=("True", "Accepted"))
        # The engine trusts by files of its own; the condition has the line.
        self.own(container("tls", image=image, command=None))
        eventually(30, lambda: condition(self.berthd.object("container", "tls"), "ImageResolved").get("reason")
                   == "RegistryUntrusted", "the engine does not trust it")
        message = condition(self.berthd.object("container", "tls"), "ImageResolved")["message"]
        self.assertIn(f"/etc/docker/certs.d/{secure.server}/ca.crt", message)
        trust.mkdir(parents=True)
        shutil.copy(self.authority.certificate, trust / "ca.crt")
        self.ready("tls", seconds=60)

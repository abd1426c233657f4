# SPDX-License-Identifier: Apache-2.0
"""A test case with the shared engine, one berthd, and SSH servers before the engine."""
import unittest

from engine import PrivateEngine
from server import Berthd, condition, is_ready
from sshd import Sshd, keygen
from waiting import eventually


class SshCase(unittest.TestCase):
    """One engine and one berthd for the class; servers are made by the tests."""

    @classmethod
    def setUpClass(cls):
        cls.engine = PrivateEngine.shared()
        cls.berthd = Berthd("/nonexistent/docker.sock").start()
        cls.keys = cls.berthd.root / "keys"
        cls.keys.mkdir()
        for kind in ("ed25519", "ecdsa", "rsa"):
            keygen(cls.keys / kind, kind)
        keygen(cls.keys / "locked", "ed25519", passphrase="open sesame")
        keygen(cls.keys / "stranger")

    @classmethod
    def tearDownClass(cls):
        cls.berthd.kubectl("delete", "containers", "--all", "-A", "--timeout=60s", check=False)
        cls.berthd.destroy()

    def public(self, name):
        return (self.keys / f"{name}.pub").read_text()

    def server(self, *options, **settings):
        server = Sshd(options, **settings)
        self.addCleanup(server.destroy)
        for name in ("ed25519", "ecdsa", "rsa", "locked"):
            server.authorize(self.public(name))
        return server.start()

    def secret(self, name, key=None, **more):
        data = dict(more)
        if key:
            data["ssh-privatekey"] = (self.keys / key).read_text()
        self.berthd.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "berth-system"},
                           "stringData": data})

    def way(self, server, secret, **fields):
        """What the spec says of one server."""
        return {"address": server.address, "port": server.port, "user": server.user,
                "identitySecretRef": {"namespace": "berth-system", "name": secret}, "hostKeys": [server.host_key],
                **fields}

    def host(self, name, ssh):
        ssh = {"engineSocket": str(self.engine.socket), **ssh}
        self.berthd.apply({"apiVersion": "berth.dev/v1", "kind": "Host", "metadata": {"name": name}, "spec": {"ssh": ssh}})
        self.addCleanup(self.remove_host, name)

    def remove_host(self, name):
        """The host's containers first: it is what they are removed through."""
        def names():
            items = self.berthd.get("/apis/berth.dev/v1/namespaces/default/containers").json()["items"]
            return [item["metadata"]["name"] for item in items if item["spec"]["host"] == name]
        if names():
            # kubectl waits for one after the other.
            self.berthd.kubectl("delete", "container", *names(), "--wait=false", check=False)
            eventually(60, lambda: not names(), f"nothing is left on {name}")
        self.berthd.kubectl("delete", "host", name, "--ignore-not-found", check=False)

    def host_ready(self, name, seconds=30):
        return self.host_with(name, "Ready", "True", seconds=seconds)

    def host_with(self, name, kind, status, reason=None, seconds=30):
        """Waits for a condition at the present generation; the condition then."""
        def look():
            item = self.berthd.object("host", name)
            found = condition(item, kind)
            fresh = found.get("observedGeneration") == item["metadata"]["generation"]
            right = fresh and found["status"] == status and reason in (None, found["reason"])
            return (found, item) if right else None
        try:
            return eventually(seconds, look, f"host {name}: {kind}={status} {reason or ''}")
        except AssertionError as error:
            shown = (self.berthd.object("host", name) or {}).get("status")
            raise AssertionError(f"{error}; status: {shown}; log: {self.berthd.log_tail()}") from None

    def refused(self, name, reason, *words, seconds=30):
        found, _ = self.host_with(name, "Ready", "False", reason, seconds)
        for word in words:
            self.assertIn(word, found["message"])
        return found["message"]

    def container_ready(self, name, seconds=40):
        eventually(seconds, lambda: is_ready(self.berthd.object("container", name)), f"container {name} is Ready")

# SPDX-License-Identifier: Apache-2.0
"""Fifty planted secrets are in no file of the data directory, nor of a copy of it, nor in anything that people or programs
read; and another key takes over while clients are served."""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading

from case import RoadCase
from server import BERTHD, Berthd, container
from waiting import eventually


def canary(i):
    return f"canary-{i:02d}-{i * 7919 % 10007:05d}"


CANARIES = [canary(i) for i in range(50)]


def secret(name, **data):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "default"}, "stringData": data}


class SecretsAtRest(RoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plant()

    @classmethod
    def plant(cls):
        """By every way that a secret comes in or is used: apply, create, patch, refused writes, env, files, credentials."""
        each = iter(CANARIES)
        berthd = cls.berthd
        berthd.apply(*(secret(f"applied-{i}", value=next(each)) for i in range(20)))
        for i in range(10):
            berthd.kubectl("create", "secret", "generic", f"created-{i}", f"--from-literal=value={next(each)}")
        for i in range(5):
            berthd.kubectl("patch", "secret", f"created-{i}", "--type=merge", "-p",
                           json.dumps({"stringData": {"value": next(each)}}))
        # Refused: the value must not come back in an error, nor stay anywhere.
        refused = secret("refused", **{"bad key!": next(each)})
        result = berthd.kubectl("apply", "-f", "-", stdin=json.dumps(refused), check=False)
        assert result.returncode != 0 and CANARIES[35] not in result.stderr, result.stderr
        config = json.dumps({"auths": {"127.0.0.1:2": {"auth": base64.b64encode(f"a:{next(each)}".encode()).decode()}}})
        berthd.kubectl("create", "secret", "generic", "config", "--type=kubernetes.io/dockerconfigjson",
                       f"--from-literal=.dockerconfigjson={config}")
        berthd.apply(
            secret("used", env=next(each), file=next(each), password=next(each), identitytoken=next(each)),
            container("uses", env=[{"name": "E", "valueFrom": {"secretKeyRef": {"name": "used", "key": "env"}}}],
                      files=[{"path": "/f", "secretKeyRef": {"name": "used", "key": "file"}}]),
            cls.registry("by-password", "127.0.0.1:1", username="a", passwordSecretRef={"name": "used"}),
            cls.registry("by-token", "127.0.0.1:1", identityTokenSecretRef={"name": "used"}),
            cls.registry("by-config", "127.0.0.1:2", dockerConfigSecretRef={"name": "config"}),
            container("pulls", image="127.0.0.1:2/app:1"))
        berthd.apply(*(secret(f"rest-{i}", value=value) for i, value in enumerate(each)))

    @staticmethod
    def registry(name, server, **spec):
        return {"apiVersion": "berth.dev/v1", "kind": "Registry", "metadata": {"name": name, "namespace": "default"},
                "spec": {"server": server, **spec}}

    def holds(self, data):
        return [value for value in CANARIES if value.encode() in data or base64.b64encode(value.encode()) in data]

    def test_none_is_found_in_the_data_or_a_copy_of_it(self):
        self.ready("uses")
        with tempfile.TemporaryDirectory(prefix="berth-e2e-", dir="/var/tmp") as folder:
            shutil.copytree(self.berthd.data, f"{folder}/copy")
            for root in (self.berthd.data, f"{folder}/copy"):
                files = [path for path in pathlib.Path(root).rglob("*") if path.is_file()]
                self.assertGreater(len(files), 3)
                for path in files:
                    self.assertEqual(self.holds(path.read_bytes()), [], path)
            # And the copy alone opens nothing.
            opened = subprocess.run([BERTHD, "--data-dir", f"{folder}/copy", "--listen", "127.0.0.1:0", "--metrics-listen",
                                     "127.0.0.1:0"], capture_output=True, text=True, timeout=30)
            self.assertEqual(opened.returncode, 1)
            self.assertIn("ring.json is missing", opened.stderr)

    def test_none_is_found_in_what_is_read(self):
        self.ready("uses")
        eventually(30, lambda: self.status_of("pulls").get("conditions", [{}])[0].get("reason") == "RegistryUnreachable",
                   "a pull with credentials has failed")
        berthd = self.berthd
        sinks = {"log": berthd.log_path.read_text(), "audit": berthd.berth("audit", "export"),
                 "metrics": json.dumps(berthd.metrics()),
                 "objects": berthd.kubectl("get", "containers,registries,hosts,events,configmaps,enginecontainers,engineimages",
                                           "-A", "-o", "json", "--show-managed-fields"),
                 "secrets' table": berthd.kubectl("get", "secrets", "-A", "-o", "wide"),
                 "described": berthd.kubectl("describe", "secrets,containers,registries"),
                 "diff": berthd.berth("diff", "-f", "-", stdin=json.dumps(secret("applied-0", value="other")),
                                      check=False).stdout}
        for container_row in berthd.kubectl("get", "enginecontainers", "-o", "name").split():
            sinks[container_row] = berthd.kubectl("get", container_row, "-o", "json")
        for name, text in sinks.items():
            self.assertEqual(self.holds(text.encode()), [], name)

    def test_keys_are_rotated_under_load(self):
        failures, reads, over = [], [], threading.Event()

        def read(connection):
            while not over.is_set():
                for i in (0, 7, 19):
                    answer = self.berthd.get(f"/api/v1/namespaces/default/secrets/applied-{i}", connection=connection)
                    value = base64.b64decode(answer.json().get("data", {}).get("value", "")).decode()
                    reads.append(i)
                    if answer.status != 200 or value != canary(i):
                        failures.append((i, answer.status, answer.text))
        readers = [threading.Thread(target=read, args=(self.berthd.connection(),)) for _ in range(4)]
        for reader in readers:
            reader.start()
        try:
            first = self.berthd.berth("key", "rotate")
            second = self.berthd.berth("key", "rotate")
        finally:
            over.set()
            for reader in readers:
                reader.join()
        self.assertEqual(failures, [])
        self.assertGreater(len(reads), 10)
        self.assertRegex(first, r"made key k-[0-9a-f]{8}: [0-9]{2} sealed values rewrapped")
        self.assertNotEqual(first.split()[2], second.split()[2])
        # A killed server comes back with every value, and with the new key.
        self.berthd.kill()
        self.berthd.start()
        for i in range(20):
            item = self.berthd.object("secret", f"applied-{i}")
            self.assertEqual(base64.b64decode(item["data"]["value"]).decode(), canary(i))
        self.assertIn('"rotate-keys"', self.berthd.berth("audit", "export"))
        self.test_none_is_found_in_the_data_or_a_copy_of_it()

    def test_an_interrupted_rotation_is_ended_by_a_start(self):
        self.berthd.stop()
        ring = self.berthd.data.with_name(self.berthd.data.name + ".keys") / "ring.json"
        # What a rotation leaves that was killed after it had made its key.
        keys = json.loads(ring.read_text())["keys"]
        made = {"id": "k-0badcafe", "key": base64.b64encode(os.urandom(32)).decode()}
        ring.write_text(json.dumps({"keys": [made, *keys]}))
        self.berthd.start()
        eventually(20, lambda: any(
            record.get("action") == "rotate-keys" and record.get("phase") == "outcome"
            and record["actor"] == "system:controller:key-rotation"
            for record in (json.loads(line)["record"] for line in self.berthd.berth("audit", "export").splitlines())),
            "the rotation has ended")
        for i in range(20):
            item = self.berthd.object("secret", f"applied-{i}")
            self.assertEqual(base64.b64decode(item["data"]["value"]).decode(), canary(i))
        self.assertIn("made key", self.berthd.berth("key", "rotate"), "nothing was left to go on with")

    def test_who_may_rotate(self):
        denied = self.berthd.berth("--as", "alice", "key", "rotate", check=False)
        self.assertEqual(denied.returncode, 1)
        self.assertIn("Forbidden", denied.stderr)


class KeyFiles(RoadCase):
    """A start with keys that are not as they should be ends with one sentence that names the file."""

    def refused(self, *fragments):
        result = subprocess.run([BERTHD, "--data-dir", self.own.data, "--listen", "127.0.0.1:0", "--metrics-listen",
                                 "127.0.0.1:0"], capture_output=True, text=True, timeout=30)
        self.assertEqual(result.returncode, 1, result.stderr)
        for fragment in fragments:
            self.assertIn(fragment, result.stderr.splitlines()[-1])

    def test_wrong_missing_readable_damaged(self):
        self.own = Berthd(self.engine.socket, controllers="none").start()
        self.addCleanup(self.own.destroy)
        self.own.stop()
        keys = self.own.data.with_name(self.own.data.name + ".keys")
        ring = keys / "ring.json"
        good = ring.read_text()
        ring.chmod(0o644)
        self.refused(str(ring), "mode 0644", "chmod 0600")
        ring.chmod(0o600)
        keys.chmod(0o755)
        self.refused(str(keys), "mode 0755", "chmod 0700")
        keys.chmod(0o700)
        ring.write_text("{}")
        self.refused(str(ring), "damaged")
        other = {"keys": [{"id": "k-00000000", "key": base64.b64encode(b"x" * 32).decode()}]}
        ring.write_text(json.dumps(other))
        self.refused("do not fit")
        ring.unlink()
        self.refused(str(ring), "is missing")
        ring.write_text(good)
        ring.chmod(0o600)
        self.own.start()

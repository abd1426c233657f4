# SPDX-License-Identifier: Apache-2.0
"""The audit journal: every mutation has its record, also under kill -9, and tampering with the files is found."""
import http.client
import json
import os
import random
import shutil
import ssl
import subprocess
import threading
import unittest

import server
from scale import rounds
from server import Berthd

TAMPER = server.BERTHD.parent / "audit_tamper"
RECORDS = "/apis/audit.berth.dev/v1/auditrecords"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
KINDS = ("change", "restamp", "remove", "swap", "insert", "cut")


def fresh():
    """A berthd that drives no engine: nobody listens on its socket."""
    return Berthd("/nonexistent/docker.sock", controllers="none")


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def all_records(berthd, selector=""):
    """Every record, page by page."""
    found, token = [], ""
    while True:
        page = berthd.get(f"{RECORDS}?limit=500&fieldSelector={selector}&continue={token}").json()
        found += page["items"]
        token = page["metadata"].get("continue", "")
        if not token:
            return found


class Tampering(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.berthd = fresh().start()
        for number in range(60):
            assert cls.berthd.request("POST", CONFIG_MAPS, config_map(f"c{number}")).status == 201
        cls.berthd.stop()
        cls.saved = cls.berthd.root / "saved"
        shutil.copytree(cls.berthd.data, cls.saved)
        cls.keys = cls.berthd.root / "data.keys"
        cls.saved_keys = cls.berthd.root / "saved.keys"
        shutil.copytree(cls.keys, cls.saved_keys)

    @classmethod
    def tearDownClass(cls):
        cls.berthd.destroy()

    def tearDown(self):
        self.berthd.stop()
        for place, saved in ((self.berthd.data, self.saved), (self.keys, self.saved_keys)):
            shutil.rmtree(place)
            shutil.copytree(saved, place)

    def tamper(self, kind, sequence):
        result = subprocess.run([TAMPER, self.berthd.data / "db", kind, str(sequence)], check=True,
                                capture_output=True, text=True)
        return int(result.stdout)

    def offline(self):
        return self.berthd.berth("audit", "verify", "--data-dir", self.berthd.data, check=False)

    def test_nothing_changed(self):
        result = self.offline()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("the audit holds", result.stdout)
        self.berthd.start()
        self.assertIn("the audit holds", self.berthd.berth("audit", "verify"))

    def test_each_kind_is_found_and_named(self):
        draw = random.Random(20260103)
        for kind in KINDS:
            for _ in range(rounds(20, 2)):
                with self.subTest(kind=kind):
                    count = self.tamper("count", 0)
                    at = draw.randrange(2, count - 1)
                    self.tamper(kind, at)
                    # The first time by the program on the files, then by the server that goes on with them.
                    result = self.offline()
                    self.assertEqual(result.returncode, 1, result.stdout)
                    self.assertIn(f"at record {at}:", result.stderr)
                    self.berthd.start()
                    self.assertEqual(self.berthd.request("POST", CONFIG_MAPS, config_map("after")).status, 201)
                    result = self.berthd.berth("audit", "verify", check=False)
                    self.assertEqual(result.returncode, 1, result.stdout)
                    self.assertIn(f"at record {at}:", result.stderr)
                    self.tearDown()

    def test_the_first_and_the_last_record(self):
        count = self.tamper("count", 0)
        for kind, at in (("change", 1), ("remove", 1), ("change", count), ("remove", count), ("cut", count)):
            with self.subTest(kind=kind, at=at):
                self.tamper(kind, at)
                result = self.offline()
                self.assertEqual(result.returncode, 1, result.stdout)
                self.assertIn(f"at record {at}:", result.stderr)
                self.tearDown()

    def test_a_cut_behind_a_kill(self):
        """What a killed server wrote last has no checkpoint yet: the sealed end alone tells of it."""
        self.berthd.start()
        for number in range(8):
            self.assertEqual(self.berthd.request("POST", CONFIG_MAPS, config_map(f"tail{number}")).status, 201)
        self.berthd.kill()
        count = self.tamper("count", 0)
        self.tamper("cut", count - 4)
        self.assertIn(f"at record {count - 4}:", self.offline().stderr)
        self.berthd.start()
        self.assertEqual(self.berthd.request("POST", CONFIG_MAPS, config_map("after")).status, 201)
        result = self.berthd.berth("audit", "verify", check=False)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(f"at record {count - 4}:", result.stderr)

    def test_an_export_verifies_again(self):
        self.berthd.start()
        lines = self.berthd.berth("audit", "export").splitlines()
        self.assertGreater(len(lines), 60)
        path = self.berthd.root / "export.jsonl"
        path.write_text("\n".join(lines) + "\n")
        self.assertIn(f"the audit holds: {len(lines)} records", self.berthd.berth("audit", "verify", "-f", path))
        changed = json.loads(lines[10])
        changed["record"]["actor"] = "somebody-else"
        path.write_text("\n".join([*lines[:10], json.dumps(changed), *lines[11:]]))
        result = self.berthd.berth("audit", "verify", "-f", path, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"at record {changed['sequence']}:", result.stderr)

    def test_list_filters_and_kubectl_reads_it(self):
        self.berthd.start()
        listed = self.berthd.berth("audit", "list", "--resource", "configmaps", "--verb", "create", "-n", "default")
        self.assertEqual(len(listed.splitlines()), 61, listed)
        self.berthd.kubectl("create", "serviceaccount", "robot")
        self.berthd.kubectl("create", "token", "robot")
        self.assertRegex(self.berthd.berth("audit", "list", "--resource", "serviceaccounts", "--tail", "1"),
                         r" create +serviceaccounts/token +default +robot ")
        newest = self.berthd.berth("audit", "list", "--resource", "configmaps", "--tail", "2", "-o", "json")
        self.assertEqual([item["record"]["resource"]["name"] for item in json.loads(newest)["items"]], ["c58", "c59"])
        self.assertEqual(self.berthd.berth("audit", "list", "--since", "2099-01-01T00:00:00Z"), "")
        names = self.berthd.kubectl("get", "auditrecords", "--field-selector=name=c7", "-o", "name").split()
        self.assertEqual(len(names), 1)
        self.assertIn("SEQUENCE", self.berthd.kubectl("get", names[0]))
        self.assertIn("previousMac", self.berthd.kubectl("explain", "auditrecords"))

    def test_a_watch_goes_on_where_the_list_ended(self):
        self.berthd.start()
        self.berthd.kubectl("get", "secrets", "-n", "default")
        watch = subprocess.Popen([server.BERTH, "audit", "list", "--kind", "read", "-w"], stdout=subprocess.PIPE,
                                 text=True, env={**os.environ, "KUBECONFIG": str(self.berthd.kubeconfig)})
        limit = threading.Timer(30, watch.kill)
        limit.start()
        try:
            self.assertIn("SEQUENCE", watch.stdout.readline())
            self.assertIn("secrets", watch.stdout.readline())
            self.berthd.kubectl("get", "secrets", "-n", "berth-system")
            self.assertIn("berth-system", watch.stdout.readline())
        finally:
            limit.cancel()
            watch.kill()
            watch.wait()
            watch.stdout.close()


class NoMutationWithoutARecord(unittest.TestCase):
    WRITERS = 16
    WRITES = 400

    def test_under_kills(self):
        berthd = fresh().start()
        try:
            acknowledged = {}
            for number in range(rounds(20, 2)):
                made = self.load(berthd, number)
                self.assertGreater(len(made), 50, "the load was real")
                acknowledged.update(made)
                berthd.start()
                result = berthd.berth("audit", "verify", check=False)
                self.assertEqual(result.returncode, 0, result.stderr)
                recorded = {}
                for item in all_records(berthd, "resource=configmaps,decision=allow"):
                    record = item["record"]
                    revision = int(record["revisionAfter"])
                    self.assertNotIn(revision, recorded, "one record a mutation")
                    self.assertEqual(item["revision"], record["revisionAfter"])
                    recorded[revision] = record["resource"]["name"]
                for revision, name in acknowledged.items():
                    self.assertEqual(recorded.get(revision), name, "an acknowledged write has its record")
                live = {int(item["metadata"]["resourceVersion"]): item["metadata"]["name"]
                        for item in berthd.get(CONFIG_MAPS).json()["items"]}
                self.assertEqual({revision: recorded.get(revision) for revision in live}, live,
                                 "what was written without an answer has its record, too")
                newest = {}
                for revision, name in sorted(recorded.items()):
                    newest[name] = revision
                self.assertEqual({name: revision for revision, name in live.items()}, newest,
                                 "no record of a write that never was")
        finally:
            berthd.destroy()

    def load(self, berthd, number):
        """Creates and updates from all writers, berthd killed in the middle: {revision: name} as acknowledged."""
        made, lock, half = {}, threading.Lock(), threading.Event()
        context = berthd.tls()

        def write(connection, method, path, body):
            answer = berthd.request(method, path, body, connection=connection)
            if answer.status not in (200, 201):
                return
            with lock:
                made[int(answer.json()["metadata"]["resourceVersion"])] = body["metadata"]["name"]
                if len(made) >= self.WRITES // 2:
                    half.set()

        def writer(index):
            connection = http.client.HTTPSConnection("127.0.0.1", berthd.port, context=context, timeout=10)
            try:
                for step in range(self.WRITES // self.WRITERS):
                    name = f"r{number}-w{index}-{step}"
                    write(connection, "POST", CONFIG_MAPS, config_map(name))
                    write(connection, "PUT", f"{CONFIG_MAPS}/{name}", config_map(name, step=str(step)))
            except (OSError, http.client.HTTPException, ssl.SSLError, ValueError):
                return

        threads = [threading.Thread(target=writer, args=(index,)) for index in range(self.WRITERS)]
        for thread in threads:
            thread.start()
        half.wait(30)
        berthd.kill()
        for thread in threads:
            thread.join()
        return made

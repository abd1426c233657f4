# SPDX-License-Identifier: Apache-2.0
"""Updates: under StartFirst nobody who asks for the alias notices a good one or a bad one; a failed StopFirst update rolls
back by itself; the last ten specs can be looked at and declared again; berth restart, stop, start, pause."""
import json
import pathlib
import subprocess
import sys
import tempfile

from case import RoadCase
from scale import rounds
from server import condition, container
from waiting import eventually

CLIENT = pathlib.Path(__file__).with_name("alias_client.py")
NETWORK = "rollout"
# Told to end, it takes no more connections, answers those that it has, and goes.
SERVE = 'httpd -f -p 8080 -h /www & trap "kill $!; sleep 1; exit 0" TERM; wait'
PROBE = {"test": ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"], "interval": "300ms",
         "timeout": "10s", "retries": 3}
# A program that is not there, one that ends, one that never serves, an image that nobody has.
BAD = [{"command": ["/no/such/program"]}, {"command": ["sh", "-c", "exit 7"]},
       {"command": ["sleep", "100000"]}, {"image": "127.0.0.1:1/none:1"}]


class Client:
    """Asks all the time, from a container on the network."""

    def __init__(self, engine, alias):
        self.engine = engine
        self.container = engine.docker("run", "-d", "--network", NETWORK, "busybox:test", "sleep", "100000")
        pid = engine.inspect(self.container)["State"]["Pid"]
        self.answers = tempfile.NamedTemporaryFile("r", prefix="berth-e2e-answers-")
        self.process = subprocess.Popen(
            ["nsenter", "--target", str(pid), "--net", sys.executable, CLIENT, alias, "8080"],
            stdin=subprocess.PIPE, stdout=open(self.answers.name, "w"))

    def seen(self):
        return pathlib.Path(self.answers.name).read_text().splitlines()

    def end(self):
        self.process.stdin.close()
        self.process.wait(30)
        seen = self.seen()
        self.answers.close()
        self.engine.docker("rm", "-f", self.container)
        return seen


class Rollout(RoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine.docker("network", "create", NETWORK)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.engine.docker("network", "rm", NETWORK)

    def change(self, name, **spec):
        self.berthd.kubectl("patch", "container", name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def rolled_out(self, name):
        self.berthd.berth("rollout", "status", name, "--timeout=60s")

    def refused(self, name):
        """Waits until the update is known to have failed; the object then."""
        def look():
            item = self.berthd.object("container", name)
            failed = condition(item, "Ready").get("reason") == "RolledBack"
            missing = condition(item, "ImageResolved").get("status") == "False"
            current = item["status"]["observedGeneration"] == item["metadata"]["generation"]
            return item if current and (failed or missing) else None
        return eventually(60, look, f"the update of {name} has failed")

    def site(self, name, **more):
        return container(name, **{"image": "web:1", "command": ["sh", "-c", SERVE], "healthcheck": PROBE, "stopTimeout": 10,
                                  "networks": [{"name": NETWORK, "aliases": ["site"]}],
                                  "update": {"order": "StartFirst"}, **more})

    def test_nobody_notices_an_update(self):
        self.make(self.site("site"))
        self.ready("site")
        client = Client(self.engine, "site")
        try:
            eventually(20, lambda: "web 1" in client.seen(), "the client is answered")
            for number in range(rounds(10, 2)):
                self.good(client, number)
                self.bad(client, BAD[number % len(BAD)])
        finally:
            seen = client.end()
        failed = [line for line in seen if line not in ("web 1", "web 2")]
        self.assertEqual(failed, [], f"of {len(seen)} requests")
        self.assertGreater(len(seen), 100)

    def good(self, client, number):
        before = self.engine.managed("site")[0]["Id"]
        image = f"web:{(number + 1) % 2 + 1}"
        self.change("site", image=image, command=["sh", "-c", SERVE], env=[{"name": "ROUND", "value": str(number)}],
                    update={"progressDeadlineSeconds": 60})
        self.rolled_out("site")
        have = self.engine.managed("site")
        self.assertEqual([item["Name"] for item in have], ["/site"])
        self.assertNotEqual(have[0]["Id"], before)
        count = len(client.seen())
        eventually(20, lambda: client.seen()[count:].count(image.replace(":", " ")) > 3, "the new one answers")

    def bad(self, client, mistake):
        before = self.engine.inspect("site")
        self.change("site", update={"progressDeadlineSeconds": 4}, **mistake)
        self.refused("site")
        eventually(20, lambda: len(self.engine.managed("site")) == 1, "the new one is gone")
        after = self.engine.inspect("site")
        self.assertEqual(after["Id"], before["Id"])
        self.assertEqual(after["State"]["StartedAt"], before["State"]["StartedAt"], "the old one was never touched")
        self.assertEqual(after["HostConfig"]["RestartPolicy"], before["HostConfig"]["RestartPolicy"])
        count = len(client.seen())
        eventually(20, lambda: len(client.seen()) > count + 3, "the old one answers")

    def test_a_failed_stop_first_update_rolls_back_by_itself(self):
        self.make(container("back"))
        self.ready("back")
        before = self.engine.inspect("back")["Id"]
        self.change("back", command=["sh", "-c", "exit 7"])
        status = self.berthd.berth("rollout", "status", "back", "--timeout=60s", check=False)
        self.assertEqual(status.returncode, 1)
        self.assertIn("RolledBack: the update failed", status.stdout)
        eventually(20, lambda: [(item["Id"], item["State"]["Running"]) for item in self.engine.managed("back")]
                   == [(before, True)], "the old one runs")

    def test_undo_goes_to_the_last_spec_that_ran(self):
        self.make(container("ran", env=[{"name": "N", "value": "1"}]))
        self.ready("ran")
        image = self.berthd.object("container", "ran")["spec"]["image"]
        self.change("ran", image="nowhere.invalid/none:1", imagePullPolicy="Never")
        self.change("ran", image="nowhere.invalid/none:2")
        wide = self.berthd.berth("get", "container", "ran", "-o", "wide").splitlines()
        runs = wide[0].index("RUNS")
        self.assertEqual(wide[1][runs:].split()[0], image)
        self.assertIn("rolled back to revision 1", self.berthd.berth("rollout", "undo", "ran"))
        self.assertEqual(self.ready("ran")["spec"]["image"], image)

    def test_the_last_ten_specs(self):
        self.make(container("past", env=[{"name": "N", "value": "1"}], desiredState="Stopped"))
        self.ready("past")
        for number in range(2, 13):
            self.change("past", env=[{"name": "N", "value": str(number)}])
        rows = [line.split() for line in self.berthd.berth("rollout", "history", "past").splitlines()]
        self.assertEqual(len(rows), 11, rows)
        shown = json.loads(self.berthd.berth("rollout", "history", "past", "-o", "json"))
        self.assertEqual([item["spec"]["env"][0]["value"] for item in shown["items"]], [str(n) for n in range(3, 13)])
        oldest = shown["items"][0]["revision"]
        self.assertIn('value: "3"', self.berthd.berth("rollout", "history", "past", f"--revision={oldest}"))

        self.berthd.berth("rollout", "undo", "past")
        self.assertEqual(self.env("past"), "11")
        said = self.berthd.berth("rollout", "undo", "past", f"--to-revision={oldest + 1}")
        self.assertIn(f"rolled back to revision {oldest + 1}", said)
        self.assertEqual(self.env("past"), "4")
        self.assertEqual(self.berthd.object("container", "past")["spec"]["desiredState"], "Stopped")
        refused = self.berthd.berth("rollout", "undo", "past", "--to-revision=999", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("there is no revision 999", refused.stderr)
        self.ready("past")
        self.assertIn("N=4", self.engine.inspect("past")["Config"]["Env"])

    def env(self, name):
        return self.berthd.object("container", name)["spec"]["env"][0]["value"]

    def test_acts(self):
        self.make(container("acted", imagePullPolicy="Never"))
        self.ready("acted")
        before = self.engine.inspect("acted")
        self.assertEqual(self.berthd.berth("restart", "acted", "--wait").splitlines()[0],
                         "container.berth.dev/acted restarted")
        after = self.engine.inspect("acted")
        self.assertEqual(after["Id"], before["Id"])
        self.assertGreater(after["State"]["StartedAt"], before["State"]["StartedAt"])
        self.berthd.berth("redeploy", "acted", "--wait")
        self.assertEqual(self.engine.inspect("acted")["Id"], before["Id"], "the image is the same")
        for act, state in (("pause", "paused"), ("unpause", "running"), ("stop", "exited"), ("start", "running")):
            self.berthd.berth(act, "container/acted", "--wait")
            self.assertEqual(self.engine.inspect("acted")["State"]["Status"], state)
        self.berthd.berth("stop", "acted", "--stop-timeout=7", "--signal=SIGKILL", "--wait")
        annotations = self.berthd.object("container", "acted")["metadata"]["annotations"]
        self.assertEqual(json.loads(annotations["berth.dev/stop"]), {"signal": "SIGKILL", "timeout": 7})
        self.assertIn("(no change)", self.berthd.berth("stop", "acted"))
        self.assertNotEqual(self.berthd.berth("restart", "absent", check=False).returncode, 0)

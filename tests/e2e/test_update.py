# SPDX-License-Identifier: Apache-2.0
"""A changed spec is replaced or changed in place, as docs/containers.md says, and rolled back when it fails."""
import json

from case import RoadCase
from server import condition, container, is_ready
from waiting import always, eventually


class Update(RoadCase):
    def change(self, name, **spec):
        self.berthd.kubectl("patch", "container", name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def changed(self, name, replaced, **spec):
        """Changes the spec, waits, and says whether the container is another one as expected."""
        before = self.engine.inspect(name)
        self.change(name, **spec)
        item = self.ready(name)
        self.assertEqual(item["status"]["observedGeneration"], item["metadata"]["generation"])
        self.assertEqual(len(self.engine.managed(name)), 1, "exactly one container is left")
        after = self.engine.inspect(name)
        self.assertEqual(after["Id"] != before["Id"], replaced)
        return after

    def test_image_env_and_ports_replace_memory_and_restart_policy_change_in_place(self):
        self.make(container("up", image="web:1", command=None, resources={"memory": "64Mi", "memorySwap": "64Mi"}))
        self.ready("up")
        after = self.changed("up", True, image="web:2")
        self.assertEqual(after["Config"]["Image"], "web:2")
        after = self.changed("up", True, env=[{"name": "A", "value": "b"}])
        self.assertIn("A=b", after["Config"]["Env"])
        after = self.changed("up", True, ports=[{"containerPort": 8080, "hostPort": 18481}])
        self.assertEqual(after["HostConfig"]["PortBindings"]["8080/tcp"][0]["HostPort"], "18481")
        after = self.changed("up", False, resources={"memory": "96Mi", "memorySwap": "96Mi"})
        self.assertEqual(after["HostConfig"]["Memory"], 96 << 20)
        after = self.changed("up", False, restartPolicy="UnlessStopped")
        self.assertEqual(after["HostConfig"]["RestartPolicy"]["Name"], "unless-stopped")
        after = self.changed("up", True, resources=None)
        self.assertEqual(after["HostConfig"]["Memory"], 0)

    def test_what_a_failed_update_left_is_kept_as_declared(self):
        self.make(container("kept", resources={"memory": "64Mi", "memorySwap": "64Mi"}))
        self.ready("kept")
        before = self.engine.inspect("kept")
        self.change("kept", command=["/no/such/program"])
        eventually(30, lambda: self._rolled_back("kept"), "rolled back")
        self.engine.docker("network", "disconnect", "bridge", "kept")
        eventually(10, lambda: "bridge" in self.engine.inspect("kept")["NetworkSettings"]["Networks"], "connected again")
        self.engine.docker("update", "--memory", "32m", "--memory-swap", "32m", "kept")
        memory = lambda: self.engine.inspect("kept")["HostConfig"]["Memory"]
        eventually(10, lambda: memory() == 64 << 20, "the limit is back")
        self.change("kept", resources={"memory": "96Mi", "memorySwap": "96Mi"})
        eventually(10, lambda: memory() == 96 << 20, "the new limit is there")
        started = self.engine.inspect("kept")["State"]["StartedAt"]
        self.berthd.kubectl("annotate", "container", "kept", "berth.dev/restartedAt=t1")
        eventually(20, lambda: self.status_of("kept").get("handled", {}).get("restartedAt") == "t1", "the token is handled")
        after = self.engine.inspect("kept")
        self.assertEqual(after["Id"], before["Id"])
        self.assertNotEqual(after["State"]["StartedAt"], started, "it was restarted")
        item = eventually(10, lambda: self._rolled_back("kept"), "still rolled back")
        self.assertEqual(item["status"]["observedGeneration"], item["metadata"]["generation"])

    def test_immutable_fields_are_refused(self):
        self.make(container("fixed"))
        refused = self.berthd.kubectl("patch", "container", "fixed", "--type=merge", "-p",
                                      '{"spec": {"host": "other"}}', check=False)
        self.assertIn("spec.host", refused.stderr)
        self.assertIn("immutable", refused.stderr)

    def test_a_command_that_cannot_start_rolls_back(self):
        self.make(container("bad", update={"progressDeadlineSeconds": 10}))
        self.ready("bad")
        before = self.engine.inspect("bad")
        self.change("bad", command=["/no/such/program"])
        item = eventually(30, lambda: self._rolled_back("bad"), "rolled back")
        self.assertIn("no such file", json.dumps(item["status"]))
        have = self.engine.managed("bad")
        self.assertEqual([(c["Id"], c["State"]["Running"]) for c in have], [(before["Id"], True)])
        self.assertEqual(have[0]["HostConfig"]["RestartPolicy"]["Name"], "always")
        # Not tried again until hash or image differ.
        always(3, lambda: len(self.engine.managed("bad")) == 1, "no storm of replacements")
        self.change("bad", command=["sleep", "99999"])
        self.ready("bad")
        self.assertNotEqual(self.engine.inspect("bad")["Id"], before["Id"])

    def test_a_container_that_dies_at_once_rolls_back(self):
        self.make(container("dies"))
        self.ready("dies")
        before = self.engine.inspect("dies")["Id"]
        self.change("dies", command=["sh", "-c", "exit 4"], restartPolicy="Always")
        eventually(30, lambda: self._rolled_back("dies"), "rolled back")
        eventually(5, lambda: self.engine.inspect("dies")["State"]["Running"], "the old one runs")
        self.assertEqual(self.engine.inspect("dies")["Id"], before)

    def _rolled_back(self, name):
        item = self.berthd.object("container", name)
        return item if condition(item, "Ready").get("reason") == "RolledBack" else None

    def test_an_image_that_is_missing_leaves_the_old_one(self):
        self.make(container("noimage"))
        self.ready("noimage")
        before = self.engine.inspect("noimage")["Id"]
        self.change("noimage", image="127.0.0.1:1/none:1")
        eventually(30, lambda: condition(self.berthd.object("container", "noimage"), "ImageResolved").get("status")
                   == "False", "the image is not resolved")
        have = self.engine.inspect("noimage")
        self.assertEqual((have["Id"], have["State"]["Running"]), (before, True))
        self.assertFalse(is_ready(self.berthd.object("container", "noimage")))

    def test_health_gates_the_replace(self):
        probe = {"test": ["CMD", "test", "-e", "/tmp/ok"], "interval": "500ms", "timeout": "1s", "retries": 1}
        self.make(container("gate", command=["sh", "-c", "touch /tmp/ok; sleep 100000"], healthcheck=probe,
                            update={"progressDeadlineSeconds": 8}))
        self.ready("gate")
        before = self.engine.inspect("gate")["Id"]
        self.change("gate", command=["sh", "-c", "sleep 100000"])
        eventually(30, lambda: self._rolled_back("gate"), "the unhealthy one is rolled back")
        self.assertEqual([c["Id"] for c in self.engine.managed("gate")], [before])

    def test_a_stop_does_not_wait_for_the_gate(self):
        probe = {"test": ["CMD", "test", "-e", "/tmp/ok"], "interval": "500ms", "timeout": "1s", "retries": 1}
        self.make(container("halt", command=["sh", "-c", "touch /tmp/ok; sleep 100000"], healthcheck=probe,
                            update={"progressDeadlineSeconds": 600}))
        self.ready("halt")
        self.change("halt", command=["sh", "-c", "sleep 100000"])
        eventually(20, lambda: len(self.engine.managed("halt")) == 2 and
                   any(c["State"]["Running"] and "__" in c["Name"] for c in self.engine.managed("halt")), "next runs")
        self.change("halt", desiredState="Stopped")
        item = self.ready("halt", seconds=20)
        self.assertEqual(item["status"]["phase"], "Stopped")
        self.assertEqual([(c["Name"], c["State"]["Running"]) for c in self.engine.managed("halt")], [("/halt", False)])

    def test_berth_wait_ignores_an_older_generation(self):
        self.make(container("gen"))
        self.ready("gen")
        self.berthd.kubectl("patch", "container", "gen", "--type=merge", "-p", '{"spec": {"suspend": true}}')
        eventually(10, lambda: self.status_of("gen").get("observedGeneration") == 2, "suspension seen")
        self.change("gen", suspend=None, env=[{"name": "N", "value": "1"}])
        self.berthd.berth("wait", "--for=condition=Ready", "container/gen", "--timeout=30s")
        item = self.berthd.object("container", "gen")
        self.assertEqual(item["status"]["observedGeneration"], item["metadata"]["generation"])
        self.assertIn("N=1", self.engine.inspect("gen")["Config"]["Env"])

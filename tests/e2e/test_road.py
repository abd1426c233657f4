# SPDX-License-Identifier: Apache-2.0
"""The road: YAML, HTTPS, store, watch, reconciler, engine, status, and back."""
import json
import os
import subprocess
import urllib.request

from case import RoadCase
from server import BERTH, condition, container
from waiting import eventually


def page(port):
    return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read().decode()


class Road(RoadCase):
    def test_first_start_makes_credentials_namespaces_and_the_local_host(self):
        self.assertEqual(self.berthd.kubeconfig.stat().st_mode & 0o777, 0o600)
        names = json.loads(self.berthd.kubectl("get", "namespaces", "-o", "json"))["items"]
        self.assertEqual([n["metadata"]["name"] for n in names], ["berth-system", "default"])
        host = eventually(10, lambda: self._ready_host(), "host local is Ready")
        self.assertEqual(host["status"]["engine"]["version"],
                         self.engine.docker("version", "--format", "{{.Server.Version}}"))
        self.assertEqual(self.berthd.get("/apis", anonymous=True).status, 401)
        for path in ("/livez", "/readyz", "/healthz"):
            self.assertEqual(self.berthd.get(path, anonymous=True).text, "ok")

    def _ready_host(self):
        host = self.berthd.object("host", "local")
        return host if condition(host, "Ready").get("status") == "True" else None

    def test_kubectl_applies_lists_describes_and_deletes(self):
        self.make(container("web", image="web:1", command=None, ports=[{"containerPort": 8080, "hostPort": 18480}]))
        self.assertIn("condition met", self.berthd.kubectl("wait", "--for=condition=Ready", "container/web"))
        self.assertEqual(eventually(5, lambda: page(18480), "the page"), "web 1\n")
        table = self.berthd.kubectl("get", "containers,hosts")
        self.assertRegex(table, r"(?m)^NAME +HOST +IMAGE +STATUS +READY +RESTARTS .*AGE$")
        self.assertRegex(table, r"(?m)^container\.berth\.dev/web +local +web:1 +Running +True +0 ")
        self.assertRegex(table, r"(?m)^host\.berth\.dev/local +True ")
        described = self.berthd.kubectl("describe", "container", "web")
        self.assertRegex(described, r"Normal +Created ")
        self.assertRegex(described, r"Normal +Started ")
        self.assertIn('container.berth.dev "web" deleted', self.berthd.kubectl("delete", "container", "web"))
        self.assertEqual(self.engine.managed("web"), [])

    def test_berth_applies_waits_describes_and_deletes(self):
        manifest = self.berthd.root / "ctl.yaml"
        manifest.write_text(json.dumps(container("ctl")))
        self.addCleanup(self.berthd.kubectl, "delete", "container", "ctl", "--ignore-not-found")
        self.assertEqual(self.berthd.berth("apply", "-f", manifest), "container.berth.dev/ctl created\n")
        self.assertEqual(self.berthd.berth("wait", "--for=condition=Ready", "container/ctl"),
                         "container.berth.dev/ctl condition met\n")
        self.assertEqual(self.berthd.berth("apply", "-f", manifest), "container.berth.dev/ctl unchanged\n")
        self.assertEqual(self.berthd.berth("get", "ctr", "ctl", "-o", "name"), "container.berth.dev/ctl\n")
        self.assertIn("Started", self.berthd.berth("describe", "container", "ctl"))
        self.assertEqual(self.berthd.berth("delete", "-f", manifest), 'container.berth.dev "ctl" deleted\n')
        missing = self.berthd.berth("get", "container", "ctl", check=False)
        self.assertEqual((missing.returncode, missing.stderr),
                         (1, 'Error from server (NotFound): containers.berth.dev "ctl" not found\n'))

    def test_namespaces_keep_names_apart(self):
        self.berthd.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}})
        self.make(container("same"), container("same", namespace="team-a"))
        self.ready("same")
        self.ready("same", "team-a")
        self.assertEqual(self.engine.managed("same")[0]["Name"], "/same")
        self.assertEqual(self.engine.managed("same", "team-a")[0]["Name"], "/team-a_same")
        self.berthd.kubectl("delete", "namespace", "team-a", "--timeout=60s")
        self.assertEqual(self.engine.managed("same", "team-a"), [], "it went with its namespace")
        self.assertEqual(len(self.engine.managed("same")), 1)

    def test_settings_reach_the_container(self):
        self.make(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", "namespace": "default"},
             "stringData": {"password": "canary-4711"}},
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": "default"},
             "data": {"MODE": "fast", "app.conf": "listen 80\n"}},
            container("full", env=[{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}},
                                   {"name": "PLAIN", "value": "yes"}],
                      envFrom=[{"configMapRef": {"name": "app"}}],
                      files=[{"path": "/etc/app.conf", "configMapKeyRef": {"name": "app", "key": "app.conf"}},
                             {"path": "/etc/secret", "secretKeyRef": {"name": "login", "key": "password"}, "mode": "0400"}],
                      resources={"memory": "64Mi", "cpus": "0.5", "pids": 50}, hostname="full-host",
                      labels={"team": "a"}, user="0:0", workingDir="/tmp"))
        self.ready("full")
        have = self.engine.managed("full")[0]
        for pair in ("PASSWORD=canary-4711", "PLAIN=yes", "MODE=fast"):
            self.assertIn(pair, have["Config"]["Env"])
        self.assertEqual(have["HostConfig"]["Memory"], 64 << 20)
        self.assertEqual(have["HostConfig"]["NanoCpus"], 500_000_000)
        self.assertEqual(have["Config"]["Hostname"], "full-host")
        self.assertEqual(have["Config"]["Labels"]["team"], "a")
        self.assertEqual(self.engine.docker("exec", "full", "cat", "/etc/app.conf"), "listen 80")
        self.assertEqual(self.engine.docker("exec", "full", "cat", "/etc/secret"), "canary-4711")
        self.assertEqual(self.engine.docker("exec", "full", "stat", "-c", "%a", "/etc/secret"), "400")
        self._no_canary_anywhere("canary-4711")

    def _no_canary_anywhere(self, canary):
        for kind in ("containers", "events", "hosts", "configmaps"):
            self.assertNotIn(canary, self.berthd.kubectl("get", kind, "-A", "-o", "yaml"), kind)
        self.assertNotIn(canary, self.berthd.log_path.read_text())
        labels = json.dumps([c["Config"]["Labels"] for c in self.engine.managed("full")])
        self.assertNotIn(canary, labels)
        for folder in (self.berthd.data, self.berthd.data.with_name(self.berthd.data.name + ".keys")):
            for path in folder.rglob("*"):
                if path.is_file():
                    self.assertNotIn(canary.encode(), path.read_bytes(), path)

    def test_desired_state_and_suspend(self):
        self.make(container("states"))
        self.ready("states")
        for wanted, running, paused in (("Paused", True, True), ("Stopped", False, False), ("Running", True, False)):
            self.berthd.kubectl("patch", "container", "states", "--type=merge", "-p",
                                json.dumps({"spec": {"desiredState": wanted}}))
            self.ready("states")
            state = self.engine.inspect("states")["State"]
            self.assertEqual((state["Running"], state["Paused"]), (running, paused), wanted)
        self.berthd.kubectl("patch", "container", "states", "--type=merge", "-p", '{"spec": {"suspend": true}}')
        eventually(5, lambda: self.status_of("states").get("observedGeneration") == 5, "the suspension is seen")
        self.engine.docker("kill", "states")
        eventually(5, lambda: self.status_of("states").get("phase") != "Running", "the death is reported")
        self.assertFalse(self.engine.inspect("states")["State"]["Running"])

    def test_orphan_leaves_the_container(self):
        self.make(container("kept", deletionPolicy="Orphan"))
        self.ready("kept")
        self.berthd.kubectl("delete", "container", "kept")
        self.addCleanup(self.engine.docker, "rm", "-f", "kept")
        self.assertTrue(self.engine.inspect("kept")["State"]["Running"])

    def test_restart_token_acts_once(self):
        self.make(container("again"))
        self.ready("again")
        before = self.engine.inspect("again")
        self.berthd.kubectl("annotate", "container", "again", "berth.dev/restartedAt=one")
        after = eventually(15, lambda: self._restarted("again", before), "the restart")
        self.assertEqual(after["Id"], before["Id"])
        eventually(5, lambda: self.status_of("again").get("handled", {}).get("restartedAt") == "one", "the token is handled")
        self.assertEqual(self.engine.inspect("again")["State"]["StartedAt"], after["State"]["StartedAt"])

    def _restarted(self, name, before):
        have = self.engine.inspect(name)
        return have if have and have["State"]["Running"] and \
            have["State"]["StartedAt"] != before["State"]["StartedAt"] else None

    def test_watch_by_kubectl_sees_the_life_of_a_container(self):
        watch = subprocess.Popen([os.environ["BERTH_KUBECTL"], "get", "containers", "-w", "-o", "name"], text=True,
                                 stdout=subprocess.PIPE, env={**os.environ, "KUBECONFIG": str(self.berthd.kubeconfig),
                                                              "HOME": str(self.berthd.root)})
        try:
            self.make(container("watched"))
            self.assertEqual(watch.stdout.readline(), "container.berth.dev/watched\n")
        finally:
            watch.terminate()
            watch.communicate()

    def test_completion_and_version(self):
        self.assertIn("_berth", self.berthd.berth("completion", "bash"))
        self.assertRegex(self.berthd.berth("version"), r"(?m)^Server Version: v1\.\d+")
        self.assertEqual(subprocess.run([BERTH, "--help"], capture_output=True).returncode, 0)

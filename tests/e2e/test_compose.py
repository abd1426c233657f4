# SPDX-License-Identifier: Apache-2.0
"""ComposeStacks on a real engine: every example up, changed, scaled and down; bad files; berthd killed meanwhile."""
import json
import os
import random
import signal
import subprocess

from case import RoadCase
from scale import rounds
from server import TOP, condition, is_ready
from waiting import eventually

STACKS = sorted((TOP / "examples/stacks").glob("*.yaml"))
IMAGE = "berth-quickstart:1"


def stack(name, compose, **spec):
    return {"apiVersion": "berth.dev/v1", "kind": "ComposeStack", "metadata": {"name": name, "namespace": "default"},
            "spec": {"host": "local", "compose": compose, **spec}}


def services(**each):
    """A compose file as JSON, which is YAML, too."""
    base = {"image": IMAGE, "command": ["sleep", "1000000"], "init": True, "restart": "always", "stop_grace_period": "1s"}
    return json.dumps({"services": {name: {**base, **more} for name, more in each.items()}})


class ComposeCase(RoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine.docker("tag", "web:1", IMAGE)
        cls.engine.docker("tag", "web:2", "berth-quickstart:2")

    def tearDown(self):
        self.down()

    def down(self):
        self.berthd.kubectl("delete", "composestacks", "--all", "--timeout=120s")

    def stack(self, name):
        return self.berthd.object("composestack", name)

    def becomes(self, name, check, what, seconds=60):
        def look():
            item = self.stack(name)
            return item if item and check(item) else None
        try:
            return eventually(seconds, look, f"stack {name} {what}")
        except AssertionError as error:
            children = self.berthd.kubectl("get", "containers,networks,volumes", "-o", "wide", check=False).stdout
            raise AssertionError(f"{error}; it is {self.stack(name)}; {children} {self.berthd.log_tail()}") from None

    def up(self, name):
        return self.becomes(name, is_ready, "is Ready")

    def says(self, name, of, status, reason):
        return self.becomes(name, lambda item: (condition(item, of).get("status"), condition(item, of).get("reason")) ==
                            (status, reason), f"says {of}={status} {reason}")

    def rows(self, project):
        """The project's containers as docker compose looks for them: by its labels."""
        query = json.dumps({"label": [f"com.docker.compose.project={project}"]}).replace(" ", "")
        return self.engine.api("/containers/json?all=1&filters=" + query)

    def docker_compose(self, *arguments):
        """What Docker Compose itself, of upstream's module, prints of this engine."""
        made = subprocess.run([os.environ["BERTH_COMPOSE_V2"], *arguments], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "HOME": str(self.berthd.root),
                                   "DOCKER_HOST": f"unix://{self.engine.socket}"})
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout

    def ids(self, project):
        return {row["Names"][0].lstrip("/"): row["Id"] for row in self.rows(project)}

    def replaced(self, project, before):
        """Names of those that were made anew."""
        now = self.ids(project)
        return sorted(name for name, number in now.items() if before.get(name) not in (None, number))

    def at_rest(self):
        """Engine writes and the store's revision, once neither moves."""
        looks = []

        def rests():
            versions = self.berthd.kubectl("get", "composestacks,containers,networks,volumes", "-o",
                                           "jsonpath={.items[*].metadata.resourceVersion}")
            looks.append((self.berthd.metric("berth_engine_writes_total"), versions))
            return len(looks) >= 4 and all(each == looks[-1] for each in looks[-4:])
        eventually(30, rests, "everything rests")
        return looks[-1]


class Examples(ComposeCase):
    def test_all_go_up_stay_and_go_down(self):
        self.assertGreaterEqual(len(STACKS), 6)
        files = [argument for path in STACKS for argument in ("-f", path)]
        self.berthd.berth("apply", *files)
        names = [item["metadata"]["name"] for item in
                 json.loads(self.berthd.kubectl("get", "composestacks", "-o", "json"))["items"]]
        self.assertEqual(len(names), len(STACKS))
        for name in names:
            with self.subTest(stack=name):
                status = self.up(name)["status"]
                self.assertEqual(status.get("warnings", []), [])
                self.assertEqual([s["ready"] for s in status["services"]], [s["desired"] for s in status["services"]])
                self.assertEqual(len(self.rows(name)), sum(s["desired"] for s in status["services"]))
        before = self.at_rest()
        self.berthd.berth("apply", *files)
        self.assertEqual(self.at_rest(), before, "the same again is no change")
        self.down()
        self.assertEqual([row for name in names for row in self.rows(name)], [])
        self.assertEqual(self.berthd.kubectl("get", "containers,networks,volumes", "-o", "name"), "")

    def test_the_front_reaches_the_application(self):
        self.berthd.berth("apply", "-f", TOP / "examples/stacks/proxy.yaml")
        self.up("proxy")
        page = eventually(10, lambda: self.engine.docker(
            "exec", "proxy-front-1", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/cgi-bin/pass/index.html"), "a page")
        self.assertIn("Through the front", page)

    def test_a_job_runs_once_and_first(self):
        self.berthd.berth("apply", "-f", TOP / "examples/stacks/job.yaml")
        self.up("job")
        job, app = self.engine.inspect("job-migrate-1"), self.engine.inspect("job-app-1")
        self.assertEqual((job["State"]["Status"], job["State"]["ExitCode"]), ("exited", 0))
        self.assertLess(job["State"]["FinishedAt"], app["State"]["StartedAt"])


class Changes(ComposeCase):
    def web_db(self, web=IMAGE, **more):
        return services(web={"image": web, "depends_on": ["db"]}, db=more, other={})

    def test_only_what_changed_is_replaced(self):
        self.berthd.apply(stack("change", self.web_db()))
        self.up("change")
        before = self.ids("change")
        self.berthd.apply(stack("change", self.web_db(web="berth-quickstart:2")))
        self.up("change")
        self.assertEqual(self.replaced("change", before), ["change-web-1"])
        before = self.ids("change")
        self.berthd.apply(stack("change", self.web_db(web="berth-quickstart:2", environment={"A": "1"})))
        self.up("change")
        self.assertEqual(self.replaced("change", before), ["change-db-1"])
        before = self.ids("change")
        self.berthd.apply(stack("change", self.web_db(web="berth-quickstart:2", environment={"A": "1"}, mem_limit="64m")))
        self.up("change")
        self.assertEqual(self.replaced("change", before), [], "a limit is set in place")

    def test_scaling_touches_no_other(self):
        def scaled(count):
            self.berthd.apply(stack("scale", services(web={"deploy": {"replicas": count}}, db={})))
            self.up("scale")
            return self.ids("scale")
        one = scaled(1)
        three = scaled(3)
        self.assertEqual(sorted(three), ["scale-db-1", "scale-web-1", "scale-web-2", "scale-web-3"])
        two = eventually(20, lambda: (now := scaled(2)) and len(now) == 3 and now, "one less")
        self.assertEqual(sorted(two), ["scale-db-1", "scale-web-1", "scale-web-2"])
        for name, number in one.items():
            self.assertEqual(two[name], number)

    def test_a_plan_is_what_happens_and_happens_not(self):
        self.berthd.apply(stack("plan", self.web_db()))
        self.up("plan")
        before = self.at_rest(), self.ids("plan")
        path = "/apis/berth.dev/v1/namespaces/default/composestacks/plan/plan"
        answer = self.berthd.request("POST", path, stack("plan", self.web_db(web="berth-quickstart:2")))
        self.assertEqual(answer.status, 200, answer.text)
        head = ('replace Container plan-web-1\n'
                '  spec.image: "berth-quickstart:1" -> "berth-quickstart:2"\nstart plan-web-1\n')
        text = answer.json()["text"]
        self.assertTrue(text.startswith(head), text)
        steps = text[len(head):].splitlines()
        self.assertTrue(steps and all(step.startswith("engine: plan-web-1: ") for step in steps), text)
        same = self.berthd.request("POST", path, stack("plan", self.web_db()))
        self.assertEqual(same.json()["text"], "nothing to do\n")
        unsaved = self.berthd.request("POST", path.replace("/plan/", "/fresh/"), stack("fresh", self.web_db()))
        self.assertEqual(unsaved.json()["startOrder"], ["fresh-db-1", "fresh-other-1", "fresh-web-1"])
        self.assertEqual((self.at_rest(), self.ids("plan")), before)
        self.assertIsNone(self.stack("fresh"))

    def test_it_stops_and_starts_as_a_whole(self):
        self.berthd.apply(stack("whole", self.web_db()))
        self.up("whole")
        before = self.ids("whole")
        self.berthd.apply(stack("whole", self.web_db(), desiredState="Stopped"))
        self.says("whole", "Ready", "True", "Stopped")
        self.assertEqual({row["State"] for row in self.rows("whole")}, {"exited"})
        self.berthd.apply(stack("whole", self.web_db(), desiredState="Running"))
        self.says("whole", "Ready", "True", "Running")
        self.assertEqual(self.ids("whole"), before)

    def test_its_data_outlives_it(self):
        kept = json.loads(services(db={"volumes": ["data:/data"]}))
        text = json.dumps({**kept, "volumes": {"data": {}}})
        self.berthd.apply(stack("kept", text))
        self.up("kept")
        self.engine.docker("exec", "kept-db-1", "sh", "-c", "echo mine > /data/file")
        self.down()
        self.assertIsNotNone(self.engine.api("/volumes/kept_data"))
        self.berthd.apply(stack("kept", text))
        self.up("kept")
        self.assertEqual(self.engine.docker("exec", "kept-db-1", "cat", "/data/file"), "mine")

    def test_a_running_project_is_taken_over_as_it_runs(self):
        labels = {"project": "legacy", "service": "web", "container-number": "1", "oneoff": "False"}
        self.engine.docker("network", "create", "legacy_default", "--label", "com.docker.compose.project=legacy")
        self.addCleanup(self.engine.docker, "network", "rm", "legacy_default")
        before = self.engine.docker("run", "-d", "--name", "legacy-web-1", "--network", "legacy_default", "--network-alias",
                                    "web", "--restart", "always", "--init", "--stop-timeout", "1",
                                    *(f"--label=com.docker.compose.{key}={value}" for key, value in labels.items()),
                                    IMAGE, "sleep", "1000000")
        since = self.engine.inspect(before)["State"]["StartedAt"]
        taken = stack("legacy", services(web={}))
        taken["metadata"]["annotations"] = {"berth.dev/adopt": "project"}
        self.berthd.apply(taken)
        self.assertEqual(self.up("legacy")["status"].get("warnings", []), [])
        self.assertEqual(self.ids("legacy"), {"legacy-web-1": before})
        self.assertEqual(self.engine.inspect(before)["State"]["StartedAt"], since)

    def test_composes_own_queries_list_it(self):
        self.berthd.apply(stack("listed", services(web={"deploy": {"replicas": 2}})))
        self.up("listed")
        labels = [row["Labels"] for row in self.rows("listed")]
        self.assertEqual({label["com.docker.compose.service"] for label in labels}, {"web"})
        self.assertEqual(sorted(label["com.docker.compose.container-number"] for label in labels), ["1", "2"])
        for label in labels:
            self.assertEqual(label["com.docker.compose.oneoff"], "False")
            self.assertEqual(label["com.docker.compose.config-hash"], label["berth.dev/spec-hash"])
            self.assertEqual(label["com.docker.compose.project.config_files"], "berth")
            self.assertEqual(label["com.docker.compose.project.working_dir"], "berth")
        networks = self.engine.api('/networks?filters={"label":["com.docker.compose.project=listed"]}')
        self.assertEqual([network["Labels"]["com.docker.compose.network"] for network in networks], ["default"])

    def test_docker_compose_itself_lists_it(self):
        says = {"command": ["sh", "-c", "echo from the job"], "restart": "no"}
        self.berthd.apply(stack("listed", services(web={"deploy": {"replicas": 2}}, job=says)))
        self.up("listed")
        eventually(20, lambda: self.engine.inspect("listed-job-1")["State"]["Status"] == "exited", "the job has ended")
        row, = (row for row in json.loads(self.docker_compose("ls", "--all", "--format", "json")) if row["Name"] == "listed")
        self.assertEqual(row["Status"], "exited(1), running(2)")
        row, = (row for row in json.loads(self.docker_compose("ls", "--format", "json")) if row["Name"] == "listed")
        self.assertEqual(row["Status"], "running(2)")
        rows = [json.loads(line) for line in
                self.docker_compose("-p", "listed", "ps", "--all", "--format", "json").splitlines()]
        self.assertEqual(sorted((row["Name"], row["Service"], row["Project"], row["State"]) for row in rows),
                         [("listed-job-1", "job", "listed", "exited"), ("listed-web-1", "web", "listed", "running"),
                          ("listed-web-2", "web", "listed", "running")])
        self.assertEqual(self.docker_compose("-p", "listed", "ps", "--services").split(), ["web"])
        self.assertIn("from the job", self.docker_compose("-p", "listed", "logs", "job"))
        self.assertEqual(len(self.docker_compose("-p", "listed", "images", "--quiet").split()), 1)


class Wrong(ComposeCase):
    BAD = {
        "line 2, column": "services:\n  web: [}\n",
        "services.web.depends_on": services(web={"depends_on": ["nobody"]}),
        "cycle": services(a={"depends_on": ["b"]}, b={"depends_on": ["a"]}),
        "include": '{"include": ["compose.yaml"]}',
        "extends": services(a={"extends": {"service": "b"}}, b={"extends": {"service": "a"}}),
        "nowhere": services(web={"networks": ["nowhere"]}),
        "nothing-there": services(web={"volumes": ["nothing-there:/data"]}),
        "both publish": services(a={"ports": ["8099:80"]}, b={"ports": ["8099:81"]}),
        "would be named": services(a={"container_name": "one"}, b={"container_name": "one"}),
        "TAG is needed": services(web={"image": "web:${TAG:?TAG is needed}"}),
        "is a relative path": services(web={"volumes": ["./data:/data"]}),
        "services.web.uts": services(web={"uts": "host"}),
    }

    def test_it_is_refused_with_its_place(self):
        for text, compose in self.BAD.items():
            with self.subTest(text):
                result = self.berthd.kubectl("apply", "-f", "-", stdin=json.dumps(stack("bad", compose)), check=False)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn("spec.compose", result.stderr)
                self.assertIn(text, result.stderr)

    def test_a_build_is_left_out_with_a_warning(self):
        compose = json.dumps({"services": {**json.loads(services(web={}))["services"], "made": {"build": "."}}})
        result = self.berthd.kubectl("apply", "-f", "-", stdin=json.dumps(stack("part", compose)), check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("Warning: spec.compose: services.made.build", result.stderr)
        warnings = self.up("part")["status"]["warnings"]
        self.assertEqual([warning["path"] for warning in warnings], ["services.made.build"])

    def test_one_that_never_gets_healthy_is_named_and_the_rest_goes_on(self):
        sick = {"healthcheck": {"test": ["CMD", "false"], "interval": "500ms", "timeout": "1s", "retries": 1}}
        self.berthd.apply(stack("sick", services(
            db=sick, app={"depends_on": {"db": {"condition": "service_healthy"}}}, web={"depends_on": ["app"]}, other={})))
        chain = ('sick-app-1: waits for Container "sick-db-1"', 'sick-web-1: waits for Container "sick-app-1"')
        self.becomes("sick", lambda item: condition(item, "Stalled").get("status") == "True" and all(
            words in condition(item, "Stalled")["message"] for words in chain), "says who waits for whom")
        eventually(20, lambda: "sick-other-1" in self.ids("sick"), "the rest goes on")

    def test_two_stacks_do_not_fight(self):
        self.berthd.apply(stack("one", services(web={"ports": ["127.0.0.1:18099:80"]}), project="shared"))
        self.up("one")
        before = self.ids("shared")
        self.berthd.apply(stack("two", services(web={}), project="shared"))
        said = condition(self.says("two", "Stalled", "True", "NameConflict"), "Stalled")["message"]
        self.assertIn("belongs to ComposeStack one", said)
        self.berthd.apply(stack("three", services(web={"ports": ["127.0.0.1:18099:80"]})))
        self.becomes("three", lambda item: "18099" in condition(item, "Ready").get("message", ""), "names the port")
        self.assertEqual(self.ids("shared"), before)
        self.assertTrue(is_ready(self.stack("one")))

    def test_a_child_is_not_deleted_alone(self):
        self.berthd.apply(stack("whole", services(web={})))
        self.up("whole")
        result = self.berthd.kubectl("delete", "container", "whole-web-1", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn('ComposeStack "whole"', result.stderr)


class Killed(ComposeCase):
    """berthd dies at any moment of a deploy of 20 services: the next one finishes it, and nothing is there twice."""
    COUNT = 20

    def down(self):
        """20.10 loses count of a network's endpoints now and then, and keeps the network until it is started again, which
        berthd asks for; then the stack's end goes on."""
        self.berthd.kubectl("delete", "composestacks", "--all", "--wait=false")

        def gone():
            return self.stack("crash") is None

        def lost_count():
            networks = json.loads(self.berthd.kubectl("get", "networks", "-o", "json"))["items"]
            return any(condition(network, "Stalled").get("reason") == "EndpointsLeaked" for network in networks)
        eventually(120, lambda: gone() or lost_count(), "the stack is gone, or the engine has lost count")
        if not gone():
            print("  the engine has lost count of the endpoints: it is started again", flush=True)
            self.engine.stop()
            self.engine.start()
        eventually(60, gone, "the stack is gone")

    def compose(self, generation):
        levels = {f"s{i:02}": {"depends_on": [f"s{i - 5:02}"] if i >= 5 else [], "environment": {"G": str(generation)}}
                  for i in range(self.COUNT)}
        return services(**levels)

    def test_at_any_moment(self):
        seed = random.randrange(1_000_000)
        print(f"  seed {seed}")
        chance = random.Random(seed)
        for number in range(rounds(50, 2)):
            self.berthd.apply(stack("crash", self.compose(number)))
            before = self.berthd.metric("berth_engine_writes_total")
            wanted = chance.randrange(1, 6 * self.COUNT)

            def far_enough():
                return self.berthd.metric("berth_engine_writes_total") - before >= wanted or is_ready(self.stack("crash"))
            eventually(60, far_enough, "so many writes")
            self.berthd.process.send_signal(signal.SIGKILL)
            self.berthd.process.wait(30)
            self.berthd.start()
            self.up("crash")
            rows = self.rows("crash")
            self.assertEqual(sorted(row["Names"][0] for row in rows), [f"/crash-s{i:02}-1" for i in range(self.COUNT)])
            self.assertEqual({row["State"] for row in rows}, {"running"})
            for row in rows:
                self.assertIn(f"G={number}", self.engine.inspect(row["Id"])["Config"]["Env"])

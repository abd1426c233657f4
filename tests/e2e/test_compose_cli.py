# SPDX-License-Identifier: Apache-2.0
"""berth compose and berth plan on a real engine: up, preview, change, ps, stop, start, pull, push, convert, down."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import server
from case import RoadCase
from server import container

SLEEP = 'image: "busybox:test"\n    command: [sleep, "1000000"]\n    init: true\n    stop_grace_period: 1s\n'

SHOP = """# The file is kept byte for byte: this comment, too.
name: shop
services:
  web:
    image: "${IMAGE:-web:1}"
    init: true
    stop_grace_period: 1s
    restart: always
    env_file: web.env
    ports: ["127.0.0.1::8080"]
    volumes: ["./page.html:/www/extra.html:ro"]
    depends_on: [db]
  db:
    """ + SLEEP + """    environment: {PASSWORD: canary-value}
    volumes: ["data:/data"]
volumes: {data: {}}
"""


class ComposeCli(RoadCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="berth-compose-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.addCleanup(self.berthd.kubectl, "delete", "composestacks", "--all", "--timeout=60s")

    def folder(self, name, **files):
        """A folder of these files; `compose` is compose.yaml, others are named as `page_html`."""
        path = self.root / name
        path.mkdir(exist_ok=True)
        for key, text in files.items():
            (path / ("compose.yaml" if key == "compose" else key.replace("_", "."))).write_text(text)
        return path

    def shop(self):
        folder = self.folder("shop", compose=SHOP, web_env="COLOUR=blue\r\n", page_html="<p>ä\n")
        (folder / "private.key").write_text("nobody reads it\n")
        return folder

    def run_berth(self, *arguments, folder=None, code=0, stdin=None, **environment):
        result = subprocess.run([server.BERTH, *map(str, arguments)], text=True, capture_output=True, timeout=120, input=stdin,
                                cwd=folder or self.root, env={**os.environ, "KUBECONFIG": str(self.berthd.kubeconfig),
                                                              **environment})
        self.assertEqual(result.returncode, code, f"berth {arguments}: {result.stdout}{result.stderr}"
                                                  f"{self.berthd.log_tail()}")
        return result

    def compose(self, folder, *arguments, **options):
        return self.run_berth("compose", *arguments, folder=folder, **options)

    def rows(self, project):
        query = json.dumps({"label": [f"com.docker.compose.project={project}"]}).replace(" ", "")
        return self.engine.api("/containers/json?all=1&filters=" + query)

    def ids(self, project):
        return {row["Names"][0].lstrip("/"): row["Id"] for row in self.rows(project)}

    def writes(self):
        return self.berthd.metric("berth_engine_writes_total")

    def stack(self, name):
        return self.berthd.object("composestack", name)

    def seen(self, name):
        """What of a container does not say who made it, and when."""
        item = self.engine.inspect(name)
        config, host = item["Config"], item["HostConfig"]
        labels = {key: text for key, text in config["Labels"].items() if key.startswith("com.docker.compose.")}
        return {"image": config["Image"], "env": sorted(config["Env"]), "command": config["Cmd"], "labels": labels,
                "binds": host["Binds"], "mounts": host.get("Mounts"), "restart": host["RestartPolicy"],
                "ports": host["PortBindings"], "init": host["Init"],
                "networks": {name: sorted(set(each["Aliases"] or []) - {item["Id"][:12]})
                             for name, each in item["NetworkSettings"]["Networks"].items()}}


class Stacks(ComposeCli):
    def test_up_change_ps_and_down(self):
        folder = self.shop()
        made = self.compose(folder, "up").stdout
        self.assertTrue(made.startswith("composestack.berth.dev/shop created\n"), made)
        self.assertIn("service db: 1/1 ready\n", made)
        self.assertIn("service web: 1/1 ready\n", made)
        self.assertTrue(made.endswith("composestack.berth.dev/shop ready\n"), made)
        spec = self.stack("shop")["spec"]
        self.assertEqual(spec["compose"], SHOP)
        self.assertEqual({file["path"]: file["content"] for file in spec["files"]},
                         {"page.html": "<p>ä\n", "web.env": "COLOUR=blue\r\n"})
        before = self.ids("shop")
        self.assertEqual(sorted(before), ["shop-db-1", "shop-web-1"])
        self.assertEqual(self.engine.docker("exec", "shop-web-1", "cat", "/www/extra.html"), "<p>ä")
        self.assertEqual(self.engine.docker("exec", "shop-web-1", "sh", "-c", "echo $COLOUR"), "blue")
        again = self.compose(folder, "up").stdout
        self.assertTrue(again.startswith("composestack.berth.dev/shop unchanged\n"), again)
        self.assertEqual(self.ids("shop"), before)

        # Found from a folder below, as docker compose does; a variable by -e.
        (folder / "below").mkdir()
        self.compose(folder / "below", "up", "-e", "IMAGE=web:2")
        now = self.ids("shop")
        self.assertEqual([name for name in now if now[name] != before[name]], ["shop-web-1"])
        self.assertEqual(self.engine.inspect("shop-web-1")["Config"]["Image"], "web:2")

        table = self.compose(folder, "ps").stdout.splitlines()
        self.assertEqual(table[0].split()[:4], ["NAME", "SERVICE", "HOST", "IMAGE"])
        self.assertEqual([line.split()[:2] for line in table[1:]], [["shop-db-1", "db"], ["shop-web-1", "web"]])
        only = self.compose(folder, "ps", "web").stdout.splitlines()
        self.assertEqual([line.split()[0] for line in only[1:]], ["shop-web-1"])

        self.engine.docker("exec", "shop-db-1", "sh", "-c", "echo mine > /data/file")
        self.compose(folder, "down")
        self.assertEqual((self.stack("shop"), self.rows("shop")), (None, []))
        self.assertIsNotNone(self.engine.api("/volumes/shop_data"))
        self.assertIn("there is no stack", self.compose(folder, "down").stderr)
        self.compose(folder, "up")
        self.assertEqual(self.engine.docker("exec", "shop-db-1", "cat", "/data/file"), "mine")

    def test_stop_and_start_of_all_and_of_one(self):
        folder = self.folder("halt", compose="services:\n  a:\n    depends_on: [b]\n    " + SLEEP + "  b:\n    " + SLEEP)
        self.compose(folder, "up")
        before = self.ids("halt")

        def states():
            return {row["Names"][0].lstrip("/"): row["State"] for row in self.rows("halt")}
        self.compose(folder, "stop", "a")
        self.assertEqual(states(), {"halt-a-1": "exited", "halt-b-1": "running"})
        self.compose(folder, "stop")
        self.assertEqual(set(states().values()), {"exited"})
        alone = self.compose(folder, "start", "b", code=1)
        self.assertIn("the stack is stopped, and each of its containers with it", alone.stderr)
        self.compose(folder, "start")
        self.assertEqual(set(states().values()), {"running"})
        self.compose(folder, "stop", "b", "a")
        self.compose(folder, "start", "a")  # and what it waits for, which would be a failure if it came after it
        self.assertEqual(set(states().values()), {"running"})
        self.run_berth("compose", "-p", "halt", "stop")
        self.compose(folder, "up")
        self.assertEqual(set(states().values()), {"running"})
        self.assertEqual(self.ids("halt"), before)
        self.compose(folder, "down", "-d")
        again = self.compose(folder, "up").stdout
        self.assertTrue(again.endswith("composestack.berth.dev/halt ready\n"), again)
        self.assertEqual(set(self.ids("halt").values()) & set(before.values()), set())
        unknown = self.compose(folder, "stop", "c", code=1)
        self.assertEqual(unknown.stderr, "error: no such service: c; the stack has a, b\n")
        started = self.engine.inspect("halt-b-1")["State"]["StartedAt"]
        same = self.ids("halt")
        self.compose(folder, "restart", "b")
        self.assertNotEqual(self.engine.inspect("halt-b-1")["State"]["StartedAt"], started)
        self.assertEqual(self.ids("halt"), same)
        self.compose(folder, "stop", "b")
        warned = self.compose(folder, "restart")
        self.assertIn("halt-b-1 does not run: berth compose start b starts it", warned.stderr)
        self.assertEqual(states(), {"halt-a-1": "running", "halt-b-1": "exited"})
        self.compose(folder, "up")
        self.assertEqual(set(states().values()), {"running"})

    def test_up_of_some_services_and_down_with_volumes(self):
        folder = self.folder("some", compose="services:\n  db:\n    " + SLEEP + "    volumes: [\"data:/data\"]\n"
                             "  web:\n    " + SLEEP + "    depends_on: [db]\n"
                             "  tool:\n    " + SLEEP + "    profiles: [debug]\n"
                             "  other:\n    " + SLEEP + "volumes: {data: {}}\n")
        shown = self.compose(folder, "preview", "web").stdout
        self.assertIn("start some-db-1, some-web-1\n", shown)
        made = self.compose(folder, "up", "web").stdout.splitlines()
        self.assertEqual(sorted(self.ids("some")), ["some-db-1", "some-web-1"])
        self.assertEqual((made[0], made[-1]),
                         ("composestack.berth.dev/some created", "composestack.berth.dev/some ready"))
        self.assertEqual([line for line in made[1:-1] if not line.startswith("service ")], [])
        self.assertEqual(len(made), len(set(made)), "no line twice")
        self.compose(folder, "up", "tool")
        self.assertEqual(sorted(self.ids("some")), ["some-db-1", "some-tool-1", "some-web-1"])
        self.push_without("tool")
        self.compose(folder, "up")
        self.assertEqual(sorted(self.ids("some")), ["some-db-1", "some-other-1", "some-web-1"])
        self.compose(folder, "up", "web")
        self.assertEqual(sorted(self.ids("some")), ["some-db-1", "some-other-1", "some-web-1"])
        for wrong, said in ((["up", "tool"], "service tool is in a profile that is not active"),
                            (["up", "nosuch"], "no such service: nosuch; there are: db, other, tool, web"),
                            (["ps", "nosuch"], "no such service: nosuch; the stack has db, other, web"),
                            (["up", "--scale", "web=3"], "set services.web.deploy.replicas in the compose file")):
            self.assertIn(said, self.compose(folder, *wrong, code=1).stderr)
        warned = self.run_berth("rollout", "undo", "some-web-1", "--to-revision=1", "--dry-run=server")
        self.assertIn('belongs to ComposeStack "some"', warned.stderr)
        history = self.run_berth("rollout", "undo", "composestack/some", code=1)
        self.assertEqual(history.stderr, "error: composestack.berth.dev/some: only a Container has revisions; those of "
                                         "this are some-db-1, some-other-1, some-web-1\n")
        self.may_patch_and_not_delete("eve")
        refused = self.run_berth("--as", "eve", "compose", "down", "-v", folder=folder, code=1)
        self.assertIn('cannot delete resource "composestacks"', refused.stderr)
        policies = self.berthd.kubectl("get", "volumes", "-o", "jsonpath={.items[*].spec.deletionPolicy}")
        self.assertEqual(policies, "Orphan", "who may not end the stack changes nothing")
        self.compose(folder, "stop")  # then its volumes are soon gone, too
        gone = self.compose(folder, "down", "-v").stdout
        self.assertRegex(gone, r"(?m)^volume\.berth\.dev/some-data\S* deleted with its data$")
        self.assertNotIn("some_data", self.volumes())

    def push_without(self, service):
        """A service of the stack that leaves its file goes, as long as there is another."""
        less = self.folder("less", compose=f"name: some\nservices:\n  db:\n    {SLEEP}    volumes: [\"data:/data\"]\n"
                                           f"  web:\n    {SLEEP}    depends_on: [db]\nvolumes: {{data: {{}}}}\n")
        pushed = self.compose(self.root, "push", less).stdout.splitlines()
        self.assertEqual(pushed, ["composestack.berth.dev/some configured",
                                  f"service {service} is not in the file any more, and goes"])
        self.assertEqual(self.stack("some")["spec"]["services"], ["web"])
        (less / "compose.yaml").write_text(f"name: some\nservices:\n  other:\n    {SLEEP}")
        refused = self.compose(self.root, "push", less, code=1).stderr
        self.assertIn("has no service any more of those that the stack is of: web; berth compose up SERVICE...", refused)

    def test_first_ups_of_some_services_lose_none(self):
        names = ["a", "b", "c", "d"]
        folder = self.folder("first", compose="services:\n" + "".join(
            f"  {name}: {{image: nowhere.invalid/none, pull_policy: never}}\n" for name in [*names, "e"]))
        environment = {**os.environ, "KUBECONFIG": str(self.berthd.kubeconfig)}
        for process in [subprocess.Popen([server.BERTH, "compose", "up", "-d", name], cwd=folder, env=environment,
                                         stdout=subprocess.PIPE, text=True) for name in names]:
            said, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, said)
        made = self.stack("first")
        self.assertEqual(sorted(made["spec"]["services"]), names)
        self.assertNotIn("annotations", made["metadata"], "nothing is left of how it was made")
        self.compose(folder, "up", "-d")
        self.assertNotIn("services", self.stack("first")["spec"], "the fields are its own: no conflict")

    def may_patch_and_not_delete(self, user):
        self.berthd.kubectl("create", "role", "patcher", "--verb=get,list,watch,patch",
                            "--resource=composestacks.berth.dev,volumes.berth.dev")
        self.addCleanup(self.berthd.kubectl, "delete", "role", "patcher")
        self.berthd.kubectl("create", "rolebinding", "patcher", "--role=patcher", f"--user={user}")
        self.addCleanup(self.berthd.kubectl, "delete", "rolebinding", "patcher")

    def test_what_is_wrong_names_its_file(self):
        folder = self.folder("wrong", compose="services:\n  web: {image: a}\n", over_yaml="services: {web: {prots: []}}\n",
                             torn_yaml="services: {web: {\n", more_yaml="include: [over.yaml]\nservices: {a: {image: a}}\n")
        for files, said in ((["compose.yaml", "over.yaml"], "over.yaml: services.web.prots: there is no such attribute"),
                            (["compose.yaml", "torn.yaml"], "torn.yaml: line "),
                            (["more.yaml"], f"{folder}/over.yaml: services.web.prots: there is no such attribute")):
            named = [word for file in files for word in ("-f", file)]
            for command in ("config", "convert", "up"):
                refused = self.compose(folder, *named, command, code=1).stderr
                self.assertTrue(refused.startswith("error: " + said), f"{command} {files}: {refused}")

    def test_files_go_to_a_folder_and_back_byte_for_byte(self):
        folder = self.shop()
        (folder / "compose.yaml").rename(folder / "docker-compose.yml")
        self.compose(folder, "up", "--no-wait")
        copy = self.root / "copy"
        self.compose(self.root, "-p", "shop", "pull", copy)
        self.assertEqual({path.name: path.read_bytes() for path in copy.iterdir()},
                         {"compose.yaml": (folder / "docker-compose.yml").read_bytes(),
                          "web.env": b"COLOUR=blue\r\n", "page.html": "<p>ä\n".encode()})
        same = self.compose(self.root, "pull", folder).stdout
        self.assertEqual([line.split()[-1] for line in same.splitlines()], ["unchanged"] * 3)
        self.assertFalse((folder / "compose.yaml").exists())

        (copy / "web.env").write_text("COLOUR=red\n")
        refused = self.compose(self.root, "pull", copy, code=1)
        self.assertIn(str(copy / "web.env"), refused.stderr)
        self.assertEqual((copy / "web.env").read_text(), "COLOUR=red\n")
        self.assertEqual(self.compose(self.root, "push", copy).stdout, "composestack.berth.dev/shop configured\n")
        self.compose(self.root, "pull", folder, "--overwrite")
        self.assertEqual((folder / "web.env").read_text(), "COLOUR=red\n")
        absent = self.compose(self.root, "-p", "nobody", "push", copy, code=1)
        self.assertIn("NotFound", absent.stderr)

    def test_what_convert_writes_makes_the_same_containers(self):
        folder = self.shop()
        self.compose(folder, "up")
        names = sorted(self.ids("shop"))
        stacked = {name: self.seen(name) for name in names}
        self.compose(folder, "down")
        manifests = self.root / "shop.yaml"
        manifests.write_text(self.compose(folder, "convert").stdout)
        self.addCleanup(self.berthd.berth, "delete", "-f", manifests, "--ignore-not-found")
        self.run_berth("apply", "-f", manifests, "--wait")
        self.assertEqual(sorted(self.ids("shop")), names)
        self.assertEqual({name: self.seen(name) for name in names}, stacked)

    def test_config_needs_no_server(self):
        folder = self.shop()
        (folder / ".env").write_text("IMAGE=web:7\n")
        shown = self.compose(folder, "config", "--format", "json", KUBECONFIG="/nonexistent")
        model = json.loads(shown.stdout)
        self.assertEqual(list(model)[0], "name")
        self.assertEqual(model["services"]["web"]["image"], "web:7")
        self.assertEqual(model["services"]["web"]["environment"], {"COLOUR": "blue"})
        self.assertIn("name: shop\n", self.compose(folder, "config", KUBECONFIG="/nonexistent").stdout)
        piped = self.compose(folder, "-f", "-", "-p", "other", "config", stdin="services: {a: {image: a}}").stdout
        self.assertTrue(piped.startswith("name: other\n"), piped)
        self.assertEqual(self.compose(folder, "-p", "other", "config").stderr, "")
        (folder / "compose.yaml").write_text("services:\n  web: {image: a, prots: []}\n")
        for command in ("config", "convert", "preview", "up"):
            refused = self.compose(folder, command, code=1)
            self.assertIn("compose.yaml: services.web", refused.stderr)
            self.assertIn("prots", refused.stderr)
        self.assertIsNone(self.stack("shop"))
        nowhere = self.compose("/", "up", code=1)
        self.assertIn("no compose file in /", nowhere.stderr)


class Plans(ComposeCli):
    def test_a_plan_writes_nothing_and_says_by_its_code_whether_there_is_something_to_do(self):
        folder = self.folder("plan", compose="services:\n  web:\n    " + SLEEP)
        self.compose(folder, "up")
        live = self.stack("plan")
        stack = {"apiVersion": "berth.dev/v1", "kind": "ComposeStack", "metadata": {"name": "plan"},
                 "spec": {"host": "local", "compose": live["spec"]["compose"]}}
        new = container("fresh")
        before = self.writes()

        def plan(*objects, code, flags=()):
            path = self.root / "plan.json"
            path.write_text("\n---\n".join(map(json.dumps, objects)))
            result = self.run_berth("plan", "-f", path, *flags, code=code)
            return result.stdout if code < 2 else result.stderr
        self.assertEqual(plan(stack, code=0), "nothing to do\n")
        stack["spec"]["compose"] = live["spec"]["compose"].replace("busybox:test", "web:2")
        both = plan(stack, new, code=1)
        self.assertTrue(both.startswith(
            '# composestack.berth.dev/plan\nreplace Container plan-web-1\n  spec.image: "busybox:test" -> "web:2"\n'
            "start plan-web-1\nengine: plan-web-1: "), both)
        self.assertIn("\n# container.berth.dev/fresh\ncreate Container fresh\nstart fresh\n", both)
        self.assertEqual(json.loads(plan(new, code=1, flags=["-o", "json"]))["startOrder"], ["fresh"])
        new["spec"]["stopTimeout"] = -5
        self.assertIn("plan.json:1", plan(new, code=2))
        plan({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, code=2)
        del new["spec"]["stopTimeout"]
        new["spec"]["containerName"] = "plan-web-1"
        new["spec"]["env"] = [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "pass", "key": "a"}}}]
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pass"}, "stringData": {"a": "canary"}}
        self.assertRegex(plan(secret, new, code=1),
                         "^created first Secret pass\ncreate Container fresh\nstart fresh\nengine: nothing yet: "
                         "container [0-9a-f]{12} on host local has the name \"plan-web-1\" and is not this object's\n"
                         'warning Container fresh: the name "plan-web-1" on host local is that of Container '
                         "default/plan-web-1\n$")
        stack["spec"]["env"] = new["spec"]["env"]
        stack["spec"]["compose"] = "services: {web: {image: web:2, environment: {P: $P}}}"
        shown = plan(stack, secret, code=1)
        self.assertTrue(shown.startswith("created first Secret pass\n"), shown)
        for word in ("refused", "warning", "canary"):
            self.assertNotIn(word, shown)
        self.run_berth("plan", code=2)
        self.assertEqual(self.writes(), before)
        self.assertIsNone(self.berthd.object("container", "fresh"))
        self.assertEqual(self.stack("plan")["metadata"]["generation"], live["metadata"]["generation"])


class Seed(ComposeCli):
    """The cases of the seed's compose tab: preview and deploy of a pasted file."""

    def test_s0_17_preview_shows_each_service_without_values(self):
        folder = self.shop()
        before = self.writes()
        shown = self.compose(folder, "preview", "-e", "MISSING=1").stdout
        cards, plan = shown.split("\n\n", 1)
        self.assertEqual(cards, "service web\n  image     web:1\n  ports     127.0.0.1:8080/tcp\n"
                         f"  volumes   {folder}/page.html:/www/extra.html:ro\n  env       COLOUR\n  restart   always\n"
                         "service db\n  image     busybox:test\n  volumes   data:/data\n  env       PASSWORD\n"
                         "  restart   no")
        self.assertIn("create Container shop-db-1\n", plan)
        self.assertRegex(plan, r"\nstart shop-db-1, shop-web-1\nengine: Network shop-default-\w+: create shop_default\n"
                               r"engine: Volume shop-data-\w+: create shop_data\n$")
        self.assertNotIn("canary", shown)
        self.assertEqual(self.writes(), before)
        self.assertIsNone(self.stack("shop"))

    def test_s0_18_build_without_image_is_skipped_with_a_warning(self):
        folder = self.folder("built", compose="services:\n  own: {build: .}\n  web:\n    " + SLEEP)
        shown = self.compose(folder, "preview").stdout
        self.assertIn("service own\n  image     none: the service is skipped\n", shown)
        self.assertIn("warning services.own.build: ", shown)
        up = self.compose(folder, "up")
        self.assertIn("Warning: spec.compose: services.own.build: ", up.stderr)
        self.assertEqual(list(self.ids("built")), ["built-web-1"])

    def test_s0_19_services_start_as_they_depend_then_by_name(self):
        folder = self.folder("order", compose="services:\n" + "".join(
            f"  {name}:\n    {SLEEP}" + ("    depends_on: [z]\n" if name == "a" else "") for name in "bzac"))
        shown = self.compose(folder, "preview").stdout
        self.assertRegex(shown, r"\nstart order-b-1, order-c-1, order-z-1, order-a-1\nengine: Network .*: create .*\n$")
        self.compose(folder, "up")
        started = {name: self.engine.inspect(f"order-{name}-1")["State"]["StartedAt"] for name in "az"}
        self.assertLess(started["z"], started["a"])

    def test_s0_20_the_subset_of_version_3(self):
        folder = self.folder("subset", compose="""version: "3"
services:
  web:
    image: web:1
    command: httpd -f -p 8081 -h /www
    environment: {A: "1", B: two}
    ports: ["8081"]
    volumes: ["stuff:/stuff"]
    restart: unless-stopped
    labels: {team: shop}
    networks: [front]
    stop_grace_period: 1s
  list:
    """ + SLEEP + """    environment: [A=1, B=two]
    labels: [team=shop]
networks: {front: {}}
volumes: {stuff: {}}
""")
        self.compose(folder, "up")
        web, other = self.engine.inspect("subset-web-1"), self.engine.inspect("subset-list-1")
        for item in (web, other):
            self.assertLessEqual({"A=1", "B=two"}, set(item["Config"]["Env"]))
            self.assertEqual(item["Config"]["Labels"]["team"], "shop")
        self.assertEqual(web["Config"]["Cmd"], ["httpd", "-f", "-p", "8081", "-h", "/www"])
        self.assertEqual(list(web["NetworkSettings"]["Ports"]), ["8081/tcp"])
        self.assertEqual([(mount["Name"], mount["Destination"]) for mount in web["Mounts"]], [("subset_stuff", "/stuff")])
        self.assertEqual(web["HostConfig"]["RestartPolicy"]["Name"], "unless-stopped")
        self.assertEqual(list(web["NetworkSettings"]["Networks"]), ["subset_front"])

# SPDX-License-Identifier: Apache-2.0
"""Projects that the real docker compose has started, of version 2 and of Debian's version 1, are taken over as they run."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import server
from server import condition, is_ready
from test_compose import IMAGE, ComposeCase
from waiting import eventually

PROJECT = "legacy"


def one(**more):
    """A service that says as much as most do."""
    return {"image": IMAGE, "command": ["sleep", "1000000"], "init": True, "restart": "unless-stopped",
            "stop_grace_period": "1s", **more}


class AdoptionCase(ComposeCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="berth-adopt-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.addCleanup(self.leave_nothing)
        self.folder = self.root / PROJECT
        self.folder.mkdir()
        self.page = self.root / "page.html"
        self.page.write_text("<p>as it was\n")

    def leave_nothing(self):
        for row in self.rows(PROJECT):
            self.engine.docker("rm", "--force", "--volumes", row["Id"], check=False)
        for name in self.engine.docker("network", "ls", "--quiet", "--filter", f"name={PROJECT}_").split():
            self.engine.docker("network", "rm", name, check=False)
        for name in self.engine.docker("volume", "ls", "--quiet", "--filter", f"name={PROJECT}_").split():
            self.engine.docker("volume", "rm", name, check=False)

    def write(self, **services):
        self.write_file({"services": services, "volumes": {"data": {}}})

    def write_file(self, content):
        """compose.yaml: JSON is YAML, too."""
        (self.folder / "compose.yaml").write_text(json.dumps(content))

    def shop(self, **web):
        """What people have: three services, with what is set most often. `web` changes one of them."""
        healthy = {"test": ["CMD", "true"], "interval": "500ms", "timeout": "2s", "retries": 5, "start_period": "1s"}
        return {
            "db": one(environment={"PASSWORD": "canary", "MODE": "a b"}, volumes=["data:/data"], healthcheck=healthy,
                      labels={"team": "shop"}, user="0:0", mem_limit="64m", ulimits={"nofile": 1024}),
            "app": one(depends_on={"db": {"condition": "service_healthy"}}, volumes=[f"{self.page}:/www/page.html:ro"],
                       cap_drop=["ALL"], tmpfs=["/run"], logging={"driver": "json-file", "options": {"max-size": "1m"}},
                       extra_hosts=["elsewhere:10.0.0.1"], security_opt=["no-new-privileges:true"], shm_size="32m"),
            "web": {**one(depends_on=["app"], ports=["127.0.0.1:18098:8080", "127.0.0.1::8081"], expose=["9000"],
                          hostname="front", working_dir="/www", dns=["127.0.0.1"], sysctls={"net.core.somaxconn": "512"}),
                    **web}}

    def rarer(self):
        """More of what a file can say, in the words that both versions know."""
        plain = {"image": IMAGE, "command": "sleep 1000000"}
        return {
            "bare": plain,
            "named": {**plain, "container_name": "legacy-by-name", "tty": True, "stdin_open": True, "read_only": True,
                      "cap_add": ["NET_ADMIN"], "stop_signal": "SIGINT", "restart": "on-failure:3", "group_add": ["100"],
                      "domainname": "example.org", "pids_limit": 100, "cpus": 0.5, "mem_reservation": "32m"},
            "nets": {**plain, "networks": {"default": {"aliases": ["other", "third"]}, "back": {}}, "ports": ["18097:53/udp"],
                     "healthcheck": {"test": "true", "interval": "1500ms"}, "dns_search": ["example.org"]},
            "mounted": {**plain, "entrypoint": ["sleep"], "command": ["1000000"],
                        "volumes": ["data:/data:ro", {"type": "volume", "source": "data", "target": "/more"},
                                    {"type": "bind", "source": str(self.root), "target": "/host", "read_only": True},
                                    {"type": "tmpfs", "target": "/scratch", "tmpfs": {"size": 1000000}}],
                        "environment": ["A=1", "EMPTY="], "labels": ["one=1", "two"], "devices": ["/dev/null:/dev/nothing"],
                        "healthcheck": {"disable": True}, "ipc": "shareable"},
            "joined": {**plain, "network_mode": "service:bare"}, "lonely": {**plain, "network_mode": "none"},
            "own": {**plain, "network_mode": "host"}, "linked": {**plain, "links": ["bare"], "scale": 2}}

    def compose(self, program, *arguments):
        made = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, cwd=self.folder,
                              env={**os.environ, "HOME": str(self.berthd.root), "DOCKER_HOST": f"unix://{self.engine.socket}",
                                   "COMPOSE_PROJECT_NAME": PROJECT})
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        return made.stdout

    def berth(self, *arguments, code=0):
        made = subprocess.run([server.BERTH, *arguments], capture_output=True, text=True, timeout=120, cwd=self.folder,
                              env={**os.environ, "KUBECONFIG": str(self.berthd.kubeconfig)})
        self.assertEqual(made.returncode, code, f"{arguments}: {made.stdout}{made.stderr}{self.berthd.log_tail()}")
        return made

    def strangers(self):
        """What the stack says of containers that are none of its: what it says of its file has a path."""
        return [each for each in self.stack(PROJECT)["status"].get("warnings", []) if "path" not in each]

    def starts(self):
        """Each container of the project by its id: when it was started."""
        return {row["Id"]: self.engine.inspect(row["Id"])["State"]["StartedAt"] for row in self.rows(PROJECT)}

    def running(self):
        """The same by its service, with the id."""
        services = {row["Id"]: row["Labels"]["com.docker.compose.service"] for row in self.rows(PROJECT)}
        return {services[number]: (number, since) for number, since in self.starts().items()}

    def another_image_replaces_one(self, before):
        self.write(**self.shop(image="berth-quickstart:2"))
        self.berth("compose", "up", "--timeout", "60s")
        after = self.running()
        self.assertEqual({name for name in before if after[name] != before[name]}, {"web"})
        self.assertEqual(len(self.rows(PROJECT)), 3)


class Version2(AdoptionCase):
    def start(self, **services):
        self.write(**services)
        self.compose(os.environ["BERTH_COMPOSE_V2"], "up", "-d", "--wait")
        return self.running()

    def test_the_plainest_project(self):
        before = self.start(store=one())
        self.berth("compose", "up", "--adopt")
        self.assertEqual(self.running(), before)
        self.assertEqual(self.strangers(), [])

    def test_of_some_services(self):
        before = self.start(store=one(), other=one())
        self.berth("compose", "up", "--adopt", "store")
        self.assertEqual(self.running(), before)
        self.assertEqual([each["name"] for each in self.stack(PROJECT)["status"]["services"]], ["store"])

    def test_what_most_projects_say(self):
        before = self.start(**self.shop())
        self.assertEqual(len(before), 3)
        self.berth("compose", "up", "--adopt", "--timeout", "30s")
        self.assertEqual(self.running(), before)
        self.assertEqual(self.strangers(), [])
        self.another_image_replaces_one(before)

    def test_what_few_say(self):
        self.write_file({"services": self.rarer(), "volumes": {"data": {}}, "networks": {"back": {}}})
        self.compose(os.environ["BERTH_COMPOSE_V2"], "up", "-d")
        before = self.starts()
        self.assertEqual(len(before), 9)
        self.berth("compose", "up", "--adopt", "--timeout", "60s")
        self.assertEqual(self.starts(), before)

    def test_files_of_the_host(self):
        """What compose mounts from its own folder is on the host, which --host-dir says."""
        (self.folder / "site.conf").write_text("one\n")
        self.write_file({"services": {"web": one(volumes=["./site.conf:/etc/site.conf:ro", "./kept:/kept"],
                                                 configs=[{"source": "page", "target": "/www/page.html"}])},
                         "configs": {"page": {"file": str(self.page)}}})
        self.compose(os.environ["BERTH_COMPOSE_V2"], "up", "-d")
        before = self.running()
        self.berth("compose", "--host-dir", str(self.folder), "up", "--adopt", "--timeout", "30s")
        self.assertEqual(self.running(), before)

    def test_those_that_fit_are_taken_and_the_others_named(self):
        before = self.start(fits=one(), differs=one(environment={"TOKEN": "canary-value"}))
        self.write(fits=one(), differs=one())
        said = self.berth("compose", "up", "--adopt", code=1)
        self.assertIn("differs in spec.env[TOKEN]; nothing was changed: declare it as it runs, or remove", said.stdout)
        self.assertNotIn("canary-value", said.stdout + said.stderr)
        self.assertEqual(self.running(), before)
        self.berth("compose", "down")
        self.assertEqual(self.running(), {"differs": before["differs"]})
        self.assertIsNotNone(self.engine.api("/networks/legacy_default"), "compose made it, and it is used only")

    def test_without_a_wish_they_are_named(self):
        before = self.start(store=one())
        words = ("container legacy-store-1 of project legacy was made by somebody else; "
                 "berth compose up --adopt takes over those that run as declared")
        self.assertIn(words, self.berth("compose", "preview").stdout)
        adopting = self.berth("compose", "preview", "--adopt").stdout
        self.assertNotIn(words, adopting)
        self.assertIn("engine: legacy-store-1: adopt legacy-store-1", adopting)
        self.assertIn(words, self.berth("compose", "up", code=1).stderr)
        item = self.stack(PROJECT)
        self.assertEqual(condition(item, "Stalled")["status"], "True")
        manifest = self.root / "stack.json"
        manifest.write_text(json.dumps({key: item[key] for key in ("apiVersion", "kind", "spec")} |
                                       {"metadata": {"name": PROJECT, "namespace": "default"}}))
        self.assertIn(words, self.berth("plan", "-f", str(manifest), code=1).stdout)
        self.berth("annotate", "composestack", PROJECT, "berth.dev/adopt=project")
        eventually(3, lambda: is_ready(self.stack(PROJECT)), "the wish is heard")
        self.assertEqual(self.running(), before)


class Version1(AdoptionCase):
    def start(self, **services):
        self.write_file({"version": "2.4", "services": services, "volumes": {"data": {}}})
        self.compose("docker-compose", "up", "-d")
        return self.running()

    def test_it_is_found_by_its_labels_and_renamed(self):
        before = self.start(**self.shop())
        names = {row["Names"][0].lstrip("/") for row in self.rows(PROJECT)}
        self.assertEqual(names, {"legacy_db_1", "legacy_app_1", "legacy_web_1"})
        self.berth("compose", "up", "--adopt", "--timeout", "30s")
        self.assertEqual(self.running(), before)
        self.assertEqual(set(self.ids(PROJECT)), {"legacy-db-1", "legacy-app-1", "legacy-web-1"})
        self.assertEqual(self.strangers(), [])
        self.another_image_replaces_one(before)

    def test_what_few_say(self):
        self.write_file({"version": "2.4", "services": self.rarer(), "volumes": {"data": {}}, "networks": {"back": {}}})
        self.compose("docker-compose", "up", "-d")
        before = self.starts()
        self.assertEqual(len(before), 9)
        self.berth("compose", "up", "--adopt", "--timeout", "60s")
        self.assertEqual(self.starts(), before)

    def test_none_is_made_beside_one_that_differs(self):
        before = self.start(store=one(volumes=["data:/data"], user="0"))
        self.write(store=one(volumes=["data:/data"]))
        said = self.berth("compose", "up", "--adopt", code=1).stdout
        self.assertIn("container legacy_store_1", said)
        self.assertIn("differs in spec.user; nothing was changed", said)
        self.assertEqual(self.running(), before)
        self.assertEqual(len(self.rows(PROJECT)), 1)
        self.engine.docker("rm", "--force", before["store"][0])
        eventually(10, lambda: is_ready(self.stack(PROJECT)), "one is made as declared")
        self.assertEqual(set(self.ids(PROJECT)), {"legacy-store-1"})

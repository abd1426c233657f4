# SPDX-License-Identifier: Apache-2.0
"""Hosts as machines come and go: many containers on one connection, jumps through networks, the end of a Host."""
import json
import signal

from netns import Row
from registry import Registry
from server import TOP, condition, container, is_ready
from ssh_case import SshCase
from waiting import always, eventually


def calls(berthd, host):
    """Calls of the Engine API to a host, by operation."""
    made = {}
    for key, value in berthd.metrics().items():
        if key.startswith("berth_engine_calls_total{") and f'host="{host}"' in key:
            operation = key.split('operation="')[1].split('"')[0]
            made[operation] = made.get(operation, 0) + value
    return made


class OneConnection(SshCase):
    def test_a_hundred_containers(self):
        server = self.server()
        self.secret("many", "ed25519")
        self.host("many", self.way(server, "many"))
        self.host_ready("many")
        names = [f"many-{i}" for i in range(100)]
        self.berthd.apply(*[container(name, host="many", networkMode="none", stopSignal="KILL") for name in names])

        def ready():
            items = self.berthd.get("/apis/berth.dev/v1/namespaces/default/containers").json()["items"]
            return sum(is_ready(item) for item in items if item["spec"]["host"] == "many") == len(names)
        eventually(120, ready, "a hundred are Ready")
        self.assertEqual(server.connections(), 1)
        self.assertEqual(self.berthd.metric("berth_ssh_connections_total"), 1)

        before = eventually(60, lambda: self.at_rest("many"), "what events have told is looked at")
        self.berthd.process.send_signal(signal.SIGUSR1)
        eventually(20, lambda: calls(self.berthd, "many") != before, "a resync")
        after = calls(self.berthd, "many")
        made = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)}
        # The one of every 30 s may fall into the same moment.
        self.assertEqual(list(made), ["container_list"])
        self.assertLessEqual(made["container_list"], 2)
        self.assertEqual(server.connections(), 1)


    def at_rest(self, host):
        seen = calls(self.berthd, host)
        try:
            always(1, lambda: calls(self.berthd, host) == seen, "nothing is called")
        except AssertionError:
            return None
        return seen


class Networks(SshCase):
    """Machines that see only their neighbours."""

    def setUp(self):
        self.row = Row(3)
        self.addCleanup(self.row.destroy)

    def test_the_example_through_two_bastions(self):
        first, second, last = (self.server(where=member) for member in self.row.members)
        self.engine.docker("tag", "busybox:test", "busybox:1.35")
        self.secret("jump", "ecdsa")
        self.secret("vm-1", "ed25519")
        text = (TOP / "examples/ssh-host.yaml").read_text()
        jumps = "".join(
            f"\n      - {{address: {server.address}, port: {server.port}, user: {server.user}, hostKeys: [\"{server.host_key}\"], "
            "identitySecretRef: {namespace: berth-system, name: jump}}" for server in (first, second))
        for old, new in (("port: 22", f"port: {last.port}"),
                         ("user: deploy", f"user: {last.user}\n    engineSocket: {self.engine.socket}"),
                         ("address: 192.0.2.7", f"address: {last.address}\n    jumps:{jumps}")):
            self.assertIn(old, text)
            text = text.replace(old, new, 1)
        lines = [f'    hostKeys: ["{last.host_key}"]' if line.startswith("    hostKeys:") else line
                 for line in text.splitlines()]
        self.berthd.kubectl("apply", "-f", "-", stdin="\n".join(lines))
        self.addCleanup(self.remove_host, "vm-1")
        self.host_ready("vm-1")
        self.container_ready("far")
        for server, member in zip((first, second, last), self.row.members):
            self.assertEqual(server.connections(), 1)
            self.assertIn(f"Connection from {member.near} ", server.log_path.read_text())


class InTurn(SshCase):
    def test_every_transport_by_the_servers_configuration_alone(self):
        # The server's machine has the engine's socket in its usual place.
        run = self.berthd.root / "run"
        (run / "sshd").mkdir(parents=True)
        (run / "docker.sock").symlink_to(self.engine.socket)
        server = self.server(files={"/run": run})
        self.secret("turn", "ed25519")
        self.host("turn", self.way(server, "turn", engineSocket="/var/run/docker.sock"))
        generation = self.host_ready("turn")[1]["metadata"]["generation"]
        hardened = ["Ciphers aes256-gcm@openssh.com", "MACs hmac-sha2-256-etm@openssh.com"]
        for options, transport, words in ([], "Streamlocal", ""), (["DisableForwarding yes"], "DialStdio", "forwarding"), \
                (hardened, "OpenSSH", "aes256-gcm@openssh.com"), ([], "Streamlocal", ""):
            server.vanish()
            server.options = options
            server.start()
            self.goes_by("turn", transport, words)
        self.assertEqual(self.berthd.object("host", "turn")["metadata"]["generation"], generation)

    def goes_by(self, name, transport, words):
        def look():
            item = self.berthd.object("host", name)
            ready = condition(item, "Ready")
            return (ready["status"] == "True" and item["status"]["transport"] == transport
                    and (words in ready.get("message", "") if words else not ready.get("message")))
        eventually(60, look, f"{name} is reached by {transport}")


class PrivateImages(SshCase):
    def test_a_password_is_corrected_and_nothing_else_done(self):
        registry = Registry().start()
        self.addCleanup(registry.destroy)
        image = registry.push(self.engine, "web:1", "team/far:1")
        server = self.server()
        self.secret("private", "ed25519")
        self.host("private", self.way(server, "private"))
        login = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", "namespace": "default"},
                 "stringData": {"password": "guessed"}}
        self.berthd.apply(
            login, {"apiVersion": "berth.dev/v1", "kind": "Registry", "metadata": {"name": "login", "namespace": "default"},
                    "spec": {"server": registry.server, "username": "alice", "passwordSecretRef": {"name": "login"}}},
            container("private", host="private", image=image, command=None))
        eventually(30, lambda: condition(self.berthd.object("registry", "login"), "Authenticated").get("status") == "False",
                   "the registry refuses")
        eventually(30, lambda: condition(self.berthd.object("container", "private"), "ImageResolved").get("reason")
                   == "ImagePullDenied", "the pull is denied")
        login["stringData"]["password"] = "wonderland"
        self.berthd.apply(login)
        self.container_ready("private")
        self.assertEqual(condition(self.berthd.object("registry", "login"), "Authenticated")["status"], "True")


class TheEnd(SshCase):
    def test_unschedulable_refuses_what_is_new(self):
        server = self.server()
        self.secret("full", "ed25519")
        self.host("full", self.way(server, "full"))
        self.berthd.apply(container("there", host="full"))
        self.container_ready("there")
        self.berthd.kubectl("patch", "host", "full", "--type=merge", "-p", '{"spec":{"unschedulable":true}}')
        for item in (container("new", host="full"),
                     {"apiVersion": "berth.dev/v1", "kind": "Volume",
                      "metadata": {"name": "new", "namespace": "default"}, "spec": {"host": "full"}}):
            refused = self.berthd.kubectl("create", "-f", "-", stdin=json.dumps(item), check=False)
            self.assertEqual(refused.returncode, 1)
            self.assertIn('host "full" takes nothing new (spec.unschedulable)', refused.stderr)
        self.berthd.kubectl("patch", "container", "there", "--type=merge", "-p", '{"spec":{"labels":{"a":"b"}}}')
        eventually(30, lambda: is_ready(self.berthd.object("container", "there"))
                   and self.engine.managed("there")[0]["Config"]["Labels"].get("a") == "b", "what is there is updated")

    def test_a_host_in_use_goes_after_what_is_on_it(self):
        server = self.server()
        self.secret("used", "ed25519")
        self.host("used", self.way(server, "used"))
        self.berthd.apply(container("user", host="used"))
        self.container_ready("user")
        self.berthd.kubectl("delete", "host", "used", "--wait=false")
        found, _ = self.host_with("used", "InUse", "True", "Users")
        self.assertIn("container default/user", found["message"])
        refused = self.berthd.kubectl("create", "-f", "-", stdin=json.dumps(container("late", host="used")),
                                      check=False)
        self.assertIn('host "used" is being deleted', refused.stderr)
        self.assertEqual(len(self.engine.managed("user")), 1)
        self.berthd.kubectl("delete", "container", "user", "--timeout=60s")
        self.assertEqual(self.engine.managed("user"), [])
        eventually(20, lambda: self.berthd.object("host", "used") is None, "the Host is gone")
        eventually(20, lambda: server.connections() == 0, "and its connection")

    def test_a_lost_machine_is_forgotten(self):
        server = self.server()
        self.secret("lost", "ed25519")
        self.host("lost", self.way(server, "lost"))
        self.berthd.apply(container("kept", host="lost"), container("dying", host="lost"))
        self.container_ready("kept")
        self.container_ready("dying")
        server.vanish()
        self.host_with("lost", "Ready", "False")
        self.berthd.kubectl("delete", "container", "dying", "--wait=false")
        away = eventually(20, lambda: condition(self.berthd.object("container", "dying"), "HostReachable"), "it says so")
        self.assertEqual(away["status"], "False")
        waiting = self.berthd.berth("host", "rm", "lost", "--timeout", "5s", check=False)
        self.assertEqual(waiting.returncode, 1)
        self.assertIn("container default/kept", waiting.stderr)
        self.assertIn("--forget", waiting.stderr)
        shown = self.berthd.berth("host", "rm", "lost", "--forget", "--timeout", "30s")
        self.assertIn("container.berth.dev/kept forgotten", shown)
        self.assertIn("container.berth.dev/dying forgotten", shown)
        self.assertIsNone(self.berthd.object("host", "lost"))
        eventually(20, lambda: self.berthd.object("container", "dying") is None, "what was being deleted is gone")
        eventually(20, lambda: condition(self.berthd.object("container", "kept"), "HostReachable").get("reason")
                   == "HostNotFound", "what was not stays, without a host")
        for name in ("kept", "dying"):
            self.assertTrue(self.engine.managed(name)[0]["State"]["Running"], f"{name} is left alone")
        records = self.berthd.berth("audit", "list", "--resource", "containers", "--name", "dying", "--verb", "patch")
        self.assertIn("admin", records)
        # It comes back: what is there is listed, and nothing of it removed.
        server.start()
        self.host("lost", self.way(server, "lost"))
        self.host_ready("lost")
        listed = self.berthd.kubectl("get", "enginecontainers", "--field-selector", "host=lost", "-o", "name")
        self.assertGreaterEqual(len(listed.split()), 2)
        # Forgotten, it is an orphan's: the object goes first, for while it is there a container that is removed comes back.
        self.berthd.kubectl("delete", "container", "kept", "--timeout=60s")
        for name in ("kept", "dying"):
            self.engine.docker("rm", "--force", *[item["Id"] for item in self.engine.managed(name)])

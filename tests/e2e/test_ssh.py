# SPDX-License-Identifier: Apache-2.0
"""Hosts behind SSH: a real sshd before a real dockerd."""
import json
import os
import pathlib
import socket
import subprocess
import threading
import unittest

from engine import PrivateEngine
from server import TOP, Berthd, condition, container, is_ready
from ssh_case import SshCase
from sshd import free_port, keygen
from waiting import always, eventually

DEFAULT_SOCKET = "/var/run/docker.sock"


class Transports(SshCase):
    def test_road_over_one_connection(self):
        server = self.server()
        self.secret("road", "ed25519")
        self.host("road", self.way(server, "road"))
        _, item = self.host_ready("road")
        self.assertEqual(item["status"]["transport"], "Streamlocal")
        self.assertEqual(condition(item, "HostKeyTrusted")["status"], "True")
        names = [f"far-{i}" for i in range(12)]
        self.berthd.apply(*[container(name, host="road") for name in names])
        for name in names:
            self.container_ready(name)
        self.assertEqual(server.connections(), 1)
        self.assertEqual(len(self.engine.managed("far-0")), 1)

    def test_each_kind_of_credential(self):
        server = self.server()
        self.secret("which", "ecdsa")
        self.host("which", self.way(server, "which"))
        self.host_ready("which")
        self.secret("which", "locked", passphrase="open sesame")
        shown = subprocess.run(["ssh-keygen", "-l", "-f", self.keys / "locked.pub"], check=True, text=True,
                               capture_output=True).stdout.split()[1]
        eventually(30, lambda: f"ED25519 {shown}" in server.log_path.read_text(), "logged in with the unlocked key")
        self.host_ready("which")
        self.secret("which", "locked", passphrase="wrong")
        self.refused("which", "PassphraseWrong", "passphrase")
        self.secret("which", "stranger")
        self.refused("which", "AuthenticationFailed", f'"{server.user}"', "publickey")
        # Nobody asks again with what was refused; the right key is tried at once.
        before = server.log_path.read_text().count("Connection from")
        always(3, lambda: server.log_path.read_text().count("Connection from") == before, "the server is left alone")
        self.secret("which", "ed25519")
        self.host_ready("which", seconds=10)

    def test_forwarding_off_falls_to_dial_stdio(self):
        server = self.server("DisableForwarding yes", "MaxSessions 3",
                             environment={"DOCKER_HOST": f"unix://{self.engine.socket}"})
        self.secret("stdio", "ed25519")
        self.host("stdio", self.way(server, "stdio", engineSocket=DEFAULT_SOCKET))
        found, item = self.host_ready("stdio")
        self.assertEqual(item["status"]["transport"], "DialStdio")
        self.assertIn("forwarding", found["message"])
        names = [f"stdio-{i}" for i in range(6)]
        self.berthd.apply(*[container(name, host="stdio") for name in names])
        for name in names:
            self.container_ready(name, seconds=90)
        self.assertEqual(server.connections(), 1)

    def test_two_sessions_are_the_least_for_dial_stdio(self):
        server = self.server("DisableForwarding yes", "MaxSessions 1",
                             environment={"DOCKER_HOST": f"unix://{self.engine.socket}"})
        self.secret("narrow", "ed25519")
        self.host("narrow", self.way(server, "narrow", transport="DialStdio"))
        self.refused("narrow", "SessionsExhausted", "MaxSessions")

    def test_another_socket_is_never_replaced_by_the_default_one(self):
        server = self.server("DisableForwarding yes", environment={"DOCKER_HOST": f"unix://{self.engine.socket}"})
        self.secret("strict", "ed25519")
        self.host("strict", self.way(server, "strict"))
        self.refused("strict", "EngineSocketRefused", str(self.engine.socket))

    def test_no_way_to_the_engine(self):
        server = self.server()
        self.secret("absent", "ed25519")
        self.host("absent", self.way(server, "absent", engineSocket="/nonexistent/engine.sock"))
        self.refused("absent", "EngineSocketRefused", "/nonexistent/engine.sock")
        nothing = self.server("DisableForwarding yes", "ForceCommand /nonexistent/docker")
        self.host("nothing", self.way(nothing, "absent", engineSocket=DEFAULT_SOCKET))
        self.refused("nothing", "DockerMissing", "docker system dial-stdio", seconds=40)


class Trust(SshCase):
    def test_unknown_then_approved_then_changed(self):
        server = self.server()
        self.secret("trust", "ed25519")
        self.host("trust", self.way(server, "trust", hostKeys=[]))
        found, item = self.host_with("trust", "HostKeyTrusted", "False", "HostKeyUnknown")
        self.assertIn(server.fingerprint, found["message"])
        self.assertIn(server.host_key, found["message"])
        self.assertEqual(condition(item, "Ready")["reason"], "HostKeyUnknown")
        self.assertEqual(item["status"]["offeredHostKey"],
                         {"field": "spec.ssh.hostKeys", "server": f"127.0.0.1:{server.port}", "key": server.host_key,
                          "fingerprint": server.fingerprint})
        self.assertNotIn("Accepted", server.log_path.read_text())
        shown = self.berthd.berth("host", "trust", "trust", "--yes")
        self.assertIn(server.fingerprint, shown)
        _, item = self.host_ready("trust")
        self.assertNotIn("offeredHostKey", item["status"])
        self.assertEqual(condition(item, "HostKeyTrusted")["status"], "True")

        old = server.fingerprint
        server.cut()
        server.stop()
        server.make_host_key("ecdsa")
        server.start()
        found, _ = self.host_with("trust", "HostKeyTrusted", "False", "HostKeyChanged")
        self.assertIn(old, found["message"])
        self.assertIn(server.fingerprint, found["message"])
        refused = self.berthd.berth("host", "trust", "trust", "--yes", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("--replace", refused.stderr)
        self.berthd.berth("host", "trust", "trust", "--yes", "--replace")
        self.host_ready("trust")

    def test_known_hosts_are_imported(self):
        server = self.server()
        self.secret("known", "ed25519")
        self.host("known", self.way(server, "known", hostKeys=[]))
        self.host_with("known", "HostKeyTrusted", "False", "HostKeyUnknown")
        known = self.berthd.root / "known_hosts"
        known.write_text(f"# a comment\nelsewhere {self.public('stranger')}[127.0.0.1]:{server.port} {server.host_key}\n")
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", known], check=True, capture_output=True)
        self.berthd.berth("host", "trust", "known", "--known-hosts", known, "--yes")
        self.host_ready("known")


class Example(SshCase):
    def test_as_it_is_but_for_the_address(self):
        server = self.server()
        self.engine.docker("tag", "busybox:test", "busybox:1.35")
        self.secret("vm-1", "ed25519")
        text = (TOP / "examples/ssh-host.yaml").read_text()
        for old, new in (("address: 192.0.2.7", "address: 127.0.0.1"), ("port: 22", f"port: {server.port}"),
                         ("user: deploy", f"user: {server.user}\n    engineSocket: {self.engine.socket}")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        lines = [f'    hostKeys: ["{server.host_key}"]' if line.startswith("    hostKeys:") else line
                 for line in text.splitlines()]
        self.berthd.kubectl("apply", "-f", "-", stdin="\n".join(lines))
        self.addCleanup(self.remove_host, "vm-1")
        self.host_ready("vm-1")
        self.container_ready("far")


class Jumps(SshCase):
    def test_two_jumps_shared_by_two_hosts(self):
        first, second, last = self.server(), self.server(), self.server()
        self.secret("jump", "ecdsa")
        self.secret("end", "ed25519")
        jumps = [self.way(first, "jump"), self.way(second, "jump")]
        self.host("one", self.way(last, "end", jumps=jumps))
        self.host("two", self.way(last, "end", jumps=jumps, user=last.user, transport="Streamlocal"))
        self.host_ready("one")
        self.host_ready("two")
        self.berthd.apply(container("behind", host="one"))
        self.container_ready("behind")
        self.assertEqual(first.connections(), 1)
        self.assertEqual(second.connections(), 1)

    def test_errors_name_the_hop(self):
        first, last = self.server(), self.server()
        self.secret("jump", "ecdsa")
        self.secret("end", "ed25519")
        self.secret("nobody", "stranger")
        self.host("hop", self.way(last, "end", jumps=[self.way(first, "nobody")]))
        self.refused("hop", "AuthenticationFailed", f"127.0.0.1:{first.port}")
        self.host("hop", self.way(last, "end", jumps=[self.way(first, "jump", hostKeys=[])]))
        _, item = self.host_with("hop", "HostKeyTrusted", "False", "HostKeyUnknown")
        self.assertEqual(item["status"]["offeredHostKey"]["field"], "spec.ssh.jumps[0].hostKeys")
        self.berthd.berth("host", "trust", "hop", "--yes")
        self.host_ready("hop")
        closed = self.way(last, "end", port=free_port(), jumps=[self.way(first, "jump")])
        self.host("hop", closed)
        self.refused("hop", "ForwardingRefused", f"127.0.0.1:{closed['port']}", f"127.0.0.1:{first.port}")


class Trouble(SshCase):
    def test_each_has_its_own_word(self):
        self.secret("any", "ed25519")
        server = self.server()
        self.host("port", self.way(server, "any", port=free_port()))
        self.refused("port", "ConnectionRefused", "refused")
        self.host("name", self.way(server, "any", address="no-such-host.invalid"))
        self.refused("name", "NameNotFound", "no-such-host.invalid", seconds=90)
        self.host("secretless", self.way(server, "missing"))
        self.refused("secretless", "IdentityMissing", "missing")
        self.secret("broken", **{"ssh-privatekey": "not a key"})
        self.host("broken", self.way(server, "broken"))
        self.refused("broken", "KeyInvalid", "ssh-privatekey")
        self.host("other", self.way(self.other_service(b"220 mail.example ESMTP\r\n"), "any"))
        self.refused("other", "NotSsh", "220 mail.example")
        self.host("silent", self.way(self.other_service(b""), "any"))
        self.refused("silent", "NoAnswer")
        # The Secret comes later, and nothing else is needed.
        self.secret("missing", "ed25519")
        self.host_ready("secretless", seconds=10)

    def other_service(self, words):
        """Something on a port that is no sshd: says `words` and waits."""
        listener = socket.create_server(("127.0.0.1", 0))
        held = []

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                held.append(connection)
                connection.sendall(words)

        threading.Thread(target=serve, daemon=True).start()
        self.addCleanup(lambda: [each.close() for each in held])
        self.addCleanup(listener.close)

        class Service:
            address = "127.0.0.1"
            port = listener.getsockname()[1]
            user = "root"
            host_key = " ".join(self.public("stranger").split()[:2])
        return Service

    def test_one_dead_host_holds_up_no_other(self):
        self.secret("any", "ed25519")
        self.host("dead", self.way(self.other_service(b""), "any"))
        server = self.server()
        self.host("alive", self.way(server, "any"))
        self.host_ready("alive", seconds=8)
        self.berthd.apply(container("quick", host="alive"))
        self.container_ready("quick")

    def test_keys_are_in_no_sink(self):
        server = self.server("DisableForwarding yes")
        self.secret("canary", "ed25519", password="canary-password-5f1c", passphrase="canary-passphrase-77ab")
        self.host("canary", self.way(server, "canary"))
        self.refused("canary", "EngineSocketRefused")
        middle = (self.keys / "ed25519").read_text().splitlines()[3]
        sinks = [self.berthd.log_path.read_text(), self.berthd.kubectl("get", "host", "canary", "-o", "json"),
                 self.berthd.kubectl("get", "events", "-A", "-o", "json"), json.dumps(sorted(self.berthd.metrics()))]
        for sink in sinks:
            for canary in ("canary-password-5f1c", "canary-passphrase-77ab", middle):
                self.assertNotIn(canary, sink)


class OpenSsh(SshCase):
    """What the built-in client does not know goes through the system's ssh."""

    def test_key_and_server_that_need_it(self):
        hardened = self.server("Ciphers aes256-gcm@openssh.com", "MACs hmac-sha2-256-etm@openssh.com")
        self.secret("hard", "ed25519")
        self.host("hard", self.way(hardened, "hard"))
        found, item = self.host_ready("hard")
        self.assertEqual(item["status"]["transport"], "OpenSSH")
        self.assertIn("aes256-gcm@openssh.com", found["message"])
        self.berthd.apply(container("tunnelled", host="hard"))
        self.container_ready("tunnelled")
        self.assertEqual(hardened.connections(), 1)
        usual = self.server()
        self.secret("rsa", "rsa")
        self.host("rsa", self.way(usual, "rsa"))
        found, item = self.host_ready("rsa")
        self.assertEqual(item["status"]["transport"], "OpenSSH")
        self.assertIn("RSA", found["message"])
        # Another key, and the built-in client does.
        self.secret("rsa", "ed25519")
        eventually(20, lambda: self.berthd.object("host", "rsa")["status"]["transport"] == "Streamlocal", "Streamlocal")

    def test_certificate(self):
        authority = self.keys / "authority"
        keygen(authority)
        keygen(self.keys / "signed")
        server = self.server(f"TrustedUserCAKeys {authority}.pub", "AuthorizedKeysFile none")
        subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "berth", "-n", server.user,
                        self.keys / "signed.pub"], check=True, capture_output=True)
        self.secret("signed", "signed", certificate=(self.keys / "signed-cert.pub").read_text().strip())
        self.host("signed", self.way(server, "signed"))
        _, item = self.host_ready("signed")
        self.assertEqual(item["status"]["transport"], "OpenSSH")

    def test_trust_and_refusals_are_the_same(self):
        server = self.server("Ciphers aes256-gcm@openssh.com")
        self.secret("same", "stranger")
        self.host("same", self.way(server, "same", hostKeys=[]))
        found, _ = self.host_with("same", "HostKeyTrusted", "False", "HostKeyUnknown")
        self.assertIn(server.fingerprint, found["message"])
        self.berthd.berth("host", "trust", "same", "--yes")
        self.refused("same", "AuthenticationFailed", "Permission denied")
        self.secret("same", "ed25519")
        self.host_ready("same")

    def test_no_process_and_no_file_stays(self):
        server = self.server()
        self.secret("clean", "rsa")
        self.host("clean", self.way(server, "clean", transport="OpenSSH"))
        self.host_ready("clean")
        children = subprocess.run(["ps", "-o", "comm=", "--ppid", str(self.berthd.process.pid)], text=True,
                                  capture_output=True).stdout.split()
        self.assertEqual(children.count("ssh"), 1)
        folder = next(path.parent for path in pathlib.Path("/tmp").glob("berth-ssh-*/known_hosts")
                      if f":{server.port} " in path.read_text())
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        for path in folder.rglob("*"):
            if path.is_file():
                self.assertNotIn("PRIVATE", path.read_text())
        self.remove_host("clean")
        eventually(10, lambda: not folder.exists() and server.connections() == 0, "the tunnel is gone")


class Tcp(unittest.TestCase):
    """A dockerd on loopback TCP that asks for certificates."""

    def setUp(self):
        self.berthd = Berthd("/nonexistent/docker.sock").start()
        self.addCleanup(self.berthd.destroy)
        self.root = self.berthd.root
        for name in ("ca", "other"):
            self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                         "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
        self.leaf("server", "ca", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        self.leaf("client", "ca", "extendedKeyUsage=clientAuth\n")
        self.leaf("stranger", "other", "extendedKeyUsage=clientAuth\n")
        self.port = free_port()
        self.engine = PrivateEngine([f"--host=tcp://127.0.0.1:{self.port}", "--tlsverify",
                                     f"--tlscacert={self.root}/ca.crt", f"--tlscert={self.root}/server.crt",
                                     f"--tlskey={self.root}/server.key"])
        self.addCleanup(self.engine.destroy)
        self.engine.start()

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.root)

    def leaf(self, name, ca, extensions):
        (self.root / f"{name}.ext").write_text(extensions)
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-CAcreateserial",
                     "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.crt")

    def secret(self, ca, client):
        data = {"ca.crt": (self.root / f"{ca}.crt").read_text(), "tls.crt": (self.root / f"{client}.crt").read_text(),
                "tls.key": (self.root / f"{client}.key").read_text()}
        self.berthd.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls", "namespace": "berth-system"},
                           "stringData": data})

    def ready(self):
        return condition(self.berthd.object("host", "tcp"), "Ready")

    def test_certificates_both_ways(self):
        self.secret("ca", "client")
        self.berthd.apply({"apiVersion": "berth.dev/v1", "kind": "Host", "metadata": {"name": "tcp"},
                           "spec": {"tcp": {"address": f"127.0.0.1:{self.port}",
                                            "tlsSecretRef": {"namespace": "berth-system", "name": "tls"}}}})
        eventually(20, lambda: self.ready().get("status") == "True", "Ready")
        self.assertEqual(self.berthd.object("host", "tcp")["status"]["transport"], "TCP")
        self.berthd.apply(container("by-tls", host="tcp"))
        eventually(30, lambda: is_ready(self.berthd.object("container", "by-tls")), "container is Ready")
        self.secret("other", "client")  # the engine is not the one that this CA knows
        eventually(20, lambda: self.ready().get("reason") == "TlsFailed", "TlsFailed")
        self.secret("ca", "stranger")  # the engine does not know this client
        eventually(20, lambda: self.ready().get("status") == "False" and "alert" in self.ready()["message"], "refused")
        self.secret("ca", "client")
        eventually(20, lambda: self.ready().get("status") == "True", "Ready again")
        self.berthd.kubectl("delete", "container", "by-tls", "--timeout=60s")


class PlainTcp(unittest.TestCase):
    def test_on_loopback_and_nowhere_else(self):
        berthd = Berthd("/nonexistent/docker.sock").start()
        self.addCleanup(berthd.destroy)
        port = free_port()
        engine = PrivateEngine([f"--host=tcp://127.0.0.1:{port}", "--tls=false"])
        self.addCleanup(engine.destroy)
        engine.start()
        host = {"apiVersion": "berth.dev/v1", "kind": "Host", "metadata": {"name": "plain"},
                "spec": {"tcp": {"address": f"127.0.0.1:{port}"}}}
        berthd.apply(host)
        eventually(20, lambda: condition(berthd.object("host", "plain"), "Ready").get("status") == "True", "Ready")
        self.assertEqual(berthd.object("host", "plain")["status"]["transport"], "TCP")
        host["spec"]["tcp"]["address"] = "192.0.2.7:2375"
        refused = berthd.kubectl("apply", "-f", "-", stdin=json.dumps(host), check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("spec.tcp.address", refused.stderr)
        self.assertIn("must be on loopback", refused.stderr)


class Client(SshCase):
    def test_the_session_itself(self):
        """The C++ suite of the client, with new keys every MiB."""
        server = self.server("RekeyLimit 1M")
        settings = {"BERTH_SSH_PORT": str(server.port), "BERTH_SSH_USER": server.user,
                    "BERTH_SSH_KEY": str(self.keys / "ed25519"),
                    "BERTH_SSH_HOST_KEY": str(server.root / "host_key.pub")}
        result = subprocess.run([TOP / "build/bin/ssh_suite", "--gtest_brief=1"], capture_output=True, text=True,
                                timeout=600, env={**os.environ, **settings})
        self.assertEqual(result.returncode, 0, result.stdout[-4000:] + result.stderr[-4000:])

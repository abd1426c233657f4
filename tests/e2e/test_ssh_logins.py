# SPDX-License-Identifier: Apache-2.0
"""Ways to log in to a real sshd: passwords, questions, locked keys, and ssh itself through bastions."""
import pathlib
import subprocess

from netns import Row
from server import condition, container
from ssh_case import SshCase
from sshd import keygen
from waiting import always, eventually

PASSWORD = "correct horse 5f1c"
PAM = "auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n"


class Passwords(SshCase):
    """The server sees another /etc/shadow than the machine: nobody's password is touched."""

    def server_with_password(self, *options):
        scrambled = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, check=True, text=True,
                                   capture_output=True).stdout.strip()
        shadow = [line if not line.startswith("root:") else f"root:{scrambled}:19000:0:99999:7:::"
                  for line in pathlib.Path("/etc/shadow").read_text().splitlines()]
        return self.server(*options, files={"/etc/shadow": "\n".join(shadow) + "\n", "/etc/pam.d/sshd": PAM})

    def log_in(self, server, words):
        self.secret("word", **{"password": PASSWORD})
        self.host("word", self.way(server, "word"))
        self.host_ready("word")
        eventually(10, lambda: words in server.log_path.read_text(), words)
        self.secret("word", **{"password": "wrong"})
        message = self.refused("word", "AuthenticationFailed", '"root"', "password")
        self.assertNotIn("wrong", message)
        before = server.log_path.read_text().count("Connection from")
        always(3, lambda: server.log_path.read_text().count("Connection from") == before, "the server is left alone")
        self.secret("word", **{"password": PASSWORD})
        self.host_ready("word", seconds=10)
        self.assertNotIn(PASSWORD, self.berthd.log_path.read_text())

    def test_password(self):
        server = self.server_with_password("UsePAM no", "PasswordAuthentication yes", "PubkeyAuthentication no")
        self.log_in(server, "Accepted password for root")

    def test_questions(self):
        server = self.server_with_password("UsePAM yes", "KbdInteractiveAuthentication yes", "PubkeyAuthentication no")
        self.log_in(server, "Accepted keyboard-interactive/pam for root")


class LockedKeys(SshCase):
    def test_by_ssh_in_both_formats(self):
        server = self.server()
        keygen(self.keys / "locked-rsa", "rsa", passphrase="open sesame")
        keygen(self.keys / "locked-pkcs8", "rsa", passphrase="open sesame", form="PKCS8")
        for name in ("locked", "locked-rsa", "locked-pkcs8"):
            server.authorize(self.public(name))
        for name in ("locked", "locked-rsa", "locked-pkcs8"):
            with self.subTest(name):
                self.secret(name, name, passphrase="open sesame")
                self.host(name, self.way(server, name, transport="OpenSSH"))
                _, item = self.host_ready(name)
                self.assertEqual(item["status"]["transport"], "OpenSSH")
                self.secret(name, name, passphrase="wrong")
                self.refused(name, "PassphraseWrong", "passphrase")
                self.remove_host(name)


class Bastions(SshCase):
    def test_ssh_goes_through_what_only_ssh_can_log_in_to(self):
        row = Row(3)
        self.addCleanup(row.destroy)
        hardened = ("Ciphers aes256-gcm@openssh.com", "MACs hmac-sha2-256-etm@openssh.com")
        first, second, last = (self.server(*hardened, where=member) for member in row.members)
        self.secret("rsa", "rsa")
        jumps = [self.way(first, "rsa"), self.way(second, "rsa")]
        self.host("deep", self.way(last, "rsa", jumps=jumps))
        _, item = self.host_ready("deep", seconds=60)
        self.assertEqual(item["status"]["transport"], "OpenSSH")
        self.assertEqual(condition(item, "HostKeyTrusted")["status"], "True")
        self.berthd.apply(container("deep", host="deep"))
        self.container_ready("deep")
        for server in (first, second, last):
            self.assertEqual(server.connections(), 1)
        self.assertEqual(self.programs(), 3)
        # Another host behind the same two goes through the connections that are there, which the first one keeps.
        self.host("twin", self.way(last, "rsa", jumps=jumps))
        self.host_ready("twin", seconds=60)
        self.assertEqual([server.connections() for server in (first, second, last)], [1, 1, 2])
        self.assertEqual(self.programs(), 4)
        self.remove_host("twin")
        eventually(10, lambda: self.programs() == 3, "one of four is gone")
        self.assertEqual([server.connections() for server in (first, second)], [1, 1])
        self.assertEqual(first.log_path.read_text().count("Accepted publickey"), 1)
        # One that breaks takes those behind it with it, and all come again.
        second.cut()
        eventually(20, lambda: second.log_path.read_text().count("Accepted publickey") >= 2, "again")
        self.host_ready("deep", seconds=20)
        eventually(20, lambda: self.programs() == 3, "three again")
        # Errors name the server, trust is given for each, and nothing is sent before it.
        jumps[1] = self.way(second, "rsa", hostKeys=[])
        self.host("deep", self.way(last, "rsa", jumps=jumps))
        _, item = self.host_with("deep", "HostKeyTrusted", "False", "HostKeyUnknown", seconds=60)
        self.assertEqual(item["status"]["offeredHostKey"]["field"], "spec.ssh.jumps[1].hostKeys")
        self.assertEqual(item["status"]["offeredHostKey"]["fingerprint"], second.fingerprint)
        self.berthd.berth("host", "trust", "deep", "--yes")
        self.host_ready("deep", seconds=60)
        self.secret("nobody", "stranger")
        jumps = [self.way(first, "rsa"), self.way(second, "nobody")]
        self.host("deep", self.way(last, "rsa", jumps=jumps))
        self.refused("deep", "AuthenticationFailed", f"{second.address}:{second.port}", seconds=60)
        eventually(20, lambda: self.programs() == 0, "no ssh stays")
        jumps = [self.way(first, "rsa"), self.way(second, "rsa", port=22023)]
        self.host("deep", self.way(last, "rsa", jumps=jumps))
        self.refused("deep", "ForwardingRefused", f"{second.address}:22023", "jump", seconds=60)
        self.host("deep", self.way(last, "rsa", jumps=[self.way(first, "rsa"), self.way(second, "rsa")]))
        self.host_ready("deep", seconds=60)
        # None outlives a berthd that is killed.
        self.berthd.kill()
        eventually(10, lambda: not any(server.connections() for server in (first, second, last)), "no ssh stays")
        self.berthd.start()

    def programs(self):
        shown = subprocess.run(["ps", "-o", "comm=", "--ppid", str(self.berthd.process.pid)], text=True,
                               capture_output=True).stdout.split()
        return shown.count("ssh")

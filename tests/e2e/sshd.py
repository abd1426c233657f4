# SPDX-License-Identifier: Apache-2.0
"""An OpenSSH server of the tests' own: its keys, its configuration, its log."""
import pathlib
import pwd
import os
import shutil
import signal
import socket
import subprocess
import tempfile

import scale
from waiting import eventually


def keygen(path, kind="ed25519", passphrase="", form=None):
    """A key pair at `path`; the private key's text."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", str(path)]
    if kind == "rsa":
        command += ["-b", "2048"]
    if form:
        command += ["-m", form]
    subprocess.run(command, check=True, capture_output=True)
    return pathlib.Path(path).read_text()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Sshd:
    _count = 0

    def __init__(self, options=(), host_key="ed25519", environment=None, where=None, files=None):
        """`options` are lines of sshd_config; `environment` is what commands see; `where` is a Namespace, without which
        it listens on 127.0.0.1; `files` are texts, or folders, that it finds in the place of the machine's own, by their
        paths."""
        Sshd._count += 1
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="berth-e2e-", dir="/var/tmp"))
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.address = where.address if where else "127.0.0.1"
        self.port = 22022 if where else free_port()
        self.prefix = where.prefix if where else []
        self.files = dict(files or {})
        self.process = None
        self.options = list(options)
        self.environment = dict(environment or {})
        self.log_path = scale.logs() / f"sshd-{Sshd._count}.log"
        self.log_path.unlink(missing_ok=True)  # of an earlier run: tests count what it says
        self.authorized = self.root / "authorized_keys"
        self.authorized.touch(mode=0o600)
        self.make_host_key(host_key)

    def make_host_key(self, kind):
        for old in self.root.glob("host_key*"):
            old.unlink()
        keygen(self.root / "host_key", kind)

    @property
    def host_key(self):
        """The line that spec.ssh.hostKeys takes."""
        return " ".join((self.root / "host_key.pub").read_text().split()[:2])

    @property
    def fingerprint(self):
        shown = subprocess.run(["ssh-keygen", "-l", "-f", self.root / "host_key.pub"], check=True, text=True,
                               capture_output=True).stdout
        return shown.split()[1]

    def authorize(self, public_key):
        """Lets the holder of a key in, by the text of its .pub file."""
        with open(self.authorized, "a") as keys:
            keys.write(public_key.strip() + "\n")

    def start(self):
        # Of each keyword the first one counts.
        lines = [*self.options, f"ListenAddress {self.address}:{self.port}", f"HostKey {self.root}/host_key",
                 f"AuthorizedKeysFile {self.authorized}", f"PidFile {self.root}/pid", "StrictModes no", "UsePAM no",
                 "PermitRootLogin yes", "PasswordAuthentication no", "LogLevel VERBOSE"]
        for name, value in self.environment.items():
            lines.append(f"SetEnv {name}={value}")
        config = self.root / "sshd_config"
        config.write_text("\n".join(lines) + "\n")
        pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        log = open(self.log_path, "ab")
        command = [*self.prefix, *self._overlay(), "/usr/sbin/sshd", "-D", "-e", "-f", config]
        self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        eventually(20, self._answers, "sshd answers")
        return self

    def _overlay(self):
        """What runs the rest in a mount namespace of its own, over which `files` lie."""
        if not self.files:
            return []
        steps = []
        for number, (path, text) in enumerate(self.files.items()):
            if isinstance(text, pathlib.Path):
                steps.append(f"mount --bind {text} {path}")
                continue
            own = self.root / f"file-{number}"
            own.write_text(text)
            own.chmod(pathlib.Path(path).stat().st_mode & 0o777)
            steps.append(f"mount --bind {own} {path}")
        return ["unshare", "--mount", "--propagation", "private", "sh", "-e", "-c", "; ".join([*steps, 'exec "$@"']), "sh"]

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"sshd ended: {self.log_path.read_text()[-500:]}")
        if self.prefix:
            return self._sockets("listening")
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as probe:
            return probe.recv(4) == b"SSH-"

    def sessions(self):
        """Process ids of the connections that it serves: the listener's children that have logged somebody in."""
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], text=True,
                               capture_output=True).stdout
        return [int(word) for word in found.split()]

    def connections(self):
        """How many TCP connections stand to it, from the kernel's table."""
        return len(self._sockets("established"))

    def _sockets(self, state):
        return subprocess.run([*self.prefix, "ss", "-Htn", "state", state, f"sport = :{self.port}"], check=True,
                              text=True, capture_output=True).stdout.splitlines()

    def cut(self):
        """Kills the connections, not the server."""
        self._kill(self.sessions())

    def vanish(self):
        """Ends the server and its connections, which would outlive it."""
        sessions = self.sessions()
        self.stop()
        self._kill(sessions)

    @staticmethod
    def _kill(sessions):
        for pid in sessions:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def destroy(self):
        if self.process is not None:
            self.cut()
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

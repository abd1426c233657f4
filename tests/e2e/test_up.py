# SPDX-License-Identifier: Apache-2.0
"""`./dev up` ends with the page served and kubectl listing it; `./dev down` leaves nothing that it made."""
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from engine import PrivateEngine, run
from server import BERTHD, TOP
from waiting import eventually

COMMANDS = ["up", "down", "build", "unit", "e2e", "test", "bench", "fuzz", "golden", "lint", "fmt", "deps"]
PR_SET_CHILD_SUBREAPER = 36


@contextlib.contextmanager
def network_namespace():
    """A network of its own, in which a whole engine's bridges and rules can be counted. Gives the command before a
    command that runs it there."""
    name = f"brthup{os.getpid() % 100000}"
    run("ip", "netns", "add", name)
    prefix = ["nsenter", f"--net=/run/netns/{name}"]
    try:
        run(*prefix, "ip", "link", "set", "lo", "up")
        run(*prefix, "sysctl", "-q", "net.ipv4.ip_forward=0")
        yield prefix
    finally:
        run("ip", "netns", "delete", name)


@contextlib.contextmanager
def unreaped_orphans():
    """Processes whose parents have ended become this one's, which does not look at them: what dies stays a zombie."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


class Dev(unittest.TestCase):
    def say(self, *arguments):
        """./dev where there is nothing to build with, so that nothing else than words can succeed."""
        with tempfile.TemporaryDirectory() as folder:
            for program in ("bash", "env", "dirname", "awk", "cat", "cut", "cksum", "realpath"):
                (pathlib.Path(folder) / program).symlink_to(shutil.which(program))
            return subprocess.run([TOP / "dev", *arguments], text=True, capture_output=True, timeout=60,
                                  env={"PATH": folder, "HOME": folder, "BERTH_UP_DIR": f"{folder}/up"})

    def test_help_of_every_command_is_its_lines_and_nothing_else(self):
        for command in COMMANDS:
            for arguments in ([command, "--help"], [command, "-h"], [command, "x", "--help"]):
                said = self.say(*arguments)
                self.assertEqual((said.returncode, said.stderr), (0, ""))
                self.assertRegex(said.stdout, rf"^  {command} ")
                self.assertEqual({line.split()[0] for line in said.stdout.splitlines() if re.match("  [^ ]", line)}, {command})

    def test_what_would_be_ignored_is_refused(self):
        for arguments, found in ((["up", "--now"], "unknown option '--now'"), (["down", "all"], "unexpected argument 'all'"),
                                 (["build", "release", "berthd"], "unexpected argument 'berthd'"),
                                 (["unit", "--fast"], "unknown option '--fast'"), (["ups"], "unknown command 'ups'")):
            said = self.say(*arguments)
            self.assertEqual(said.returncode, 1)
            self.assertIn(found, said.stderr)


class Up(unittest.TestCase):
    def setUp(self):
        # A folder and ports of its own: whoever runs the tests may be up.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="berth-up-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.prefix = []
        self.environment = {"BERTH_UP_DIR": str(self.home / "up"), "BERTH_UP_PORT": "17443",
                            "BERTH_UP_METRICS_PORT": "17444", "BERTH_UP_PAGE_PORT": "18088",
                            "BERTH_UP_SOCKET": f"{self.home}/docker.sock",
                            "KUBECONFIG": str(self.home / "up/data/admin.kubeconfig")}

    def command(self, *arguments, check=True):
        result = subprocess.run([*self.prefix, *map(str, arguments)], text=True, capture_output=True, timeout=600, cwd=TOP,
                                env={**os.environ, **self.environment})
        if check:
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout if check else result

    def docker(self, *arguments):
        return self.command("docker", "--host", f"unix://{self.environment['BERTH_UP_SOCKET']}", *arguments).split()

    def berth(self, *arguments):
        return self.command("build/bin/berth", *arguments)

    def down(self):
        result = self.command("./dev", "down", check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertFalse((self.home / "up").exists())
        return result.stderr

    def up(self):
        """up, and what it says is true."""
        said = self.command("./dev", "up")
        page = self.command("curl", "--silent", "--fail", "--max-time", "5", re.search(r"http://\S+", said).group(0))
        self.assertIn("<h1>", page)
        line = re.search(r"kubectl (--kubeconfig .*)$", said, re.M).group(1)
        listed = self.command(os.environ["BERTH_KUBECTL"], *line.split())
        self.assertRegex(listed, r"container\.berth\.dev/quickstart .*Running")
        self.assertRegex(listed, r"host\.berth\.dev/local ")

    def berthd(self):
        return int((self.home / "up/berthd.pid").read_text())

    def test_on_an_engine_that_was_there(self):
        self.environment["BERTH_UP_SOCKET"] = str(PrivateEngine.shared().socket)
        with unreaped_orphans():
            try:
                self.up()
                self.berth("apply", "-f", "examples/network.yaml", "-f", "examples/volume.yaml", "--wait")
                self.assertEqual(self.docker("network", "ls", "-q", "-f", "name=^backend$", "--format", "{{.Name}}"), ["backend"])
                self.berthd_is_started_again_when_it_must()
            finally:
                said = self.down()
                self.addCleanup(self.docker, "volume", "rm", "--force", "counters")
        self.assertIn("the data of Volume counters stays on Host local: `docker volume rm counters` there removes it", said)
        self.assertEqual(self.docker("ps", "-aq", "--filter", "label=berth.dev/instance"), [])
        self.assertEqual(self.docker("network", "ls", "-q", "--filter", "name=^backend$"), [])
        self.assertEqual(self.docker("volume", "ls", "-q", "--filter", "name=^counters$"), ["counters"])

    def test_where_somebody_else_listens(self):
        self.environment["BERTH_UP_SOCKET"] = str(PrivateEngine.shared().socket)
        with socket.create_server(("127.0.0.1", int(self.environment["BERTH_UP_PORT"]))):
            refused = self.command("./dev", "up", check=False)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("berthd ended", refused.stderr)
            self.assertIn("Address already in use", refused.stderr)
        self.down()

    def berthd_is_started_again_when_it_must(self):
        first = self.berthd()
        self.up()
        self.assertEqual(self.berthd(), first, "it is the one that was built: it goes on")
        os.kill(first, signal.SIGKILL)
        eventually(10, lambda: pathlib.Path(f"/proc/{first}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z",
                   "a zombie, as long as nobody looks at it")
        self.up()
        second = self.berthd()
        self.assertNotEqual(second, first)
        # What a linker does: another file under the same name.
        built = BERTHD.resolve()
        shutil.copy2(built, f"{built}.new")
        os.rename(f"{built}.new", built)
        self.up()
        self.assertNotEqual(self.berthd(), second)
        self.assertEqual(os.stat(f"/proc/{self.berthd()}/exe").st_ino, built.stat().st_ino)
        for ended in (first, second):
            os.waitpid(ended, 0)

    def test_with_an_engine_of_its_own(self):
        with network_namespace() as self.prefix:
            self.addCleanup(setattr, self, "prefix", [])
            before = self.traces()
            try:
                self.up()
                self.berth("apply", "-f", "examples/network.yaml", "--wait")
                self.docker("network", "create", "by-hand")
                self.assertEqual(len(re.findall(r"^br-", self.traces(), re.M)), 2)
            finally:
                self.down()
            self.assertNotEqual(self.command("docker", "--host", f"unix://{self.environment['BERTH_UP_SOCKET']}", "ps",
                                             check=False).returncode, 0, "its engine is gone")
            self.assertEqual(self.traces(), before)

    def traces(self):
        """Devices, rules, policies and forwarding."""
        said = [line.split()[0] for line in self.command("ip", "-brief", "link").splitlines()]
        for table in ("filter", "nat", "raw"):
            for tool in ("iptables", "ip6tables"):
                said += [f"{tool} {table} {line}" for line in self.command(tool, "-t", table, "-S").splitlines()]
        return "\n".join(sorted(said)) + self.command("sysctl", "net.ipv4.ip_forward")

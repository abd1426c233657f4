# SPDX-License-Identifier: Apache-2.0
"""What the benches share: the table that they print, our programs on cores of their own, and what a process uses."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[1]
BIN = TOP / "build/release/bin"
sys.path.insert(0, str(TOP / "tests/e2e"))

from server import Berthd  # noqa: E402

SERVER_CORE, CLIENT_CORE = 0, 1
ROWS = []


def row(name, figure, bar="(shown)", held=True):
    ROWS.append((name, figure, bar, held))
    verdict = "yes" if held else "NO"
    print(f"| {name} | {figure} | {bar} | {'' if bar == '(shown)' else verdict} |", flush=True)


def on_core(core, program, *arguments):
    return ["taskset", "-c", str(core), BIN / f"bench_{program}", *map(str, arguments)]


def ahead_of_others(command):
    """The command before everything else that runs on the machine, where we may say so: in front of a compiler, what
    is measured is the compiler."""
    return ["chrt", "--rr", "10", *command] if os.geteuid() == 0 else command


def tool(name, *arguments, core=CLIENT_CORE):
    """One of our programs on its own core; its JSON."""
    return answer_of(on_core(core, name, *arguments))


def answer_of(command):
    result = subprocess.run(command, text=True, capture_output=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {result.stderr}{result.stdout}")
    return json.loads(result.stdout.splitlines()[-1])


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid, what="VmRSS"):
    return int(next(line.split()[1] for line in open(f"/proc/{pid}/status") if line.startswith(what))) / 1024


class Peer:
    """One of the servers to compare with, on berthd's core: while one of the two is measured, the other sleeps."""

    def __init__(self, program, folder_option=None):
        self.folder = tempfile.TemporaryDirectory(prefix="berth-bench-", dir="/var/tmp")
        self.kubeconfig = pathlib.Path(self.folder.name) / "kubeconfig"
        options = [folder_option, pathlib.Path(self.folder.name) / "data"] if folder_option else []
        command = on_core(SERVER_CORE, program, "--kubeconfig", self.kubeconfig, *options)
        self.process = subprocess.Popen(ahead_of_others(command), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.folder.cleanup()


@contextlib.contextmanager
def first_of_all():
    """This process, and what it starts, before everything else, as ahead_of_others() starts one."""
    if os.geteuid() != 0:
        yield
        return
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


class Pinned(Berthd):
    """berthd on core 0 alone, from its first instruction on."""

    def start(self, environment=None, ready=True):
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {SERVER_CORE})
        try:
            super().start(environment, ready=False)
        finally:
            os.sched_setaffinity(0, cores)
        if ready:
            self.wait_ready()
        return self

# SPDX-License-Identifier: Apache-2.0
"""Many hosts: fake engines by the hundred, what they cost when nothing happens, and what a tenth of them that flaps
costs the others."""
import contextlib
import json
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

from measure import BIN, cpu_seconds, first_of_all, memory_mb, row, tool

import scale
from server import Berthd
from waiting import eventually

HOSTS, OTHERS, OURS = 1000, 90, 10  # and on each: containers that somebody else runs, and Containers
WINDOW, ROUNDS = 30, 3  # seconds with nothing to do, and a third of it for each look at the API, in so many rounds
TURN = 2  # seconds that a host which flaps is away, and there


class FakeEngines:
    """bench_engines: `count` engines on sockets of one folder, with as many `others` on each."""

    def __init__(self, count, others=0):
        self.folder = tempfile.mkdtemp(prefix="berth-bench-", dir="/var/tmp")
        log = open(scale.logs() / "engines.log", "ab")
        command = [BIN / "bench_engines", "--dir", self.folder, "--count", str(count), "--containers", str(others)]
        self.process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self.process.stdout.readline()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def running_later(self):
        """How many containers run, a second from now: to count them takes the engines' time."""
        time.sleep(1)
        return self.ask("running")["running"]

    def socket(self, number):
        return f"{self.folder}/engine-{number}.sock"

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


def make_hosts(berthd, engines, count):
    for number in range(count):
        answer = berthd.request("POST", "/apis/berth.dev/v1/hosts", {
            "apiVersion": "berth.dev/v1", "kind": "Host", "metadata": {"name": f"fake-{number}"},
            "spec": {"local": {"socket": engines.socket(number)}}})
        assert answer.status == 201, answer.text


def fill_hosts(berthd, count, each):
    """Container c-N is on Host fake-(N modulo count)."""
    tool("create", "--kubeconfig", berthd.kubeconfig, "--clients", 32, "--count", count * each, "--prefix", "c",
         "--host", "fake-", "--spread", count)


def bench_hosts():
    """1,000 hosts with 100 containers each, ten of them ours: placed, idle, and with a tenth of the hosts flapping."""
    with first_of_all():  # a thousand engines behind a compiler are engines that do not answer
        run_hosts()


def run_hosts():
    engines = FakeEngines(HOSTS + 1, OTHERS)  # the last one is Host local, which nobody disturbs
    berthd = Berthd(engines.socket(HOSTS)).start()
    try:
        make_hosts(berthd, engines, HOSTS)
        others, ours = (HOSTS + 1) * OTHERS, HOSTS * OURS
        eventually(300, lambda: berthd.metric("berth_engine_reachable") == HOSTS + 1, "every host is reached")
        empty = memory_mb(berthd.process.pid)
        used, began = cpu_seconds(berthd.process.pid), time.monotonic()
        fill_hosts(berthd, HOSTS, OURS)
        eventually(900, lambda: engines.running_later() == others + ours, "every Container runs")
        placed = time.monotonic() - began
        used = (cpu_seconds(berthd.process.pid) - used) / ours * 1000
        row(f"{HOSTS:,} hosts: {ours:,} Containers, from their creates over the API until all run",
            f"{placed:.0f} s, {ours / placed:.0f}/s, {used:.2f} ms of CPU each", "at least 2,000/s",
            ours / placed >= 2000)
        at_rest(berthd)
        idle(berthd, empty)
        quiet, flapped = Seen(), Seen()
        for _ in range(ROUNDS):  # in turn, as what else the machine does changes
            quiet.look(berthd, engines)
            with flapping(engines, HOSTS // 10):
                flapped.look(berthd, engines)
        show(quiet, flapped)
    finally:
        berthd.kill()
        berthd.destroy()
        engines.close()


def at_rest(berthd):
    """Waits until a while passes without a commit."""
    def rests():
        before = berthd.metric("berth_store_commits_total")
        time.sleep(3)
        return berthd.metric("berth_store_commits_total") == before
    eventually(300, rests, "nothing is written any more")


def idle(berthd, empty):
    used = cpu_seconds(berthd.process.pid)
    time.sleep(WINDOW)
    cores = (cpu_seconds(berthd.process.pid) - used) / WINDOW
    what = f"{HOSTS:,} hosts with {OTHERS + OURS} containers"
    row(f"{what}, nothing happens: CPU", f"{cores:.3f} of a core", "at most 0.2", cores <= 0.2)
    memory = memory_mb(berthd.process.pid)
    row(f"{what}: memory", f"{memory:.0f} MiB, {empty:.0f} MiB before the Containers", "at most 953 MiB", memory <= 953)


class Seen:
    """What a client of the API sees, what a create on a host that stays takes, and what the server uses meanwhile."""

    def __init__(self):
        self.read_p99, self.ready, self.cores = [], [], []

    def look(self, berthd, engines):
        used, began = cpu_seconds(berthd.process.pid), time.monotonic()
        path = f"/apis/berth.dev/v1/namespaces/default/containers/c-{HOSTS - 1}"
        while time.monotonic() - began < WINDOW / ROUNDS:
            reads = tool("read", "--kubeconfig", berthd.kubeconfig, "--path", path, "--rounds", 2000)
            self.read_p99.append(reads["p99_ms"])
            made = tool("ready", "--kubeconfig", berthd.kubeconfig, "--socket", engines.socket(HOSTS), "--rounds", 20)
            self.ready.append(made["ready_p50_ms"])
        self.cores.append((cpu_seconds(berthd.process.pid) - used) / (time.monotonic() - began))


@contextlib.contextmanager
def flapping(engines, count):
    """The first ones vanish and come back, again and again."""
    stop = threading.Event()

    def flap():
        while not stop.wait(TURN):
            engines.ask(f"away {count}")
            stop.wait(TURN)
            engines.ask(f"back {count}")

    thread = threading.Thread(target=flap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def show(quiet, flapped):
    worst = max(flapped.read_p99)
    row(f"{HOSTS:,} hosts: GET by name, worst P99 of 2,000, quiet and while a tenth flaps",
        f"{max(quiet.read_p99):.2f} ms, {worst:.2f} ms", "at most 50 ms", worst <= 50)
    before, after = (statistics.median(each.ready) for each in (quiet, flapped))
    row(f"{HOSTS:,} hosts: apply to Ready on a host that stays, quiet and while a tenth flaps",
        f"{before:.1f} ms, {after:.1f} ms = {after / before:.2f}x", "at most 1.1x", after <= 1.1 * before)
    row(f"{HOSTS:,} hosts: CPU with the above, quiet and while a tenth flaps",
        f"{statistics.median(quiet.cores):.2f}, {statistics.median(flapped.cores):.2f} of a core")

# SPDX-License-Identifier: Apache-2.0
"""A thousand watches of 10,000 Containers over TLS, beside a server that only writes the same bytes (bench_null)."""
import contextlib
import json
import pathlib
import statistics
import subprocess
import time

from measure import CLIENT_CORE, Peer, ahead_of_others, cpu_seconds, memory_mb, on_core, row, tool
from reads import BENCHED, CONTAINERS, METADATA, OBJECTS, TABLE, Prompt

WATCHERS = 1000
WRITES = 400  # of each run at 50 a second: 8 s
ENCODES = "berth_api_watch_encodes_total"


@contextlib.contextmanager
def watching(kubeconfig, path, *options):
    """bench_watch with all its watches open: its first answer, and a function that lets it go on to the second."""
    process = subprocess.Popen(
        ahead_of_others(on_core(CLIENT_CORE, "watch", "--kubeconfig", kubeconfig, "--path", path, *options)), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def answer():
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"bench_watch ended with {process.wait()}")
        return json.loads(line)

    def go_on():
        process.stdin.write("\n")
        process.stdin.flush()
        return answer()

    try:
        yield answer(), go_on
    finally:
        process.stdin.close()
        process.wait(30)


def from_now(berthd):
    revision = berthd.get(CONTAINERS + "?limit=1").json()["metadata"]["resourceVersion"]
    return f"{CONTAINERS}?watch=true&resourceVersion={revision}"


def rested_mb(pid):
    """The server's memory when it has given back what it no longer needs, which it does every five seconds."""
    now = memory_mb(pid)
    while True:
        time.sleep(6)
        last, now = now, memory_mb(pid)
        if abs(last - now) < last / 100:
            return now


def follow(berthd, writes, rate, *options, watchers=WATCHERS):
    """What the watchers saw, with the server's memory for each and CPU for each delivery."""
    pid = berthd.process.pid
    before = rested_mb(pid)
    with watching(berthd.kubeconfig, from_now(berthd), "--watchers", watchers, "--writes", writes, "--rate", rate,
                  "--object", f"{BENCHED}/o", *options) as (_, go_on):
        idle_kib = (memory_mb(pid) - before) / watchers * 1024
        cpu = cpu_seconds(pid)
        seen = go_on()
        return {**seen, "idle_kib": idle_kib, "cpu_us": (cpu_seconds(pid) - cpu) / writes / watchers * 1e6}


def push(null, writes, rate, size):
    with watching(null.kubeconfig, "/watch", "--watchers", WATCHERS, "--writes", writes, "--rate", rate, "--push",
                  size) as (_, go_on):
        return go_on()


def bench_watches():
    berthd, null = Prompt("/nonexistent.sock", controllers="none", loops=1).start(), Peer("null")
    try:
        tool("fill", "--kubeconfig", berthd.kubeconfig, "--count", OBJECTS, "--prefix", "o")
        show_herd(berthd)  # first: what other watchers left is none of its memory
        show_fan_out(berthd, null)
        show_encodes(berthd)
    finally:
        berthd.destroy()
        null.stop()


def show_fan_out(berthd, null):
    ours, floors = [], []
    for number in range(5):  # A B A B A
        if number % 2 == 0:
            ours.append(follow(berthd, WRITES, 50))
        else:
            floors.append(push(null, WRITES // 2, 50, int(ours[0]["frame_bytes"])))
    p50, p99, answer_p99, rate, cpu_us, client_us = (
        statistics.median(run[key] for run in ours)
        for key in ("p50_ms", "p99_ms", "answer_p99_ms", "rate", "cpu_us", "client_cpu_us"))
    floor_p50, floor_p99 = (statistics.median(run[key] for run in floors) for key in ("p50_ms", "p99_ms"))
    row(f"1,000 watchers, {rate:.0f} updates a second: the write's answer to the last receipt",
        f"P99 {answer_p99:.1f} ms", "at most 25 ms", answer_p99 <= 25 and rate >= 49)
    row("1,000 watchers: the write's first byte to the last receipt",
        f"P50 {p50:.1f} ms / {floor_p50:.1f} ms = {p50 / floor_p50:.1f}x, P99 {p99:.1f} ms / {floor_p99:.1f} ms")
    row("1,000 watchers: server CPU, the client's own", f"{cpu_us:.1f} us, {client_us:.1f} us a delivery")
    idle = ours[0]["idle_kib"]
    row("1,000 watchers: memory of an idle one", f"{idle:.1f} KiB", "at most 40 KiB", idle <= 40)
    fastest, limit = follow(berthd, WRITES, 0), push(null, WRITES, 0, int(ours[0]["frame_bytes"]))
    row("1,000 watchers: the next update when all have the last",
        f"{fastest['rate']:.0f} a second, the null server {limit['rate']:.0f}")


def show_encodes(berthd):
    """Two forms that are made of each event, a hundred watchers of each."""
    before, writes = berthd.metric(ENCODES), 100
    follow(berthd, writes, 0, "--accept", TABLE, METADATA, watchers=200)
    made = berthd.metric(ENCODES) - before
    row("200 watchers, half Table, half metadata: encodes", f"{made:.0f} for {writes} updates",
        "one an update and form", made == 2 * writes)


def show_herd(berthd):
    """A thousand WatchLists of everything begin at the same moment."""
    pid = berthd.process.pid
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak of the memory, from now on
    before, cpu = memory_mb(pid), cpu_seconds(pid)
    path = (f"{CONTAINERS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
            "&allowWatchBookmarks=true")
    with watching(berthd.kubeconfig, path, "--watchers", WATCHERS, "--initial", OBJECTS + 1) as (opened, _):
        added, used = memory_mb(pid, "VmHWM") - before, cpu_seconds(pid) - cpu
    row("herd of 1,000 WatchLists of 10,000: memory", f"{added:.1f} MiB at the peak", "at most 100 MB",
        added * 1.048576 <= 100)
    row("herd: to the last one's last object, server CPU of each",
        f"{opened['open_ms'] / 1000:.1f} s, {used / WATCHERS * 1000:.1f} ms")

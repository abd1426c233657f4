#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the benches and prints each figure beside a peer or a limit of the same run. Exits 1 when a bar is missed."""
import argparse
import signal
import statistics
import sys

import hosts as many_hosts
from hosts import FakeEngines, bench_hosts, fill_hosts, make_hosts
from measure import BIN, ROWS, TOP, Peer, Pinned, cpu_seconds, row, tool
from reads import bench_reads
from remote import bench_ssh
from stacks import bench_stacks
from watches import bench_watches

import scale
from engine import PrivateEngine
from server import Berthd
from waiting import eventually


def create_many(kubeconfig, pid, prefix):
    return tool("create", "--kubeconfig", kubeconfig, "--clients", 128, "--count", 20000, "--prefix", prefix,
                "--server", pid)


def bench_create():
    """Durable creates with 1 and 128 clients, the server on one core, beside a bare fdatasync loop, for one client the
    round trip of a request that does nothing, and for many a server that only keeps what it is sent."""
    floors, one, many, bare, per_sync = [], [], [], [], []
    for number in range(3):
        peer = Peer("bare", "--dir")
        try:
            bare.append(create_many(peer.kubeconfig, peer.process.pid, f"bare{number}"))
        finally:
            peer.stop()
        berthd = Pinned("/nonexistent.sock", controllers="none", loops=1).start()
        try:
            floors.append(tool("floor", "--dir", berthd.root, "--bytes", 2300)["p50_us"])
            one.append(tool("create", "--kubeconfig", berthd.kubeconfig, "--clients", 1, "--count", 1000,
                            "--prefix", f"one{number}", "--livez"))
            before = berthd.metric("berth_store_batches_total")
            many.append(create_many(berthd.kubeconfig, berthd.process.pid, f"many{number}"))
            per_sync.append(20000 / (berthd.metric("berth_store_batches_total") - before))
        finally:
            berthd.destroy()
    floor = statistics.median(floors)
    round_trip = statistics.median(run["livez_p50_ms"] for run in one) * 1000
    single = statistics.median(run["p50_ms"] for run in one) * 1000
    limit = floor + round_trip
    row("create, 1 client: P50 beside an fdatasync and a round trip",
        f"{single:.0f} us / ({floor:.0f} + {round_trip:.0f}) us = {single / limit:.1f}x", "at most 3x",
        single <= 3 * limit)
    rate = statistics.median(run["creates"] / run["seconds"] for run in many)
    p99 = statistics.median(run["p99_ms"] for run in many)
    row("create, 128 clients, server on one core", f"{rate:.0f}/s, P99 {p99:.1f} ms", "(shown)", True)
    cpu = statistics.median(run["server_us"] for run in many)
    least = statistics.median(run["server_us"] for run in bare)
    row("create: server CPU", f"{cpu:.1f} us each", "at most 60 us", cpu <= 60)
    row("create: server CPU beside a server that only keeps", f"{cpu:.1f} us / {least:.1f} us = {cpu / least:.1f}x")
    row("create: creates per fdatasync at 128 clients", f"{statistics.median(per_sync):.1f}", "at least 16",
        statistics.median(per_sync) >= 16)


def bench_ready():
    """Apply to Ready beside a bare create and start on the same engine, interleaved."""
    engine = PrivateEngine.shared()
    berthd = Berthd(engine.socket).start()
    try:
        figures = tool("ready", "--kubeconfig", berthd.kubeconfig, "--socket", engine.socket, "--rounds", 25)
    finally:
        berthd.destroy()
    row("apply to Ready beside bare create and start",
        f"{figures['ready_p50_ms']:.0f} ms / {figures['bare_p50_ms']:.0f} ms = "
        f"{figures['ready_p50_ms'] / figures['bare_p50_ms']:.2f}x", "(shown)", True)
    row("apply to Ready: median overhead", f"{figures['overhead_p50_ms']:.1f} ms", "at most 10 ms",
        figures["overhead_p50_ms"] <= 10)


def bench_resync():
    """A forced resync of 10,000 converged Containers on 100 fake engines."""
    hosts, each = 100, 100
    engines = FakeEngines(hosts)
    berthd = Berthd("/nonexistent.sock").start()
    try:
        make_hosts(berthd, engines, hosts)
        fill_hosts(berthd, hosts, each)
        eventually(300, lambda: ready_count(berthd) == hosts * each, "every Container is Ready")
        # The periodic list-compare of each engine goes on beside the forced resync: measured against it.
        engines.ask("counters")
        commits = berthd.metric("berth_store_commits_total")
        writes = berthd.metric("berth_engine_writes_total")
        resyncs = berthd.metric("berth_engine_resyncs_total")
        cpu = cpu_seconds(berthd.process.pid)
        berthd.process.send_signal(signal.SIGUSR1)
        eventually(60, lambda: berthd.metric("berth_engine_resyncs_total") >= resyncs + hosts, "resynced")
        used = cpu_seconds(berthd.process.pid) - cpu
        done = berthd.metric("berth_engine_resyncs_total") - resyncs
        calls = engines.ask("counters")
        row("resync of 10,000 on 100 engines: engine calls", f"{calls['total']} for {done:.0f} resyncs",
            "one a resync", calls["total"] <= done)
        row("resync: engine writes, store commits",
            f"{berthd.metric('berth_engine_writes_total') - writes:.0f}, "
            f"{berthd.metric('berth_store_commits_total') - commits:.0f}", "0, 0",
            berthd.metric("berth_engine_writes_total") == writes
            and berthd.metric("berth_store_commits_total") == commits)
        row("resync: CPU", f"{used * 1000:.0f} ms", "at most 500 ms", used <= 0.5)
    finally:
        berthd.destroy()
        engines.close()


def ready_count(berthd):
    items = berthd.get("/apis/berth.dev/v1/containers", connection=berthd.connection(timeout=60)).json()["items"]
    return sum(1 for item in items for c in item["status"].get("conditions", [])
               if c["type"] == "Ready" and c["status"] == "True")


BENCHES = {"create": bench_create, "reads": bench_reads, "watches": bench_watches, "ready": bench_ready,
           "resync": bench_resync, "stacks": bench_stacks, "ssh": bench_ssh, "hosts": bench_hosts}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], help="benches to run; all when none is named")
    parser.add_argument("--hosts", type=int, default=many_hosts.HOSTS, metavar="N",
                        help="how many the bench of that name makes; the bars are for %(default)s")
    arguments = parser.parse_args()
    names = arguments.names or list(BENCHES)
    many_hosts.HOSTS = arguments.hosts
    scale.SUITE = "bench"
    scale.RESULTS = TOP / "build/results"
    print("| what | figure | bar | held |\n|---|---|---|---|", flush=True)
    try:
        for name in names:
            BENCHES[name]()
    finally:
        PrivateEngine.stop_shared()
    return 0 if all(held for *_, held in ROWS) else 1


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Reads and watches of 10,000 Containers over TLS, with RBAC and audit on, beside a server that only sends as many
bytes (bench_null)."""
import json
import os
import statistics
import subprocess
import time
import zlib

from measure import (CLIENT_CORE, Peer, Pinned, ahead_of_others, answer_of, cpu_seconds, first_of_all, memory_mb,
                     on_core, row, tool)

OBJECTS = 10000
CONTAINERS = "/apis/berth.dev/v1/containers"
BENCHED = "/apis/berth.dev/v1/namespaces/default/containers"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


class Prompt(Pinned):
    """The same, before everything else there."""

    def start(self, environment=None, ready=True):
        with first_of_all():
            super().start(environment, ready=False)
        if ready:
            self.wait_ready()
        return self


def read(kubeconfig, path, rounds, *options):
    return answer_of(ahead_of_others(on_core(CLIENT_CORE, "read", "--kubeconfig", kubeconfig, "--path", path,
                                             "--rounds", rounds, *options)))


class Compared:
    """A read and the null server's answer of as many bytes, in turn: the median of the rounds of each."""

    def __init__(self, berthd, null, path, rounds, *options):
        ours, floors = [], []
        for number in range(4):  # A B B A
            if number in (0, 3):
                before = cpu_seconds(berthd.process.pid)
                ours.append(read(berthd.kubeconfig, path, rounds, *options))
                ours[-1]["cpu_us"] = (cpu_seconds(berthd.process.pid) - before) / rounds * 1e6
            else:
                floors.append(read(null.kubeconfig, f"/bytes?{ours[0]['bytes']}", rounds))
        self.bytes = ours[0]["bytes"]
        self.p50, self.p99, self.cpu_us = (statistics.median(run[key] for run in ours)
                                           for key in ("p50_ms", "p99_ms", "cpu_us"))
        self.floor_p50, self.floor_p99 = (statistics.median(run[key] for run in floors) for key in ("p50_ms", "p99_ms"))

    def show(self, name, most=None):
        """A row; `most` is what the P50 may take, in milliseconds."""
        row(f"{name} ({self.bytes / 1e6:.1f} MB)",
            f"P50 {self.p50:.1f} ms / {self.floor_p50:.1f} ms = {self.p50 / self.floor_p50:.1f}x, "
            f"CPU {self.cpu_us / 1000:.1f} ms", *bar(self.p50, most, "ms"))


def bar(figure, most, unit):
    return (f"at most {most} {unit}", figure <= most) if most is not None else ()


def bench_reads():
    """GET and LIST in every form, memory and cold start, with objects of B2's size; then a LIST of large ones."""
    bench_usual_objects()
    bench_large_objects()


def bench_usual_objects():
    berthd, null = Prompt("/nonexistent.sock", controllers="none", loops=1).start(), Peer("null")
    try:
        empty = memory_mb(berthd.process.pid)
        row("memory, empty", f"{empty:.1f} MiB", "at most 40 MiB", empty <= 40)
        tool("fill", "--kubeconfig", berthd.kubeconfig, "--count", OBJECTS, "--prefix", "o")
        full = memory_mb(berthd.process.pid)
        row("memory, 10,000 objects", f"{full:.1f} MiB", "at most 60 MiB", full <= 60)
        show_get(berthd, null)
        Compared(berthd, null, CONTAINERS, 30).show("LIST of 10,000", 12)
        show_gzip(berthd)
        Compared(berthd, null, CONTAINERS, 15, "--accept", TABLE).show("LIST of 10,000 as Table", 40)
        pages = read(berthd.kubeconfig, CONTAINERS, 15, "--pages", 500)
        row("LIST of 10,000 in pages of 500", f"P50 {pages['p50_ms']:.1f} ms for all twenty")
        show_selector(berthd, "app%3Dabsent", "LIST by a label that nothing has", 0.3)
        show_selector(berthd, "app%21%3Dbench", "LIST by a label that everything has, negated")
        show_cold_start(berthd)
    finally:
        berthd.destroy()
        null.stop()


def show_get(berthd, null):
    get = Compared(berthd, null, f"{BENCHED}/o-5000", 4000)
    row("GET by name: P99 beside the null server",
        f"{get.p99 * 1000:.0f} us / {get.floor_p99 * 1000:.0f} us = {get.p99 / get.floor_p99:.1f}x", "at most 3x",
        get.p99 <= 3 * get.floor_p99)
    row("GET by name: P50, server CPU",
        f"{get.p50 * 1000:.0f} us (null server: {get.floor_p50 * 1000:.0f} us), {get.cpu_us:.0f} us each")


def show_gzip(berthd):
    """Beside zlib's quickest level over the same bytes."""
    zipped = read(berthd.kubeconfig, CONTAINERS, 10, "--gzip")
    plain = berthd.get(CONTAINERS, connection=berthd.connection(timeout=60)).text.encode()
    took = []
    with first_of_all():
        for _ in range(5):
            began = time.monotonic()
            zlib.compress(plain, 1)
            took.append((time.monotonic() - began) * 1000)
    limit = statistics.median(took)
    row(f"LIST of 10,000 as gzip ({zipped['bytes'] / 1e6:.2f} MB)",
        f"P50 {zipped['p50_ms']:.1f} ms / {limit:.1f} ms of zlib = {zipped['p50_ms'] / limit:.1f}x")


def show_selector(berthd, selector, name, most=None):
    found = read(berthd.kubeconfig, f"{CONTAINERS}?labelSelector={selector}", 500)
    row(name, f"P50 {found['p50_ms']:.2f} ms", *bar(found["p50_ms"], most, "ms"))


def show_cold_start(berthd):
    """From exec to the last byte of the first LIST."""
    whole = read(berthd.kubeconfig, CONTAINERS, 1)["bytes"]
    took, ready = [], []
    for _ in range(3):
        berthd.stop()
        # A client that is there before the server.
        client = subprocess.Popen(
            ahead_of_others(on_core(CLIENT_CORE, "read", "--kubeconfig", berthd.kubeconfig, "--path", CONTAINERS,
                                    "--rounds", 1, "--from-start")), text=True, stdout=subprocess.PIPE)
        began = time.monotonic()
        try:
            berthd.start()
            ready.append(time.monotonic() - began)
            answer = json.loads(client.communicate(timeout=30)[0])
        finally:
            client.kill()
        if abs(answer["bytes"] - whole) > 64:  # the revision may have more digits
            raise RuntimeError(f"the first LIST had {answer['bytes']} bytes, not {whole}")
        took.append(answer["ended"] - began)
    first = statistics.median(took)
    row("cold start with 10,000 objects, to the first whole LIST", f"{first * 1000:.0f} ms", *bar(first, 0.3, "s"))
    row("cold start: to /readyz, memory then",
        f"{statistics.median(ready) * 1000:.0f} ms, {memory_mb(berthd.process.pid):.1f} MiB")


def bench_large_objects():
    """The same with the creates' bodies: 1 KiB of spec, which is 2.3 KB with its defaults and managed fields."""
    berthd, null = Prompt("/nonexistent.sock", controllers="none", loops=1).start(), Peer("null")
    try:
        tool("create", "--kubeconfig", berthd.kubeconfig, "--clients", 64, "--count", OBJECTS, "--prefix", "o")
        row("memory, 10,000 large objects", f"{memory_mb(berthd.process.pid):.1f} MiB")
        Compared(berthd, null, CONTAINERS, 15).show("LIST of 10,000 large ones")
    finally:
        berthd.destroy()
        null.stop()

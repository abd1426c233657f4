# SPDX-License-Identifier: Apache-2.0
"""The Engine API over SSH beside the same calls over the same link without SSH, beside OpenSSH's forwarding and beside
the docker CLI over ssh, on links of three lengths. A real sshd with its own keys on loopback; a proxy makes the link
long."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

from measure import BIN, ahead_of_others, first_of_all, row

from engine import PrivateEngine
from sshd import Sshd, keygen
from waiting import eventually

DELAYS = (0, 10, 50)  # ms of a round trip
# And how many calls follow each other in it. A start takes the engine some 200 ms, give or take ten.
CALLS = {"list": 1, "inspect": 1, "create and start": 2}


class Link:
    """An sshd before the engine, and the system's ssh as a client of it."""

    def __init__(self, engine):
        self.engine = engine
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir="/var/tmp"))
        keygen(self.folder / "key")
        self.server = Sshd(environment={"DOCKER_HOST": f"unix://{engine.socket}"})
        self.server.authorize((self.folder / "key.pub").read_text())
        with first_of_all():  # as the client: what is compared is the link
            self.server.start()
        self.host_key = self.folder / "host_key"
        self.host_key.write_text(self.server.host_key + "\n")

    def destroy(self):
        self.server.destroy()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, port, *more):
        """The configuration of an ssh that comes by `port`."""
        known = self.folder / f"known-{port}"
        known.write_text(f"[127.0.0.1]:{port} {self.server.host_key}\n")
        config = self.folder / f"config-{len(more)}-{port}"
        config.write_text("\n".join([f"IdentityFile {self.folder}/key", f"UserKnownHostsFile {known}", "BatchMode yes",
                                     "IdentitiesOnly yes", *more]) + "\n")
        return config

    def said(self, words):
        return self.server.log_path.read_text().count(words)

    def forward(self, port):
        """OpenSSH, which brings far.sock here as near.sock, and the engine's as engine.sock."""
        near, engine = self.folder / "near.sock", self.folder / "engine.sock"
        command = ["ssh", "-q", "-F", self.client(port), "-N", "-L", f"{near}:{self.folder}/far.sock", "-L",
                   f"{engine}:{self.engine.socket}", "-p", str(port), f"{self.server.user}@127.0.0.1"]
        for socket in (near, engine):
            socket.unlink(missing_ok=True)
        process = subprocess.Popen(ahead_of_others(command), stdin=subprocess.DEVNULL)
        eventually(20, lambda: near.exists() and engine.exists(), "ssh forwards")
        return process

    def docker(self, port, config, *arguments):
        """Milliseconds of one command of the docker CLI over ssh."""
        folder = self.folder / config.name.replace("config", "bin")
        folder.mkdir(exist_ok=True)
        wrapper = folder / "ssh"  # the CLI takes no configuration of ssh's
        wrapper.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {config} "$@"\n')
        wrapper.chmod(0o755)
        began = time.monotonic()
        subprocess.run(["docker", "-H", f"ssh://{self.server.user}@127.0.0.1:{port}", *arguments], check=True,
                       capture_output=True, env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"})
        return (time.monotonic() - began) * 1000


def bench_ssh():
    """List, inspect, create and start, sixteen at a time, 256 MiB and a broken link, at 0, 10 and 50 ms."""
    engine = PrivateEngine.shared()
    link = Link(engine)
    try:
        for delay in DELAYS:
            measure(engine, link, delay)
    finally:
        link.destroy()
        engine.sweep()


def measure(engine, link, delay):
    command = [BIN / "bench_ssh", "--socket", engine.socket, "--ssh-port", str(link.server.port), "--user",
               link.server.user, "--key", link.folder / "key", "--host-key", link.host_key, "--dir", link.folder,
               "--delay-ms", str(delay)]
    process = subprocess.Popen(ahead_of_others(command), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    port = int(process.stdout.readline())
    forward = link.forward(port)
    logins, commands = link.said("Accepted publickey"), link.said("Starting session: command")
    try:
        go_on(process)
        assert process.stdout.readline() == "cut\n"
        logins = link.said("Accepted publickey") - logins
        commands = link.said("Starting session: command") - commands
        cli = by_docker(engine, link, port)
        login = statistics.median(ssh_true(link, port) for _ in range(3))
        link.server.cut()
        forward.wait(20)
        go_on(process)
        figures = json.loads(process.stdout.readline())
    finally:
        for started in (forward, process):
            started.kill()
            started.wait(10)
    show(delay, figures, cli)
    row(f"{delay} ms: SSH connections, and processes on the server, for all of it", f"{logins}, {commands}", "2, 0",
        logins <= 2 and commands == 0)
    row(f"{delay} ms: the next call after the link was cut, beside a command of ssh's",
        f"{figures['reconnect_ms']:.0f} ms / {login:.0f} ms")


def go_on(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def ssh_true(link, port):
    began = time.monotonic()
    command = ["ssh", "-F", link.client(port), "-p", str(port), f"{link.server.user}@127.0.0.1", "true"]
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return (time.monotonic() - began) * 1000


def by_docker(engine, link, port):
    """Medians of `docker ps -a` over ssh, over a shared connection of ssh's, and by the socket."""
    plain = link.client(port)
    shared = link.client(port, "ControlMaster auto", f"ControlPath {link.folder}/control-%p", "ControlPersist 30")
    ways = {"ssh": lambda: link.docker(port, plain, "ps", "--all"),
            "shared": lambda: link.docker(port, shared, "ps", "--all"),
            "socket": lambda: timed(engine.docker, "ps", "--all")}
    took = {way: [] for way in ways}
    for _ in range(5):
        for way, run in ways.items():
            took[way].append(run())
    return {way: statistics.median(each) for way, each in took.items()}


def timed(work, *arguments):
    began = time.monotonic()
    work(*arguments)
    return (time.monotonic() - began) * 1000


def show(delay, figures, cli):
    here, there, trip = figures["unix"], figures["ssh"], figures["round_trip_ms"]
    for what, calls in CALLS.items():
        remote, plain, openssh, local = (figures[way][what]["p50"] for way in ("ssh", "link", "openssh", "unix"))
        row(f"{delay} ms: {what}, over SSH, without SSH over the same link, by OpenSSH's forwarding",
            f"{remote:.2f} ms, {plain:.2f} ms, {openssh:.2f} ms: {remote - plain:.2f} ms more than without SSH",
            "at most 0.3 ms more" if calls == 1 else "(shown)", calls > 1 or remote - plain <= 0.3)
        row(f"{delay} ms: {what}, by the socket, and {calls} round trip of the link", f"{local:.2f} ms, {calls * trip:.2f} ms")
        own = [figures[way][what]["cpu"] for way in ("ssh", "link")]
        row(f"{delay} ms: {what}, CPU of our client, over SSH and without it", f"{own[0]:.3f} ms, {own[1]:.3f} ms")
    tail = there["inspect"]["p99"] - there["inspect"]["p50"]
    row(f"{delay} ms: inspect over SSH, from the median to P99", f"{tail:.1f} ms; the socket's "
        f"{here['inspect']['p99'] - here['inspect']['p50']:.1f} ms", "below 40 ms", tail < 40)
    one, many = there["inspect"]["p50"], there["sixteen inspects"]["p50"]
    local = here["sixteen inspects"]["p50"]
    row(f"{delay} ms: sixteen inspects at once over SSH",
        f"{many:.2f} ms / {one:.2f} ms = {many / one:.2f}x; by the socket {local:.2f} ms",
        "at most 1.5x" if delay else "(shown)", not delay or many <= 1.5 * one)
    row(f"{delay} ms: docker ps over ssh, over a shared connection, by the socket",
        f"{cli['ssh']:.0f} ms, {cli['shared']:.0f} ms, {cli['socket']:.0f} ms")
    ratio = figures["stream"] / figures["openssh_stream"]
    row(f"{delay} ms: 256 MiB over SSH, beside OpenSSH's forwarding",
        f"{figures['stream']:.0f} MiB/s / {figures['openssh_stream']:.0f} MiB/s = {ratio:.2f}x", "at least 0.9x",
        ratio >= 0.9)

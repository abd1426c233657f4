# SPDX-License-Identifier: Apache-2.0
"""ComposeStacks beside Debian's docker-compose and beside bare calls that follow the engine's events, in turn on one
engine. All end by the engine's own events: every container runs, and is healthy where it has a health check."""
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import threading
import time

from measure import BIN, answer_of, row

from engine import PrivateEngine
from engine_proxy import EngineProxy, end
from server import Berthd, is_ready
from waiting import eventually

LEVELS = 5
SIZES = ((1, 1), (5, 1), (5, LEVELS), (20, 1), (20, LEVELS), (50, 1), (50, LEVELS))  # services and levels
ROUNDS = 3
IN_FLIGHT = 8  # of the bare calls; an engine is slower with more
STACKS = "/apis/berth.dev/v1/namespaces/default/composestacks"


def compose_file(project, services, levels, health):
    """As JSON, which is YAML, too. Level by level; each service waits for one of the level before."""
    width = max(1, services // levels)
    made = {}
    for number in range(services):
        said = {"image": "busybox:test", "command": ["sleep", "1000000"], "init": True, "restart": "always",
                "stop_grace_period": "1s"}
        if health:
            said["healthcheck"] = {"test": ["CMD", "true"], "interval": "1s"}
        if levels > 1 and number >= width:
            condition = "service_healthy" if health else "service_started"
            said["depends_on"] = {f"s{number - width:02}": {"condition": condition}}
        made[f"s{number:02}"] = said
    return json.dumps({"name": project, "services": made})


def without_name(text):
    return {key: value for key, value in json.loads(text).items() if key != "name"}


class Bench:
    """One stack, brought up and taken down by each of those that are compared."""

    def __init__(self, engine, berthd, services, levels, health):
        self.engine, self.berthd = engine, berthd
        self.services, self.levels, self.health = services, levels, health
        self.connection = None
        self.up, self.down, self.noop = {}, {}, {}
        self.networks_left = 0  # which docker-compose could not remove

    def begin(self, turn):
        """A project of each turn's own: on the network of the last one an endpoint may be left."""
        self.project = f"b{self.services}-{self.levels}-{'h' if self.health else 'n'}-{turn}"
        self.text = compose_file(self.project, self.services, self.levels, self.health)
        self.file = self.berthd.root / "stack.json"
        self.file.write_text(self.text)
        self.composed = self.berthd.root / "compose.json"  # docker-compose knows no `name:`
        self.composed.write_text(json.dumps({"version": "2.4", **without_name(self.text)}))

    def bare(self, *arguments):
        return [BIN / "bench_stack", "--socket", self.engine.socket, "--file", self.file, *map(str, arguments)]

    def compose(self, *arguments):
        result = subprocess.run(
            ["docker-compose", "--project-name", self.project, "--file", str(self.composed), *arguments], text=True,
            capture_output=True, env={**os.environ, "DOCKER_HOST": f"unix://{self.engine.socket}",
                                      "COMPOSE_HTTP_TIMEOUT": "300"})
        if "has active endpoints" in result.stderr:
            self.networks_left += 1
        elif result.returncode != 0:
            raise RuntimeError(f"docker-compose: {result.stderr}")

    @contextlib.contextmanager
    def until_all_run(self, who):
        """Takes the time from now until the engine has told of every container."""
        observer = subprocess.Popen(list(map(str, self.bare("--in-flight", 0))), text=True, stdout=subprocess.PIPE)
        try:
            assert observer.stdout.readline() == "watching\n"
            began = time.monotonic()
            yield
            self.keep(self.up, who, json.loads(observer.stdout.readline())["ended"] - began)
        finally:
            observer.kill()
            observer.wait(10)

    @staticmethod
    def keep(figures, who, seconds):
        figures.setdefault(who, []).append(seconds)

    def bare_round(self):
        run = answer_of(list(map(str, self.bare("--in-flight", IN_FLIGHT))))
        self.keep(self.up, "bare", run["ended"] - run["began"])
        run = answer_of(list(map(str, self.bare("--remove", "--in-flight", 4))))
        self.keep(self.down, "bare", run["ended"] - run["began"])

    def compose_round(self):
        with self.until_all_run("compose"):
            self.compose("up", "--detach", "--quiet-pull")
        for figures, arguments in ((self.noop, ["up", "--detach"]), (self.down, ["down", "--timeout", "1"])):
            began = time.monotonic()
            self.compose(*arguments)
            self.keep(figures, "compose", time.monotonic() - began)

    def berth_round(self):
        self.connection = self.berthd.connection()
        self.connection.connect()
        watch = StackWatch(self.berthd, self.project)
        with self.until_all_run("berth"):
            began = time.monotonic()
            self.apply(self.text)
        self.keep(self.up, "ready", watch.ready(1) - began)
        self.noop_rounds(watch)
        began = time.monotonic()
        answer = self.berthd.request("DELETE", f"{STACKS}/{self.project}")
        assert answer.status == 200, answer.text
        self.keep(self.down, "berth", watch.deleted() - began)
        watch.close()

    def noop_rounds(self, watch):
        """The same again, which is no new generation, and the same with a comment more, which is one."""
        for _ in range(3):
            at_rest(self.berthd)
            before = engine_calls(self.berthd)
            began = time.monotonic()
            generation = self.apply(self.text)
            same = time.monotonic() - began
            began = time.monotonic()
            changed = self.apply(self.text + f"\n# {began}\n")
            commented = watch.ready(changed) - began
            assert changed == generation + 1
            # The comparison that the engine's list gets now and then is no part of it.
            calls = engine_calls(self.berthd)
            if calls["resyncs"] != before["resyncs"]:
                continue
            self.keep(self.noop, "same", same)
            self.keep(self.noop, "commented", commented)
            self.keep(self.noop, "calls", calls["calls"] - before["calls"])
            watch.ready(self.apply(self.text))

    def apply(self, text):
        """The generation that it made."""
        answer = self.berthd.request(
            "PATCH", f"{STACKS}/{self.project}?fieldManager=bench",
            {"apiVersion": "berth.dev/v1", "kind": "ComposeStack", "metadata": {"name": self.project},
             "spec": {"host": "local", "project": self.project, "compose": text}},
            {"Content-Type": "application/apply-patch+yaml"}, connection=self.connection)
        assert answer.status in (200, 201), answer.text
        return answer.json()["metadata"]["generation"]

    def at(self, figures, who):
        return statistics.median(figures[who])


class StackWatch:
    """A watch of one stack, open before anything is asked for."""

    def __init__(self, berthd, name):
        self.connection = berthd.connection(timeout=120)
        self.connection.request("GET", f"{STACKS}?watch=true&fieldSelector=metadata.name%3D{name}")
        self.response = self.connection.getresponse()
        assert self.response.status == 200

    def next(self):
        line = self.response.readline()
        if not line:
            raise RuntimeError("the watch ended")
        return json.loads(line)

    def ready(self, generation):
        """When it was first said to be Ready at this generation."""
        while True:
            item = self.next()["object"]
            if is_ready(item) and item["metadata"]["generation"] >= generation:
                return time.monotonic()

    def deleted(self):
        while self.next()["type"] != "DELETED":
            pass
        return time.monotonic()

    def close(self):
        self.connection.close()


def at_rest(berthd):
    """Waits until nothing is asked of the engine: what the events have told of is read again after Ready."""
    looks = []

    def rests():
        looks.append(engine_calls(berthd))
        return len(looks) >= 6 and all(look == looks[-1] for look in looks[-6:])
    eventually(60, rests, "the engine is left alone")


def engine_calls(berthd):
    return {"calls": berthd.metric("berth_engine_calls_total"), "resyncs": berthd.metric("berth_engine_resyncs_total")}


class RemovalCounter(EngineProxy):
    """Stands before an engine and counts the stops and removals of containers that are in flight together."""

    def __init__(self, target, path):
        self.lock = threading.Lock()
        self.in_flight = self.most = self.removals = 0
        super().__init__(target, path)

    def serve(self, client, engine):
        state = {"removes": False}
        self.start(self._ask, client, engine, state)
        self.start(self._answer, engine, client, state)

    def _ask(self, client, engine, state):
        try:
            while data := client.recv(65536):
                first = data.split(b"\r\n", 1)[0]
                if b"/containers/" in first and (first.startswith(b"DELETE") or b"/stop" in first):
                    with self.lock:
                        state["removes"] = True
                        self.removals += first.startswith(b"DELETE")
                        self.in_flight += 1
                        self.most = max(self.most, self.in_flight)
                engine.sendall(data)
        except OSError:
            pass
        end(engine)

    def _answer(self, engine, client, state):
        try:
            while data := engine.recv(65536):
                self._over(state)
                client.sendall(data)
        except OSError:
            pass
        self._over(state)
        end(client)

    def _over(self, state):
        with self.lock:
            if state["removes"]:
                state["removes"] = False
                self.in_flight -= 1


def bench_stacks():
    """Stacks of 1, 5, 20 and 50 services, flat and five levels deep, with and without health checks."""
    if not shutil.which("docker-compose"):
        raise SystemExit("bench stacks: the peer is absent: apt-get install docker-compose")
    engine = PrivateEngine()  # of its own: docker-compose leaves what only the engine's end removes
    engine.start()
    berthd = Berthd(engine.socket).start()
    try:
        for services, levels in SIZES:
            for health in (False, True):
                bench = Bench(engine, berthd, services, levels, health)
                compare(bench)
                show(bench, levels, health)
        show_removals(engine, berthd.root)
    finally:
        berthd.destroy()
        engine.destroy()


def compare(bench):
    turns = [bench.berth_round, bench.compose_round, bench.bare_round]
    for number in range(ROUNDS):
        for turn in turns if number % 2 == 0 else reversed(turns):
            bench.begin(f"{number}{turn.__name__[0:2]}")
            turn()


def show(bench, levels, health):
    name = (f"stack of {bench.services}, {'flat' if levels == 1 else 'five levels'}"
            f"{', health checks' if health else ''}")
    up, best = bench.at(bench.up, "berth"), bench.at(bench.up, "bare")
    row(f"{name}: until all run, beside bare calls",
        f"{up:.2f} s / {best:.2f} s = {up / best:.2f}x, docker-compose {bench.at(bench.up, 'compose'):.2f} s, "
        f"Ready at {bench.at(bench.up, 'ready'):.2f} s", "at most 1.05x", up <= 1.05 * best)
    same, commented = (bench.at(bench.noop, which) * 1000 for which in ("same", "commented"))
    calls = sum(bench.noop["calls"])
    row(f"{name}: the same again, a comment more, engine calls of both",
        f"{same:.1f} ms, {commented:.1f} ms, {calls:.0f}; docker-compose {bench.at(bench.noop, 'compose'):.2f} s",
        "at most 60 ms, 0", same <= 60 and commented <= 60 and calls == 0)
    row(f"{name}: taken down", f"{bench.at(bench.down, 'berth'):.2f} s, docker-compose "
        f"{bench.at(bench.down, 'compose'):.2f} s, bare by force {bench.at(bench.down, 'bare'):.2f} s"
        + (f"; docker-compose left {bench.networks_left} networks" if bench.networks_left else ""))


def show_removals(engine, folder):
    """Of fifty services on one network, through a proxy that counts."""
    proxy = RemovalCounter(engine.socket, folder / "counted.sock")
    berthd = Berthd(proxy.path).start()
    try:
        bench = Bench(engine, berthd, 50, 1, False)
        bench.connection = berthd.connection()
        watch = StackWatch(berthd, bench.project)
        watch.ready(bench.apply(bench.text))
        assert berthd.request("DELETE", f"{STACKS}/{bench.project}").status == 200
        watch.deleted()
        watch.close()
        eventually(10, lambda: proxy.removals >= 50, "fifty removals went by")
        row("stack of 50: stops and removals in flight on its network", f"{proxy.most}", "at most 4", proxy.most <= 4)
    finally:
        berthd.destroy()
        proxy.close()

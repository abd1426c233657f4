# SPDX-License-Identifier: Apache-2.0
"""Engines go away and come back; images are missing, ports are taken, starts fail."""
import contextlib
import re
import signal
import socket
import unittest

from case import RoadCase
from engine import PrivateEngine
from server import Berthd, condition, container, is_ready
from waiting import always, eventually


class EngineAway(unittest.TestCase):
    @staticmethod
    @contextlib.contextmanager
    def one_container():
        """An engine of the test's own and its berthd, with the Container "stays", which is Ready."""
        engine = PrivateEngine()
        engine.start()
        berthd = Berthd(engine.socket).start()
        try:
            berthd.apply(container("stays"))
            eventually(30, lambda: is_ready(berthd.object("container", "stays")), "Ready")
            yield engine, berthd
        finally:
            berthd.destroy()
            engine.destroy()

    def test_away_and_back(self):
        with self.one_container() as (engine, berthd):
            for how in (signal.SIGTERM, signal.SIGKILL):
                engine.stop(how)
                eventually(15, lambda: condition(berthd.object("container", "stays"), "HostReachable").get("status")
                           == "False", "HostReachable=False")
                eventually(10, lambda: "docker.sock" in self._trouble(berthd), "the Host names the socket that is away")
                self.assertFalse(is_ready(berthd.object("container", "stays")))
                engine.start()
                eventually(2, lambda: condition(berthd.object("host", "local"), "Ready").get("status") == "True",
                           "recovered within 2 s of its return")
                eventually(15, lambda: is_ready(berthd.object("container", "stays")), "Ready again")
                self.assertEqual(len(engine.managed("stays")), 1)

    def test_one_that_hangs(self):
        with self.one_container() as (engine, berthd):
            engine.process.send_signal(signal.SIGSTOP)
            try:
                eventually(30, lambda: condition(berthd.object("container", "stays"), "HostReachable").get("status")
                           == "False", "HostReachable=False")
            finally:
                engine.process.send_signal(signal.SIGCONT)
            eventually(15, lambda: is_ready(berthd.object("container", "stays")), "Ready again")

    def _trouble(self, berthd):
        ready = condition(berthd.object("host", "local"), "Ready")
        return ready["message"] if ready.get("status") == "False" else ""

    def test_a_host_of_an_agent_alone_says_so(self):
        berthd = Berthd(PrivateEngine.shared().socket).start()
        try:
            berthd.apply({"apiVersion": "berth.dev/v1", "kind": "Host", "metadata": {"name": "vm-1"},
                          "spec": {"agent": {"hostId": "vm-1"}}})
            eventually(5, lambda: condition(berthd.object("host", "vm-1"), "Ready").get("reason")
                       == "TransportNotServed", "TransportNotServed")
        finally:
            berthd.destroy()


class Failures(RoadCase):
    """Each is a condition in the engine's own words, and no storm."""

    def calls(self):
        return self.berthd.metric("berth_engine_calls_total")

    def no_storm(self):
        before = self.calls()
        always(5, lambda: self.calls() - before < 60, "fewer than 60 engine calls in 5 s")

    def test_image_missing(self):
        self.make(container("noimage", image="127.0.0.1:1/none:1"))
        item = eventually(20, lambda: self._with("noimage", "ImageResolved", "False"), "ImageResolved=False")
        self.assertIn("connection refused", condition(item, "ImageResolved")["message"])
        self.no_storm()
        self.make(container("never", image="absent:1", imagePullPolicy="Never"))
        item = eventually(20, lambda: self._with("never", "ImageResolved", "False"), "ImageResolved=False")
        self.assertEqual(condition(item, "ImageResolved")["reason"], "ErrImageNeverPull")

    def test_port_taken(self):
        taken = socket.create_server(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        self.make(container("port", ports=[{"containerPort": 80, "hostPort": port, "hostIP": "127.0.0.1"}]))
        eventually(20, lambda: re.search("address already in use|port is already allocated", self._ready("port")),
                   "Ready says in the engine's words that the port is taken")
        self.no_storm()
        self.assertEqual(len(self.engine.managed("port")), 1)
        taken.close()
        self.ready("port", seconds=60)

    def test_start_failed(self):
        self.make(container("program", command=["/no/such/program"]))
        eventually(20, lambda: "no such file or directory" in self._ready("program"), "Ready says what failed")
        self.no_storm()
        self.assertEqual(len(self.engine.managed("program")), 1)

    def test_missing_secret_is_waited_for(self):
        self.make(container("waits", env=[{"name": "P", "valueFrom": {"secretKeyRef": {"name": "late", "key": "p"}}}]))
        item = eventually(10, lambda: self._with("waits", "ReferencesResolved", "False"), "ReferencesResolved=False")
        self.assertIn("late", condition(item, "ReferencesResolved")["message"])
        self.assertEqual(self.engine.managed("waits"), [])
        self.make({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "late", "namespace": "default"},
                   "stringData": {"p": "x"}})
        self.ready("waits")

    def _ready(self, name):
        return condition(self.berthd.object("container", name), "Ready").get("message", "")

    def _with(self, name, kind, status):
        item = self.berthd.object("container", name)
        return item if condition(item, kind).get("status") == status else None

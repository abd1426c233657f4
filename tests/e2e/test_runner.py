# SPDX-License-Identifier: Apache-2.0
"""The runner of these suites: one that looks at nothing must not pass."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

import run
import scale
from engine import PrivateEngine


class Forgetful(PrivateEngine):
    """An engine with two networks that refuses to remove one of them until it is started again."""

    def __init__(self, refusal, endpoints):
        self.refusal, self.endpoints, self.networks, self.starts = refusal, endpoints, ["kept", "left"], 0

    def docker(self, *arguments, **_):
        if arguments[:2] == ("network", "ls"):
            return "\n".join(self.networks)
        if arguments[:2] == ("network", "rm"):
            for name in arguments[2:]:
                if name == "kept" and not self.starts:
                    raise RuntimeError(self.refusal)
                self.networks.remove(name)
        return ""

    def api(self, path):
        return {"Containers": self.endpoints}

    def stop(self):
        pass

    def start(self):
        self.starts += 1


class Sweep(unittest.TestCase):
    REFUSAL = "error while removing network: network kept id 1 has active endpoints"

    def test_who_has_lost_count_is_started_again(self):
        engine = Forgetful(self.REFUSAL, {})
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(engine.sweep(), ["network left"])
        self.assertEqual((engine.networks, engine.starts), ([], 1))
        self.assertIn("lost count of the endpoints of kept", said.getvalue())

    def test_other_refusals_are_told(self):
        for engine in Forgetful(self.REFUSAL, {"ep-1": {}}), Forgetful("no such thing", {}):
            with self.assertRaises(RuntimeError):
                engine.sweep()
            self.assertEqual(engine.starts, 0)


class Runner(unittest.TestCase):
    def outcome(self, text):
        """How many failures a suite of this text has, and what is said of it."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "test_of_runner.py").write_text(text)
            suite, results = scale.SUITE, scale.RESULTS
            sys.path.insert(0, str(folder))
            said = io.StringIO()
            try:
                with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                    failed = run.run_suite("of_runner", folder)
            finally:
                scale.SUITE, scale.RESULTS = suite, results
                sys.path.remove(str(folder))
                sys.modules.pop("test_of_runner", None)
            return failed, said.getvalue() + (folder / "summary").read_text()

    def test_no_test_is_a_failure(self):
        failed, said = self.outcome("import unittest\n")
        self.assertEqual(failed, 1, said)
        self.assertIn("no test ran", said)
        self.assertIn("e2e/of_runner 0 1", said)

    def test_a_suite_that_does_not_load_is_a_failure(self):
        self.assertEqual(self.outcome("nonsense = \n")[0], 1)

    def test_a_skip_is_a_failure(self):
        failed, said = self.outcome("import unittest\n\n\nclass A(unittest.TestCase):\n"
                                    "    @unittest.skip('why')\n    def test_a(self):\n        pass\n")
        self.assertEqual(failed, 1, said)

    def test_clients_are_all_of_them(self):
        wanted = {"clients", "helm", "python_client", "reflectors", "conformance"}
        self.assertEqual(set(run.suites(["clients"])), wanted)
        self.assertEqual(set(run.suites(["clients", "helm", "drift"])), wanted | {"drift"})

    def test_a_test_that_passes_passes(self):
        failed, said = self.outcome("import unittest\n\n\nclass A(unittest.TestCase):\n"
                                    "    def test_a(self):\n        pass\n")
        self.assertEqual(failed, 0, said)
        self.assertIn("e2e/of_runner 1 0", said)

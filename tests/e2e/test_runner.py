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

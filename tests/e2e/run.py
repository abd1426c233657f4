#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the end-to-end suites: real kubectl, real dockerd, a real berthd. Each test_*.py is one suite."""
import argparse
import pathlib
import signal
import sys
import time
import traceback
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import scale  # noqa: E402
from engine import PrivateEngine  # noqa: E402

# Cheap and telling first; what tears the machine's own engine up and down last.
ORDER = ["runner", "road", "start", "bad_input", "noop", "garbage", "update", "drift", "examples", "replace_crash", "durability", "engine_away",
         "disk_full", "up"]

# A name for several suites: every client that is judged unmodified.
ALIASES = {"clients": ["clients", "helm", "python_client", "reflectors", "conformance"]}


class Lines(unittest.TestResult):
    """One line a test, as it ends."""

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def _line(self, test, word):
        print(f"  {word:6} {time.monotonic() - self.began:6.1f} s  {test.id().split('.', 1)[1]}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line(test, "ok")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._line(test, "FAILED")
        traceback.print_exception(*err)

    def addError(self, test, err):
        super().addError(test, err)
        print(f"  ERROR  {test}", flush=True)
        traceback.print_exception(*err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            print(f"  FAILED {subtest}", flush=True)
            traceback.print_exception(*err)

    def addSkip(self, test, reason):
        # Nothing is skipped here: a test that cannot run has failed.
        self.addFailure(test, (AssertionError, AssertionError(f"skipped: {reason}"), None))


def suites(names):
    names = [suite for name in names for suite in ALIASES.get(name, [name])]
    files = {path.stem.removeprefix("test_"): path for path in HERE.glob("test_*.py")}
    unknown = [name for name in names if name not in files]
    if unknown:
        sys.exit(f"e2e: no suite named {', '.join(unknown)}; there are {', '.join(sorted(files))}")
    known = [name for name in ORDER if name in files] + sorted(set(files) - set(ORDER))
    return [name for name in known if not names or name in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="suites to run, such as drift; all when none is named; clients: "
                                                    + ", ".join(ALIASES["clients"]))
    parser.add_argument("--full", action="store_true", help="every round, not a tenth of them")
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("build/results"))
    arguments = parser.parse_args()
    scale.FULL = arguments.full
    scale.RESULTS = arguments.results.resolve() / "e2e"
    scale.RESULTS.mkdir(parents=True, exist_ok=True)
    # What the suites started is stopped however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    broken = 0
    try:
        for name in suites(arguments.names):
            broken += run_suite(name, arguments.results)
    finally:
        PrivateEngine.stop_shared()
    return 1 if broken else 0


def run_suite(name, results):
    print(f"e2e/{name}", flush=True)
    scale.SUITE = name
    result = Lines()
    began = time.monotonic()
    try:
        suite = unittest.defaultTestLoader.loadTestsFromName(f"test_{name}")
        suite.run(result)
    except Exception:  # a suite that does not load is a failure, not an absence
        traceback.print_exc()
        result.errors.append((name, "did not load"))
    if result.testsRun == 0 and not result.errors:
        print("  FAILED no test ran", flush=True)
        result.errors.append((name, "no test ran"))
    for left in swept():
        print(f"  FAILED {left}", flush=True)
        result.errors.append((name, left))
    failed = len(result.failures) + len(result.errors)
    passed = max(result.testsRun - failed, 0)
    with open(results / "summary", "a") as summary:
        summary.write(f"e2e/{name} {passed} {failed}\n")
    print(f"e2e/{name}: {passed} passed, {failed} failed ({time.monotonic() - began:.0f} s)", flush=True)
    if failed:
        print(f"  logs: {scale.RESULTS / name}", flush=True)
    return failed


def swept():
    """What the suite left for the next one to fall over; it is there no more."""
    try:
        return [f"{left} was left on the shared engine" for left in PrivateEngine.sweep_shared()]
    except Exception as error:  # of this suite, too; the others run on
        return [f"the shared engine could not be swept: {error}"]


if __name__ == "__main__":
    sys.exit(main())

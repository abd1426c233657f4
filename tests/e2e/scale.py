# SPDX-License-Identifier: Apache-2.0
"""How much of a suite to run, and where it leaves its logs."""
import pathlib

FULL = False
SUITE = "none"
RESULTS = pathlib.Path("build/results/e2e")


def rounds(full, short=None):
    """`full` rounds with --full, else `short`, by default a tenth and at least one."""
    return full if FULL else (short if short is not None else max(1, full // 10))


def logs():
    folder = RESULTS / SUITE
    folder.mkdir(parents=True, exist_ok=True)
    return folder

# SPDX-License-Identifier: Apache-2.0
"""Waiting for the thing itself, never for a while."""
import time


def eventually(seconds, check, what):
    """Calls `check` every 50 ms until it gives something true, and returns that. Fails naming `what` and the last
    answer or error after `seconds`."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            last = check()
            if last:
                return last
        except Exception as error:  # the world may not be there yet
            last = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what}: not within {seconds} s; last: {last!r}")
        time.sleep(0.05)


def always(seconds, check, what):
    """Fails as soon as `check` gives something false within `seconds`: for what must not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not check():
            raise AssertionError(f"{what}: no longer so")
        time.sleep(0.05)

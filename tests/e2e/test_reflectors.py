# SPDX-License-Identifier: Apache-2.0
"""A herd of client-go's reflectors follows a stream of changes, and leaves nothing behind in berthd's memory:
100 of them on 1,000 objects for 6 s, with --full 1,000 on 10,000 for a minute."""
import re
import unittest

from conformance import judge
from server import Berthd

NAME = "TestReflectorsHoldTheFinalState"


class Reflectors(unittest.TestCase):
    def test_a_herd_holds_the_final_state_and_leaves_nothing_behind(self):
        few = self.rest(BERTH_FEW="yes")
        many = self.rest()
        # Nor is it worth its work to berthd to give back the last MiB; and a page goes back when all of it is free.
        self.assertLessEqual(many, 1.05 * few + 2, "MiB at rest, after many reflectors and after few")

    def rest(self, **environment):
        """Memory in MiB of a berthd whose reflectors have gone."""
        berthd = Berthd("/nonexistent/docker.sock", controllers="none").start()
        try:
            output = judge(self, berthd, NAME, **environment)
        finally:
            berthd.destroy()
        return float(re.search(r"at rest: ([0-9.]+) MiB", output).group(1))

# SPDX-License-Identifier: Apache-2.0
"""The Engine client and the engine view on a dockerd of their own: the C++ suite that the fakes pass too."""
import subprocess
import unittest

from server import TOP


class EngineSuite(unittest.TestCase):
    def test_client_and_view_on_a_real_dockerd(self):
        binary = TOP / "build" / "bin" / "docker_engine_suite"
        result = subprocess.run([binary, "--gtest_brief=1"], capture_output=True, text=True, timeout=600)
        self.assertEqual(result.returncode, 0, result.stdout[-4000:] + result.stderr[-4000:])

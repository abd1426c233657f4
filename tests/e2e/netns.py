# SPDX-License-Identifier: Apache-2.0
"""Network namespaces in a row: this machine reaches the first, each one the next, and nobody anything else."""
import os
import re
import subprocess

from engine import run


class Namespace:
    def __init__(self, name, near, address):
        self.name = name
        self.near = near  # the address of the one before it on the link between them
        self.address = address
        self.prefix = ["nsenter", f"--net=/run/netns/{name}"]

    def run(self, *command):
        return run(*self.prefix, *command)

    def drop(self):
        """From now on every packet to it and from it is lost."""
        for chain in ("INPUT", "OUTPUT"):
            self.run("iptables", "-A", chain, "-j", "DROP")

    def dropped(self):
        """How many packets were lost since drop()."""
        rules = self.run("iptables", "-L", "-v", "-x", "-n")
        return sum(int(count) for count in re.findall(r"^\s*(\d+)\s+\d+\s+DROP", rules, re.MULTILINE))

    def heal(self):
        self.run("iptables", "-F")


class Row:
    _count = 0

    def __init__(self, length):
        Row._count += 1
        self.members = []
        number = (os.getpid() * 8 + Row._count) % 250
        mark = f"bn{os.getpid() % 100000}x{Row._count}"
        try:
            for i in range(length):
                self._add(f"{mark}-{i}", f"{mark}-{i}", f"10.214.{number}.{4 * i}")
        except BaseException:
            self.destroy()
            raise

    def _add(self, name, device, subnet):
        base, last = subnet.rsplit(".", 1)
        near, far = f"{base}.{int(last) + 1}", f"{base}.{int(last) + 2}"
        before = self.members[-1].prefix if self.members else []
        run("ip", "netns", "add", name)
        member = Namespace(name, near, far)
        self.members.append(member)
        run(*before, "ip", "link", "add", device, "type", "veth", "peer", "name", "up0", "netns", f"/run/netns/{name}")
        run(*before, "ip", "address", "add", f"{near}/30", "dev", device)
        run(*before, "ip", "link", "set", device, "up")
        member.run("ip", "address", "add", f"{far}/30", "dev", "up0")
        member.run("ip", "link", "set", "up0", "up")
        member.run("ip", "link", "set", "lo", "up")

    def destroy(self):
        # The links go with the namespaces.
        for member in reversed(self.members):
            subprocess.run(["ip", "netns", "delete", member.name], check=False, capture_output=True)
        self.members = []

# SPDX-License-Identifier: Apache-2.0
"""The link to a host, cut again and again while what is on it changes: connections killed, the server restarted, packets
lost on the way."""
import os
import subprocess

import scale
from netns import Row
from server import container, is_ready
from ssh_case import SshCase
from waiting import eventually

# What a person is promised; a machine that is shared by many tests gets more.
RECOVERY = scale.rounds(5, 20)


class LinkCuts(SshCase):
    def setUp(self):
        self.row = Row(1)
        self.addCleanup(self.row.destroy)
        self.link = self.row.members[0]

    def test_nothing_is_lost_doubled_or_leaked(self):
        server = self.server(where=self.link)
        self.secret("cut", "ed25519")
        self.host("cut", self.way(server, "cut"))
        self.berthd.apply(container("moving", host="cut"), container("still", host="cut"))
        self.container_ready("moving")
        self.container_ready("still")
        still = self.engine.managed("still")[0]
        rounds = scale.rounds(200, 6)
        before = None
        for number in range(rounds):
            self.berthd.apply(container("moving", host="cut", labels={"round": str(number)}))
            (self.kill, self.restart, self.lose_packets)[number % 3](server)
            eventually(RECOVERY, lambda: self.host_is_ready(), f"round {number}: the host is Ready again")
            eventually(30, lambda: self.is_at(number), f"round {number}: the change has come to the engine")
            if number == 2:
                before = self.holdings(server)  # of each kind, one is behind us
        after = eventually(30, lambda: self.as_few_as(server, before), "nothing is left open")
        self.assertEqual(server.connections(), 1, after)
        for name in ("moving", "still"):
            self.assertEqual(len(self.engine.managed(name)), 1, name)
        now = self.engine.managed("still")[0]
        self.assertEqual((now["Id"], now["State"]["StartedAt"]), (still["Id"], still["State"]["StartedAt"]))

    # The cuts. Each returns once the link is back.
    def kill(self, server):
        made = self.logins(server)
        server.cut()
        eventually(RECOVERY, lambda: self.logins(server) > made, "connected again")

    def restart(self, server):
        made = self.logins(server)
        server.vanish()
        server.start()
        eventually(RECOVERY, lambda: self.logins(server) > made, "connected again")

    def lose_packets(self, server):
        self.link.drop()
        try:
            eventually(20, lambda: self.link.dropped() > 3, "packets are lost")
        finally:
            self.link.heal()

    @staticmethod
    def logins(server):
        return server.log_path.read_text().count("Accepted publickey")

    def host_is_ready(self):
        item = self.berthd.get("/apis/berth.dev/v1/hosts/cut").json()
        return item["status"]["conditions"][0]["status"] == "True"

    def is_at(self, number):
        item = self.berthd.get("/apis/berth.dev/v1/namespaces/default/containers/moving").json()
        rows = self.engine.managed_rows("moving")
        return is_ready(item) and len(rows) == 1 and rows[0]["Labels"].get("round") == str(number)

    def holdings(self, server):
        """Descriptors and child processes of berthd, and connections that sshd holds to the engine: its channels."""
        pid = self.berthd.process.pid
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], text=True, capture_output=True).stdout.split()
        sockets = subprocess.run(["ss", "-Hxa", "state", "connected"], check=True, text=True, capture_output=True).stdout
        channels = sum(str(self.engine.socket) in line for line in sockets.splitlines())
        return len(os.listdir(f"/proc/{pid}/fd")), len(children), channels, server.connections()

    def as_few_as(self, server, before):
        # A pool keeps up to eight connections of one session, so one moment may have some more than another.
        now = self.holdings(server)
        few = now[0] <= before[0] + 4 and now[1] == 0 and now[2] <= max(before[2], 9) and now[3] == 1
        return now if few else None

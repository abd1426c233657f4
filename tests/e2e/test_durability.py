# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load: what was acknowledged is there, and a revision is never given twice."""
import http.client
import ssl
import threading
import unittest

from engine import PrivateEngine
from scale import rounds
from server import Berthd


class Durability(unittest.TestCase):
    CLIENTS = 16
    CREATES = 500

    def test_acknowledged_creates_survive_kills(self):
        # The objects name a Host that does not exist, so no engine is in the way.
        berthd = Berthd(PrivateEngine.shared().socket, controllers="none").start()
        acknowledged = {}
        highest = 0
        try:
            for number in range(rounds(20, 2)):
                made = self.load(berthd, number)
                self.assertGreater(len(made), 50, "the load was real")
                berthd.start()
                lowest = min(made.values())
                self.assertGreater(lowest, highest, "revisions of this round are above all before")
                self.assertEqual(len(set(made.values())), len(made), "no revision was given twice")
                acknowledged.update(made)
                stored = {item["metadata"]["name"]: int(item["metadata"]["resourceVersion"])
                          for item in berthd.get("/apis/berth.dev/v1/namespaces/default/containers").json()["items"]}
                lost = {name: revision for name, revision in acknowledged.items() if stored.get(name) != revision}
                self.assertEqual(lost, {}, "every acknowledged object is there as it was acknowledged")
                self.assertEqual(len(set(stored.values())), len(stored))
                highest = max(stored.values())
        finally:
            berthd.destroy()

    def load(self, berthd, number):
        """Creates from all clients, berthd killed in the middle: {name: revision} of what was acknowledged."""
        made, lock, half = {}, threading.Lock(), threading.Event()
        context = berthd.tls()

        def client(index):
            connection = http.client.HTTPSConnection("127.0.0.1", berthd.port, context=context, timeout=10)
            for step in range(self.CREATES // self.CLIENTS + 1):
                name = f"r{number}-c{index}-{step}"
                body = {"apiVersion": "berth.dev/v1", "kind": "Container", "metadata": {"name": name},
                        "spec": {"host": "nowhere", "image": "busybox:test"}}
                try:
                    answer = berthd.request("POST", "/apis/berth.dev/v1/namespaces/default/containers", body,
                                            connection=connection)
                except (OSError, http.client.HTTPException, ssl.SSLError):
                    return
                if answer.status == 201:
                    with lock:
                        made[name] = int(answer.json()["metadata"]["resourceVersion"])
                        if len(made) >= self.CREATES // 2:
                            half.set()

        threads = [threading.Thread(target=client, args=(index,)) for index in range(self.CLIENTS)]
        for thread in threads:
            thread.start()
        half.wait(30)
        berthd.kill()
        for thread in threads:
            thread.join()
        return made

# SPDX-License-Identifier: Apache-2.0
"""Nothing changed, nothing is written: neither to the store nor to an engine."""
import json
import signal

from case import RoadCase
from scale import rounds
from server import container
from waiting import eventually


class Noop(RoadCase):
    def writes(self):
        return {name: self.berthd.metric(name) for name in ("berth_engine_writes_total", "berth_store_commits_total")}

    def test_reapplies_and_resyncs_write_nothing(self):
        wanted = container("still", image="web:1", command=None, env=[{"name": "A", "value": "1"}])
        self.make(wanted)
        self.ready("still")
        # The Event of the start may still be on its way.
        settled = eventually(10, self._settled, "the store is at rest")
        revision = self.berthd.object("container", "still")["metadata"]["resourceVersion"]
        self.assertIn("unchanged", self.berthd.apply(wanted))
        connection = self.berthd.connection()
        path = "/apis/berth.dev/v1/namespaces/default/containers/still"
        for _ in range(rounds(1000)):
            answer = self.berthd.request("PATCH", path, {"spec": wanted["spec"]}, connection=connection,
                                         headers={"Content-Type": "application/merge-patch+json"})
            self.assertEqual(answer.status, 200, answer.text)
        live = json.loads(self.berthd.get(path, connection=connection).text)
        for _ in range(rounds(1000) // 10):
            self.assertEqual(self.berthd.request("PUT", path, live, connection=connection).status, 200)
        resyncs = self.berthd.metric("berth_engine_resyncs_total")
        for number in range(rounds(20, 5)):
            self.berthd.process.send_signal(signal.SIGUSR1)
            eventually(10, lambda: self.berthd.metric("berth_engine_resyncs_total") >= resyncs + number + 1,
                       "the resync is done")
        self.assertEqual(self.writes(), settled)
        self.assertEqual(self.berthd.object("container", "still")["metadata"]["resourceVersion"], revision)

    def _settled(self):
        """The counters, once ten looks in a row gave the same."""
        looks = self.looks = (getattr(self, "looks", []) + [self.writes()])[-10:]
        return looks[0] if len(looks) == 10 and all(look == looks[0] for look in looks) else None

# SPDX-License-Identifier: Apache-2.0
"""Nothing changed, nothing is written: neither to the store nor to an engine."""
import json
import signal

from case import RoadCase
from scale import rounds
from server import container
from waiting import eventually

PATH = "/apis/berth.dev/v1/namespaces/default/containers/still"
WRITES = ("berth_engine_writes_total", "berth_store_commits_total")
# What moves while anything is being done.
WORK = (*WRITES, "berth_engine_calls_total", "berth_workqueue_adds_total", "berth_reconcile_total", "berth_store_revision")
LOOKS = 10


class Noop(RoadCase):
    def test_reapplies_and_resyncs_write_nothing(self):
        wanted = container("still", image="web:1", env=[{"name": "A", "value": "1"}])
        del wanted["spec"]["command"]  # a null has no place in what is applied whole
        self.make(wanted)
        self.ready("still")
        connection = self.berthd.connection()
        # Its first server-side apply makes its manager an owner, which is a change.
        answer = self.reapply(wanted, connection)
        self.assertEqual(answer.status, 200, answer.text)
        settled = self.at_rest()
        revision = self.berthd.object("container", "still")["metadata"]["resourceVersion"]
        self.assertIn("unchanged", self.berthd.apply(wanted))
        live = json.loads(self.berthd.get(PATH, connection=connection).text)
        for number in range(rounds(1000)):
            answer = self.reapply(wanted, connection)
            self.assertEqual((answer.status, answer.json()["metadata"]["resourceVersion"]), (200, revision))
            if number % 10 == 0:
                self.merge(wanted, connection)
                self.assertEqual(self.berthd.request("PUT", PATH, live, connection=connection).status, 200)
        for _ in range(rounds(20, 5)):
            self.resync()
        # Anything may have changed, so that everything is looked at once more.
        passes = self.passes()
        self.engine.docker("network", "create", "noop-foreign")
        self.addCleanup(self.engine.docker, "network", "rm", "noop-foreign", check=False)
        eventually(20, lambda: self.passes() > passes, "a pass follows")
        self.assertEqual(self.at_rest(), settled)
        self.assertEqual(self.berthd.object("container", "still")["metadata"]["resourceVersion"], revision)

    def reapply(self, wanted, connection):
        return self.berthd.request("PATCH", PATH + "?fieldManager=noop&force=true", wanted, connection=connection,
                                   headers={"Content-Type": "application/apply-patch+yaml"})

    def merge(self, wanted, connection):
        answer = self.berthd.request("PATCH", PATH, {"spec": wanted["spec"]}, connection=connection,
                                     headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(answer.status, 200, answer.text)

    def resync(self):
        before = self.berthd.metric("berth_engine_resyncs_total")
        self.berthd.process.send_signal(signal.SIGUSR1)
        eventually(10, lambda: self.berthd.metric("berth_engine_resyncs_total") > before, "the resync is done")

    def passes(self):
        return self.berthd.metrics()['berth_reconcile_total{controller="container"}']

    def at_rest(self):
        """What has been written, once nothing waits for work and nothing has moved for some looks in a row."""
        looks = []

        def rests():
            metrics = self.berthd.metrics()
            total = {name: sum(value for key, value in metrics.items() if key.split("{")[0] == name)
                     for name in (*WORK, "berth_workqueue_depth")}
            looks.append(total)
            return len(looks) >= LOOKS and total["berth_workqueue_depth"] == 0 and all(
                look == total for look in looks[-LOOKS:])
        eventually(30, rests, "all is at rest")
        return {name: looks[-1][name] for name in WRITES}

# SPDX-License-Identifier: Apache-2.0
"""Unmodified Helm: install, upgrade, rollback and uninstall of a chart of our kinds; and the Python client."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from case import RoadCase

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: page\nversion: 1.0.0\n",
    "values.yaml": "words: first\n",
    "templates/page.yaml": """
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {words: {{ .Values.words }}}
---
apiVersion: berth.dev/v1
kind: Container
metadata: {name: {{ .Release.Name }}}
spec:
  host: local
  image: busybox:test
  command: [sleep, "100000"]
  stopTimeout: 1
  env:
    - name: WORDS
      valueFrom: {configMapKeyRef: {name: {{ .Release.Name }}, key: words}}
  labels: {words: {{ .Values.words }}}
""",
}


class Helm(RoadCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="berth-helm-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        for name, text in CHART.items():
            (self.root / "chart" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / "chart" / name).write_text(text)

    def helm(self, *arguments):
        result = subprocess.run([os.environ["BERTH_HELM"], *arguments], text=True, capture_output=True, timeout=180,
                                env={**os.environ, "HOME": str(self.root), "KUBECONFIG": str(self.berthd.kubeconfig)})
        self.assertEqual(result.returncode, 0, f"helm {' '.join(arguments)}: {result.stderr}{result.stdout}")
        return result.stdout

    def words(self):
        return self.ready("page")["spec"]["labels"]["words"]

    def test_the_life_of_a_release(self):
        chart = str(self.root / "chart")
        self.helm("install", "page", chart, "--wait", "--timeout", "60s")
        self.assertEqual(self.words(), "first")
        self.helm("upgrade", "page", chart, "--set", "words=second", "--wait", "--timeout", "60s")
        self.assertEqual(self.words(), "second")
        self.helm("rollback", "page", "1", "--wait", "--timeout", "60s")
        self.assertEqual(self.words(), "first")
        self.assertEqual([release["revision"] for release in json.loads(self.helm("history", "page", "-o", "json"))], [1, 2, 3])
        self.helm("uninstall", "page", "--wait", "--timeout", "60s")
        self.assertIsNone(self.berthd.object("container", "page"))
        self.assertIsNone(self.berthd.object("configmap", "page"))

# SPDX-License-Identifier: Apache-2.0
"""The Python `kubernetes` client, as it comes from the package index."""
import os
import pathlib
import subprocess

from case import RoadCase

# In an interpreter of its own: the client lives in a virtual environment.
SCRIPT = """
from kubernetes import client, config, watch
config.load_kube_config()
core, custom = client.CoreV1Api(), client.CustomObjectsApi()
core.create_namespaced_config_map("default", {"metadata": {"name": "py"}, "data": {"a": "1"}})
core.patch_namespaced_config_map("py", "default", {"data": {"b": "2"}})
assert core.read_namespaced_config_map("py", "default").data == {"a": "1", "b": "2"}
where = ("berth.dev", "v1", "default", "containers")
made = custom.create_namespaced_custom_object(*where, {"apiVersion": "berth.dev/v1", "kind": "Container",
    "metadata": {"name": "py"}, "spec": {"host": "local", "image": "web:1", "suspend": True}})
assert made["metadata"]["uid"]
listed = custom.list_namespaced_custom_object(*where)
seen = []
custom.patch_namespaced_custom_object(*where, "py", {"metadata": {"labels": {"x": "y"}}})
for event in watch.Watch().stream(custom.list_namespaced_custom_object, *where, timeout_seconds=20,
                                  resource_version=listed["metadata"]["resourceVersion"]):
    seen.append(event["object"]["metadata"].get("labels"))
    if {"x": "y"} in seen:
        break
assert {"x": "y"} in seen, seen
custom.delete_namespaced_custom_object(*where, "py")
core.delete_namespaced_config_map("py", "default")
try:
    core.read_namespaced_config_map("py", "default")
except client.exceptions.ApiException as error:
    assert error.status == 404
else:
    raise AssertionError("still there")
print("done")
"""


class PythonClient(RoadCase):
    def test_the_usual_calls(self):
        python = pathlib.Path(os.environ["BERTH_PYTHON"])
        result = subprocess.run([python, "-c", SCRIPT], text=True, capture_output=True, timeout=120,
                                env={**os.environ, "KUBECONFIG": str(self.berthd.kubeconfig)})
        self.assertEqual((result.returncode, result.stdout), (0, "done\n"), result.stderr[-3000:])

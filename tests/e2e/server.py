# SPDX-License-Identifier: Apache-2.0
"""A berthd of the tests' own, and its clients: kubectl, berth, and plain HTTPS."""
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import tempfile

import scale
from waiting import eventually

TOP = pathlib.Path(__file__).resolve().parents[2]
BERTHD = TOP / "build/bin/berthd"
BERTH = TOP / "build/bin/berth"


class Answer:
    """What the server said: status, headers, and the body as text or JSON."""

    def __init__(self, response):
        self.status = response.status
        self.headers = dict((key.lower(), value) for key, value in response.getheaders())
        self.text = response.read().decode()

    def json(self):
        return json.loads(self.text)


class Berthd:
    _count = 0

    def __init__(self, socket, data_dir=None, **settings):
        """`socket` is the engine's; further settings are flags: token_auth_file="x"."""
        Berthd._count += 1
        self.name = f"berthd-{Berthd._count}"
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="berth-e2e-", dir="/var/tmp"))
        self.data = pathlib.Path(data_dir) if data_dir else self.root / "data"
        self.socket = socket
        self.settings = settings
        self.process = None
        self.log_path = scale.logs() / f"{self.name}.log"
        self.port = self.metrics_port = 0

    # Life.
    def start(self, environment=None, ready=True):
        """Starts it, on ports of the kernel's choice the first time and the same ones after."""
        flags = [f"--{key.replace('_', '-')}={value}" for key, value in self.settings.items()]
        offset = self.log_path.stat().st_size if self.log_path.exists() else 0
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [BERTHD, "--data-dir", self.data, "--listen", f"127.0.0.1:{self.port}", "--metrics-listen",
             f"127.0.0.1:{self.metrics_port}", "--docker-socket", self.socket, *flags],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        if ready:
            self.wait_ready(offset)
        return self

    def wait_ready(self, offset=0):
        def serving():
            if self.process.poll() is not None:
                raise RuntimeError(f"berthd ended with {self.process.returncode}: {self.log_tail()}")
            with open(self.log_path) as log:
                log.seek(offset)
                for line in log:
                    match = re.search(r'"message":"serving".*', line)
                    if match:
                        entry = json.loads(line)
                        self.port = int(entry["address"].rsplit(":", 1)[1])
                        self.metrics_port = int(entry["metrics_address"].rsplit(":", 1)[1])
            return self.port and self.kubeconfig.exists() and self.get("/readyz").status == 200
        eventually(30, serving, "berthd is ready")

    def stop(self, how=signal.SIGTERM):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)
        code = self.process.returncode if self.process else None
        self.process = None
        return code

    def kill(self):
        return self.stop(signal.SIGKILL)

    def destroy(self):
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def log_tail(self, lines=5):
        return "\n".join(self.log_path.read_text().splitlines()[-lines:])

    # Clients.
    @property
    def kubeconfig(self):
        return self.data / "admin.kubeconfig"

    def _client(self, program, arguments, stdin, check):
        home = self.root / "home"
        home.mkdir(exist_ok=True)
        result = subprocess.run([program, *map(str, arguments)], input=stdin, text=True, capture_output=True,
                                timeout=180, env={**os.environ, "HOME": str(home), "KUBECONFIG": str(self.kubeconfig)})
        if check and result.returncode != 0:
            raise RuntimeError(f"{pathlib.Path(program).name} {' '.join(map(str, arguments))}: exit "
                               f"{result.returncode}: {result.stderr.strip()} {result.stdout.strip()}")
        return result if not check else result.stdout

    def kubectl(self, *arguments, stdin=None, check=True):
        """Unmodified upstream kubectl. Its stdout; with check=False the whole result."""
        return self._client(os.environ["BERTH_KUBECTL"], arguments, stdin, check)

    def berth(self, *arguments, stdin=None, check=True):
        return self._client(BERTH, arguments, stdin, check)

    def apply(self, *objects):
        """Applies objects by kubectl."""
        return self.kubectl("apply", "-f", "-", stdin=json.dumps(
            {"apiVersion": "v1", "kind": "List", "items": list(objects)}))

    def object(self, kind, name, namespace="default"):
        """The object as JSON, or None."""
        result = self.kubectl("get", kind, name, "-n", namespace, "-o", "json", "--ignore-not-found")
        return json.loads(result) if result.strip() else None

    # Plain HTTPS with the administrator's certificate.
    def tls(self, anonymous=False):
        context = ssl.create_default_context(cadata=self._credential("certificate-authority-data"))
        if not anonymous:
            pair = self.root / "admin.pem"
            pair.write_text(self._credential("client-certificate-data") + self._credential("client-key-data"))
            pair.chmod(0o600)
            context.load_cert_chain(pair)
        return context

    def _credential(self, key):
        text = self.kubeconfig.read_text()
        return base64.b64decode(re.search(rf'"?{key}"?:\s*"?([A-Za-z0-9+/=]+)', text).group(1)).decode()

    def connection(self, anonymous=False, timeout=30):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls(anonymous), timeout=timeout)

    def request(self, method, path, body=None, headers=None, anonymous=False, connection=None):
        connection = connection or self.connection(anonymous)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        sent = {"Content-Type": "application/json", **(headers or {})} if body is not None else (headers or {})
        connection.request(method, path, body=body, headers=sent)
        return Answer(connection.getresponse())

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def metrics(self):
        """{name{labels}: value} of /metrics."""
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=10)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line and line[0] != "#"}

    def metric(self, name):
        """The sum over every label of one family. An absent one is an error: nothing equals nothing."""
        values = [value for key, value in self.metrics().items() if key.split("{")[0] == name]
        if not values:
            raise KeyError(name)
        return sum(values)


def container(name, namespace="default", **spec):
    """A Container object: busybox sleeping on Host local unless told."""
    base = {"host": "local", "image": "busybox:test", "command": ["sleep", "100000"], "stopTimeout": 1}
    return {"apiVersion": "berth.dev/v1", "kind": "Container", "metadata": {"name": name, "namespace": namespace},
            "spec": {**base, **spec}}


def condition(item, kind):
    """One condition of an object, or an empty one."""
    found = [c for c in (item or {}).get("status", {}).get("conditions", []) if c["type"] == kind]
    return found[0] if found else {}


def is_ready(item):
    """Ready=True and said of this generation."""
    status = (item or {}).get("status", {})
    return (condition(item, "Ready").get("status") == "True"
            and status.get("observedGeneration") == item["metadata"]["generation"])

# SPDX-License-Identifier: Apache-2.0
"""A dockerd of the tests' own: its data, sockets, pidfile and bridge are made here and removed here."""
import atexit
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.parse

import scale
from waiting import eventually


class PrivateEngine:
    _shared = None
    _count = 0

    @classmethod
    def shared(cls):
        """The one engine of all suites that leave it running."""
        if cls._shared is None:
            cls._shared = cls()
            cls._shared.start()
            atexit.register(cls.stop_shared)
        return cls._shared

    @classmethod
    def stop_shared(cls):
        if cls._shared is not None:
            engine, cls._shared = cls._shared, None
            engine.destroy()

    @classmethod
    def sweep_shared(cls):
        """What a suite left on the shared engine, which is there no more: the next suite may use the same names."""
        running = cls._shared is not None and cls._shared.process is not None
        return cls._shared.sweep() if running else []

    def __init__(self, flags=()):
        """`flags` are further ones of dockerd's."""
        PrivateEngine._count += 1
        self.flags = list(flags)
        number = (os.getpid() * 8 + PrivateEngine._count) % 250
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="berth-e2e-", dir="/var/tmp"))
        self.bridge = f"brth{os.getpid() % 100000}x{PrivateEngine._count}"[:15]
        self.address = f"10.213.{number}.1/24"
        self.socket = self.root / "docker.sock"
        self.process = None
        self.images = set()

    # Life.
    def start(self):
        if not pathlib.Path(f"/sys/class/net/{self.bridge}").exists():
            run("ip", "link", "add", self.bridge, "type", "bridge")
            run("ip", "address", "add", self.address, "dev", self.bridge)
            run("ip", "link", "set", self.bridge, "up")
        log = open(scale.logs() / f"dockerd-{self.bridge}.log", "ab")
        self.process = subprocess.Popen(
            ["dockerd", "--data-root", self.root / "data", "--exec-root", self.root / "exec", "--pidfile",
             self.root / "pid", "--host", f"unix://{self.socket}", "--bridge", self.bridge, *self.flags],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        eventually(60, lambda: self.docker("version", "--format", "{{.Server.Version}}"), "dockerd answers")
        self.make_images()

    def stop(self, how=signal.SIGTERM):
        """Ends dockerd. After SIGKILL the containers' shims live on, as on a real host."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None
            # After a SIGKILL its containerd is gone, too; a pidfile that names a zombie would keep the next from starting.
            for stale in ("pid", "exec/containerd/containerd.pid"):
                (self.root / stale).unlink(missing_ok=True)

    def destroy(self):
        # A dockerd that never came up, or died, has nothing to be asked for; the rest goes all the same.
        if self.process is not None and self.process.poll() is None:
            try:
                self.sweep()  # else the bridges of its networks stay on the machine
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                print(f"  {self.socket}: {error}", flush=True)
        self.stop()
        subprocess.run(["ip", "link", "delete", self.bridge], check=False, capture_output=True)
        mounts = [line.split()[1] for line in open("/proc/mounts") if str(self.root) in line]
        for mount in sorted(mounts, reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
        shutil.rmtree(self.root, ignore_errors=True)

    # Use.
    def docker(self, *arguments, check=True, stdin=None):
        """Runs the docker CLI against this engine; its output, stripped."""
        result = subprocess.run(["docker", "--host", f"unix://{self.socket}", *map(str, arguments)], text=True,
                                capture_output=True, timeout=120, input=stdin)
        if check and result.returncode != 0:
            raise RuntimeError(f"docker {' '.join(map(str, arguments))}: {result.stderr.strip()}")
        return result.stdout.strip()

    def api(self, path):
        """GET on the Engine API: what is looked at often costs no process. JSON, or None for 404."""
        connection = http.client.HTTPConnection("engine", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.socket))
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status == 404:
            return None
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {body.decode()}")
        return json.loads(body)

    def inspect(self, name):
        """The container as the engine has it, or None."""
        return self.api(f"/containers/{name}/json")

    def managed(self, name, namespace="default"):
        """The containers that Berth made for one object."""
        found = [self.inspect(row["Id"]) for row in self.managed_rows(name, namespace)]
        return [item for item in found if item is not None]

    def managed_rows(self, name, namespace="default"):
        """The same as the engine's list has them: cheaper, and of one moment."""
        labels = {"label": [f"berth.dev/name={name}", f"berth.dev/namespace={namespace}"]}
        return self.api("/containers/json?all=1&filters=" + urllib.parse.quote(json.dumps(labels)))

    def sweep(self):
        """Removes every container, network and volume; what there was of them. Images stay."""
        found = []
        for kind, ls, rm in (("container", ["ps", "--all", "--format", "{{.Names}}"], ["rm", "--force", "--volumes"]),
                             ("network", ["network", "ls", "--filter", "type=custom", "--format", "{{.Name}}"],
                              ["network", "rm"]),
                             ("volume", ["volume", "ls", "--format", "{{.Name}}"], ["volume", "rm", "--force"])):
            names = self.docker(*ls).split()
            kept = [name for name in names if kind == "network" and self.keeps_network(name)]
            if kept:
                print(f"  the engine has lost count of the endpoints of {', '.join(kept)}: it is started again", flush=True)
                self.stop()
                self.start()
            left = kept if kind == "network" else names
            if left:
                self.docker(*rm, *left)
            found += [f"{kind} {name}" for name in names if name not in kept]
        return found

    def keeps_network(self, name):
        """Removes the network, unless 20.10 has lost count of its endpoints: it then refuses, although it has none."""
        try:
            self.docker("network", "rm", name)
        except RuntimeError as error:
            if "has active endpoints" not in str(error) or self.api(f"/networks/{name}")["Containers"]:
                raise
            return True
        return False

    def make_images(self):
        """busybox:test (a shell) and web:1, web:2 (httpd with a page on 8080), from Debian's busybox-static."""
        if self.docker("images", "--quiet", "busybox:test"):
            return
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "bin").mkdir()
            (root / "tmp").mkdir()
            shutil.copy("/bin/busybox", root / "bin/busybox")
            for applet in run("/bin/busybox", "--list").split():
                if applet != "busybox":
                    (root / "bin" / applet).symlink_to("busybox")
            self.load(root, "busybox:test", 'CMD ["sh"]')
            (root / "www").mkdir()
            for version in ("1", "2"):
                (root / "www/index.html").write_text(f"web {version}\n")
                self.load(root, f"web:{version}", 'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]')

    def load(self, root, tag, change):
        archive = subprocess.run(["tar", "-C", root, "-c", "."], check=True, capture_output=True).stdout
        subprocess.run(["docker", "--host", f"unix://{self.socket}", "import", "--change", change, "-", tag],
                       input=archive, check=True, capture_output=True)


def run(*command):
    result = subprocess.run(list(map(str, command)), text=True, capture_output=True)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {result.stderr.strip()}")
    return result.stdout

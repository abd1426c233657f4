# SPDX-License-Identifier: Apache-2.0
"""Debian's docker-registry on an address of the tests' own: open, with htpasswd, or with a token server of ours."""
import base64
import crypt
import http.server
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

import scale
from engine import run
from waiting import eventually


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Authority:
    """A CA, and certificates under it, by openssl."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.certificate = self.root / "ca.crt"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=registry-ca",
            "-keyout", self.root / "ca.key", "-out", self.certificate)

    def issue(self, address):
        """(certificate, key) for an IP address."""
        key, request, made = (self.root / f"{address}.{end}" for end in ("key", "csr", "crt"))
        names = self.root / f"{address}.ext"
        names.write_text(f"subjectAltName=IP:{address}\n")
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={address}", "-keyout", key, "-out", request)
        run("openssl", "x509", "-req", "-days", "2", "-in", request, "-CA", self.certificate, "-CAkey",
            self.root / "ca.key", "-CAcreateserial", "-extfile", names, "-out", made)
        return made, key


class TokenServer:
    """Gives tokens to one user, signed by the authority; counts what it was asked."""

    def __init__(self, authority, user, password):
        self.authority = authority
        self.basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                good = self.headers.get("Authorization") == outer.basic
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                body = {"token": outer.sign(query)} if good else {"details": "incorrect username or password"}
                text = json.dumps(body).encode()
                self.send_response(200 if good else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.realm = f"http://127.0.0.1:{self.server.server_port}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def sign(self, query):
        def encode(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")
        access = []
        for scope in query.get("scope", []):
            kind, name, actions = scope.rsplit(":", 2) if scope.count(":") > 2 else scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        now = int(time.time())
        pem = self.authority.certificate.read_text()
        chain = "".join(line for line in pem.splitlines() if "-----" not in line)
        head = {"typ": "JWT", "alg": "RS256", "x5c": [chain]}
        claims = {"iss": "berth-tests", "sub": "alice", "aud": query.get("service", [""])[0], "exp": now + 600,
                  "nbf": now - 60, "iat": now, "jti": "1", "access": access}
        text = encode(json.dumps(head).encode()) + b"." + encode(json.dumps(claims).encode())
        made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.authority.root / "ca.key"], input=text,
                              capture_output=True, check=True).stdout
        return (text + b"." + encode(made)).decode()


class Registry:
    _count = 0

    def __init__(self, user="alice", password="wonderland", address="127.0.0.1", tls=None, token_server=None):
        """`tls` is an Authority that issues its certificate."""
        Registry._count += 1
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="berth-e2e-", dir="/var/tmp"))
        self.user, self.password = user, password
        self.server = f"{address}:{free_port(address)}"
        self.config = {"version": "0.1", "log": {"level": "warn"},
                       "storage": {"filesystem": {"rootdirectory": str(self.root / "data")},
                                   "delete": {"enabled": True}},
                       "http": {"addr": self.server}}
        self.scheme = "https" if tls else "http"
        if tls:
            certificate, key = tls.issue(address)
            self.config["http"]["tls"] = {"certificate": str(certificate), "key": str(key)}
        if token_server:
            self.config["auth"] = {"token": {"realm": token_server.realm, "service": "tests", "issuer": "berth-tests",
                                             "rootcertbundle": str(token_server.authority.certificate)}}
        else:
            hashed = crypt.crypt(password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))
            (self.root / "htpasswd").write_text(f"{user}:{hashed}\n")
            self.config["auth"] = {"htpasswd": {"realm": "tests", "path": str(self.root / "htpasswd")}}
        self.process = None

    def start(self):
        file = self.root / "config.json"
        file.write_text(json.dumps(self.config))
        log = open(scale.logs() / f"registry-{Registry._count}.log", "ab")
        self.process = subprocess.Popen(["docker-registry", "serve", file], stdout=log, stderr=log,
                                        stdin=subprocess.DEVNULL)
        host, port = self.server.rsplit(":", 1)

        def listens():
            if self.process.poll() is not None:
                raise RuntimeError(f"docker-registry ended with {self.process.returncode}")
            with socket.create_connection((host, int(port)), timeout=5):
                return True
        eventually(30, listens, "docker-registry listens")
        return self

    def destroy(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
        shutil.rmtree(self.root, ignore_errors=True)

    def push(self, engine, image, name):
        """Pushes an image of the engine's by the docker CLI, with a config of its own, and takes it off the engine again.
        The full reference."""
        reference = f"{self.server}/{name}"
        config = self.root / "docker"
        engine.docker("--config", config, "login", "--username", self.user, "--password-stdin", self.server,
                      stdin=self.password)
        engine.docker("tag", image, reference)
        engine.docker("--config", config, "push", reference)
        engine.docker("rmi", reference)
        return reference

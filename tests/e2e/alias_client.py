# SPDX-License-Identifier: Apache-2.0
"""A client of a service on a network of the engine: it asks the engine's DNS for the alias before each request, and tries
once more, at another address if there is one, when no server took its connection. Run in a container's network namespace:
alias_client.py ALIAS PORT. A line a request, until its standard input ends: the answer, or "FAILED" and why."""
import select
import socket
import struct
import sys
import time

DNS = ("127.0.0.11", 53)
PATIENCE = 5  # seconds, of each step


class NotTaken(Exception):
    """Nobody took the connection, or it was given up in the listener's queue: no server has seen the request."""


def ask(query):
    """Twice, as resolvers do: a datagram may be lost."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dns:
        dns.settimeout(PATIENCE)
        dns.sendto(query, DNS)
        try:
            return dns.recv(4096)
        except TimeoutError:
            dns.sendto(query, DNS)
            return dns.recv(4096)


def resolve(alias):
    """The A records, in the order of the answer."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in alias.split(".")) + b"\0" + struct.pack(">HH", 1, 1)
    answer = ask(struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + question)
    count, at, found = struct.unpack(">H", answer[6:8])[0], 12 + len(question), []
    for _ in range(count):
        at += 2 if answer[at] >= 0xC0 else len(question) - 4
        kind, _, _, size = struct.unpack(">HHIH", answer[at:at + 10])
        if kind == 1:
            found.append(socket.inet_ntoa(answer[at + 10:at + 14]))
        at += 10 + size
    return found


def fetch(address, port):
    try:
        connection = socket.create_connection((address, port), PATIENCE)
    except OSError as error:
        raise NotTaken(f"{address}: {error}") from None
    with connection:
        answer = b""
        try:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while chunk := connection.recv(4096):
                answer += chunk
        except ConnectionResetError:
            if not answer:
                raise NotTaken(f"{address}: reset in the queue") from None
            raise
    if not answer:
        raise NotTaken(f"{address}: closed in the queue")
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head:
        raise ValueError(f"{address}: {head[:80]!r}")
    return body.decode().strip()


def request(alias, port):
    first = resolve(alias)
    if not first:
        raise ValueError("the alias has no address")
    try:
        return fetch(first[0], port)
    except NotTaken:
        again = resolve(alias)
        others = [address for address in again if address != first[0]]
        return fetch((others or again)[0], port)


def main():
    alias, port = sys.argv[1], int(sys.argv[2])
    while not select.select([sys.stdin], [], [], 0)[0]:
        try:
            print(request(alias, port), flush=True)
        except Exception as error:
            print(f"FAILED {error!r}", flush=True)
        time.sleep(0.01)


if __name__ == "__main__":
    main()

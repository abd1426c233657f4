# SPDX-License-Identifier: Apache-2.0
"""A unix-socket proxy in front of an engine that can keep a create on its way."""
import socket
import threading


class HoldingProxy:
    """After hold() the creates that arrive stay here, in order, until release(). They then go on to the engine one after
    the other, each once the one before has been answered, whether or not anybody still waits for them."""

    def __init__(self, target, path):
        self.target, self.path = str(target), path
        self.moved = threading.Condition()
        self.held, self.creates, self.passed_on = False, 0, 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self):
        with self.moved:
            self.held, self.creates, self.passed_on = True, 0, 0

    def release(self):
        with self.moved:
            self.held = False
            self.moved.notify_all()

    def close(self):
        self.release()
        self.listener.close()
        self.path.unlink(missing_ok=True)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(self.target)
            answered = threading.Event()
            threading.Thread(target=self._ask, args=(client, engine, answered), daemon=True).start()
            threading.Thread(target=self._answer, args=(client, engine, answered), daemon=True).start()

    def _ask(self, client, engine, answered):
        try:
            while data := client.recv(65536):
                first = data.split(b"\r\n", 1)[0]
                if first.startswith(b"POST") and b"/containers/create" in first:
                    self._pass_on(data, engine, answered)
                else:
                    engine.sendall(data)
        except OSError:
            pass
        end(engine)

    def _pass_on(self, data, engine, answered):
        with self.moved:
            turn = self.creates
            self.creates += 1
            self.moved.wait_for(lambda: not self.held and self.passed_on == turn)
            answered.clear()
            try:
                engine.sendall(data)
                answered.wait(60)
            finally:
                self.passed_on += 1
                self.moved.notify_all()

    def _answer(self, client, engine, answered):
        try:
            while data := engine.recv(65536):
                answered.set()
                client.sendall(data)
        except OSError:
            pass
        answered.set()
        end(client)


def end(stream):
    try:
        stream.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass

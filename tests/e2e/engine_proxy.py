# SPDX-License-Identifier: Apache-2.0
"""Unix-socket proxies in front of an engine, each with one fault that it can have."""
import socket
import threading


class EngineProxy:
    """Takes connections; serve() says what becomes of one."""

    def __init__(self, target, path):
        self.target, self.path = str(target), path
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
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
            self.serve(client, engine)

    @staticmethod
    def start(work, *arguments):
        threading.Thread(target=work, args=arguments, daemon=True).start()


class DeafProxy(EngineProxy):
    """While `deaf` is set, answers to GET /events are swallowed."""

    def __init__(self, target, path):
        self.deaf = threading.Event()
        super().__init__(target, path)

    def serve(self, client, engine):
        state = {"events": False}
        self.start(self._pump, client, engine, state, True)
        self.start(self._pump, engine, client, state, False)

    def _pump(self, source, sink, state, to_engine):
        try:
            while data := source.recv(65536):
                if to_engine:
                    state["events"] = state["events"] or b"/events" in data.split(b"\r\n", 1)[0]
                elif state["events"] and self.deaf.is_set():
                    continue
                sink.sendall(data)
        except OSError:
            pass
        end(source)
        end(sink)


class HoldingProxy(EngineProxy):
    """After hold() the creates that arrive stay here, in order, until release(). They then go on to the engine one after
    the other, each once the one before has been answered, whether or not anybody still waits for them."""

    def __init__(self, target, path):
        self.moved = threading.Condition()
        self.held, self.creates, self.passed_on = False, 0, 0
        super().__init__(target, path)

    def hold(self):
        with self.moved:
            self.held, self.creates, self.passed_on = True, 0, 0

    def release(self):
        with self.moved:
            self.held = False
            self.moved.notify_all()

    def close(self):
        self.release()
        super().close()

    def serve(self, client, engine):
        answered = threading.Event()
        self.start(self._ask, client, engine, answered)
        self.start(self._answer, client, engine, answered)

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

"""A wire that a test can cut: between workers and PostgreSQL, or Valkey."""

import contextlib
import selectors
import socket
import threading
import time
from typing import Literal

type Mode = Literal["pass", "stall", "refuse"]
CHUNK = 65_536


class Proxy:
    """`mode` pass; stall: it accepts and nothing ever comes through; refuse: nobody listens."""

    def __init__(self, target: str) -> None:
        """`target`: a unix socket's path."""
        self._target = target
        self._mode: Mode = "pass"
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._cut_after: bytes | None = None
        self.has_cut = threading.Event()
        self._listener = self._listening(0)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        before, self._mode = self._mode, mode
        if mode == "refuse":
            self._listener.close()
            self.cut()
        elif before == "refuse":
            self._listener = self._listening(self.port)
            threading.Thread(target=self._accept, daemon=True).start()
        if before == "stall":
            self.cut()  # what was swallowed is gone

    def cut(self) -> None:
        """All connections, as they stand."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _close(end)

    def cut_on_answer_to(self, pattern: bytes) -> None:
        """The next request that holds `pattern` reaches the server and is carried out; its answer never
        arrives.
        """
        self.has_cut.clear()
        self._cut_after = pattern

    def stop(self) -> None:
        self._listener.close()
        self.cut()

    def _listening(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        return listener

    def _accept(self) -> None:
        listener = self._listener
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=[near], daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX)
        pair = (near, far)
        with self._lock:
            self._pairs.add(pair)
        try:
            far.connect(self._target)
            self._pump(near, far)
        except OSError:
            pass
        finally:
            with self._lock:
                self._pairs.discard(pair)
            for end in pair:
                _close(end)

    def _pump(self, near: socket.socket, far: socket.socket) -> None:
        is_marked = False
        with selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while True:
                for ready, _ in selector.select():
                    while self._mode == "stall":
                        time.sleep(0.02)
                    source: socket.socket = ready.fileobj  # type: ignore[assignment]
                    data = source.recv(CHUNK)
                    if not data:
                        return
                    if source is far and is_marked:
                        self.has_cut.set()
                        return
                    if source is near and self._takes(data):
                        is_marked = True
                    ready.data.sendall(data)

    def _takes(self, data: bytes) -> bool:
        with self._lock:
            if self._cut_after is None or self._cut_after not in data:
                return False
            self._cut_after = None
        return True


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()

"""A gate before an endpoint: what clients send waits there for as long as it is shut."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PATIENCE = 90.0
PART = 65536


class Gate(socketserver.ThreadingTCPServer):
    """Passes on bytes, and knows nothing of what is in them."""

    daemon_threads = True  # clients keep their connections for later

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, 0), _Line)
        self.beyond = (host, port)
        self._is_open = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def shut(self) -> None:
        """From now on nothing passes."""
        self._is_open.clear()

    def open(self) -> None:
        """What waited passes."""
        self._is_open.set()

    def wait(self) -> None:
        self._is_open.wait(PATIENCE)


class _Line(socketserver.BaseRequestHandler):
    server: Gate

    def handle(self) -> None:
        with suppress(OSError), socket.create_connection(self.server.beyond) as line:
            back = threading.Thread(target=self._answers, args=(line,), daemon=True)
            back.start()
            while part := self.request.recv(PART):
                self.server.wait()
                line.sendall(part)

    def _answers(self, line: socket.socket) -> None:
        with suppress(OSError):
            while part := line.recv(PART):
                self.request.sendall(part)


@contextmanager
def gate_before(host: str, port: int) -> Iterator[Gate]:
    """An open gate at the same address; it is open again when the block ends."""
    with Gate(host, port) as made:
        made.open()
        serving = threading.Thread(target=made.serve_forever, args=(0.02,))
        serving.start()
        try:
            yield made
        finally:
            made.open()
            made.shutdown()
            serving.join()

"""An HTTP server that stands between a client and an emulator, and may answer by itself."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "proxy-connection"}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class Response:
    """What is answered; no status is a connection that is reset instead."""

    status: int | None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


RESET = Response(None)
Answer = Callable[[Request, Callable[[Request], Response]], Response]


def forward(host: str, port: int, request: Request) -> Response:
    connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            if name.lower() not in _HOP_BY_HOP | {"expect", "content-length"}:
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(request.body)))
        connection.putheader("Connection", "close")
        connection.endheaders(request.body)
        answer = connection.getresponse()
        return Response(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second would wait for 40 ms.
    disable_nagle_algorithm = True
    server: _Server

    def _handle(self) -> None:
        request = Request(self.command, self.path, list(self.headers.items()), self._read_body())
        response = self.server.answer(request, lambda asked: forward(*self.server.upstream, asked))
        if response.status is None:
            self._reset()
            return
        self.send_response_only(response.status)
        told = None
        for name, value in response.headers:
            if name.lower() == "location":
                # What the emulator calls itself would lead past the proxy.
                here = f"127.0.0.1:{self.server.server_port}"
                self.send_header(name, value.replace("{}:{}".format(*self.server.upstream), here))
            elif name.lower() == "content-length":
                told = value
            elif name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        # The answer to HEAD tells a length and has no body.
        self.send_header("Content-Length", told if self.command == "HEAD" and told else str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def __getattr__(self, name: str) -> Any:
        # `do_GET`, `do_PUT` and so on: all are handled alike.
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _reset(self) -> None:
        # Lingering for no time at all is what makes a reset of a close.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        # A client that gave up has closed its end; there is nobody to tell.
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None: ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    upstream: tuple[str, int]
    answer: Answer

    def handle_error(self, *_: object) -> None:
        """A client that hangs up in the middle is no error of the server's."""


@contextmanager
def run_proxy(upstream: tuple[str, int], answer: Answer) -> Iterator[int]:
    """Serve on a port of this machine until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.upstream, server.answer = upstream, answer
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

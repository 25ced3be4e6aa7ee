"""Google Cloud Storage: an emulator, and before it a proxy that holds writes and reads against generations, as GCS does."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from tests.emulators.proxy import Request, Response, run_proxy


class Generations:
    """Answers 412, or 404 to a read, where the emulator would overlook the generation that a request asks for.

    All requests pass one at a time, so that comparing and writing are one step. Resumable uploads can be cancelled, which the
    emulator does not know either.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled: set[str] = set()

    def __call__(self, request: Request, send: Callable[[Request], Response]) -> Response:
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        with self._lock:
            upload = query.get("upload_id")
            if upload and request.method == "DELETE":
                self._cancelled.add(upload)
                return _refuse(499)
            if upload in self._cancelled:
                return _refuse(404)
            wanted = query.get("ifGenerationMatch") or query.get("generation")
            if wanted is not None:
                bucket, _, rest = url.path.partition("/b/")[2].partition("/o")
                name = query.get("name") or rest.strip("/")
                quoted = name if "%" in name else quote(name, safe="")
                stored = send(Request("GET", f"/storage/v1/b/{bucket}/o/{quoted}", [], b""))
                found = json.loads(stored.body)["generation"] if stored.status == 200 else "0"
                if found != wanted:
                    return _refuse(412 if "ifGenerationMatch" in query else 404)
            return send(request)


def _refuse(status: int) -> Response:
    body = json.dumps({"error": {"code": status, "message": "conditionNotMet"}}).encode()
    return Response(status, [("Content-Type", "application/json")], body)


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens.

    Raises:
        RuntimeError: Nothing does, or the process has ended.
    """
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen: status {process.poll()}")


@contextmanager
def run_process(arguments: list[str], port: int, **settings: object) -> Iterator[None]:
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, **settings)
    try:
        wait_for(port, process)
        yield
    finally:
        # Asked politely they wait for the last connection that a client keeps open.
        process.kill()
        process.wait()


@contextmanager
def run_gcs() -> Iterator[int]:
    """The port of the proxy. There is a bucket `lake`."""
    port = find_port()
    program = str(Path(sys.executable).with_name("gcp-storage-emulator"))
    command = [program, "start", "--host", "127.0.0.1", "--port", str(port), "--in-memory", "--default-bucket", "lake"]
    with run_process([*command, "-q"], port), run_proxy(("127.0.0.1", port), Generations()) as proxy:
        yield proxy

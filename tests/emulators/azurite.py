"""Azure Blob Storage: Azurite, Microsoft's emulator, from npm. `make azurite` installs it below build/."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.emulators.gcs import find_port, run_process

PROGRAM = Path(__file__).parents[2] / "build/azurite/node_modules/azurite/dist/src/blob/main.js"
ACCOUNT = "lakehouse"
KEY = base64.b64encode(b"a key that opens nothing but an emulator").decode()


def connect_to(port: int, key: str = KEY) -> str:
    """A connection string."""
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={endpoint};"


@contextmanager
def run_azurite(folder: Path) -> Iterator[int]:
    """The port of an emulator that keeps everything in memory."""
    node = shutil.which("node")
    if node is None or not PROGRAM.exists():
        said = "Azurite is not installed: `make azurite` does it, and needs node and npm (apt-get install nodejs npm)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(said)
    port = find_port()
    options = ["--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"]
    command = [node, str(PROGRAM), "--blobPort", str(port), *options]
    accounts = {**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}
    with run_process(command, port, cwd=folder, env=accounts):
        yield port

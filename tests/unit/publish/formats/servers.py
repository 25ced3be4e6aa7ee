"""Databases that SQL files are loaded into by their own command-line clients."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.unit.publish.databases.servers import run_mariadb, run_postgresql


def run_client(command: list[str], script: Path) -> None:
    """Run a client with a script as its input; fails with what it said."""
    with script.open("rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2_000:]


class PostgreSQL:
    """`psql` loads scripts, psycopg reads."""

    def __init__(self, uri: str, psql: Path) -> None:
        self.uri = uri
        self._psql = psql

    def load(self, script: Path) -> None:
        run_client([str(self._psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", self.uri], script)

    def query(self, text: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.uri, options="-c timezone=UTC") as connection:
            return connection.execute(text).fetchall()


@contextmanager
def start_postgresql() -> Iterator[PostgreSQL]:
    with run_postgresql() as server:
        yield PostgreSQL(f"postgresql://postgres@/postgres?host={server.host}", server.programs / "psql")


class MariaDB:
    """`mariadb` loads scripts, and writes what it reads as hexadecimal text."""

    def __init__(self, socket: Path) -> None:
        own = ["--no-defaults", f"--socket={socket}", "--user=root", "--default-character-set=utf8mb4"]
        self._client = ["mariadb", *own]

    def load(self, script: Path, database: str = "lake") -> None:
        run_client([*self._client, database], script)

    def query(self, text: str) -> list[list[bytes | None]]:
        """Rows of cells as the server's text of them."""
        command = [*self._client, "--batch", "--skip-column-names", "lake", "-e", text]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode()
        rows = [line.split(b"\t") for line in done.stdout.splitlines()]
        return [[None if cell == b"NULL" else bytes.fromhex(cell.decode()) for cell in row] for row in rows]


@contextmanager
def start_mariadb(folder: Path) -> Iterator[MariaDB]:
    with run_mariadb() as server:
        database = MariaDB(server.folder / "socket")
        empty = folder / "create.sql"
        empty.write_text("CREATE DATABASE lake;")
        database.load(empty, "")
        yield database

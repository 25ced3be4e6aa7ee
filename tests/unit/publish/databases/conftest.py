from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tempdata_dagster.publish.databases import open_database
from tests.unit.publish.databases.servers import MariaDB, PostgreSQL, run_mariadb, run_postgresql
from tests.unit.publish.databases.shop import Shop

KINDS = ["sqlite", "duckdb", "postgresql", "mysql"]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with run_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    with run_mariadb() as server:
        yield server


def open_shop(kind: str, request: pytest.FixtureRequest) -> Shop:
    """An empty database; each test has one of its own."""
    name = f"shop_{uuid.uuid4().hex[:12]}"
    if kind in ("sqlite", "duckdb"):
        return Shop(open_database(f"{kind}:///{request.getfixturevalue('tmp_path')}/{name}.db"))
    if kind == "postgresql":
        host = request.getfixturevalue("postgresql").host
        # What libpq reads: the URL has no place for a folder of sockets.
        request.getfixturevalue("monkeypatch").setenv("PGHOST", str(host))
        return Shop(open_database("postgresql:///postgres", {"user": "postgres"}), name)
    import pymysql

    server = request.getfixturevalue("mariadb")
    with pymysql.connect(host="127.0.0.1", port=server.port, user="root") as connection:
        connection.cursor().execute(f"CREATE DATABASE {name}")
    return Shop(open_database(f"mysql://127.0.0.1:{server.port}/{name}", {"user": "root"}))


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest) -> Shop:
    return open_shop(request.param, request)


@pytest.fixture
def pg_shop(request: pytest.FixtureRequest) -> Shop:
    return open_shop("postgresql", request)


@pytest.fixture
def my_shop(request: pytest.FixtureRequest) -> Shop:
    return open_shop("mysql", request)


@pytest.fixture
def lite_shop(request: pytest.FixtureRequest) -> Shop:
    return open_shop("sqlite", request)

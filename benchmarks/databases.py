"""Publishing to databases against their own bulk loaders: the same rows into the same table, from a file that is ready."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from benchmarks.jobs import open_spec
from benchmarks.measure import REPEATS
from benchmarks.report import Section, judge, millions
from tempdata_dagster.core.content import hash_batches
from tempdata_dagster.publish.databases import Database, open_database
from tempdata_dagster.publish.keys import TableKeys
from tempdata_dagster.publish.manifest import Manifest, describe_schema, now

GOAL = 1.5
TABLE = "customers"


@dataclass(frozen=True)
class Rows:
    """What is loaded: as batches, and as the files that the databases' own loaders read."""

    table: pa.Table
    keys: TableKeys
    folder: Path

    @property
    def manifest(self) -> Manifest:
        """What publishing is told of them."""
        batches = self.table.to_batches()
        return Manifest(
            dataset="shop", table=TABLE, rows=self.table.num_rows, bytes=0, files=(), table_keys=self.keys, run_id="benchmark",
            content_hash=hash_batches(self.table.schema, batches), published_at=now(), **describe_schema(self.table.schema),
        )  # fmt: skip

    def empty(self, database: Database) -> str:
        """Make the same table anew, without rows, for the database's own loader; returns its quoted name."""
        space, name = database.space("shop"), database.table_name("shop", "peer")
        with database.session("prepare") as session:
            session.begin()
            if space.schema:
                session.execute(database.dialect.create_schema(space.schema))
            if session.columns(space, "peer"):
                session.execute(f"DROP TABLE {name}")
            session.execute(database.dialect.create_table(space, "peer", self.table.schema, self.keys))
            session.commit()
        return name


def measure_databases(*, quick: bool) -> Section:
    """The ratio of publishing to loading a file that is ready."""
    section = Section(
        "Databases", ("database", "own loader", "own s", "publish s", "rows/s", "ratio"),
    )  # fmt: skip
    plan = open_spec("customers.yaml")
    part = plan.parts(TABLE, None, 50_000 if quick else 500_000)[0]
    contract = plan.contract(TABLE)
    with TemporaryDirectory() as folder, ExitStack() as stack:
        # Servers run as users of their own.
        Path(folder).chmod(0o755)
        table = pa.Table.from_batches(list(plan.batches(part)), contract.schema)
        rows = Rows(table, TableKeys.of(contract), Path(folder))
        _write_files(rows)
        for name, begin in (
            ("sqlite", _sqlite),
            ("duckdb", _duckdb),
            ("postgresql", _postgresql),
            ("mariadb", _mariadb),
        ):
            database, loader, load = stack.enter_context(begin(rows))
            own, ours = _measure(rows, database, load)
            section.add(name, loader, f"{own:.2f}", f"{ours:.2f}", millions(table.num_rows / ours), f"{ours / own:.2f}")
            goal = f"goal: {name} in at most {GOAL} times {loader}; {ours / own:.2f} times"
            section.notes.append(judge(goal, holds=ours / own <= GOAL))
    section.notes.append(
        f"{table.num_rows:,} rows of {table.num_columns} columns; by the clock, client and server on one core; publishing includes both digests"
        " of the rows, the manifest and the commit; both fill the same table with its keys"
    )
    return section


def _write_files(rows: Rows) -> None:
    plain = pa.table(
        {
            name: column.cast(_plain(column.type))
            for name, column in zip(rows.table.column_names, rows.table.columns, strict=True)
        }
    )
    pacsv.write_csv(plain, rows.folder / "rows.csv", pacsv.WriteOptions(include_header=False))
    pq.write_table(rows.table, rows.folder / "rows.parquet")
    for file in rows.folder.iterdir():
        file.chmod(0o644)


def _plain(kind: pa.DataType) -> pa.DataType:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else pa.int8() if pa.types.is_boolean(kind) else kind


def _measure(rows: Rows, database: Database, load: Callable[[], None]) -> tuple[float, float]:
    manifest, taken = rows.manifest, {"own": list[float](), "ours": list[float]()}
    batches = rows.table.to_batches(max_chunksize=65_536)

    def publish() -> None:
        database.publish(manifest.ref, lambda: iter(batches), manifest.schema, manifest)

    for _ in range(REPEATS):
        rows.empty(database)
        database.drop("shop", TABLE)
        for name, work in (("own", load), ("ours", publish)):
            start = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - start)
    return median(taken["own"]), median(taken["ours"])


Begun = tuple[Database, str, Callable[[], None]]


@contextmanager
def _sqlite(rows: Rows) -> Iterator[Begun]:
    database = open_database(f"sqlite:///{rows.folder / 'rows.db'}")
    frame = pq.read_table(rows.folder / "rows.parquet").to_pandas()
    for name, column in frame.items():
        # pandas hands values on as they are, and SQLite takes no decimals.
        if column.dtype == object:
            frame[name] = column.map(lambda one: one if one is None or isinstance(one, (str, bytes)) else str(one))

    def load() -> None:
        with closing(sqlite3.connect(database.address.path)) as connection:
            frame.to_sql("peer", connection, if_exists="append", index=False)
            connection.commit()

    yield database, "pandas.to_sql", load


@contextmanager
def _duckdb(rows: Rows) -> Iterator[Begun]:
    import duckdb

    database = open_database(f"duckdb:///{rows.folder / 'rows.duckdb'}")

    def load() -> None:
        with duckdb.connect(database.address.path) as connection:
            connection.execute("SET threads = 1")
            connection.execute(f"COPY {database.table_name('shop', 'peer')} FROM '{rows.folder / 'rows.parquet'}'")

    yield database, "COPY of Parquet", load


@contextmanager
def _postgresql(rows: Rows) -> Iterator[Begun]:
    from tests.unit.publish.databases.servers import run_postgresql

    with run_postgresql() as server:
        before = os.environ.get("PGHOST")
        os.environ["PGHOST"] = str(server.host)
        database = open_database("postgresql:///postgres", {"user": "postgres"})
        copy = f"\\copy {database.table_name('shop', 'peer')} from '{rows.folder / 'rows.csv'}' csv"
        command = [str(server.programs / "psql"), "-U", "postgres", "-d", "postgres", "-qc", copy]
        try:
            yield database, "\\copy of CSV", lambda: _run(command)
        finally:
            os.environ.pop("PGHOST")
            os.environ.update({"PGHOST": before} if before else {})


@contextmanager
def _mariadb(rows: Rows) -> Iterator[Begun]:
    from tests.unit.publish.databases.servers import run_mariadb

    with run_mariadb() as server:
        address: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "user": "root"}
        import pymysql

        with pymysql.connect(**address) as connection:
            connection.cursor().execute("CREATE DATABASE shop")
        database = open_database(f"mariadb://127.0.0.1:{server.port}/shop", {"user": "root"})
        path = rows.folder / "rows.csv"
        sql = (
            f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE peer CHARACTER SET utf8mb4 "
            "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n'"
        )

        def load() -> None:
            with pymysql.connect(**address, database="shop", local_infile=True) as connection:
                connection.cursor().execute(sql)
                connection.commit()

        yield database, "LOAD DATA of CSV", load


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

"""What publishing to a table format costs beside the format's own library, which writes and commits the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pyarrow as pa

from benchmarks.jobs import open_spec
from benchmarks.measure import REPEATS
from benchmarks.report import Section, judge
from tempdata_dagster.core.partition import Period
from tempdata_dagster.publish import PartitionFacts, PartitionRef, Target

GOAL = 1.3
TABLES = (("tpch.yaml", "lineitem"), ("customers.yaml", "customers"))
DAY = "2026-01-31"


def measure_tables(*, quick: bool) -> Section:
    """Finished rows published as Delta Lake and Iceberg, against `write_deltalake` and pyiceberg's `overwrite`."""
    section = Section(
        "Publishing to table formats against their own libraries",
        ("table, format", "rows", "library s", "tempdata s", "ratio"),
    )
    for spec, table in TABLES:
        plan = open_spec(spec)
        part = plan.parts(table, None, 200_000 if quick else 1_000_000)[0]
        rows = pa.Table.from_batches(list(plan.batches(part)), plan.contract(table).schema)
        for name, write in (("delta", write_delta), ("iceberg", write_iceberg)):
            ours, theirs = _measure(name, write, rows)
            ratio = ours / theirs
            section.add(f"{table}, {name}", f"{rows.num_rows:,}", f"{theirs:.2f}", f"{ours:.2f}", f"{ratio:.2f}")
            text = f"goal: {table} as {name} in at most {GOAL} times its own library; {ratio:.2f} times"
            section.notes.append(judge(text, holds=ratio <= GOAL))
    section.notes.append(
        "a partition is replaced; tempdata stages, hashes, reads back, moves and commits, and writes its manifest; "
        "seconds by the clock, Snappy everywhere"
    )
    return section


def publish(folder: Path, name: str, rows: pa.Table) -> None:
    """A partition, as tempdata publishes it."""
    with Target.open(folder / name, {"format": name}).stage(PartitionRef("shop", "rows", Period.DAY, DAY)) as staging:
        staging.write_part(0, rows.schema, rows.to_batches(), {})
        staging.publish(PartitionFacts())


def with_day(rows: pa.Table) -> pa.Table:
    """The rows with the column that they are partitioned by, and without dictionaries, which the libraries do not take."""
    plain = {field.name: field.type for field in rows.schema}
    columns = [
        column.cast(plain[name].value_type) if pa.types.is_dictionary(plain[name]) else column
        for name, column in zip(rows.column_names, rows.columns, strict=True)
    ]
    table = pa.table(columns, rows.column_names)
    return table.append_column("date", pa.repeat(pa.scalar(DAY).cast(pa.date32()), rows.num_rows))


def write_delta(folder: Path, rows: pa.Table) -> None:
    """A partition, as deltalake replaces it."""
    from deltalake import write_deltalake

    place = str(folder / "own")
    if (folder / "own").exists():
        write_deltalake(place, rows, mode="overwrite", predicate=f"date = '{DAY}'", partition_by=["date"])
    else:
        write_deltalake(place, rows, partition_by=["date"])


def write_iceberg(folder: Path, rows: pa.Table) -> None:
    """A partition, as pyiceberg replaces it."""
    from pyiceberg.catalog.sql import SqlCatalog

    folder.mkdir(parents=True, exist_ok=True)
    catalog = SqlCatalog("own", uri=f"sqlite:///{folder}/own.db", warehouse=str(folder / "own"))
    try:
        if not catalog.namespace_exists("shop"):
            catalog.create_namespace("shop")
            properties = {"write.parquet.compression-codec": "snappy"}
            table = catalog.create_table("shop.rows", rows.schema, properties=properties)
            with table.update_spec() as update:
                update.add_identity("date")
        catalog.load_table("shop.rows").dynamic_partition_overwrite(rows)
    finally:
        catalog.engine.dispose()


def _measure(name: str, write: Callable[[Path, pa.Table], None], rows: pa.Table) -> tuple[float, float]:
    ours, theirs = [], []
    dated = with_day(rows)
    with TemporaryDirectory() as folder:
        # The first time imports the library and creates the table.
        for number in range(REPEATS + 1):
            # Other rows each time: what is unchanged is not published.
            some, same = rows.slice(number), dated.slice(number)
            theirs.append(_time(lambda same=same: write(Path(folder), same)))  # type: ignore[misc]
            ours.append(_time(lambda some=some: publish(Path(folder), name, some)))  # type: ignore[misc]
    return median(ours[1:]), median(theirs[1:])


def _time(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start

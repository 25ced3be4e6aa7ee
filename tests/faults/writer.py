"""A process that publishes versions of a small lake, each in a child of its own that the test may kill.

Reads a version per line from stdin, answers with the child's process id, and to the next line with its status. The
imports are paid once, and the children are forked before Arrow has started a thread.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as pads

from tempdata_dagster.core.partition import Period
from tempdata_dagster.publish import PartitionFacts, PartitionRef, Target

KEYS = ("2026-01-01", "2026-01-02", "2026-01-03")
SCHEMA = pa.schema([("version", pa.int64()), ("part", pa.int64()), ("number", pa.int64())])


def parts_of(version: int) -> int:
    return (1, 1, 2, 3)[version % 4]


def rows_of(version: int, part: int) -> int:
    return 40 + version % 7 + part


def publish_partition(root: str | Path, version: int, key: str, options: dict | None = None) -> str:
    return publish_to(Target.open(root, options), version, key)


def publish_to(target: Target, version: int, key: str) -> str:
    with target.stage(PartitionRef("retail", "orders", Period.DAY, key)) as staging:
        for part in range(parts_of(version)):
            rows = rows_of(version, part)
            columns = [[version] * rows, [part] * rows, list(range(rows))]
            staging.write_part(part, SCHEMA, [pa.record_batch(columns, SCHEMA)])
        return staging.publish(PartitionFacts(seed=version)).status


def read_version(table: pa.Table) -> int:
    """The one version that the rows of a partition are of.

    Raises:
        AssertionError: They are of several, or some are missing, or some are there twice.
    """
    versions = set(table["version"].to_pylist())
    assert len(versions) == 1, f"a mix of versions {versions}"
    version = versions.pop()
    expected = [(part, number) for part in range(parts_of(version)) for number in range(rows_of(version, part))]
    found = sorted(zip(table["part"].to_pylist(), table["number"].to_pylist(), strict=True))
    assert found == expected, f"version {version} is not whole"
    return version


def read_plainly(root: str | Path, key: str) -> int:
    """The version that a reader sees who knows nothing but the folder."""
    while True:
        # A listing from before a publication names files that are no longer there. Reading them says so; Arrow's own listing
        # passes over them, and finds a table without columns. Either way the reader knows, and lists again.
        with suppress(FileNotFoundError):
            found = pads.dataset(f"{root}/retail/orders/date={key}")
            if found.schema.names:
                return read_version(found.to_table())


def serve(root: str, file_format: str = "parquet") -> None:
    # The libraries of table formats are slow to import: once, before the children are forked.
    for module in {"delta": ("deltalake",), "iceberg": ("pyiceberg.catalog.sql", "pyiceberg.io.pyarrow")}.get(
        file_format, ()
    ):
        import_module(module)
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            for key in KEYS:
                publish_partition(root, int(line), key, {"format": file_format})
            os._exit(0)
        print(child, flush=True)
        sys.stdin.readline()  # not reaped before the test asks: its id stays its own
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])

"""What is measured in a process of its own: `python -m benchmarks.jobs NAME ARGUMENTS`; prints what it found as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from benchmarks import peers
from tempdata_dagster.engine.plan import BLOCK_ROWS, Plan
from tempdata_dagster.generate import open_plan

if TYPE_CHECKING:
    from tempdata_dagster.publish.manifest import Manifest

SPECS = Path(__file__).parent / "specs"
DATASETS = Path(__file__).parent.parent / "configs" / "datasets"
RUN_ID = "benchmark"
Told = dict[str, Any]


@contextmanager
def timed(told: Told, name: str) -> Iterator[None]:
    """Adds the processor seconds of a block to what is told."""
    start = time.process_time()
    yield
    told[name] = told.get(name, 0.0) + time.process_time() - start


def open_spec(spec: str, rows: int | None = None) -> Plan:
    """The plan of a dataset; of `rows` million rows for those whose root has a million."""
    path = SPECS / spec if (SPECS / spec).exists() else DATASETS / spec
    return open_plan(path, scale=rows / 1_000_000 if rows else 1.0)


def build(spec: str, table: str, scale: float = 1.0) -> Told:
    """Compute a table's columns and keep none."""
    plan = open_spec(spec, int(scale * 1_000_000))
    told: Told = {"rows": 0}
    with timed(told, "work"):
        for part in plan.parts(table, None):
            told["rows"] += sum(batch.num_rows for batch in plan.batches(part))
    return told


def save(spec: str, table: str, scale: float = 1.0) -> Told:
    """Generate a table into Parquet files and do nothing else, as the programs do that it is compared with."""
    import pyarrow.parquet as pq

    from tempdata_dagster.publish.formats.parquet import GROUP_ROWS, ParquetOptions, settings_for

    plan = open_spec(spec, int(scale * 1_000_000))
    schema = plan.contract(table).schema
    told: Told = {"rows": 0}
    with timed(told, "work"):
        for part in plan.parts(table, None):
            batches = plan.batches(part)
            head = pa.Table.from_batches([next(batches)], schema)
            with pq.ParquetWriter(f"{part.index}.parquet", schema, **settings_for(head, ParquetOptions())) as writer:
                for group in group_batches(head, batches):
                    told["rows"] += group.num_rows
                    writer.write_table(group, row_group_size=GROUP_ROWS)
    return told


def group_batches(head: pa.Table, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Tables of about a row group each."""
    from tempdata_dagster.publish.formats.parquet import GROUP_ROWS

    held = head
    for batch in batches:
        if held.num_rows + batch.num_rows > GROUP_ROWS:
            yield held
            held = held.slice(0, 0)
        held = pa.concat_tables([held, pa.Table.from_batches([batch], head.schema)])
    yield held


def store(spec: str, table: str, scale: float = 1.0) -> Told:
    """Generate a table into a lake in the current folder: staged, hashed, read back and published; not audited."""
    plan = open_spec(spec, int(scale * 1_000_000))
    told: Told = {}
    with timed(told, "work"):
        manifest = publish(plan, table, None)
    return told | {"rows": manifest.rows, "bytes": manifest.bytes}


def publish(plan: Plan, table: str, key: str | None) -> Manifest:
    """One partition, into a lake in the current folder."""
    from tempdata_dagster.publish.layout import PartitionRef
    from tempdata_dagster.publish.manifest import PartitionFacts
    from tempdata_dagster.publish.target import Target
    from tempdata_dagster.refresh import write_part

    target = Target.open("lake")
    ref = PartitionRef(plan.dataset.dataset, table, plan.period(table), key)
    with target.stage(ref, RUN_ID) as staging:
        for part in plan.parts(table, key):
            write_part(plan, part, ref, [target], RUN_ID, BLOCK_ROWS)
        return staging.publish(PartitionFacts()).manifest


def audited(spec: str, table: str, suite: bool, scale: float = 1.0) -> Told:
    """Audit a table that is in memory, natively, or with the Great Expectations suite too."""
    import pyarrow.dataset as pads

    from tempdata_dagster.checks.audit import audit
    from tempdata_dagster.checks.compile import compile_checks
    from tempdata_dagster.checks.model import AuditContext

    plan = open_spec(spec, int(scale * 1_000_000))
    contract = plan.contract(table)
    rows = pa.Table.from_batches([batch for part in plan.parts(table, None) for batch in plan.batches(part)])
    told: Told = {"rows": rows.num_rows}
    with timed(told, "work"):
        context = AuditContext(key=None, published=lambda _: None)
        results = audit(contract, pads.dataset(rows), context, compile_checks(contract, suite=suite))
    return told | {"checks": len(results), "failed": sum(result.blocks for result in results)}


def peak(table: str, rows: int, lake: bool, file_format: str = "parquet") -> Told:
    """Generate and encode a table of about so many rows, in memory that does not grow; into a lake, or thrown away."""
    from tempdata_dagster.publish.formats import FORMATS

    per_root = {"accounts": 1, "bookings": 4, "events": 1}[table]
    plan = open_spec("memory.yaml", rows // per_root)
    key = "2025-01-02" if plan.period(table) else None
    if lake:
        return {"rows": publish(plan, table, key).rows}
    written = 0
    for part in plan.parts(table, key):
        schema = plan.contract(table).schema
        written += FORMATS.get(file_format)({}).write(Nowhere(), schema, plan.batches(part), {}).rows
    return {"rows": written}


class Nowhere:
    """A file that keeps nothing."""

    def write(self, data: bytes) -> int:
        """Count the bytes."""
        return len(data)

    def commit(self) -> None:
        """Nothing to keep."""

    def abort(self) -> None:
        """Nothing to drop."""


JOBS: dict[str, Callable[..., Told]] = {
    "build": build,
    "save": save,
    "store": store,
    "audit": audited,
    "peak": peak,
    "faker": peers.draw_faker,
    "mimesis": peers.draw_mimesis,
    "duckdb": peers.draw_duckdb,
}


if __name__ == "__main__":
    pa.set_cpu_count(1)
    print(json.dumps(JOBS[sys.argv[1]](**json.loads(sys.argv[2]))))

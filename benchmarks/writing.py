"""What generating costs on top of writing: the same rows written while they are generated, and when they are finished."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.jobs import Nowhere, open_spec
from benchmarks.measure import REPEATS
from benchmarks.report import Section, judge
from tempdata_dagster.engine.plan import Part, Plan
from tempdata_dagster.publish.formats.parquet import GROUP_ROWS, Parquet, ParquetOptions, settings_for

GOAL = 1.5
TABLES = (("tpch.yaml", "lineitem"), ("customers.yaml", "customers"))
COMPRESSION = {"compression": "snappy"}


def measure_writing(*, quick: bool) -> Section:
    """The ratio of generating and writing to writing alone."""
    section = Section(
        "Generating and writing against writing finished rows",
        ("table", "rows", "write s", "generate and write s", "ratio", "with both hashes s", "ratio"),
    )
    for spec, table in TABLES:
        plan = open_spec(spec)
        part = plan.parts(table, None, 200_000 if quick else 1_000_000)[0]
        for name, settings in (("pyarrow's defaults", COMPRESSION), ("the same settings", _own_settings(plan, part))):
            seconds = _measure(plan, part, settings)
            alone, both, hashed = (seconds[way] for way in ("alone", "both", "hashed"))
            section.add(
                f"{table}, {name}", f"{part.rows:,.0f}", f"{alone:.2f}", f"{both:.2f}", f"{both / alone:.2f}",
                f"{hashed:.2f}", f"{hashed / alone:.2f}",
            )  # fmt: skip
            if settings is COMPRESSION:
                text = f"goal: {table} generated, hashed and written in at most {GOAL} times pq.write_table; {hashed / alone:.2f} times"
                section.notes.append(judge(text, holds=hashed / alone <= GOAL))
    section.notes.append(
        "with both hashes: the writer as it runs, with the content hash of the rows and the SHA-256 of the file; "
        "the same settings: those of that writer, which takes less than pyarrow's defaults"
    )
    return section


def _own_settings(plan: Plan, part: Part) -> dict[str, Any]:
    first = pa.Table.from_batches([next(plan.batches(part))])
    return {**settings_for(first, ParquetOptions()), "row_group_size": GROUP_ROWS}


def _measure(plan: Plan, part: Part, settings: dict[str, Any]) -> dict[str, float]:
    schema = plan.contract(part.table).schema
    finished = pa.Table.from_batches(list(plan.batches(part)), schema)
    taken: dict[str, list[float]] = {"alone": [], "both": [], "hashed": []}
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "rows.parquet")

        def write_alone() -> None:
            pq.write_table(finished, path, **settings)

        def write_both() -> None:
            rows = pa.Table.from_batches(list(plan.batches(part)), schema)
            pq.write_table(rows, path, **settings)

        def write_hashed() -> None:
            Parquet({}).write(Nowhere(), schema, plan.batches(part), {})

        for _ in range(REPEATS):
            for name, work in (("alone", write_alone), ("both", write_both), ("hashed", write_hashed)):
                start = time.process_time()
                work()
                taken[name].append(time.process_time() - start)
    return {name: median(seconds) for name, seconds in taken.items()}

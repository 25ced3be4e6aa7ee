"""Rows per second of every kind, from its contract case, next to a plain numpy draw and other generators in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks.machine import is_missing
from benchmarks.peers import make_faker, make_mimesis
from benchmarks.report import Section, millions
from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.plan import BLOCK_ROWS
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.generators import KINDS
from tests.contracts.cases import Case, Column, case_path, load_case

REPEATS = 7


def median_seconds(work: Callable[[], object]) -> float:
    """The median time of some runs."""
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return sorted(seconds)[REPEATS // 2]


def block_of(case: Case, table: str) -> Addresses:
    """A block of addresses: those of the table's last partition in the case, repeated until they are enough."""
    *_, last = case.frames(table, keys=case.keys(table)[-1:])
    rows = last.rows.take(np.resize(np.arange(len(last)), BLOCK_ROWS))
    partition = np.unique(rows.partitions)
    return Addresses(int(partition[0]), rows.ordinal) if len(partition) == 1 else rows


def measure(case: Case, column: Column) -> float:
    """Rows per second of one column, without those that it is computed from."""
    relation, rows = case.plan.relations[column.table], block_of(case, column.table)
    others = Frame(relation, rows)
    needed = [name for name in relation.columns if name != column.name]
    for name in needed:
        others.column(name)

    def fresh() -> Frame:
        return others.take(np.arange(len(rows)))

    frames = [fresh() for _ in range(REPEATS)]
    return len(rows) / median_seconds(lambda: relation.columns[column.name].fill(frames.pop()))


def measure_kinds(*, quick: bool) -> Section:
    """Every column of every kind's contract case, next to a plain draw and to what the kind's peers need for one value."""
    generator = np.random.default_rng(1)
    baseline = BLOCK_ROWS / median_seconds(lambda: generator.random(BLOCK_ROWS))
    section = Section(
        f"Kinds, in blocks of {BLOCK_ROWS:,} rows", ("kind", "column", "rows/s", "numpy's draw = 1", "Faker", "Mimesis")
    )
    values = 200 if quick else 2_000
    faker, mimesis = make_faker(), make_mimesis()
    for kind in KINDS:
        if not case_path(kind).exists():
            continue
        case = load_case(kind)
        beside = [_rate(calls.get(kind), values) for calls in (faker, mimesis)]
        for column in case.columns[:1] if quick else case.columns:
            speed = measure(case, column)
            times = ["" if rate is None else f"{speed / rate:,.0f} x" for rate in beside]
            section.add(kind, column, millions(speed), f"{speed / baseline:.2f}", *times)
    section.notes += [
        f"numpy's Generator.random: {millions(baseline)} rows/s; medians of {REPEATS} blocks; without the columns that a column reads",
        "Faker, Mimesis: how many times as fast as one call per value of the closest method, whichever the column's settings",
    ]
    section.notes += [missing] if (missing := is_missing("mimesis")) else []
    return section


def _rate(call: Callable[[], object] | None, values: int) -> float | None:
    if call is None:
        return None
    return values / median_seconds(lambda: [call() for _ in range(values)])

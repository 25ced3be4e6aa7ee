"""Rows per second of every kind, from its contract case, next to a plain numpy draw in the same run.

python -m benchmarks.kinds [KIND ...]
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

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


def main(chosen: list[str]) -> None:
    """Print the table."""
    generator = np.random.default_rng(1)
    baseline = BLOCK_ROWS / median_seconds(lambda: generator.random(BLOCK_ROWS))
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, pyarrow {pa.__version__}"
    print(f"{platform.machine()}, {versions}; blocks of {BLOCK_ROWS:,} rows, medians of {REPEATS} runs, one core")
    print(f"numpy's Generator.random: {baseline / 1e6:.0f} M rows/s = 1.00\n")
    print(f"{'kind':12} {'column':28} {'M rows/s':>9} {'ratio':>6}  type")
    for kind in chosen or list(KINDS):
        if not case_path(kind).exists():
            continue
        case = load_case(kind)
        for column in case.columns:
            speed = measure(case, column)
            shown = str(case.binding(column).type)[:40]
            print(f"{kind:12} {column!s:28} {speed / 1e6:9.1f} {speed / baseline:6.2f}  {shown}")


if __name__ == "__main__":
    main(sys.argv[1:])

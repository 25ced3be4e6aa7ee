"""Makes the layout of a table from its `rows:`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.errors import Problem
from tempdata_dagster.engine import portable
from tempdata_dagster.engine.arrays import plain
from tempdata_dagster.engine.calendar import Calendar
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.layout import ChildLayout, GridLayout, Layout, PeriodLayout, StaticLayout
from tempdata_dagster.engine.relation import Frame, Relation
from tempdata_dagster.engine.streams import Stream, below
from tempdata_dagster.engine.timing.business import is_known
from tempdata_dagster.spec.rows import ChildRows, FileRows, GridRows, PeriodRows, StaticRows

if TYPE_CHECKING:
    from tempdata_dagster.engine.binder import Binder

_LEAST_BITS = 8
_MAX_TABLE = 1_100_000


def make_layout(binder: Binder, table: str) -> Layout:
    """The layout of a table whose parents' relations exist already."""
    dataset = binder.dataset
    rows = dataset.tables[table].rows
    start = dataset.start or date(1970, 1, 1)
    stream = Stream.of(dataset.seed, dataset.dataset, table, "", "rows")
    if isinstance(rows, StaticRows):
        return StaticLayout(count=rows.count)
    if isinstance(rows, FileRows):
        return StaticLayout(count=binder.reference_table(table).num_rows)
    if isinstance(rows, PeriodRows):
        return PeriodLayout(Calendar(_check_holidays(binder, table, rows), start, stream))
    if isinstance(rows, GridRows):
        micros = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp()) * 1_000_000
        return GridLayout(binder.relations[rows.per], rows.every, rows.partition, micros)
    return _make_children(rows, binder.relations[rows.per], stream)


def _check_holidays(binder: Binder, table: str, rows: PeriodRows) -> PeriodRows:
    """The rows, without holidays that are not known; that is noted."""
    if rows.holidays is None or is_known(rows.holidays.country):
        return rows
    hint = "write the ISO code of a country that the package holidays has, such as US"
    message = f"the holidays of '{rows.holidays.country}' are not known"
    binder.problems.append(Problem("TD2080", message, ("tables", table, "rows", "holidays"), hint))
    return rows.model_copy(update={"holidays": None})


def _make_children(rows: ChildRows, parent: Relation, stream: Stream) -> ChildLayout:
    weights = child_weights(rows)
    first = rows.min
    mean = float(np.dot(weights, np.arange(first, first + len(weights))) / weights.sum()) * rows.share
    largest = first + len(weights) - 1
    count = _count_by(rows, weights, stream)
    return ChildLayout(parent, count, max(largest.bit_length(), _LEAST_BITS), mean, max(largest, 1))


def child_weights(rows: ChildRows) -> np.ndarray:
    """The probabilities (unnormalised) of `min`, `min + 1`, ... children, float64."""
    mean = rows.mean if rows.mean is not None else float(max(rows.min, 1))
    if rows.distribution == "uniform":
        return np.ones((rows.max or rows.min) - rows.min + 1)
    if rows.distribution == "fixed":
        low = int(mean)
        weights = np.zeros(max(low, rows.min) - rows.min + 2)
        weights[low - rows.min] = 1.0 - (mean - low)
        weights[low - rows.min + 1] = mean - low
        return np.trim_zeros(weights, "b")
    if rows.distribution == "geometric":
        extra = mean - rows.min
        last = rows.max if rows.max is not None else int(rows.min + 30 * extra + 10)
        steps = np.arange(min(last - rows.min, _MAX_TABLE) + 1)
        return portable.power(max(extra / (extra + 1.0), 1e-12), steps)
    last = rows.max if rows.max is not None else int(mean + 12 * mean**0.5 + 12)
    counts = np.arange(rows.min, min(last, rows.min + _MAX_TABLE) + 1)
    logs = np.concatenate([[0.0], np.cumsum(portable.log(np.arange(1.0, counts[-1] + 1)))])
    return portable.exp(counts * portable.log(max(mean, 1e-12)) - mean - logs[counts])


def _count_by(rows: ChildRows, weights: np.ndarray, stream: Stream) -> Callable[[Frame], np.ndarray]:
    table = DiscreteTable(weights) if len(weights) > 1 else None
    uniform = rows.distribution == "uniform"
    some = Stream(stream.high, stream.low)

    def count(parent: Frame) -> np.ndarray:
        if table is None:
            counts = np.full(len(parent), rows.min + len(weights) - 1, dtype=np.int64)
        elif uniform:
            counts = rows.min + below(stream.bits(parent.rows), len(weights))
        else:
            counts = rows.min + table.look_up(stream.bits(parent.rows)).astype(np.int64)
        if rows.share < 1:
            counts = np.where(some.uniform(parent.rows) < rows.share, counts, 0)
        for name, values in rows.when.items():
            counts = np.where(_holds(parent.column(name), values), counts, 0)
        return counts

    return count


def _holds(cells: pa.Array, values: tuple[str | int | bool, ...]) -> np.ndarray:
    found = pc.is_in(plain(cells), value_set=pa.array(values, type=plain(cells[:0]).type))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)

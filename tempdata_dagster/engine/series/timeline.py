"""Which series each row belongs to, and which moment of it: what a kind along time asks of its table first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.partition import DAY_US
from tempdata_dagster.engine.arrays import is_null, plain, unwrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.layout import ChildLayout, GridLayout
from tempdata_dagster.engine.relation import Binding, Frame, Located
from tempdata_dagster.engine.streams import Stream

# Steps are counted from 1970 to this many microseconds later: no path ends before the last partition there can be.
_AXIS_US = 400 * 366 * DAY_US
Cells = Callable[[Frame], pa.Array]
Numbers = Callable[[Frame], tuple[np.ndarray, np.ndarray | None]]


@dataclass(frozen=True)
class Timeline:
    """The rows of a table as moments of series.

    Attributes:
        scope: The column's.
        entity: The table whose rows are the series: the grid's parent, for example; empty if there is one series only.
        tick: Microseconds of a step.
        moment: Microseconds since 1970 of each row, int64 of shape `(n,)`.
        locate: The rows of `entity`; None if there is one series only.
        at: The column that has the moments, if one does.
        process: The name of what is drawn, if other tables of the entity draw it too.
    """

    scope: Scope
    entity: str
    tick: int
    moment: Callable[[Frame], np.ndarray]
    locate: Callable[[Frame], Located] | None
    at: str | None
    process: str | None

    @property
    def top(self) -> int:
        """The level of the cell that holds all steps there can be."""
        return int(_AXIS_US // self.tick).bit_length()

    def stream(self, lane: str) -> Stream:
        """The bits of a component: the column's own, or the process's."""
        if self.process is None:
            return self.scope.stream(lane)
        dataset = self.scope.dataset
        return Stream.of(dataset.seed, dataset.dataset, self.entity, "", f"process/{self.process}", lane)

    def series(self, frame: Frame) -> np.ndarray:
        """The identity of each row's series, uint64 of shape `(n,)`."""
        if self.locate is None:
            return np.zeros(len(frame), dtype=np.uint64)
        rows = self.locate(frame).frame.rows
        return Stream.of("series").mix(rows.ordinal, rows.partition)

    def steps(self, micros: np.ndarray) -> np.ndarray:
        """The number of the step that holds each moment, int64 of shape `(n,)`."""
        return np.asarray(np.clip(micros // self.tick, 0, (1 << self.top) - 1))

    def missing(self, frame: Frame) -> np.ndarray | None:
        """Which rows have no moment or no series; None if all have both."""
        missing = self.locate(frame).missing if self.locate else None
        if self.at is not None and (cells := frame.column(self.at)).null_count:
            return is_null(cells) if missing is None else is_null(cells) | missing
        return missing

    def column(self, name: str, path: str) -> tuple[Binding, Cells]:
        """A column of the entity, as seen from each row.

        Raises:
            UnboundError: There is none; the problem is noted.
        """
        if self.locate is None:
            return self.scope.column(name, path), lambda frame: frame.column(name)
        locate = self.locate
        return self.scope.column_of(self.entity, name, path), lambda frame: locate(frame).frame.column(name)

    def number(self, setting: float | str, path: str) -> tuple[Numbers, bool]:
        """A number for each row: one for all, or that of a column of the entity; and whether it can be null.

        Raises:
            UnboundError: The column holds no numbers; the problem is noted.
        """
        if not isinstance(setting, str):
            return lambda frame: (np.full(len(frame), float(setting)), None), False
        binding, cells = self.column(setting, path)
        if not (pa.types.is_integer(binding.type) or pa.types.is_floating(binding.type)) and not pa.types.is_decimal(
            binding.type
        ):
            self.scope.fail("TD2078", f"'{setting}' holds no numbers", path, hint="name a number or an integer")

        def read(frame: Frame) -> tuple[np.ndarray, np.ndarray | None]:
            found = cells(frame)
            null = is_null(found) if found.null_count else None
            if pa.types.is_decimal(found.type) and found.type.precision <= 18:
                values = unwrap(found) / float(10**found.type.scale)
            else:
                values = pc.fill_null(found.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
            return values if null is None else np.where(null, 0.0, values), null

        return read, binding.nullable


def bind_timeline(
    scope: Scope, at: str | None, of: str | None, tick: int | None, process: str | None = None
) -> Timeline:
    """The moments and series of a column's table.

    Args:
        scope: The column's.
        at: A column with the moments; None for those of the grid.
        of: A reference to the rows that are the series; None for the parents.
        tick: Microseconds of a step; None for the grid's own.
        process: The name of what is drawn, if it is shared.

    Raises:
        UnboundError: The table has no moments by itself; the problem is noted.
    """
    layout = scope.rows_of(scope.table).layout
    if at is None and not isinstance(layout, GridLayout):
        hint = "make the table a grid (`rows: {per: <table>, every: 10min}`), or name a moment by `at` and a `tick`"
        scope.fail("TD2075", f"the rows of '{scope.table}' are no steps of a series", hint=hint)
    if tick is None and at is not None:
        scope.fail("TD2075", "how long a step is, is not known", "at", hint="give a `tick`, such as 1h")
    if isinstance(layout, GridLayout) and at is None:
        moment = _grid_moment(layout)
        if tick is not None and layout.every % tick:
            hint = f"take one that goes a whole number of times into {layout.every / 1e6:g}s"
            scope.fail("TD2076", "the tick does not divide the grid's interval", "tick", hint=hint)
        tick = tick or layout.every
    else:
        moment = _column_moment(scope, at or "")
    locate, entity = _bind_entity(scope, of)
    return Timeline(scope, entity, tick or DAY_US, moment, locate, at, process)


def _grid_moment(layout: GridLayout) -> Callable[[Frame], np.ndarray]:
    return lambda frame: layout.moment(frame.rows)


def _column_moment(scope: Scope, name: str) -> Callable[[Frame], np.ndarray]:
    kind = scope.column(name, "at").type
    if not (pa.types.is_timestamp(kind) or pa.types.is_date32(kind)):
        scope.fail("TD2026", f"'{name}' is no moment", "at", hint="name a timestamp or a date")
    unit = DAY_US if pa.types.is_date32(kind) else 1
    return lambda frame: unwrap(frame.column(name)).astype(np.int64) * unit


def _bind_entity(scope: Scope, of: str | None) -> tuple[Callable[[Frame], Located] | None, str]:
    if of is not None:
        reference = scope.column(of, "of")
        if reference.locate is None or reference.target is None:
            hint = "name a column of kind reference, or a lookup of one"
            scope.fail("TD2021", f"column '{of}' points to no table", "of", hint=hint)
        return lambda frame: frame.follow(of), reference.target
    layout = scope.relation.layout
    if isinstance(layout, (GridLayout, ChildLayout)):
        return lambda frame: Located(frame.parent()), layout.parent.name
    return None, ""


def hash_cells(cells: pa.Array) -> np.ndarray:
    """The identity of each cell's value, uint64 of shape `(n,)`; 0 for nulls."""
    coded = plain(cells).dictionary_encode() if not isinstance(cells, pa.DictionaryArray) else cells
    words = [_hash_value(value) for value in coded.dictionary.to_pylist()]
    known = np.array([*words, 0], dtype=np.uint64)
    return np.asarray(known[coded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)])


def _hash_value(value: object) -> int:
    return int.from_bytes(hashlib.blake2b(str(value).encode(), digest_size=8).digest(), "little")


def day_micros(day: date) -> int:
    """Microseconds from 1970 to the beginning of a day."""
    return (day - date(1970, 1, 1)).days * DAY_US

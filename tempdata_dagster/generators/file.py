"""The cells of a stored reference table."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.kind import Kind, Scope, UnboundError
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.types import TIMESTAMP
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.rows import FileRows

_CLOSED_SET, _MAX_DICTIONARY = 1_000, 65_536
_ORDERED = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_temporal)
_TAKEN = (*_ORDERED, pa.types.is_string, pa.types.is_boolean)


@KINDS.register("file")
class File(Kind):
    """A column of the reference file that the table takes its rows from (`rows: {file: countries.csv}`).

    A table with such rows and no columns of its own has all of the file's. Text with at most 65,536 values is
    dictionary-encoded.

    Example: {kind: file, column: currency}
    """

    column: str = Field(min_length=1, max_length=300, description="the column's name in the file")

    def bind(self, scope: Scope) -> Binding:
        """The file's cells at the rows' ordinals."""
        if not isinstance(scope.spec.rows, FileRows):
            hint = "set `rows: {file: ...}`, or look the value up through a reference"
            scope.fail("TD2033", f"the rows of '{scope.table}' come from no file", "column", hint=hint)
        scope.rows_of(scope.table)
        stored = scope.binder.reference_table(scope.table)
        if not stored.num_columns:
            raise UnboundError  # The file could not be read, which is noted already.
        if self.column not in stored.column_names:
            hint = closest(self.column, stored.column_names)
            scope.fail("TD2033", f"the file has no column '{self.column}'", "column", hint=hint)
        cells = _standardise(stored[self.column].combine_chunks())
        if not any(test(cells.type) for test in _TAKEN):
            scope.fail("TD2033", f"a cell cannot hold the {cells.type} of '{self.column}'", "column")
        if self.unique and not _is_distinct(cells):
            scope.fail("TD2008", f"'{self.column}' has values that stand twice in the file", "unique")
        return _describe(cells)


def _describe(cells: pa.Array) -> Binding:
    known = pc.unique(cells.drop_null())
    ordered = any(test(cells.type) for test in _ORDERED)
    ends = pc.min_max(known).as_py() if ordered and len(known) else {"min": None, "max": None}
    stored = cells
    if pa.types.is_string(cells.type) and len(known) <= _MAX_DICTIONARY:
        encoded = cells.dictionary_encode()
        stored = pa.DictionaryArray.from_arrays(encoded.indices.cast(pa.int32()), encoded.dictionary)

    def fill(frame: Frame) -> pa.Array:
        # Rows that found no parent ask for a row that a file without rows does not have.
        return stored.take(wrap(frame.rows.ordinal, pa.int64())) if len(stored) else pa.nulls(len(frame), stored.type)

    return Binding(
        stored.type,
        fill,
        nullable=cells.null_count > 0,
        minimum=ends["min"],
        maximum=ends["max"],
        values=tuple(known.to_pylist()) if len(known) <= _CLOSED_SET else None,
        distinct=_is_distinct(cells),
    )


def _is_distinct(cells: pa.Array) -> bool:
    """Whether no value stands twice; nulls aside."""
    return bool(pc.count_distinct(cells, mode="only_valid").as_py() == len(cells) - cells.null_count)


def _standardise(cells: pa.Array) -> pa.Array:
    """The array in the types that the engine writes: no dictionaries, 32-bit text offsets, microseconds in UTC."""
    if isinstance(cells, pa.DictionaryArray):
        cells = cells.dictionary_decode()
    if pa.types.is_large_string(cells.type) or pa.types.is_string_view(cells.type):
        return cells.cast(pa.string())
    if pa.types.is_timestamp(cells.type):
        return cells.cast(pa.timestamp("us", tz=cells.type.tz)).cast(TIMESTAMP)
    return cells.cast(pa.date32()) if pa.types.is_date64(cells.type) else cells

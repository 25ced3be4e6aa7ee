"""Columns whose cells go by a key: equal keys have equal values, wherever the rows are."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.addresses import STATIC, Addresses
from tempdata_dagster.engine.arrays import is_null, unwrap
from tempdata_dagster.engine.kind import HIDDEN, Scope
from tempdata_dagster.engine.relation import Binding, Frame, Located, Relation
from tempdata_dagster.engine.streams import Stream

_U = np.uint64
_BASE, _INVERSE = _U(0x9E3779B97F4A7C15), _U(0xF1DE83E19937733D)  # their product is 1 modulo 2**64
_NULL, _LENGTH = _U(0x6A09E667F3BCC909), _U(0xD1342543DE82EF95)


class KeyedFrame(Frame):
    """Rows whose random numbers are those of their keys; all other columns are those of the rows themselves.

    Args:
        whole: The rows.
        keys: A number for each row, equal for equal keys, int64 of shape `(n,)`.
    """

    __slots__ = ("_whole",)

    def __init__(self, whole: Frame, keys: np.ndarray) -> None:
        super().__init__(whole.relation, Addresses(STATIC, keys))
        self._whole = whole

    def column(self, name: str) -> pa.Array:
        """The cells of another column; what columns draw together is drawn by the key, too."""
        if not name.startswith(HIDDEN):
            return self._whole.column(name)
        if name not in self._columns:
            self._columns[name] = self.relation.columns[name].fill(self)
        return self._columns[name]

    def follow(self, reference: str) -> Located:
        """The parent rows that a reference column of the rows points to."""
        return self._whole.follow(reference)

    def parent(self) -> Frame:
        """The rows that the rows hang on."""
        return self._whole.parent()

    def children(self, relation: Relation) -> tuple[Frame, np.ndarray]:
        """The rows that hang on the rows."""
        return self._whole.children(relation)


def key_by(scope: Scope, column: Binding, key: str) -> Binding:
    """A column whose cells are drawn by the key in another column instead of by the row.

    Raises:
        UnboundError: There is no such column, or its cells are no keys; the problem is noted.
    """
    kind = scope.column(key, "keyed_by").type
    if pa.types.is_nested(kind) or (pa.types.is_decimal(kind) and kind.precision > 18):
        scope.fail(
            "TD2070", f"'{key}' is a {kind}, which is no key", "keyed_by", hint="name a column of text or numbers"
        )

    def fill(frame: Frame) -> pa.Array:
        return column.fill(KeyedFrame(frame, hash_cells(frame.column(key))))

    return replace(column, fill=fill, distinct=False, score=None)


def hash_cells(cells: pa.Array) -> np.ndarray:
    """A number for each cell, equal for equal cells, int64 of shape `(n,)`; to be mixed by a stream.

    Equal whole numbers of any type have the same, and so have equal texts, dictionary-encoded or not.
    """
    kind = cells.type
    if isinstance(cells, pa.DictionaryArray):
        of_value = np.append(hash_cells(cells.dictionary).view(np.uint64), _NULL)
        codes = cells.indices.fill_null(len(cells.dictionary)).to_numpy(zero_copy_only=False)
        return np.asarray(of_value[codes].view(np.int64))
    if pa.types.is_null(kind):
        hashes = np.zeros(len(cells), dtype=np.uint64)
    elif pa.types.is_string(kind):
        hashes = _hash_texts(cells)
    elif pa.types.is_floating(kind):
        hashes = (unwrap(cells).astype(np.float64) + 0.0).view(np.uint64)  # -0.0 becomes 0.0
    else:
        hashes = unwrap(cells).astype(np.int64).view(np.uint64)
    if cells.null_count:
        hashes = np.where(is_null(cells), _NULL, hashes)
    return np.ascontiguousarray(hashes).view(np.int64)


def _hash_texts(cells: pa.Array) -> np.ndarray:
    """Polynomials of the bytes modulo 2**64, by sums over all bytes up to each: no step for each text."""
    offsets = np.frombuffer(cells.buffers()[1], dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]
    raw = cells.buffers()[2]
    first, last = (int(offsets[0]), int(offsets[-1])) if len(cells) else (0, 0)
    if raw is None or first == last:
        return np.zeros(len(cells), dtype=np.uint64)
    data = np.frombuffer(raw, dtype=np.uint8)[first:last]
    powers = np.multiply.accumulate(np.concatenate([[_U(1)], np.full(len(data), _BASE)]))
    sums = np.concatenate([[_U(0)], np.add.accumulate(_letters()[data] * powers[:-1])])
    starts, ends = offsets[:-1] - first, offsets[1:] - first
    undo = np.multiply.accumulate(np.concatenate([[_U(1)], np.full(len(data), _INVERSE)]))
    return np.asarray((sums[ends] - sums[starts]) * undo[starts] + (ends - starts).astype(np.uint64) * _LENGTH)


@lru_cache(maxsize=1)
def _letters() -> np.ndarray:
    """A random number for each byte."""
    return Stream.of("letters of keys").mix(np.arange(256, dtype=np.int64))

"""Writes the texts of a pattern: a byte matrix with a column for every character that any text could have."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import from_matrix
from tempdata_dagster.engine.regex.ambiguity import longest
from tempdata_dagster.engine.regex.grammar import Characters, Choice, Node, Repeat, Sequence
from tempdata_dagster.engine.regex.source import Mixed, Source

Active = np.ndarray | None


class TextWriter:
    """The texts of one pattern.

    Attributes:
        width: Bytes of a row of the matrix; the alternatives stand side by side in it.
    """

    def __init__(self, node: Sequence) -> None:
        self._node = node
        self._tables: dict[str, np.ndarray] = {}
        self.width = self._measure(node)
        self._fixed = longest(node) == node.least == self.width

    def _measure(self, node: Node) -> int:
        """Bytes at most, all alternatives side by side; prepares the tables of the characters on the way."""
        if isinstance(node, Characters):
            encoded = [one.encode() for one in node.choices]
            width = max(map(len, encoded))
            flat = b"".join(one.ljust(width, b"\0") for one in encoded)
            self._tables[node.choices] = np.frombuffer(flat, dtype=np.uint8).reshape(-1, width)
            return width
        if isinstance(node, Repeat):
            return self._measure(node.part) * node.high
        return sum(map(self._measure, node.parts if isinstance(node, Sequence) else node.options))

    def write(self, rows: int, source: Source | Mixed) -> pa.Array:
        """The texts of so many rows."""
        characters = np.empty((rows, self.width), dtype=np.uint8)
        keep = None if self._fixed else np.zeros((rows, self.width), dtype=bool)
        place = 0
        for part, own in zip(self._node.parts, source.divide([p.count for p in self._node.parts]), strict=True):
            place = self._emit(part, own, None, (characters, keep, place))
        if keep is None:
            return from_matrix(characters)
        offsets = np.zeros(rows + 1, dtype=np.int32)
        np.cumsum(keep.sum(axis=1), out=offsets[1:])
        return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(characters[keep]))

    def _emit(
        self, node: Node, source: Source, active: Active, target: tuple[np.ndarray, np.ndarray | None, int]
    ) -> int:
        """Write a part's characters from a column on; returns the column after it."""
        characters, keep, place = target
        if isinstance(node, Characters):
            return self._emit_character(node, source, active, target)
        if isinstance(node, Sequence):
            for part, own in zip(node.parts, source.divide([p.count for p in node.parts]), strict=True):
                place = self._emit(part, own, active, (characters, keep, place))
            return place
        if isinstance(node, Choice):
            which, inner = source.choose([option.count for option in node.options])
            for number, option in enumerate(node.options):
                place = self._emit(option, inner, _both(active, which == number), (characters, keep, place))
            return place
        times, inner = source.choose([node.part.count**times for times in range(node.low, node.high + 1)])
        for number, own in enumerate(inner.divide([node.part.count] * node.high)):
            still = active if number < node.low else _both(active, times > number - node.low)
            place = self._emit(node.part, own, still, (characters, keep, place))
        return place

    def _emit_character(
        self, node: Characters, source: Source, active: Active, target: tuple[np.ndarray, np.ndarray | None, int]
    ) -> int:
        characters, keep, place = target
        table = self._tables[node.choices]
        digit = source.digit(node.count) if node.count > 1 else None
        for column in range(table.shape[1]):
            written = table[0, column] if digit is None else table[:, column][digit]
            characters[:, place + column] = written
            if keep is not None:
                # Zero bytes pad the shorter characters of a class; no text holds one.
                shown = True if column == 0 else written != 0
                keep[:, place + column] = shown if active is None else active & shown
        return place + int(table.shape[1])


def _both(active: Active, also: np.ndarray) -> np.ndarray:
    return also if active is None else active & also

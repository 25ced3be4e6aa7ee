"""SQL files read back: a strict parser of what `publish.formats.sql` writes, and of nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

import pyarrow as pa

from tempdata_dagster.publish.formats.compression import Compression, decompress
from tempdata_dagster.publish.formats.reading import checked_batch
from tempdata_dagster.publish.formats.sql_literals import Literals

_BLOCK = 4 << 20
_BATCH_ROWS = 65_536
_NAME = r"(?:\"(?:[^\"]++|\"\")*+\"|`(?:[^`]++|``)*+`)"
_STRING = r"'(?:[^']++|'')*+'"
_DOLLARS = r"(?P<tag>\$tempdata\d*+\$).*?(?P=tag)"
# A comment, or a statement: names and strings may hold anything.
_STATEMENT = rf"--[^\n]*+\n|(?:[^'\"`;$\-]|-(?!-)|{_NAME}|{_STRING}|{_DOLLARS})++;\n"
_ROWS = re.compile(rb"-- rows: (\d{1,19})\n\Z")
_TAIL = 64


class SqlReader:
    """Reads one file.

    Args:
        file: As it is stored.
        schema: Of the rows that were written.
        literals: Of the dialect that they were written in.
        columns: The names of the columns as the file quotes them.
        compression: Of the file.
    """

    def __init__(
        self, file: IO[bytes], schema: pa.Schema, literals: Literals, columns: str, compression: Compression
    ) -> None:
        self._file = decompress(file, compression)
        self._schema = schema
        self._literals = literals
        cells = ", ".join(f"(?:NULL|({literals.pattern(field.type)}))" for field in schema)
        # Compiled over bytes: places in the file are then places in the text.
        self._row = re.compile(rf"\({cells}\)([,;])\n".encode(), re.DOTALL)
        insert = rf"INSERT INTO {_NAME}(?:\.{_NAME})? \({re.escape(columns)}\) VALUES\n"
        self._insert = re.compile(insert.encode(), re.DOTALL)
        self._statement = re.compile(_STATEMENT.encode(), re.DOTALL)

    def count(self) -> int:
        """The rows as the last line tells them; the whole file is read, so that a compressed one is checked.

        Raises:
            pyarrow.ArrowInvalid: It has no such line: it was cut off.
        """
        tail = b""
        while block := self._file.read(_BLOCK):
            tail = (tail + block)[-_TAIL:]
        return _told_rows(tail)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows.

        Raises:
            pyarrow.ArrowInvalid: The file is damaged, or of another schema.
        """
        held: list[tuple[bytes | None, ...]] = []
        rows = 0
        for cells in self._rows():
            held.append(cells)
            if len(held) == _BATCH_ROWS:
                yield self._batch(held)
                rows, held = rows + len(held), []
        if held:
            yield self._batch(held)
        if rows + len(held) != self._told:
            raise pa.ArrowInvalid("the file is damaged: it has not as many rows as it says")

    def _batch(self, held: list[tuple[bytes | None, ...]]) -> pa.RecordBatch:
        columns = []
        for field, cells in zip(self._schema, zip(*held, strict=True), strict=True):
            literals = pa.array(cells, pa.binary()).cast(pa.string())
            columns.append(self._literals.read(literals, field.type))
        return checked_batch(columns, self._schema)

    def _rows(self) -> Iterator[tuple[bytes | None, ...]]:
        text, place, within = b"", 0, False
        while True:
            block = self._file.read(_BLOCK)
            text, place = text[place:] + block, 0
            while place < len(text):
                found = (self._row if within else self._insert).match(text, place)
                if found and within:
                    yield found.groups()[:-1]
                    within = found.groups()[-1] == b","
                elif found:
                    within = True
                else:
                    # What may only be half there is tried again with more of the file.
                    found = None if within else self._statement.match(text, place)
                    if found is None or (block and found.end() == len(text)):
                        break
                place = found.end()
                last = found[0]
            if not block:
                break
        if within or place != len(text):
            raise pa.ArrowInvalid("the file is damaged, or has other columns")
        self._told = _told_rows(last if place else b"")


def _told_rows(tail: bytes) -> int:
    found = _ROWS.search(tail)
    if not found:
        raise pa.ArrowInvalid("the file is damaged: its last line does not say how many rows there are")
    return int(found[1])

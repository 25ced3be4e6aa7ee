"""The rows of an XML file that was written by `publish.formats.xml`."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, Any

import numpy as np
import pyarrow as pa

from tempdata_dagster.publish.formats.cells import is_list, is_text
from tempdata_dagster.publish.formats.reading import checked_batch, parse_texts
from tempdata_dagster.publish.formats.recast import plain_lists, recast
from tempdata_dagster.publish.formats.xml_cells import ITEM, XSI, element_names
from tempdata_dagster.publish.formats.xml_parsing import make_parser, parse_blocks

_NIL = f"{XSI} nil"


@dataclass
class Node:
    """An element."""

    name: str
    is_nil: bool
    is_coded: bool
    text: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)


class _Rows:
    """Gathers the elements of rows, or only counts them."""

    def __init__(self, schema: pa.Schema, names: tuple[str, str], *, keep: bool = True) -> None:
        self.parser = make_parser(" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        if keep:
            self.parser.CharacterDataHandler = self._add
        self.rows: list[Node] = []
        self.count = 0
        self._keep = keep
        self._columns = " ".join(name for name, _ in element_names(schema.names))
        self._root, self._row = names
        self._depth = 0
        self._open: list[Node] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            if name != self._root or attributes.get("columns") != self._columns:
                raise pa.ArrowInvalid("the file has other columns")
        elif self._depth == 2 and name != self._row:
            raise pa.ArrowInvalid("the file has other rows")
        elif self._keep:
            node = Node(name, attributes.get(_NIL) == "true", attributes.get("encoding") == "base64")
            if self._open:
                self._open[-1].children.append(node)
            self._open.append(node)

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._keep and self._open:
            node = self._open.pop()
            if not self._open:
                self.rows.append(node)
        self.count += self._depth == 1

    def _add(self, text: str) -> None:
        if self._open:
            self._open[-1].text.append(text)

    def take(self) -> list[Node]:
        """The rows that are whole."""
        whole, self.rows = self.rows, []
        return whole


def read_rows(file: IO[bytes], schema: pa.Schema, names: tuple[str, str]) -> Iterator[pa.RecordBatch]:
    """The rows; `names` are those of the root and of a row.

    Raises:
        pyarrow.ArrowInvalid: The file is damaged, or not of this schema.
    """
    rows = _Rows(schema, names)
    for _ in parse_blocks(rows.parser, file):
        if whole := rows.take():
            yield checked_batch(_to_arrays(whole, list(schema)), schema)


def count_rows(file: IO[bytes], schema: pa.Schema, names: tuple[str, str]) -> int:
    """The rows of a file.

    Raises:
        pyarrow.ArrowInvalid: The file is damaged, or not of this schema.
    """
    rows = _Rows(schema, names, keep=False)
    for _ in parse_blocks(rows.parser, file):
        continue
    return rows.count


def _to_arrays(parents: list[Node], fields: list[pa.Field]) -> list[pa.Array]:
    """The columns of rows, or of a struct's values; those of a null are null."""
    expected = [name for name, _ in element_names([one.name for one in fields])]
    nil: Any = [Node(name, is_nil=True, is_coded=False) for name in expected]
    rows = []
    for parent in parents:
        children = nil if parent.is_nil else parent.children
        if [child.name for child in children] != expected:
            raise pa.ArrowInvalid("the file has other columns")
        rows.append(children)
    return [_to_array([row[index] for row in rows], one.type) for index, one in enumerate(fields)]


def _to_array(nodes: list[Node], kind: pa.DataType) -> pa.Array:
    plain = plain_lists(kind)
    if plain != kind:
        return recast(_to_array(nodes, plain), kind)
    if pa.types.is_struct(kind):
        missing = pa.array([node.is_nil for node in nodes], pa.bool_())
        return pa.StructArray.from_arrays(_to_arrays(nodes, list(kind)), fields=list(kind), mask=missing)
    if is_list(kind):
        return _to_lists(nodes, kind)
    if is_text(kind) or pa.types.is_string_view(kind):
        return pa.array([_text_of(node) for node in nodes], kind)
    if pa.types.is_dictionary(kind):
        return recast(_to_array(nodes, kind.value_type), kind)
    return parse_texts(pa.array([None if node.is_nil else "".join(node.text) for node in nodes], pa.string()), kind)


def _to_lists(nodes: list[Node], kind: pa.DataType) -> pa.Array:
    items = list(chain.from_iterable(node.children for node in nodes))
    if any(item.name != ITEM for item in items):
        raise pa.ArrowInvalid("the file has other columns")
    ends = np.concatenate([[0], np.cumsum([len(node.children) for node in nodes])]).astype(np.int32)
    missing = pa.array([node.is_nil for node in nodes], pa.bool_())
    lists = pa.ListArray.from_arrays(
        pa.array(ends), _to_array(items, kind.value_type), pa.list_(kind.value_field), mask=missing
    )
    return recast(lists, kind)


def _text_of(node: Node) -> str | None:
    text = "".join(node.text)
    if node.is_coded:
        try:
            return base64.b64decode(text, validate=True).decode()
        except ValueError as error:
            raise pa.ArrowInvalid(f"the file is damaged: {error}") from error
    return None if node.is_nil else text

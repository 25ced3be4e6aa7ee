"""Text put together from the other columns of the row."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from pydantic import Field, field_validator

from tempdata_dagster.engine.arrays import join
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.written import FormatError, WriteCells, choose_writer, parse_template
from tempdata_dagster.generators import KINDS


@KINDS.register("template")
class Template(Kind):
    """Text with the row's other cells in braces, such as `{first}.{last}@{domain}`; null where one of them is null.

    A format may follow the name: `{id:06}` fills a whole number up with zeros, `{name:upper}` and `{name:lower}` change letters,
    `{at:%Y-%m-%d}` writes a moment by strftime's letters `Y m d H M S f`. `{{` and `}}` stand for braces themselves.

    Example: {kind: template, text: "{title:upper} at {price} ({product_id})"}
    """

    text: str = Field(min_length=1, max_length=4_000, description="the template")

    @field_validator("text")
    @classmethod
    def _parses(cls, text: str) -> str:
        parse_template(text)
        return text

    def bind(self, scope: Scope) -> Binding:
        """The columns' texts, joined."""
        pieces = bind_pieces(scope, self.text, "text")
        nullable = any(scope.column(name).nullable for name, _ in pieces if name)
        return Binding(pa.string(), lambda frame: write_pieces(frame, pieces), nullable=nullable)


Pieces = Sequence[tuple[str, WriteCells | str]]


def bind_pieces(scope: Scope, text: str, parameter: str, given: Sequence[str] = ()) -> Pieces:
    """The parts of a template: a column's name and what writes its cells, or no name and literal text.

    Args:
        scope: The column's.
        text: A template.
        parameter: The setting that holds it.
        given: Names that are no columns: their parts have a name and no writer, but an empty text.

    Raises:
        UnboundError: A column is not there, or cannot be written in its format.
    """
    found: list[tuple[str, WriteCells | str]] = []
    for literal, name, form in parse_template(text):
        if literal:
            found.append(("", literal))
        if name in given:
            found.append((name, ""))
        elif name:
            column = scope.column(name, parameter)
            try:
                found.append((name, choose_writer(column.type, form)))
            except FormatError as error:
                scope.fail("TD2062", f"'{name}' {error}", parameter, hint=error.hint)
    return found


def write_pieces(frame: Frame, pieces: Pieces, given: dict[str, pa.Array] | None = None) -> pa.StringArray:
    """The text of each row.

    Args:
        frame: The rows.
        pieces: The parts.
        given: Cells of the names that are no columns.
    """
    texts: list[pa.Array | str] = []
    for name, part in pieces:
        if not name:
            texts.append(str(part))
        elif isinstance(part, str):
            texts.append((given or {})[name])
        else:
            texts.append(part(frame.column(name)))
    if all(isinstance(text, str) for text in texts):
        return pa.array(["".join(map(str, texts))]).take(pa.nulls(len(frame), pa.int8()).fill_null(0))
    return join(*texts)

"""Text by a regular expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.regex.ambiguity import is_unambiguous
from tempdata_dagster.engine.regex.grammar import Node, RegexError, Repeat, Sequence, parse_regex
from tempdata_dagster.engine.regex.source import Drawn, Mixed, Ranked, count_lanes
from tempdata_dagster.engine.regex.text import TextWriter
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS

_MAX_INDEX = 1 << 62
_CHUNK_BYTES = 16_000_000


@KINDS.register("pattern")
class Pattern(Kind):
    r"""Text that a regular expression matches: characters, classes, `\d \w \s .`, groups, `|`, `?`, `{3}` and `{2,5}`.

    Every choice in it is even: of a character, of an alternative, of how often something repeats. `.` and what a class
    excludes are of printable ASCII. `*` and `+` have no end, so they are refused. With `unique`, all texts are alike (the
    longer ones are more), and it must show where each part of varying length ends.

    Example: {kind: pattern, pattern: "[A-Z]{2}-[0-9]{4}"}
    """

    keyable: ClassVar[bool] = True
    pattern: str = Field(max_length=2_000, description="a regular expression with an end")

    @field_validator("pattern")
    @classmethod
    def _parses(cls, text: str) -> str:
        try:
            parse_regex(text)
        except RegexError as error:
            hint = f" ({error.hint})" if error.hint else ""
            raise ValueError(f"{error}{hint}") from None
        return text

    def bind(self, scope: Scope) -> Binding:
        """A byte matrix, one column per character; those that a row does not have are left out."""
        node = _spread(parse_regex(self.pattern))
        self._check_audit(scope)
        writer = TextWriter(node)
        carried, number = self._carry(scope, node) if self.unique else ([], None)
        lanes = [scope.stream(f"draw {index}") for index in range(count_lanes(node, carried))]
        step = max(_CHUNK_BYTES // max(writer.width, 1), 1)

        def fill(frame: Frame) -> pa.Array:
            if len(frame) <= step:
                return write(frame)
            parts = [np.arange(first, min(first + step, len(frame))) for first in range(0, len(frame), step)]
            return pa.concat_arrays([write(frame.relation.at(frame.rows.take(part))) for part in parts])

        def write(frame: Frame) -> pa.Array:
            drawn = Drawn(lanes, frame)
            return writer.write(len(frame), Mixed(Ranked(number(frame)), drawn, carried) if number else drawn)

        return Binding(pa.string(), fill, pattern=self.pattern, distinct=self.unique)

    def _check_audit(self, scope: Scope) -> None:
        try:
            pc.match_substring_regex(pa.array([""]), self.pattern)
        except pa.ArrowInvalid as error:
            scope.fail("TD2034", f"the pattern cannot be checked: {str(error)[:200]}", "pattern")

    def _carry(self, scope: Scope, node: Sequence) -> tuple[list[bool], Callable[[Frame], np.ndarray]]:
        """Which parts of the sequence tell rows apart, and the row's number among their combinations."""
        if not is_unambiguous(node):
            hint = "separate parts of varying length by a character that they do not have, or fix their lengths"
            scope.fail("TD2034", "the same text can come in two ways, so it cannot be unique", "pattern", hint=hint)
        carried, size = [], 1
        for part in node.parts:
            carried.append(size * part.count <= _MAX_INDEX)
            size *= part.count if carried[-1] else 1
        return carried, scope.enumerate_rows(size)


def _spread(node: Node) -> Sequence:
    """The pattern as a sequence in which what repeats for certain is written out."""
    parts: list[Node] = []
    for part in node.parts if isinstance(node, Sequence) else (node,):
        if isinstance(part, Repeat) and part.low:
            parts += [part.part] * part.low
            parts += [Repeat(part.part, 0, part.high - part.low)] if part.high > part.low else []
        else:
            parts.append(part)
    return Sequence(tuple(parts))

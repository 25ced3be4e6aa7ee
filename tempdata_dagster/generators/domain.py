"""Names of Internet domains."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BeforeValidator, Field, field_validator

from tempdata_dagster.engine.arrays import join, wrap
from tempdata_dagster.engine.cells import bind_text
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.pieces import Pieces
from tempdata_dagster.locales.slugs import make_slugs
from tempdata_dagster.locales.wording import FIRST_WORDS, SECOND_WORDS
from tempdata_dagster.spec.values import MAX_WEIGHT, Identifier

PATTERN = r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+"
_TLD = r"[a-z]{2,24}(\.[a-z]{2,24})?"


def _to_weights(value: Any) -> Any:
    return dict.fromkeys(value, 1.0) if isinstance(value, (list, tuple)) else value


Endings = Annotated[
    dict[Annotated[str, Field(pattern=f"^{_TLD}$")], Annotated[float, Field(ge=0, le=MAX_WEIGHT, strict=False)]],
    BeforeValidator(_to_weights, json_schema_input_type=dict[str, float] | list[str]),
]


@KINDS.register("domain")
class Domain(Kind):
    """A domain of two words, or of the text of another column: `brightharbor.example`.

    Nobody can own a domain that ends in `.example` or `.test` (RFC 2606); those under other endings may be somebody's.

    Example: {kind: domain, tlds: {example: 3, test: 1}}
    """

    name: Identifier | None = Field(
        default=None, description="a column of text, such as a company, that the domain is made of"
    )
    tlds: Endings = Field(default={"example": 1.0}, description="endings, with weights or without")

    @field_validator("tlds")
    @classmethod
    def _weighed(cls, tlds: dict[str, float]) -> dict[str, float]:
        if not any(tlds.values()):
            raise ValueError("the weights of the endings are all 0")
        return tlds

    def bind(self, scope: Scope) -> Binding:
        """Words and an ending, glued."""
        table, stream = DiscreteTable(list(self.tlds.values())), scope.stream("tld")
        endings = pa.array([f".{ending}" for ending in self.tlds])
        if self.name is not None:
            return self._bind_text(
                scope, self.name, lambda f: endings.take(wrap(table.look_up(stream.bits(f.rows)), pa.int32()))
            )
        words, stock = scope.stream(), Pieces(pa.array([*FIRST_WORDS, *SECOND_WORDS, *endings.to_pylist()]))
        first, second = len(FIRST_WORDS), len(SECOND_WORDS)

        def fill(frame: Frame) -> pa.Array:
            bits, index = words.bits(frame.rows), np.empty((len(frame), 3), dtype=np.int32)
            index[:, 0] = below(bits, first)
            index[:, 1] = below(bits << np.uint64(32), second) + first
            index[:, 2] = table.look_up(stream.bits(frame.rows)) + np.int32(first + second)
            return stock.glue(index)

        return Binding(pa.string(), fill, pattern=PATTERN)

    def _bind_text(self, scope: Scope, name: str, end: Any) -> Binding:
        column = bind_text(scope, name, "name")

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(name)
            texts = cells.dictionary if isinstance(cells, pa.DictionaryArray) else cells
            slugs = pc.replace_substring(make_slugs(texts, pa.nulls(len(texts), pa.string()).fill_null("")), ".", "-")
            slugs = slugs.take(cells.indices) if isinstance(cells, pa.DictionaryArray) else slugs
            return join(slugs, end(frame))

        return Binding(pa.string(), fill, nullable=column.nullable, pattern=PATTERN)

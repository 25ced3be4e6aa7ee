"""Reviews that say what their rating says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.amounts import is_number, to_amounts
from tempdata_dagster.engine.arrays import is_null, set_null
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.opinions import ASPECTS, ENDINGS, OPENINGS, VERDICTS
from tempdata_dagster.locales.pieces import Pieces
from tempdata_dagster.locales.prose import pick_slots
from tempdata_dagster.spec.values import Identifier

_BITS, _WIDTH = 8, 6
_LEVELS = len(OPENINGS)


@KINDS.register("review")
class Review(Kind):
    """A customer's review in English that agrees with the rating of its row, in words as in length.

    The rating is a column of numbers from 1 to `best`; those outside count as the nearest of these.

    Example: {kind: review, rating: rating}
    """

    rating: Identifier = Field(description="a column of numbers")
    best: int = Field(default=5, ge=2, le=100, description="the best rating; the worst one is 1")

    def bind(self, scope: Scope) -> Binding:
        """Phrases of the rating's level, glued."""
        name = self.rating
        column = scope.column(name, "rating")
        if not (is_number(column.type) or pa.types.is_integer(column.type)):
            scope.fail(
                "TD2060", f"'{name}' is a {column.type} and no rating", "rating", hint="name a column of numbers"
            )
        stream, (stock, firsts) = scope.stream(), _stock_phrases()

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(name)
            null = is_null(cells)
            share = (np.where(null, 1.0, to_amounts(cells)) - 1.0) / (self.best - 1.0)
            level = np.floor(np.clip(share, 0.0, 1.0) * (_LEVELS - 1) + 0.5).astype(np.int64)
            return set_null(stock.glue(_choose(stream.bits(frame.rows), level, firsts)), null)

        return Binding(pa.string(), fill, nullable=column.nullable)


def _choose(bits: np.ndarray, level: np.ndarray, firsts: np.ndarray) -> np.ndarray:
    """An opening, one or two aspects with a verdict each, and an end; int32 of shape `(n, 6)`."""
    index = np.empty((len(bits), _WIDTH), dtype=np.int32)
    index[:, 0] = firsts[0, level] + pick_slots(bits, 0, len(OPENINGS[0]), _BITS)
    aspect = pick_slots(bits, 1, len(ASPECTS), _BITS)
    other = (aspect + 1 + pick_slots(bits, 2, len(ASPECTS) - 1, _BITS)) % len(ASPECTS)
    index[:, 1], index[:, 3] = 1 + aspect, 1 + other
    index[:, 2] = firsts[1, level] + pick_slots(bits, 3, len(VERDICTS[0]), _BITS)
    index[:, 4] = firsts[1, level] + pick_slots(bits, 4, len(VERDICTS[0]), _BITS)
    index[:, 5] = firsts[2, level] + pick_slots(bits, 5, len(ENDINGS[0]), _BITS)
    # Whoever is neither delighted nor furious writes less.
    second = pick_slots(bits, 6, 100, _BITS) < np.array([60, 45, 25, 40, 60])[level]
    np.copyto(index[:, 3:5], 0, where=~second[:, None])
    return index


def _stock_phrases() -> tuple[Pieces, np.ndarray]:
    """All phrases, of which the first is empty; and where those of each sort and level begin, int64 of shape `(3, 5)`."""
    texts = ["", *(f" {aspect}" for aspect in ASPECTS)]
    firsts = np.empty((3, _LEVELS), dtype=np.int64)
    for sort, levels in enumerate((OPENINGS, VERDICTS, ENDINGS)):
        for level, phrases in enumerate(levels):
            firsts[sort, level] = len(texts)
            texts += [f" {phrase}" if sort == 2 and phrase else phrase for phrase in phrases]
    return Pieces(pa.array(texts)), firsts

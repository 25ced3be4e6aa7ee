"""Names of articles by their category."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import is_null, set_null
from tempdata_dagster.engine.cells import bind_text, index_cells
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.goods import ALIASES, GOODS
from tempdata_dagster.locales.pieces import Pieces
from tempdata_dagster.locales.prose import pick_slots
from tempdata_dagster.locales.wording import FIRST_WORDS

_PARTS = 4


@KINDS.register("product_name")
class ProductName(Kind):
    """The name of an article, such as `Willow Foldable Bench XL`: one of its category, which is a column or the same for all.

    Rows of a category without articles of its own, and all rows without a `category`, have one of any category.

    Example: {kind: product_name, category: category}
    """

    category: str | None = Field(
        default=None, description="a column, or one of garden, kitchen, toys, electronics, clothing ..."
    )

    def bind(self, scope: Scope) -> Binding:
        """A series, a sort, a noun and perhaps a version, glued."""
        stock, firsts, counts = _stock_names()
        stream, any_of = scope.stream(), len(GOODS)
        places = {name: place for place, name in enumerate(GOODS)}
        places |= {alias: places[name] for alias, name in ALIASES.items()}
        spelled = {
            text: place
            for name, place in places.items()
            for text in (name, name.upper(), name.title(), name.capitalize())
        }
        known, numbers = pa.array(list(spelled)), np.array(list(spelled.values()))
        name, nullable, fixed = None, False, any_of
        if self.category in scope.binder.columns_of(scope.table):
            name = self.category
            nullable = bind_text(scope, name, "category").nullable
        elif self.category is not None:
            if self.category not in spelled:
                hint = closest(self.category, [*places, *scope.binder.columns_of(scope.table)])
                message = f"'{self.category}' is no column and no category that is known"
                scope.fail("TD2061", message, "category", hint=hint)
            fixed = spelled[self.category]
        drawn = scope.stream("category")

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(name) if name is not None else None
            place = np.full(len(frame), fixed) if cells is None else index_cells(cells, known, numbers)
            place = np.where((place < 0) | (place == any_of), below(drawn.bits(frame.rows), any_of), place)
            bits, index = stream.bits(frame.rows), np.empty((len(frame), _PARTS), dtype=np.int32)
            index[:, 0] = pick_slots(bits, 0, len(FIRST_WORDS))
            for part in range(1, _PARTS):
                slot = (bits >> np.uint64(16 * part)) & np.uint64(0xFFFF)
                size = counts[place, part] * (2 if part == _PARTS - 1 else 1)  # half of the articles have no version
                index[:, part] = firsts[place, part] + np.minimum(
                    (slot.astype(np.int64) * size) >> 16, counts[place, part]
                )
            names = stock.glue(index)
            return names if cells is None else set_null(names, is_null(cells))

        return Binding(pa.string(), fill, nullable=nullable)


@lru_cache(maxsize=1)
def _stock_names() -> tuple[Pieces, np.ndarray, np.ndarray]:
    """All words, and for each category where its sorts, nouns and versions begin and how many they are; an empty text follows these."""
    texts = [f"{word.capitalize()} " for word in FIRST_WORDS]
    firsts = np.zeros((len(GOODS), _PARTS), dtype=np.int64)
    counts = np.zeros((len(GOODS), _PARTS), dtype=np.int64)
    for place, goods in enumerate(GOODS.values()):
        parts = ([f"{sort} " for sort in goods.sorts], list(goods.nouns), [f" {version}" for version in goods.versions])
        for part, words in enumerate(parts, start=1):
            firsts[place, part], counts[place, part] = len(texts), len(words)
            texts += [*words, ""] if part == _PARTS - 1 else words
    return Pieces(pa.array(texts)), firsts, counts

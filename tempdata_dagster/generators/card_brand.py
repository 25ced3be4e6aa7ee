"""Brands of payment cards."""

from __future__ import annotations

import pyarrow as pa

from tempdata_dagster.engine.arrays import set_null, wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.credit_card import BRANDS, Card


@KINDS.register("card_brand")
class CardBrand(Card):
    """The brand of the row's payment card, such as `Visa`; a `credit_card` of the same row is of this brand.

    Example: {kind: card_brand}
    """

    def bind(self, scope: Scope) -> Binding:
        """An index by the card's own stream."""
        choose, sure = self.choose_brand(scope)
        names = tuple(brand.name for brand in BRANDS.values())
        values = pa.array(names)

        def fill(frame: Frame) -> pa.Array:
            index = choose(frame)
            return set_null(
                pa.DictionaryArray.from_arrays(wrap(index.astype("int32").clip(0), pa.int32()), values), index < 0
            )

        return Binding(pa.dictionary(pa.int32(), pa.string()), fill, nullable=not sure, values=names)

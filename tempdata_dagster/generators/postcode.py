"""Postcodes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import set_null, wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, PlaceDraw
from tempdata_dagster.locales.postcodes import read_postcodes

_LONGEST_PATTERN = 2_000


class PostcodeDraw:
    """The postcodes of a table's rows.

    Args:
        scope: The column's.
        draw: Its cities.

    Attributes:
        stock: All postcodes of the countries.
        sure: Every city has some.
        pattern: An expression that every one matches, or None.
    """

    def __init__(self, scope: Scope, draw: PlaceDraw) -> None:
        known = [read_postcodes(cities.country) for cities in draw.cities]
        for one, cities in zip(known, draw.cities, strict=True):
            scope.add_fact(f"postcodes of {cities.country}", one.digest)
        self.stock = pa.concat_arrays([one.stock for one in known])
        shifts = np.cumsum([0, *(len(one.stock) for one in known)])[:-1].tolist()
        # A last item for the city -1, which has none.
        self._start = np.concatenate([*(one.start + shift for one, shift in zip(known, shifts, strict=True)), [0]])
        self._count = np.concatenate([*(one.count for one in known), [0]]).astype(np.int64)
        self.sure = draw.sure and bool(self._count[:-1].all())
        self._stream = scope.shared_stream("place", f"{draw.place}/postcode")
        self._draw = draw
        patterns = list(dict.fromkeys(one.pattern for one in known if one.pattern))
        joined = patterns[0] if len(patterns) == 1 else "|".join(f"(?:{one})" for one in patterns)
        self.pattern = joined if 0 < len(joined) <= _LONGEST_PATTERN else None

    def index(self, frame: Frame) -> np.ndarray:
        """The place of each row's postcode in `stock`, int64 of shape `(n,)`; -1 where it has none."""
        city = self._draw.index(frame)
        count = self._count[city]
        found = self._start[city] + below(self._stream.bits(frame.rows), np.maximum(count, 1))
        return found if self.sure else np.where(count > 0, found, -1)


@KINDS.register("postcode")
class Postcode(Place):
    """The postcode of the place: of the country's form, with the prefixes of its state where Google's address data has them.

    Null in countries without postcodes, such as the United Arab Emirates. A city has its own range of them, more if it is larger.

    Example: {kind: postcode, country: CA}
    """

    def bind(self, scope: Scope) -> Binding:
        """A look-up in the stock of all postcodes of the countries."""
        codes = PostcodeDraw(scope, self.draw(scope))

        def fill(frame: Frame) -> pa.Array:
            index = codes.index(frame)
            if codes.sure:
                return codes.stock.take(wrap(index, pa.int64()))
            return codes.stock.take(set_null(wrap(np.maximum(index, 0), pa.int64()), index < 0))

        return Binding(pa.string(), fill, nullable=not codes.sure, pattern=codes.pattern)

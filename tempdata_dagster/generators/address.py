"""Whole addresses."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field as Parameter

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, PlaceDraw
from tempdata_dagster.generators.postcode import PostcodeDraw
from tempdata_dagster.generators.street import StreetDraw
from tempdata_dagster.locales.address_formats import NEW_LINE, read_format
from tempdata_dagster.locales.layouts import Field, Layout, Layouts
from tempdata_dagster.locales.postcodes import find_pattern

_NAMES = {"C": "city", "S": "state", "Z": "postcode"}


@KINDS.register("address")
class Address(Place):
    """The whole address of the place in the order of its country: that of its `street_address`, `city`, `state` and `postcode`.

    Its format is that of Google's address data, in Latin letters.

    Example: {kind: address, country: GB, as: lines}
    """

    form: Literal["line", "lines"] = Parameter(
        default="line", alias="as", description="one `line` with commas, or several `lines`"
    )

    def bind(self, scope: Scope) -> Binding:
        """Pieces of text in each country's layout, glued."""
        draw = self.draw(scope)
        streets, codes = StreetDraw(scope, draw), PostcodeDraw(scope, draw)
        states, state_of = _number_states(draw)
        names = pa.array([name for one in draw.cities for name in one.names], pa.string())
        # Two layouts of each country: for cities whose state is known, and for the others.
        orders = [
            self._lay_out(scope, draw, i, streets, fields) for i in range(len(draw.cities)) for fields in ("CSZ", "CZ")
        ]
        stocks = {**streets.stocks(), "city": names, "state": states, "postcode": codes.stock}
        layouts = Layouts(orders, stocks)

        def fill(frame: Frame) -> pa.Array:
            city = draw.index(frame)
            known = city if draw.sure else np.maximum(city, 0)
            country, state = draw.country(known), state_of[known]
            parts = streets.parts(frame, country)
            parts |= {"city": known, "state": np.maximum(state, 0), "postcode": np.maximum(codes.index(frame), 0)}
            array = layouts.write(2 * country + (state < 0), parts)
            return array if draw.sure else set_null(array, city < 0)

        return Binding(pa.string(), fill, nullable=not draw.sure)

    def _lay_out(self, scope: Scope, draw: PlaceDraw, number: int, streets: StreetDraw, fields: str) -> Layout:
        country = draw.cities[number].country
        if not find_pattern(country):
            fields = fields.replace("Z", "")
        pieces = read_format(country, f"A{fields}")
        scope.add_fact(f"address of {country} with {fields}", fingerprint(pieces))
        parts: list[Field | str] = []
        for piece in pieces:
            if piece == "A":
                parts += streets.layouts[number]
            elif piece == NEW_LINE:
                parts.append(NEW_LINE if self.form == "lines" else ", ")
            else:
                parts.append(Field(_NAMES[piece]) if piece in _NAMES else piece)
        return tuple(parts)


def _number_states(draw: PlaceDraw) -> tuple[pa.StringArray, np.ndarray]:
    """All states as addresses write them, and the place of each city's among them; -1 for none."""
    texts, places = [""], []
    for cities in draw.cities:
        places.append(np.where(cities.state < 0, -1, cities.state + len(texts)))
        texts += [state.written for state in cities.states]
    return pa.array(texts, pa.string()), np.concatenate(places)

"""Streets with house numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place
from tempdata_dagster.generators.street import StreetDraw
from tempdata_dagster.locales.layouts import Layouts


@KINDS.register("street_address")
class StreetAddress(Place):
    """The street of the place with a house number, in the order of the country: `12 High Street`, `Hauptstraße 12`.

    Example: {kind: street_address, country: DE}
    """

    def bind(self, scope: Scope) -> Binding:
        """Pieces of text in each country's layout, glued."""
        draw = self.draw(scope)
        streets = StreetDraw(scope, draw)
        layouts = Layouts(streets.layouts, streets.stocks())

        def fill(frame: Frame) -> pa.Array:
            country = draw.country(draw.index(frame))
            known = np.maximum(country, 0)
            array = layouts.write(known, streets.parts(frame, known))
            return array if draw.sure else set_null(array, country < 0)

        return Binding(pa.string(), fill, nullable=not draw.sure)

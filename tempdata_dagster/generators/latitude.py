"""Latitudes."""

from __future__ import annotations

import pyarrow as pa

from tempdata_dagster.engine.arrays import set_null, wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place
from tempdata_dagster.generators.spot import draw_spots, to_degrees


@KINDS.register("latitude")
class Latitude(Place):
    """The latitude of the place in degrees, with five digits (a metre): anywhere in its city, together with the `longitude`.

    A city is a disc whose area grows with its inhabitants, of 1 to 25 km; that a spot lies on land is not known.

    Example: {kind: latitude, country: NL}
    """

    def bind(self, scope: Scope) -> Binding:
        """float64 of the shared spot."""
        spots = draw_spots(scope, self.draw(scope))

        def fill(frame: Frame) -> pa.Array:
            array = wrap(to_degrees(spots.units(frame)[0]), pa.float64())
            return array if spots.missing is None else set_null(array, spots.missing(frame))

        return Binding(pa.float64(), fill, nullable=spots.missing is not None, minimum=-90.0, maximum=90.0)

"""Points as text that maps read."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place
from tempdata_dagster.generators.spot import draw_spots
from tempdata_dagster.locales.coordinates import CoordinateWriter

_TEXTS = {
    "geojson": ['{"type": "Point", "coordinates": [', ", ", "]}"],
    "wkt": ["POINT (", " ", ")"],
}
_PIECES = 7


@KINDS.register("geometry")
class Geometry(Place):
    """The spot of the place as a point on the map, longitude first: that of its `latitude` and `longitude`.

    Example: {kind: geometry, country: FR, as: wkt}
    """

    form: Literal["geojson", "wkt"] = Field(default="geojson", alias="as", description="GeoJSON (RFC 7946) or WKT")

    def bind(self, scope: Scope) -> Binding:
        """Pieces of text, glued."""
        spots = draw_spots(scope, self.draw(scope))
        writer = CoordinateWriter(_TEXTS[self.form])

        def fill(frame: Frame) -> pa.Array:
            latitude, longitude = spots.units(frame)
            index = np.empty((len(frame), _PIECES), dtype=np.int32)
            index[:, 0], index[:, 3], index[:, 6] = 0, 1, 2
            writer.number(index[:, 1:3], longitude)
            writer.number(index[:, 4:6], latitude)
            array = writer.glue(index)
            return array if spots.missing is None else set_null(array, spots.missing(frame))

        return Binding(pa.string(), fill, nullable=spots.missing is not None)

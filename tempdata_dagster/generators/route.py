"""The ways of journeys on the map."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.sphere import cosine
from tempdata_dagster.engine.streams import Stream, to_unit
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.journey import Journey, find_missing
from tempdata_dagster.generators.spot import UNITS, SpotDraw, wrap_around
from tempdata_dagster.locales.coordinates import CoordinateWriter

# The pieces of text: begin, within a point, between points, end.
_TEXTS = {
    "geojson": ['{"type": "LineString", "coordinates": [[', ", ", "], [", "]]}"],
    "wkt": ["LINESTRING (", " ", ", ", ")"],
}
_PIECES = 6
_HALF_TURN = 180 * UNITS
_POLE = 89 * UNITS
# With this much of a leg's length to either side no leg is over a twelfth longer than straight on.
_SWERVE = 0.21


@KINDS.register("route")
class Route(Journey):
    """The way of the journey between two places of the row as a line on the map, longitude first, with some points on the way.

    The points lie beside the straight line, each its own way; they follow no real roads.

    Example: {kind: route, from: home, to: work, waypoints: 4, as: wkt}
    """

    waypoints: int = Field(default=6, ge=0, le=50, description="how many points lie between the ends")
    form: Literal["geojson", "wkt"] = Field(default="geojson", alias="as", description="GeoJSON (RFC 7946) or WKT")

    def bind(self, scope: Scope) -> Binding:
        """Pieces of text, glued."""
        ends = self.draw_ends(scope)
        writer = CoordinateWriter(_TEXTS[self.form])
        streams = [scope.shared_stream("journey", self.lane(f"waypoint {i}")) for i in range(self.waypoints)]
        sure = all(end.missing is None for end in ends)
        points = self.waypoints + 2

        def fill(frame: Frame) -> pa.Array:
            index = np.empty((len(frame), _PIECES * points), dtype=np.int32)
            for number, (latitude, longitude) in enumerate(_find_points(ends, frame, streams)):
                first = number * _PIECES
                index[:, first] = 2 if number else 0
                writer.number(index[:, first + 1 : first + 3], longitude)
                index[:, first + 3] = 1
                writer.number(index[:, first + 4 : first + 6], latitude)
            array = writer.glue(np.concatenate([index, np.full((len(frame), 1), 3, dtype=np.int32)], axis=1))
            missing = find_missing(ends, frame)
            return array if missing is None else set_null(array, missing)

        return Binding(pa.string(), fill, nullable=not sure)


def _find_points(
    ends: tuple[SpotDraw, SpotDraw], frame: Frame, streams: list[Stream]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Latitudes and longitudes of all points from end to end, in units."""
    (south, west), (north, east) = (spots.units(frame) for spots in ends)
    up, along = (north - south).astype(np.float64), wrap_around(east - west).astype(np.float64)
    width = cosine((south + north) * (0.5 / UNITS))
    legs = len(streams) + 1
    points = [(south, west)]
    for number, stream in enumerate(streams, start=1):
        aside = (to_unit(stream.bits(frame.rows)) * 2.0 - 1.0) * (_SWERVE / legs)
        latitude = np.rint(south + up * (number / legs) + along * width * aside).astype(np.int64)
        longitude = np.rint(west + along * (number / legs) - up / width * aside).astype(np.int64)
        points.append((np.clip(latitude, -_POLE, _POLE), wrap_around(longitude)))
    return [*points, (north, east)]

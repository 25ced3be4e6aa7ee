"""The spot of a place: coordinates within its city."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import set_null, unwrap, wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.sphere import KM_PER_DEGREE, cosine, sine
from tempdata_dagster.generators.place import PlaceDraw

# Units of a hundred-thousandth of a degree: about a metre.
UNITS = 100_000
_HALF_TURN, _TURN = 180 * UNITS, 360 * UNITS
_DIRECTION_BITS = 12
_WITHIN = 0.97  # so that neither the flat map nor rounding leads out of the city
_SHIFT, _MASK = 26, (1 << 26) - 1
_MIDDLE = 1 << 25


@dataclass(frozen=True)
class SpotDraw:
    """The spots of a table's rows.

    Attributes:
        units: Latitude and longitude of each row in hundred-thousandths of a degree, int64 of shape `(n,)`; anything where missing.
        missing: Which rows have no spot, bool of shape `(n,)`; None when all have one.
    """

    units: Callable[[Frame], tuple[np.ndarray, np.ndarray]]
    missing: Callable[[Frame], np.ndarray] | None


def draw_spots(scope: Scope, draw: PlaceDraw) -> SpotDraw:
    """Spots anywhere in the discs of the cities. Land and water are not told apart."""
    hidden = scope.share(f"spot {draw.key}", lambda: _bind_spot(scope, draw))

    def units(frame: Frame) -> tuple[np.ndarray, np.ndarray]:
        packed = unwrap(frame.column(hidden))
        return (packed >> _SHIFT) - _MIDDLE, (packed & _MASK) - _MIDDLE

    return SpotDraw(units, None if draw.sure else lambda frame: draw.index(frame) < 0)


def bind_degrees(scope: Scope, draw: PlaceDraw, axis: int, most: float) -> Binding:
    """One coordinate of the spots as float64 degrees between -`most` and `most`; `axis` is 0 for the latitude, 1 for the longitude."""
    spots = draw_spots(scope, draw)

    def fill(frame: Frame) -> pa.Array:
        array = wrap(to_degrees(spots.units(frame)[axis]), pa.float64())
        return array if spots.missing is None else set_null(array, spots.missing(frame))

    return Binding(pa.float64(), fill, nullable=spots.missing is not None, minimum=-most, maximum=most)


def _bind_spot(scope: Scope, draw: PlaceDraw) -> Binding:
    stream = scope.shared_stream("place", f"{draw.place}/spot")
    latitude, longitude, radius = (
        np.concatenate([getattr(one, name) for one in draw.cities]) for name in ("latitude", "longitude", "radius")
    )
    turn = np.arange(1 << _DIRECTION_BITS) * (360.0 / (1 << _DIRECTION_BITS))
    north, east = sine(turn), cosine(turn - 180.0) * -1.0
    reach = radius * _WITHIN / KM_PER_DEGREE
    width = reach / cosine(latitude)

    def fill(frame: Frame) -> pa.Array:
        bits, city = stream.bits(frame.rows), draw.index(frame)
        direction = (bits >> np.uint64(64 - _DIRECTION_BITS)).astype(np.int64)
        # The low 52 bits are the share of the disc's area that is nearer.
        far = np.sqrt((bits & np.uint64((1 << 52) - 1)).astype(np.float64) * 2.0**-52)
        up = np.rint((latitude[city] + reach[city] * far * north[direction]) * UNITS).astype(np.int64)
        along = np.rint((longitude[city] + width[city] * far * east[direction]) * UNITS).astype(np.int64)
        return wrap(((up + _MIDDLE) << _SHIFT) | (wrap_around(along) + _MIDDLE), pa.int64())

    return Binding(pa.int64(), fill)


def wrap_around(longitude: np.ndarray) -> np.ndarray:
    """Longitudes in units, brought into [-180°, 180°)."""
    return np.asarray((longitude + _HALF_TURN) % _TURN - _HALF_TURN)


def to_degrees(units: np.ndarray) -> np.ndarray:
    """Degrees of units; the nearest float64 of a decimal with five digits."""
    return np.asarray(units / float(UNITS))

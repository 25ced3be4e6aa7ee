"""Journeys between two places of a row: their length and their time, by how one travels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import plain
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.engine.sphere import distance_km
from tempdata_dagster.engine.streams import to_unit
from tempdata_dagster.generators.place import Place, check_place
from tempdata_dagster.generators.spot import SpotDraw, draw_spots, to_degrees
from tempdata_dagster.spec.values import Identifier


@dataclass(frozen=True)
class Mode:
    """A way to travel. The figures are rules of thumb of the project's own, for ordinary European and American roads and lines.

    Attributes:
        detour: How much longer the way is than the crow's flight.
        slow: Kilometres per hour of the shortest journeys.
        fast: Of the longest.
        half: The kilometres at which half of the gain is reached.
        wait: Minutes before the journey begins.
    """

    detour: float
    slow: float
    fast: float
    half: float
    wait: float = 0.0


MODES = MappingProxyType({
    "car": Mode(1.30, 26.0, 105.0, 35.0),
    "truck": Mode(1.35, 22.0, 78.0, 40.0),
    "motorcycle": Mode(1.30, 29.0, 108.0, 35.0),
    "bicycle": Mode(1.25, 13.0, 19.0, 10.0),
    "foot": Mode(1.20, 4.6, 4.9, 10.0),
    "bus": Mode(1.40, 16.0, 80.0, 50.0, wait=5.0),
    "train": Mode(1.22, 32.0, 150.0, 80.0, wait=8.0),
})  # fmt: skip
_DETOUR, _TRAFFIC = (0.94, 1.18), (0.85, 1.35)
_LEAST_KM = 0.05
# Breaks of truck drivers by Regulation (EC) No 561/2006: 45 minutes after 4.5 hours, 11 hours of rest after 9.
_DRIVING, _BREAK, _DAY, _REST = 4.5, 0.75, 9.0, 11.0
_TRUCK = list(MODES).index("truck")


class Journey(Kind):
    """What the columns of a journey have in common; those between the same places by the same means are of one journey."""

    origin: Identifier | None = Field(
        default=None, alias="from", description="the place where it begins; by default the one without a name"
    )
    target: Identifier | None = Field(default=None, alias="to", description="the place where it ends, likewise")

    def draw_ends(self, scope: Scope) -> tuple[SpotDraw, SpotDraw]:
        """The spots where it begins and ends."""
        if self.origin == self.target:
            hint = "name two places, such as `from: home, to: work`"
            scope.fail("TD2053", "a journey is between two different places", "from", hint=hint)
        ends = []
        for label, parameter in ((self.origin or "", "from"), (self.target or "", "to")):
            check_place(scope, label, parameter)
            place = Place(kind="place", place=label or None)
            ends.append(draw_spots(scope, place.draw(scope)))
        return ends[0], ends[1]

    def lane(self, name: str) -> str:
        """The lane of a draw that all columns of the journey share."""
        return f"{self.origin or ''}/{self.target or ''}/{name}"


class ModeJourney(Journey):
    """A journey by some means."""

    mode: str = Field(
        default="car",
        description="car, truck, motorcycle, bicycle, foot, bus or train, or a column of the same table that has one of these",
    )

    def draw_mode(self, scope: Scope) -> tuple[Callable[[Frame], np.ndarray], bool]:
        """The place of each row's means in `MODES`, int64 of shape `(n,)`, -1 for none; and whether no row has none."""
        known, name = list(MODES), self.mode
        if name in known:
            number = known.index(name)
            return lambda frame: np.full(len(frame), number), True
        columns = scope.binder.columns_of(scope.table)
        if name not in columns:
            hint = closest(name, [*known, *columns])
            scope.fail("TD2054", f"'{name}' is no means of travel and no column", "mode", hint=hint)
        column = scope.column(name, "mode")
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        strange = [value for value in column.values or () if value not in known]
        if not pa.types.is_string(kind) or strange:
            shown = f"has '{strange[0]}'" if strange else f"is a {kind}"
            scope.fail("TD2054", f"'{name}' {shown}, which is no means of travel", "mode", hint=", ".join(known))
        stock = pa.array(known)

        def choose(frame: Frame) -> np.ndarray:
            found = pc.index_in(plain(frame.column(name)), value_set=stock).fill_null(-1)
            return np.asarray(found.to_numpy(zero_copy_only=False)).astype(np.int64)

        return choose, column.values is not None and not column.nullable

    def draw_length(self, scope: Scope, ends: tuple[SpotDraw, SpotDraw]) -> Callable[[Frame, np.ndarray], np.ndarray]:
        """Kilometres of each row's journey, float64 of shape `(n,)`, by its means (0 or more)."""
        stream = scope.shared_stream("journey", self.lane("detour"))
        detour = np.array([mode.detour for mode in MODES.values()])

        def measure(frame: Frame, mode: np.ndarray) -> np.ndarray:
            low, high = _DETOUR
            factor = detour[mode] * (to_unit(stream.bits(frame.rows)) * (high - low) + low)
            return np.asarray(np.maximum(measure_flight(ends, frame) * factor, _LEAST_KM))

        return measure

    def draw_time(self, scope: Scope) -> Callable[[Frame, np.ndarray, np.ndarray], np.ndarray]:
        """Hours of each row's journey, float64 of shape `(n,)`, by its means and its length."""
        stream = scope.shared_stream("journey", self.lane("traffic"))
        slow, fast, half, wait = (
            np.array([getattr(mode, name) for mode in MODES.values()]) for name in ("slow", "fast", "half", "wait")
        )

        def measure(frame: Frame, mode: np.ndarray, length: np.ndarray) -> np.ndarray:
            speed = slow[mode] + (fast[mode] - slow[mode]) * length / (length + half[mode])
            low, high = _TRAFFIC
            hours = length / speed * (to_unit(stream.bits(frame.rows)) * (high - low) + low)
            breaks = np.floor(hours / _DRIVING) * _BREAK
            nights = np.floor(hours / _DAY)
            rest = np.where(mode == _TRUCK, breaks + nights * (_REST - _BREAK), 0.0)
            return np.asarray(hours + rest + wait[mode] / 60.0)

        return measure


def measure_flight(ends: tuple[SpotDraw, SpotDraw], frame: Frame) -> np.ndarray:
    """Kilometres between the ends as the crow flies, float64 of shape `(n,)`; anything where one is missing."""
    one, other = (tuple(map(to_degrees, spots.units(frame))) for spots in ends)
    return distance_km((one[0], one[1]), (other[0], other[1]))


def find_missing(ends: tuple[SpotDraw, SpotDraw], frame: Frame) -> np.ndarray | None:
    """Which rows lack an end; None when no row can."""
    masks = [spots.missing(frame) for spots in ends if spots.missing is not None]
    return masks[0] if len(masks) == 1 else masks[0] | masks[1] if masks else None

"""Streets."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import set_null, wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below, to_unit
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, PlaceDraw
from tempdata_dagster.locales.layouts import Field, Layout
from tempdata_dagster.locales.streets import read_streets

_PART = re.compile(r"[@*]|[^@*]+")
_NUMBERS = 3


class StreetDraw:
    """The streets and house numbers of a table's rows.

    Args:
        scope: The column's.
        draw: Its cities.

    Attributes:
        names: All streets of the countries.
        layouts: For each country how a street and a number stand together: fields `street`, `number 0`, `number 1`, `number 2`.
        numbers: The house numbers as text, from 1 on.
    """

    def __init__(self, scope: Scope, draw: PlaceDraw) -> None:
        known = [read_streets(cities.country) for cities in draw.cities]
        for one, cities in zip(known, draw.cities, strict=True):
            scope.add_fact(f"streets of {cities.country}", one.digest)
        self.names = pa.array([name for one in known for name in one.names], pa.string())
        self.layouts = [_parse(one.form) for one in known]
        self._greatest = np.array([one.numbers for one in known], dtype=np.float64)
        self.numbers = pa.array([str(n + 1) for n in range(int(self._greatest.max()))], pa.string())
        self._count = np.array([len(one.names) for one in known])
        self._first = np.cumsum(self._count) - self._count
        self._streams = [scope.shared_stream("place", f"{draw.place}/number {i}") for i in range(_NUMBERS)]
        self._stream = scope.shared_stream("place", f"{draw.place}/street")

    def street(self, frame: Frame, country: np.ndarray) -> np.ndarray:
        """The place of each row's street in `names`, int64 of shape `(n,)`, where `country` is each row's, 0 or more."""
        return np.asarray(self._first[country] + below(self._stream.bits(frame.rows), self._count[country]))

    def number(self, frame: Frame, country: np.ndarray, which: int) -> np.ndarray:
        """The place of a house number in `numbers`, likewise; low numbers are the commonest, since streets are short."""
        unit = to_unit(self._streams[which].bits(frame.rows))
        return np.asarray((unit * unit * self._greatest[country]).astype(np.int64))

    def parts(self, frame: Frame, country: np.ndarray) -> dict[str, np.ndarray]:
        """What stands in the fields of the layouts."""
        used = {part.name for layout in self.layouts for part in layout if isinstance(part, Field)}
        found = {"street": self.street(frame, country)}
        for which in range(_NUMBERS):
            if f"number {which}" in used:
                found[f"number {which}"] = self.number(frame, country, which)
        return found

    def stocks(self) -> dict[str, pa.StringArray]:
        """The stock of each field of the layouts."""
        used = {part.name for layout in self.layouts for part in layout if isinstance(part, Field)}
        numbers = {name: self.numbers for name in sorted(used) if name.startswith("number")}
        return {"street": self.names} | numbers


def _parse(form: str) -> Layout:
    parts: list[Field | str] = []
    count = 0
    for part in _PART.findall(form):
        if part == "@":
            parts.append(Field(f"number {count}"))
            count += 1
        else:
            parts.append(Field("street") if part == "*" else part)
    return tuple(parts)


@KINDS.register("street")
class Street(Place):
    """The street of the place, without a number, in Latin letters: from Faker's streets of the country.

    Where Faker has none, streets are named after people or have numbers, as is usual there.

    Example: {kind: street, country: FR}
    """

    def bind(self, scope: Scope) -> Binding:
        """A look-up in the stock of all streets of the countries."""
        draw = self.draw(scope)
        streets = StreetDraw(scope, draw)

        def fill(frame: Frame) -> pa.Array:
            country = draw.country(draw.index(frame))
            if draw.sure:
                return streets.names.take(wrap(streets.street(frame, country), pa.int64()))
            found = wrap(streets.street(frame, np.maximum(country, 0)), pa.int64())
            return streets.names.take(set_null(found, country < 0))

        return Binding(pa.string(), fill, nullable=not draw.sure)

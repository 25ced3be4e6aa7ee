"""Points of interest: their names."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.poi_type import Poi
from tempdata_dagster.locales.layouts import Field, Layout, Layouts
from tempdata_dagster.locales.points import PATTERNS, read_last_names

_PART = re.compile(r"[*@]|[^*@]+")


@KINDS.register("poi_name")
class PoiName(Poi):
    """The name of the point of interest that the place is, after its city or after somebody: `Hotel Moreau`, `Lyon Central Station`.

    What it is is the `poi_type` of the same place.

    Example: {kind: poi_name, country: FR}
    """

    def bind(self, scope: Scope) -> Binding:
        """Pieces of text in the layout of a pattern, glued."""
        draw = self.draw(scope)
        choose = self.draw_types(scope, draw)
        people = [read_last_names(one.country) for one in draw.cities]
        for names, one in zip(people, draw.cities, strict=True):
            scope.add_fact(f"last names of {one.country}", fingerprint("\n".join(names)))
        how_many = np.array([len(names) for names in people])
        first = np.cumsum(how_many) - how_many
        counts = np.array([len(patterns) for patterns in PATTERNS.values()])
        begins = np.cumsum(counts) - counts
        stocks = {
            "city": pa.array([name for one in draw.cities for name in one.names], pa.string()),
            "person": pa.array([name for names in people for name in names], pa.string()),
        }
        layouts = Layouts([_parse(text) for texts in PATTERNS.values() for text in texts], stocks)
        pattern, person = (scope.shared_stream("place", f"{draw.place}/{lane}") for lane in ("pattern", "person"))

        def fill(frame: Frame) -> pa.Array:
            city, sort = draw.index(frame), choose(frame)
            known = np.maximum(city, 0)
            country = draw.country(known)
            layout = begins[sort] + below(pattern.bits(frame.rows), counts[sort])
            named = first[country] + below(person.bits(frame.rows), how_many[country])
            array = layouts.write(layout, {"city": known, "person": named})
            return array if draw.sure else set_null(array, city < 0)

        return Binding(pa.string(), fill, nullable=not draw.sure)


def _parse(text: str) -> Layout:
    fields: dict[str, Field | str] = {"*": Field("city"), "@": Field("person")}
    return tuple(fields.get(part, part) for part in _PART.findall(text))

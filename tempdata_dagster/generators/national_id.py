"""National numbers of people."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.birth_date import find_birth
from tempdata_dagster.generators.sex import Resident
from tempdata_dagster.locales.choosing import GLOBAL, draw_countries
from tempdata_dagster.locales.countries import LOCALES
from tempdata_dagster.locales.id_numbers import People
from tempdata_dagster.locales.name_table import is_woman
from tempdata_dagster.locales.national_ids import SCHEMES, find_facts
from tempdata_dagster.locales.people import name_stream, pack_days

_YEAR, _MONTH = 9, 5  # the bits below the year and the month of a packed day


@KINDS.register("national_id")
class NationalId(Resident):
    """The number that a person has in the row's country, with right check digits; null where python-stdnum knows none.

    Where a number says the day of birth or the sex, it is that of the person's `birth_date` and `sex`. It is written without
    separators but those that mean something. Right numbers may be somebody's: they are for tests alone.

    Example: {kind: national_id, country: FR}
    """

    def bind(self, scope: Scope) -> Binding:
        """The rows of each country together, then in order again."""
        setting = self.find_country(scope)
        known = LOCALES if setting == GLOBAL else SCHEMES
        countries = draw_countries(scope, setting, known, self.person)
        born, women = find_birth(scope, self.person).bind_days(scope), self.find_women(scope)
        names = name_stream(scope, self.person)
        streams = {code: scope.shared_stream("person", f"{self.person}/national_id/{code}") for code in countries.codes}
        for code in countries.codes:
            scope.add_fact(f"national numbers of {code}", find_facts(code))

        def make(frame: Frame, code: str) -> pa.Array:
            if code not in SCHEMES:
                return pa.nulls(len(frame), pa.string())
            packed = pack_days(born(frame))
            female = is_woman(names.bits(frame.rows), women)
            return _make(code, packed, female, streams[code], frame)

        def fill(frame: Frame) -> pa.Array:
            country = countries.index(frame)
            if len(countries.codes) == 1 and countries.sure:
                return make(frame, countries.codes[0])
            order = np.argsort(country, kind="stable")
            edges = np.searchsorted(country[order], np.arange(-1, len(countries.codes) + 1))
            parts = [pa.nulls(int(edges[1]), pa.string())]
            for place, code in enumerate(countries.codes, 1):
                rows = order[edges[place] : edges[place + 1]]
                if len(rows):
                    parts.append(make(frame.relation.at(frame.rows.take(rows)), code))
            back = np.empty(len(order), dtype=np.int64)
            back[order] = np.arange(len(order))
            return pa.concat_arrays(parts).take(wrap(back, pa.int64()))

        sure = countries.sure and set(countries.codes) <= set(SCHEMES)
        return Binding(pa.string(), fill, nullable=not sure)


def _make(code: str, packed: np.ndarray, female: np.ndarray, stream: Stream, frame: Frame) -> pa.Array:
    month, day = packed >> _MONTH & 15, packed & 31
    people = People(packed >> _YEAR, month, day, female, lambda draw: stream.bits(frame.rows, draw))
    return SCHEMES[code][1](people).finish()

"""Telephone numbers that are valid in their country."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.uniqueness import enumerate_rows
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.sex import Resident
from tempdata_dagster.locales.choosing import GLOBAL, draw_countries
from tempdata_dagster.locales.countries import LOCALES
from tempdata_dagster.locales.phone_plans import PhoneFormat, PhoneType, known_regions, read_plan
from tempdata_dagster.locales.phone_table import PhoneTable, make_phone_table

_FREE, _FREE_IF_UNIQUE = 4, 6


@KINDS.register("phone")
class Phone(Resident):
    """A telephone number that is valid in the row's country, by libphonenumber's patterns; null where the country has none.

    Valid numbers may be somebody's: nothing should be sent to them. With `unique`, no two rows have the same.

    Example: {kind: phone, country: GB, format: international}
    """

    format: PhoneFormat = Field(
        default="e164", description="e164: +14155550123; international: +1 415-555-0123; national: (415) 555-0123"
    )
    line: PhoneType = Field(default="mobile", description="what answers: mobile or fixed_line")

    def bind(self, scope: Scope) -> Binding:
        """A head by the country, and digits."""
        setting = self.find_country(scope)
        known = LOCALES if setting == GLOBAL else known_regions()
        countries = draw_countries(scope, setting, known, self.person)
        if self.unique and self.format == "national" and len(countries.codes) > 1:
            hint = "take format e164 or international"
            scope.fail(
                "TD2056", "numbers of several countries may be the same without the country's code", "unique", hint=hint
            )
        plans = [read_plan(code, self.line, _FREE_IF_UNIQUE if self.unique else _FREE) for code in countries.codes]
        for plan in plans:
            scope.add_fact(f"phones of {plan.region}", plan.digest)
        table = make_phone_table(tuple(plans), self.format)
        choose = self._chooser(scope, table)

        def fill(frame: Frame) -> pa.Array:
            country = countries.index(frame)
            numbers = table.pieces.glue(choose(frame, np.maximum(country, 0)))
            return numbers if countries.sure else set_null(numbers, country < 0)

        return Binding(pa.string(), fill, nullable=not countries.sure, distinct=self.unique)

    def _chooser(self, scope: Scope, table: PhoneTable) -> Callable[[Frame, np.ndarray], np.ndarray]:
        stream = scope.shared_stream("person", f"{self.person}/phone/{self.line}")
        if not self.unique:
            return lambda frame, country: table.draw(stream.bits(frame.rows), country)
        number, _ = enumerate_rows(scope.rows_of(scope.table), table.capacity, stream)
        count = number or scope.enumerate_rows(table.capacity)
        return lambda frame, country: table.count(count(frame), country)

"""Ages in years."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import is_null, set_null, unwrap, wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.birth_date import find_birth
from tempdata_dagster.generators.sex import Personal
from tempdata_dagster.locales.people import pack_days
from tempdata_dagster.spec.values import Identifier

_DAY_US = 86_400_000_000
_YEAR = 9  # the bits below the year in a packed day
Days = Callable[[Frame], np.ndarray]


@KINDS.register("age")
class Age(Personal):
    """Whole years of a person, or since any day of the table: birthdays up to a day.

    Example: {kind: age, as_of: 2025-07-01}
    """

    of: Identifier | None = Field(
        default=None, description="a date or moment of this table; by default the person's birth"
    )
    as_of: date | Identifier | None = Field(
        default=None, description="a day, or a column with one; by default that of the person's `birth_date`"
    )

    def bind(self, scope: Scope) -> Binding:
        """Years between two days, less one before the birthday."""
        birth = find_birth(scope, self.person)
        born = birth.bind_days(scope) if self.of is None else self._days(scope, self.of, "of")
        then = self._moment(scope, birth.as_of)
        named = [name for name in (self.of, self.as_of) if isinstance(name, str)]
        nullable = any(scope.column(name).nullable for name in named)

        def fill(frame: Frame) -> pa.Array:
            years = (then(frame) - pack_days(born(frame))) >> _YEAR
            cells = wrap(years.astype(np.int32), pa.int32())
            for name in named:
                cells = set_null(cells, is_null(frame.column(name)))
            return cells

        return Binding(pa.int32(), fill, nullable=nullable)

    def _moment(self, scope: Scope, default: date) -> Callable[[Frame], np.ndarray | int]:
        if isinstance(self.as_of, str):
            days = self._days(scope, self.as_of, "as_of")
            return lambda frame: pack_days(days(frame))
        day = self.as_of or default
        scope.add_fact("as of", str(day))
        packed = day.year << _YEAR | day.month << 5 | day.day
        return lambda _: packed

    def _days(self, scope: Scope, name: str, parameter: str) -> Days:
        kind = scope.column(name, parameter).type
        if pa.types.is_date32(kind):
            return lambda frame: unwrap(frame.column(name)).astype(np.int64)
        if not pa.types.is_timestamp(kind):
            scope.fail("TD2026", f"'{name}' is no day or moment", parameter, hint="name a date or a timestamp")
        return lambda frame: unwrap(frame.column(name)) // _DAY_US

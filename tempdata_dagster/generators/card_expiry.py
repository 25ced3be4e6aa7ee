"""Expiry months of payment cards."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from tempdata_dagster.engine.arrays import from_matrix, is_null, set_null, unwrap, write_digits
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Identifier

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def _count_months(text: str) -> int:
    year, month = text.split("-")
    return int(year) * 12 + int(month) - 1


@KINDS.register("card_expiry")
class CardExpiry(Kind):
    """The last month of a payment card as `MM/YY`: evenly from `start` to `end`, or up to `months` after a moment of the row.

    Example: {kind: card_expiry, start: 2026-01, end: 2030-12}
    """

    card: str = Field(default="", max_length=60, description="which card, where a row has several")
    start: str = Field(default="2026-01", description="first month")
    end: str = Field(default="2030-12", description="last month")
    after: Identifier | None = Field(default=None, description="a moment of this table, when the card is valid")
    months: int = Field(default=48, ge=1, le=240, description="most months after that moment's")

    @field_validator("start", "end")
    @classmethod
    def _is_month(cls, value: str) -> str:
        if not _MONTH.fullmatch(value):
            raise ValueError(f"'{value[:20]}' is no month: write one such as 2027-08")
        return value

    @model_validator(mode="after")
    def _ordered(self) -> CardExpiry:
        if _count_months(self.end) < _count_months(self.start):
            raise ValueError("end is before start")
        return self

    def bind(self, scope: Scope) -> Binding:
        """Months since the year 0, written as digits."""
        stream, pattern = scope.shared_stream("card expiry", self.card), "(0[1-9]|1[0-2])/[0-9]{2}"
        if self.after is None:
            first = _count_months(self.start)
            size = _count_months(self.end) - first + 1
            return Binding(
                pa.string(), lambda frame: _write(below(stream.bits(frame.rows), size) + first), pattern=pattern
            )
        name = self.after
        base = scope.column(name, "after")
        if not (pa.types.is_timestamp(base.type) or pa.types.is_date32(base.type)):
            scope.fail("TD2026", f"'{name}' is no moment", "after", hint="name a timestamp or a date")
        unit = "D" if pa.types.is_date32(base.type) else base.type.unit

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(name)
            null = is_null(cells)
            moments = np.where(null, 0, unwrap(cells)).astype(np.int64).view(f"datetime64[{unit}]")
            months = moments.astype("datetime64[M]").astype(np.int64) + 1970 * 12
            return set_null(_write(months + below(stream.bits(frame.rows), self.months) + 1), null)

        return Binding(pa.string(), fill, nullable=base.nullable, pattern=pattern)


def _write(months: np.ndarray) -> pa.Array:
    characters = np.empty((len(months), 5), dtype=np.uint8)
    write_digits(characters[:, :2], months % 12 + 1)
    characters[:, 2] = ord("/")
    write_digits(characters[:, 3:], months // 12 % 100)
    return from_matrix(characters)

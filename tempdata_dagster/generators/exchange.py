"""Amounts of money in another currency."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.amounts import is_number, to_amounts
from tempdata_dagster.engine.arrays import is_null, make_decimal, set_null, wrap
from tempdata_dagster.engine.cells import choose_term
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.exchange_rates import DATE, PER_DOLLAR
from tempdata_dagster.spec.values import Identifier

_PRECISION, _LARGEST = 18, 1e18


@KINDS.register("exchange")
class Exchange(Kind):
    """An amount of another column in another currency, at the rates of one frozen day (2026-09-29); without an amount, the rate.

    Amounts are rounded to the digits that the currency has, so that yen have no fraction. Rows whose currency is not known, or
    has no rate, have null.

    Example: {kind: exchange, amount: price, from: USD, to: EUR}
    """

    amount: Identifier | None = Field(default=None, description="a column of numbers of the same table")
    source: str = Field(default="USD", alias="from", description="a column of ISO 4217 codes, or one code")
    target: str = Field(alias="to", description="a column of ISO 4217 codes, or one code")
    decimals: int = Field(default=2, ge=0, le=6, description="digits after the point")

    def bind(self, scope: Scope) -> Binding:
        """One multiplication per row."""
        digits = _read_digits()
        terms = {code.lower(): place for place, code in enumerate(PER_DOLLAR)}
        sources, known_source = choose_term(scope, self.source, "from", terms, "currency")
        targets, known_target = choose_term(scope, self.target, "to", terms, "currency")
        rates = np.array([*PER_DOLLAR.values(), 1.0])
        scope.add_fact(f"exchange rates of {DATE}", fingerprint([dict(PER_DOLLAR), digits]))

        sure = known_source and known_target

        def rate(frame: Frame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            source, target = sources(frame), targets(frame)
            return rates[target] / rates[source], target, (source < 0) | (target < 0)

        if self.amount is None:

            def fill_rate(frame: Frame) -> pa.Array:
                factor, _, null = rate(frame)
                return set_null(wrap(factor, pa.float64()), null)

            return Binding(pa.float64(), fill_rate, nullable=not sure)
        name = self.amount
        column = scope.column(name, "amount")
        if not is_number(column.type):
            scope.fail(
                "TD2060", f"'{name}' is a {column.type} and no amount", "amount", hint="name a column of numbers"
            )
        steps = 10.0 ** np.array([max(self.decimals - own, 0) for own in digits] + [0])

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(name)
            factor, target, null = rate(frame)
            null |= is_null(cells)
            units = np.where(null, 0.0, to_amounts(cells) * factor * 10.0**self.decimals)
            step = steps[target]
            units = np.floor(np.abs(units) / step + 0.5) * step * np.sign(units)
            if len(units) and np.abs(units).max() >= _LARGEST:
                raise GenerationError(
                    "TD2101", f"amounts of '{name}' do not fit {_PRECISION} digits", "make them smaller"
                )
            return set_null(make_decimal(units.astype(np.int64), _PRECISION, self.decimals), null)

        return Binding(pa.decimal128(_PRECISION, self.decimals), fill, nullable=not sure or column.nullable)


def _read_digits() -> list[int]:
    """Digits after the point of each currency, as CLDR has them."""
    from babel.numbers import get_currency_precision

    return [get_currency_precision(code) for code in PER_DOLLAR]

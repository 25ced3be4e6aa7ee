"""Prices as shops write them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from pydantic import BeforeValidator, Field, model_validator

from tempdata_dagster.engine.arrays import make_decimal
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.distributions.numeric import NumericKind
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import MAX_WEIGHT

_ENDING = re.compile(r"(\d{0,4})\.(\d\d)")
_PRECISION, _CENTS = 18, 100
_Amount = Annotated[float, Field(ge=0, le=1e12)]


def _check_endings(value: Any) -> Any:
    """`{.99: 6, "9.00": 1}` with all keys as texts."""
    if isinstance(value, (list, tuple)):
        value = dict.fromkeys(value, 1.0)
    if not isinstance(value, dict) or not value:
        raise ValueError("endings are a list such as ['.99', '.95'], or endings with weights")
    found = {f"{key:.2f}".removeprefix("0") if isinstance(key, float) else str(key): value[key] for key in value}
    wrong = [key for key in found if not _ENDING.fullmatch(key)]
    if wrong:
        raise ValueError(f"'{wrong[0][:20]}' is no ending of a price: write the last digits, such as '.99' or '9.00'")
    return found


Endings = Annotated[
    dict[str, Annotated[float, Field(ge=0, le=MAX_WEIGHT, strict=False)]],
    BeforeValidator(_check_endings, json_schema_input_type=dict[str, float] | list[str]),
]


@KINDS.register("price")
class Price(NumericKind):
    """A price by a distribution between `min` and `max`, moved to the nearest one that ends as prices do: `.99`, `.95`, `9.00`.

    An ending with digits before the point, such as `9.00`, is only for prices that have more digits than it.

    Example: {kind: price, distribution: lognormal, median: 24, sigma: 0.9, min: 1, max: 900}
    """

    min: _Amount = Field(description="least price")
    max: _Amount = Field(description="greatest price")
    endings: Endings = Field(
        default={".99": 55, ".95": 12, ".49": 8, ".50": 5, ".00": 15, "9.00": 5},
        description="last digits, with weights",
    )

    @model_validator(mode="after")
    def _have_room(self) -> Price:
        if not any(self.endings.values()):
            raise ValueError("the weights of the endings are all 0")
        for ending in self.endings:
            low, high = self._ends(_parse_ending("." + ending.partition(".")[2]))
            if low > high:
                raise ValueError(f"no price between {self.min} and {self.max} ends in '{ending}'")
        return self

    def bind(self, scope: Scope) -> Binding:
        """Cents by one look-up, moved by a few array operations."""
        try:
            drawn = self.draw(scope, 2)
        except ValueError as error:
            scope.fail("TD2031", str(error), "distribution")
        endings = [_parse_ending(ending) for ending in self.endings]
        short = [_parse_ending("." + ending.partition(".")[2]) for ending in self.endings]
        table, stream = DiscreteTable(list(self.endings.values())), scope.stream("ending")
        rules = np.array([[*ending, *self._ends(ending)] for ending in [*endings, *short]], dtype=np.int64)
        count = len(endings)

        def fill(frame: Frame) -> pa.Array:
            cents, chosen = drawn.fill(frame), table.look_up(stream.bits(frame.rows)).astype(np.int64)
            # Where the whole ending does not fit between the bounds, or is as long as the price, only its cents are taken.
            modulus, low, high = rules[chosen, 0], rules[chosen, 2], rules[chosen, 3]
            chosen[((modulus > _CENTS) & (cents < modulus)) | (low > high)] += count
            modulus, rest, low, high = (rules[chosen, column] for column in range(4))
            moved = np.floor((cents - rest) / modulus + 0.5).astype(np.int64) * modulus + rest
            return make_decimal(np.minimum(np.maximum(moved, low), high), _PRECISION, 2)

        ends = [self._ends(ending) for ending in [*endings, *short]]
        low = min(low for low, high in ends if low <= high)
        high = max(high for low, high in ends if low <= high)
        kind = pa.decimal128(_PRECISION, 2)
        return Binding(kind, fill, minimum=Decimal(low).scaleb(-2), maximum=Decimal(high).scaleb(-2))

    def _ends(self, ending: tuple[int, int]) -> tuple[int, int]:
        """The least and the greatest price with this ending within the bounds, in cents."""
        modulus, rest = ending
        least, most = -int(-Decimal(repr(self.min)) * _CENTS // 1), int(Decimal(repr(self.max)) * _CENTS // 1)
        return least + (rest - least) % modulus, most - (most - rest) % modulus


def _parse_ending(ending: str) -> tuple[int, int]:
    """The size of the digits that an ending fixes, and the ending in cents: (1000, 900) for `9.00`."""
    digits = ending.replace(".", "")
    return 10 ** len(digits), int(digits)

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.engine.arrays import make_decimal, set_null
from tempdata_dagster.engine.types import cast_array


@st.composite
def digits(draw):
    precision = draw(st.integers(1, 30))
    return precision, draw(st.integers(0, precision))


@given(source=digits(), target=digits(), units=st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1, max_size=8),
       first_is_null=st.booleans())  # fmt: skip
def test_decimals_are_rounded_half_away_from_zero_or_refused(source, target, units, first_is_null):
    units = [unit % 10 ** min(source[0], 18) * (1 if unit > 0 else -1) for unit in units]
    cells = set_null(make_decimal(np.array([0, *units]), *source), np.array([first_is_null] + [False] * len(units)))
    cells = cells.slice(len(units) % 2)
    with localcontext(prec=80):
        rounded = [
            None if cell is None else cell.quantize(Decimal(1).scaleb(-target[1]), ROUND_HALF_UP)
            for cell in cells.to_pylist()
        ]
        fits = all(cell is None or abs(cell.scaleb(target[1])) < 10 ** target[0] for cell in rounded)
    if not fits:
        with pytest.raises(GenerationError, match=r"TD2101.*does not fit"):
            cast_array(cells, pa.decimal128(*target), "price")
        return
    try:
        cast = cast_array(cells, pa.decimal128(*target), "price")
    except GenerationError:
        assert (
            target[0] > 18 or abs(target[1] - source[1]) > 18
        )  # where it is Arrow's own cast, which needs room to round
        return
    cast.validate(full=True)
    assert cast.to_pylist() == rounded

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.locales.pieces import Pieces


@given(st.lists(st.text(max_size=5), min_size=1, max_size=8), st.integers(0, 20), st.integers(1, 5), st.data())
def test_glue_is_joining_one_by_one(stock, rows, width, data):
    numbers = data.draw(st.lists(st.integers(0, len(stock) - 1), min_size=rows * width, max_size=rows * width))
    index = np.array(numbers, dtype=np.int32).reshape(rows, width)
    glued = Pieces(pa.array(stock)).glue(index)
    glued.validate(full=True)
    assert glued.to_pylist() == ["".join(stock[i] for i in row) for row in index]


def test_joined_stocks_keep_their_indexes():
    both = Pieces(pa.array(["a", "b"])).join(Pieces(pa.array(["c"])))
    assert len(both) == 3
    assert both.glue(np.array([[0, 2], [1, 2]], dtype=np.int32)).to_pylist() == ["ac", "bc"]

from __future__ import annotations

import numpy as np
import pytest
from stdnum import luhn as stdnum_luhn
from stdnum import verhoeff as stdnum_verhoeff
from stdnum.iso7064 import mod_11_10 as stdnum_mod_11_10

from tempdata_dagster.locales.id_numbers import Number, luhn, mod_11_10, verhoeff

ROWS = 2_000


def some_numbers(width: int) -> Number:
    number = Number(ROWS, width + 1)
    number.put(np.random.default_rng(3).integers(0, 10**width, ROWS), width)
    return number


@pytest.mark.parametrize(
    ("check", "checker"), [(luhn, stdnum_luhn), (verhoeff, stdnum_verhoeff), (mod_11_10, stdnum_mod_11_10)]
)
@pytest.mark.parametrize("width", [1, 2, 9, 16])
def test_check_digits_are_stdnums(check, checker, width):
    number = some_numbers(width)
    number.put(check(number), 1)
    assert all(checker.is_valid(text) for text in number.finish().to_pylist())


def test_sums_and_remainders_are_those_of_the_digits():
    number = some_numbers(12)
    texts = [text[:12] for text in number.finish().to_pylist()]
    assert number.weigh((5, 0, -2), 1).tolist() == [5 * int(t[1]) - 2 * int(t[3]) for t in texts]
    assert number.remainder(97).tolist() == [int(t) % 97 for t in texts]
    assert number.remainder(97, 2, first=7).tolist() == [int("7" + t[2:]) % 97 for t in texts]


def test_settling_raises_only_the_wrong_ones_within_their_range():
    number = Number(ROWS, 3)
    before = 500 + np.arange(ROWS) % 500
    place = number.put(before, 3)
    number.settle(place, 3, lambda n, _: n.remainder(7) == 3, low=500)
    after = np.array([int(text) for text in number.finish().to_pylist()])
    assert (after % 7 != 3).all()
    assert (after[before % 7 != 3] == before[before % 7 != 3]).all()
    assert after.min() >= 500
    with pytest.raises(ArithmeticError):
        number.settle(place, 3, lambda n, _: np.ones(len(n.text), dtype=bool))


def test_characters_that_are_not_written_are_left_out():
    number = Number(3, 4)
    number.put(np.array([1, 22, 333]), 3)
    number.text[0, 1] = 0
    assert number.finish().to_pylist() == ["01", "022", "333"]

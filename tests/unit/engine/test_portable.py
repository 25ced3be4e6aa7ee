"""Portable exp, log and power: next to numpy's, and pinned to the last bit."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.engine import portable

GRID = np.concatenate([np.linspace(-700, 700, 200_001), np.linspace(-1, 1, 100_001), [0.0, 1e-300, -1e-300]])
POSITIVE = np.concatenate(
    [np.geomspace(1e-300, 1e300, 200_001), np.linspace(0.5, 2, 100_001), [1.0, 0.7071067811865476]]
)


def in_last_places(found, exact):
    return np.abs(found - exact) / np.spacing(np.abs(exact))


def test_exp_is_within_one_unit_in_the_last_place_of_numpys():
    assert in_last_places(portable.exp(GRID), np.exp(GRID)).max() <= 1


def test_log_is_within_one_unit_in_the_last_place_of_numpys():
    exact = np.log(POSITIVE)
    assert in_last_places(portable.log(POSITIVE), exact)[exact != 0].max() <= 1
    assert portable.log(1.0) == 0.0


@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_power_is_next_to_pythons(base, exponent):
    assert float(portable.power(base, exponent)) == pytest.approx(math.pow(base, exponent), rel=1e-13)


@given(st.floats(-600, 600))
def test_log_undoes_exp(x):
    assert float(portable.log(portable.exp(x))) == pytest.approx(x, abs=1e-13, rel=1e-14)


def test_exp_stays_finite_at_its_ends():
    assert np.isfinite(portable.exp(np.array([-1e9, 1e9]))).all()
    assert portable.exp(np.array([1e9])) == portable.exp(np.array([700.0]))


def test_the_bits_are_pinned():
    digest = hashlib.blake2b(portable.exp(GRID).tobytes() + portable.log(POSITIVE).tobytes(), digest_size=8).hexdigest()
    assert digest == "20d271f0bb254292"


def test_the_shape_is_kept():
    assert portable.exp(np.zeros((2, 3))).shape == (2, 3)
    assert portable.log(np.ones((0,))).shape == (0,)

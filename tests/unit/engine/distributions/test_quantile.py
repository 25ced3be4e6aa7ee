"""Quantile tables: as good as the functions that they freeze, tails included."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.distributions.quantile import QuantileTable, normal_quantile
from tempdata_dagster.engine.streams import Stream


@pytest.fixture(scope="module")
def normal() -> QuantileTable:
    return QuantileTable(normal_quantile, lambda p: -normal_quantile(p))


def test_the_normal_quantile_is_good_to_the_last_digits():
    p = np.concatenate([np.geomspace(1e-300, 0.5, 20_000), 1 - np.geomspace(1e-12, 0.5, 20_000)])
    assert normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=5e-15, abs=1e-15)


def test_a_table_draws_the_distribution(normal):
    values = normal.look_up(Stream.of("q").bits(Addresses(0, np.arange(1_000_000))))
    assert stats.kstest(values, "norm").pvalue > 1e-3
    assert (abs(values.mean()), abs(values.std() - 1)) < (0.005, 0.005)
    assert stats.kurtosis(values) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("tail", [0.3, 1e-3, 1e-6, 1e-9, 1e-12])
def test_both_tails_are_as_fine_as_the_middle(normal, tail):
    place = int(tail * 2**64)
    below, above = normal.look_up(np.array([place, 2**63 + place], dtype=np.uint64))
    # The first half of the numbers is the lower tail, counted from its end; the second half the upper one.
    assert below == pytest.approx(stats.norm.ppf(tail), rel=1e-4)
    assert above == pytest.approx(-stats.norm.ppf(tail), rel=1e-4)


def test_the_ends_are_finite(normal):
    ends = normal.look_up(np.array([0, 2**63 - 1, 2**63, 2**64 - 1], dtype=np.uint64))
    assert np.isfinite(ends).all()
    assert np.abs(ends).max() == pytest.approx(-stats.norm.ppf(2.0**-50), rel=1e-3)


def test_without_an_upper_function_the_lower_one_serves():
    table = QuantileTable(lambda p: -portable.log(1.0 - p))
    values = table.look_up(Stream.of("e").bits(Addresses(0, np.arange(200_000))))
    assert stats.kstest(values, "expon").pvalue > 1e-3


def test_values_rise_with_the_probability(normal):
    lower = normal.look_up(np.arange(0, 2**63, 2**63 // 100_000, dtype=np.uint64))
    assert (np.diff(lower) >= 0).all()

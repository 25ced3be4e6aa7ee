"""Whole numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from tempdata_dagster.core.errors import SpecError


def test_every_number_of_a_range_is_as_frequent(build):
    values = build("n: {kind: integer, min: -2, max: 3}", rows=60_000)["n"].to_numpy()
    assert stats.chisquare(np.bincount(values + 2, minlength=6)).pvalue > 1e-3
    assert (values.min(), values.max()) == (-2, 3)


def test_one_value_and_the_widest_ranges(build):
    low, high = -(2**62), 2**62 - 2
    table = build(f"a: {{kind: integer, min: 5, max: 5}}\nb: {{kind: integer, min: {low}, max: {high}}}")
    assert set(table["a"].to_pylist()) == {5}
    wide = table["b"].to_numpy()
    assert wide.min() < low * 0.98
    assert wide.max() > high * 0.98


def test_geometric_has_its_mean_before_it_is_cut_off(build):
    values = build("n: {kind: integer, distribution: geometric, mean: 1.6, min: 1, max: 9}", rows=100_000)[
        "n"
    ].to_numpy()
    assert values.mean() == pytest.approx(1.6, abs=0.02)
    assert (values.min(), values.max()) == (1, 9)


def test_continuous_distributions_are_rounded_to_the_nearest(build):
    values = build("n: {kind: integer, distribution: normal, mean: 10, sd: 0.4}", rows=50_000)["n"].to_numpy()
    assert (values == 10).mean() == pytest.approx(stats.norm.cdf(1.25) - stats.norm.cdf(-1.25), abs=0.01)


def test_unique_fills_a_range_exactly(build):
    values = build("n: {kind: integer, min: 1, max: 1000, unique: true}", rows=1_000)["n"].to_numpy()
    assert np.array_equal(np.sort(values), np.arange(1, 1_001))
    assert not np.array_equal(values, np.sort(values))


def test_a_changed_maximum_of_a_range_keeps_rows_near_their_place(build):
    before = build("n: {kind: integer, min: 0, max: 999}")["n"].to_numpy()
    after = build("n: {kind: integer, min: 0, max: 1000}")["n"].to_numpy()
    assert np.abs(after - before).max() <= 1


def test_types(build):
    table = build("n: {kind: integer, min: 0, max: 100, type: int8}")
    assert table.schema.field("n").type == pa.int8()


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ("min: 5, max: 1", "TD1024", "max 1 is less than min 5"),
        ("min: 5", "TD1024", "needs 'min' and 'max'"),
        ("max: 5", "TD1024", "needs 'min' and 'max'"),
        ("min: 1.5, max: 3", "TD1022", "a whole number"),
        ("min: true, max: 3", "TD1022", "a whole number"),
        ("min: '1', max: 3", "TD1022", "a whole number"),
        ("min: -9223372036854775808, max: 9223372036854775807", "TD2031", "2^63"),
        ("min: 0, max: 9223372036854775808", "TD1023", "at most"),
        ("min: 1, max: 2, distribution: geometrik", "TD1024", "did you mean 'geometric'"),
        ("min: 1, max: 6, mean: 3", "TD1024", "'mean' is no setting of a uniform"),
        ("distribution: geometric, min: 3, mean: 2", "TD2031", "less than min"),
        ("distribution: zipf, exponent: 1.2", "TD2031", "needs a 'max'"),
        ("distribution: lognormal, median: 3, sigma: 20", "TD2031", "give a min and a max"),
        ("distribution: normal, mean: 0, sd: 1, min: 1000", "TD2031", "nothing between"),
        ("distribution: poisson, mean: 3, unique: true", "TD2008", "cannot be unique"),
        ("min: 1, max: 999, unique: true", "TD2004", "1,000 distinct values"),
    ],
)
def test_says_what_is_wrong(compile_columns, settings, code, message):
    with pytest.raises(SpecError) as error:
        compile_columns(f"n: {{kind: integer, {settings}}}")
    (problem,) = error.value.problems
    assert (problem.code, problem.where.line) == (code, 8)
    assert message in str(problem)

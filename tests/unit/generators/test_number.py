"""Numbers with a fraction."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from tempdata_dagster.core.errors import SpecError

PRICE = "n: {kind: number, distribution: lognormal, median: 20, sigma: 0.8, min: 1, max: 900, decimals: 2}"


def test_decimals_are_exact(build):
    column = build(PRICE, rows=20_000)["n"]
    assert column.type == pa.decimal128(18, 2)
    values = np.array([float(value) for value in column.to_pylist()])
    assert np.median(values) == pytest.approx(20, rel=0.03)
    assert (values.min() >= 1, values.max() <= 900) == (True, True)


def test_bounds_between_two_decimals_are_rounded_inwards(build):
    values = build("n: {kind: number, min: 1.005, max: 1.034, decimals: 2}")["n"].to_pylist()
    assert set(values) == {Decimal("1.01"), Decimal("1.02"), Decimal("1.03")}


def test_negative_decimals(build):
    values = build("n: {kind: number, min: -0.02, max: 0.02, decimals: 2}", rows=5_000)["n"].to_pylist()
    assert set(values) == {Decimal(text) for text in ("-0.02", "-0.01", "0.00", "0.01", "0.02")}


@pytest.mark.parametrize(
    ("settings", "law"),
    [
        ("min: 2, max: 4", stats.uniform(2, 2)),
        ("distribution: normal, mean: 5, sd: 2", stats.norm(5, 2)),
        ("distribution: exponential, mean: 3", stats.expon(scale=3)),
        ("distribution: gamma, shape: 2, scale: 3", stats.gamma(2, scale=3)),
        ("distribution: beta, alpha: 2, beta: 5, min: 10, max: 20", stats.beta(2, 5, 10, 10)),
        ("distribution: pareto, alpha: 2, min: 5", stats.pareto(2, scale=5)),
    ],
)
def test_follows_its_distribution(build, settings, law):
    values = build(f"n: {{kind: number, {settings}}}", rows=100_000)["n"].to_numpy()
    assert stats.kstest(values, law.cdf).pvalue > 1e-3


def test_whole_distributions_give_whole_numbers(build):
    table = build(
        "a: {kind: number, distribution: poisson, mean: 4}\nb: {kind: number, distribution: poisson, mean: 4, decimals: 1}"
    )
    assert table["a"].type == pa.float64()
    assert all(value == int(value) for value in table["a"].to_pylist())
    assert [float(value) for value in table["b"].to_pylist()] != table[
        "a"
    ].to_pylist()  # columns have streams of their own
    assert all(value == int(value) for value in table["b"].to_pylist())


def test_a_range_of_one_number(build):
    table = build(
        "a: {kind: number, min: 2.5, max: 2.5}\nb: {kind: number, distribution: normal, mean: 0, sd: 1, min: 1, max: 1}"
    )
    assert set(table["a"].to_pylist()) == {2.5}
    assert set(table["b"].to_pylist()) == {1.0}


def test_unique_decimals(build):
    values = build("n: {kind: number, min: 0, max: 9.99, decimals: 2, unique: true}")["n"].to_pylist()
    assert sorted(values) == [Decimal(i) / 100 for i in range(1000)]


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ("min: 5, max: 1", "TD1024", "max 1.0 is less than min 5.0"),
        ("min: 1", "TD1024", "needs 'min' and 'max'"),
        ("min: 1, max: 2, decimals: 16", "TD1023", "at most 15"),
        ("min: 1, max: 2, decimals: -1", "TD1023", "at least 0"),
        ("min: 1.001, max: 1.004, decimals: 2", "TD2031", "no number with 2 decimals"),
        ("min: 0, max: 1000000000000, decimals: 10", "TD2031", "do not fit 18 digits"),
        ("min: .inf, max: 1", "TD1018", ".inf"),
        ("min: 0, max: .nan", "TD1018", ".nan"),
        ("min: -1e308, max: 1", "TD1023", "at least"),
        ("distribution: normal, mean: 1, sd: -2", "TD1024", "'sd' is more than 0"),
        ("distribution: lognormal, median: 0, sigma: 1", "TD1024", "'median' is more than 0"),
        ("distribution: zipf, exponent: 0, max: 5", "TD1024", "'exponent' is more than 0"),
        ("distribution: pareto, alpha: 2", "TD1024", "'alpha' and 'scale'"),
        ("distribution: pareto, alpha: 0.05, min: 5, decimals: 2", "TD2031", "give a min and a max"),
        ("distribution: lognormal, median: 20, sigma: 1.5, decimals: 12", "TD2031", "do not fit 18 digits"),
        ("distribution: exponential, mean: 1, max: -1", "TD2031", "nothing between"),
        ("min: 0, max: 1, unique: true", "TD2008", "cannot be unique"),
        ("min: 0, max: 1, decimals: 2, unique: true", "TD2004", "there are 101"),
    ],
)
def test_says_what_is_wrong(compile_columns, settings, code, message):
    with pytest.raises(SpecError) as error:
        compile_columns(f"n: {{kind: number, {settings}}}")
    assert code in {problem.code for problem in error.value.problems}
    assert message in str(error.value)
    assert error.value.problems[0].where.line == 8

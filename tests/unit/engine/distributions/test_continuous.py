"""Distributions against scipy, over 200,000 rows of a fixed stream each."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.distributions.catalogue import make_distribution
from tempdata_dagster.engine.distributions.continuous import (
    Beta,
    Exponential,
    Gamma,
    Lognormal,
    Normal,
    Pareto,
    normal_tails,
)
from tempdata_dagster.engine.distributions.discrete import Geometric, Poisson, Zipf
from tempdata_dagster.engine.distributions.sampler import sample_counts, sample_reals, sample_units
from tempdata_dagster.engine.distributions.special import log_gamma
from tempdata_dagster.engine.streams import Stream

ROWS = 200_000
LEAST_P = 1e-3

CONTINUOUS = [
    (Normal(3, 2), stats.norm(3, 2)),
    (Lognormal(20, 0.8), stats.lognorm(0.8, scale=20)),
    (Lognormal.of(mean=3, sd=2), stats.lognorm(np.sqrt(np.log(1 + 4 / 9)), scale=3 / np.sqrt(1 + 4 / 9))),
    (Exponential(3), stats.expon(scale=3)),
    (Pareto(1.5, 2), stats.pareto(1.5, scale=2)),
    (Gamma(0.3, 2), stats.gamma(0.3, scale=2)),
    (Gamma(1, 2), stats.gamma(1, scale=2)),
    (Gamma(40, 0.5), stats.gamma(40, scale=0.5)),
    (Beta(0.5, 0.5), stats.beta(0.5, 0.5)),
    (Beta(2, 5), stats.beta(2, 5)),
    (Beta(300, 20), stats.beta(300, 20)),
]
CUT = [
    (Normal(3, 2), stats.norm(3, 2), 4, None),
    (Normal(3, 2), stats.norm(3, 2), -1, 3.5),
    (Normal(0, 1), stats.norm(0, 1), -8, -7),
    (Lognormal(20, 0.8), stats.lognorm(0.8, scale=20), 1, 900),
    (Lognormal(20, 0.8), stats.lognorm(0.8, scale=20), -5, 10),
    (Exponential(3), stats.expon(scale=3), 1, 4),
    (Pareto(1.5, 2), stats.pareto(1.5, scale=2), 3, 50),
    (Gamma(2, 2), stats.gamma(2, scale=2), 3, 8),
]


@pytest.fixture(scope="module")
def bits() -> np.ndarray:
    return Stream.of("distributions").bits(Addresses(0, np.arange(ROWS)))


def probabilities(values, law, first, last):
    """Observed and expected counts of each whole number, the rare ones at the end put together."""
    numbers = np.arange(first, last + 1)
    expected = law(numbers)
    expected = expected / expected.sum() * len(values)
    observed = np.bincount(values - first, minlength=len(numbers))[: len(numbers)]
    enough = int(np.flatnonzero(np.cumsum(expected[::-1]) >= 10)[0])
    keep = len(numbers) - enough - 1
    fold = lambda counts: np.append(counts[:keep], counts[keep:].sum())  # noqa: E731 - two uses, one line
    merged = np.add.reduceat(fold(expected), starts := _starts(fold(expected)))
    return np.add.reduceat(fold(observed), starts), merged


def _starts(expected):
    starts, total = [0], 0.0
    for place, count in enumerate(expected[:-1]):
        total += count
        if total >= 10:
            starts, total = [*starts, place + 1], 0.0
    return np.array(starts)


def name_of(value: object) -> str:
    """A name that is the same in every process: without the address that scipy's laws show."""
    return str(value).partition(" at 0x")[0]


@pytest.mark.parametrize(("distribution", "law"), CONTINUOUS, ids=name_of)
def test_draws_the_distribution(distribution, law, bits):
    values = sample_reals(distribution, None, None).draw(bits)
    assert stats.kstest(values, law.cdf).pvalue > LEAST_P


@pytest.mark.parametrize(("distribution", "law", "low", "high"), CUT, ids=name_of)
def test_cuts_off_by_the_distribution_function(distribution, law, low, high, bits):
    values = sample_reals(distribution, low, high).draw(bits)
    first = law.cdf(low)
    last = 1.0 if high is None else law.cdf(high)
    assert stats.kstest(values, lambda x: (law.cdf(x) - first) / (last - first)).pvalue > LEAST_P
    assert values.min() >= low
    assert high is None or values.max() <= high
    assert (values == low).sum() + (values == high).sum() <= 2


def test_keeps_the_upper_tail_exact_where_one_minus_it_is_one():
    values = sample_reals(Normal(0, 1), 10, None).draw(Stream.of("tail").bits(Addresses(0, np.arange(50_000))))
    assert values.min() >= 10
    assert stats.kstest(values, lambda x: 1 - stats.norm.sf(x) / stats.norm.sf(10)).pvalue > LEAST_P


@pytest.mark.parametrize("moment", ["mean", "sd"])
def test_lognormal_has_the_mean_and_sd_that_it_is_given(moment, bits):
    values = sample_reals(Lognormal.of(mean=50.0, sd=20.0), None, None).draw(bits)
    assert {"mean": values.mean(), "sd": values.std()}[moment] == pytest.approx(
        {"mean": 50, "sd": 20}[moment], rel=0.01
    )


@pytest.mark.parametrize("z", [-37.0, -8.0, -1.0, 0.0, 1e-9, 2.0, 9.0, 30.0])
def test_normal_tails(z):
    assert normal_tails(z) == pytest.approx((stats.norm.cdf(z), stats.norm.sf(z)), rel=1e-12)


@pytest.mark.parametrize("x", [0.05, 0.5, 1.0, 3.0, 14.9, 100.0, 9999.0])
def test_log_gamma(x):
    assert log_gamma(x) == pytest.approx(special.gammaln(x), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize(
    "distribution", [Gamma(0.05, 1), Gamma(2.5, 3), Gamma(9000, 1), Beta(0.05, 0.05), Beta(4000, 3)]
)
def test_tails_and_values_are_each_others_inverse(distribution):
    lower = np.array([1e-12, 1e-3, 0.3, 0.5, 0.7, 0.999])
    values = distribution.value(lower, 1.0 - lower)
    inner = (values > 0) & (values < 1 if isinstance(distribution, Beta) else True)
    back = np.array([distribution.tails(float(x))[0] for x in values[inner]])
    assert back == pytest.approx(lower[inner], rel=1e-6)
    assert (np.diff(values) >= 0).all()


DISCRETE = [
    (Poisson(0.2), stats.poisson(0.2).pmf, None, None),
    (Poisson(4.5), stats.poisson(4.5).pmf, None, None),
    (Poisson(4.5), stats.poisson(4.5).pmf, 3, 9),
    (Poisson(3), stats.poisson(3).pmf, 40, 60),
    (Poisson(1_000), stats.poisson(1_000).pmf, None, None),
    (Geometric(1.6), lambda k: 0.625 * 0.375 ** (k - 1.0), 1, 12),
    (Geometric(2.0), lambda k: 2.0**-k, 1, None),
    (Geometric(20.0), lambda k: (20 / 21) ** k / 21, None, None),
    (Zipf(1.1), lambda k: k**-1.1, None, 1_000),
    (Zipf(1.5), lambda k: (k - 4.0) ** -1.5, 5, 40),
]


@pytest.mark.parametrize(("distribution", "law", "low", "high"), DISCRETE, ids=name_of)
def test_draws_whole_numbers_in_proportion(distribution, law, low, high, bits):
    values = sample_counts(distribution, low, high).draw(bits)
    least = (1 if isinstance(distribution, Zipf) else 0) if low is None else low
    assert values.min() >= least
    assert high is None or values.max() <= high
    observed, expected = probabilities(values, law, least, high or int(values.max()) + 50)
    assert stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > LEAST_P


def test_geometric_of_a_large_mean_has_that_mean_and_law(bits):
    values = sample_counts(Geometric(50_000.0), None, None).draw(bits)
    assert (
        stats.kstest(values + np.linspace(0, 1, ROWS, endpoint=False), stats.expon(scale=50_000).cdf).pvalue > LEAST_P
    )


def test_zipf_over_many_values_agrees_with_the_exact_weights(bits):
    values = sample_counts(Zipf(1.0), None, 10_000_000).draw(bits)
    harmonic = np.log(1e7) + 0.5772156649
    for rank in (1, 2, 10, 100, 1000):
        share = 1.0 / rank / harmonic
        assert (values == rank).sum() == pytest.approx(ROWS * share, abs=5 * (ROWS * share) ** 0.5 + 1)
    below = (values <= 100_000).mean()
    assert below == pytest.approx((np.log(1e5) + 0.5772156649) / harmonic, abs=0.01)


def test_units_at_the_bounds_are_as_likely_as_the_density_says(bits):
    values = sample_units(Exponential(1000.0), 0, 9, 1).draw(bits)
    observed = np.bincount(values, minlength=10)
    expected = np.append(0.5, np.ones(9)) * ROWS / 9.5  # 0 has half a unit: nothing lies below it
    assert stats.chisquare(observed, expected * ROWS / expected.sum()).pvalue > 1e-6


def test_units_are_rounded_half_away_from_zero():
    class Fixed(Normal):
        def value(self, lower, upper):
            return np.where(lower < 0.5, -1.5, 2.5)

    ends = np.array([0, 2**64 - 1], dtype=np.uint64)
    assert sample_units(Fixed(0, 1), None, None, 1).draw(ends).tolist() == [-2, 3]


@pytest.mark.parametrize(("low", "high"), [(1e9, None), (40, 41), (None, -1e9)])
def test_refuses_bounds_that_leave_nothing(low, high):
    with pytest.raises(ValueError, match="nothing between"):
        sample_reals(Normal(0, 1), low, high)


@pytest.mark.parametrize(("low", "high"), [(5.0, None), (None, -2.0)])
def test_refuses_half_open_bounds_that_turn_a_beta_round(low, high):
    with pytest.raises(ValueError, match="nothing between"):
        sample_reals(Beta(2, 2), low, high)


def test_refuses_units_that_no_integer_holds():
    with pytest.raises(ValueError, match="give a min and a max"):
        sample_units(Pareto(0.1, 1.0), None, None, 1)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("normal", {"mean": 1.0}, "a normal distribution takes 'mean' and 'sd'"),
        ("normal", {"mean": 1.0, "sd": 0.0}, "'sd' is more than 0"),
        ("normal", {"mean": 1.0, "sigma": 2.0}, "'sigma' is no setting of a normal distribution"),
        ("lognormal", {"median": 1.0, "sigma": -1.0}, "'sigma' is more than 0"),
        ("lognormal", {"median": 1.0, "sigma": 51.0}, "'sigma' is at most 50"),
        ("lognormal", {"median": 1.0, "sd": 1.0}, "'median' and 'sigma' or 'mean' and 'sd'"),
        ("lognormal", {"mean": -1.0, "sd": 1.0}, "'mean' is more than 0"),
        ("exponential", {"mean": 0.0}, "'mean' is more than 0"),
        ("gamma", {"shape": 0.01, "scale": 1.0}, "'shape' is between 0.05 and 10,000"),
        ("beta", {"alpha": 2.0, "beta": 1e9}, "'beta' is between"),
        ("pareto", {"alpha": 0.0, "scale": 1.0}, "'alpha' is at least"),
        ("poisson", {"mean": 1e12}, "between 0 and 1e[+]09"),
        ("zipf", {"exponent": 0.0}, "'exponent' is more than 0"),
        ("zipf", {"exponent": 1e308}, "at most 20"),
        ("uniform", {"mean": 1.0}, "'mean' is no setting of a uniform distribution"),
    ],
)
def test_names_the_parameter_that_is_wrong(name, given, message):
    with pytest.raises(ValueError, match=message):
        make_distribution(name, given)


@pytest.mark.parametrize(
    ("distribution", "low", "high", "message"),
    [
        (Poisson(3), None, -1, "nothing below 0"),
        (Geometric(1.0), 2, None, "less than min"),
        (Zipf(1.0), 1, None, "needs a 'max'"),
        (Zipf(1.0), 1, 10**13, "values"),
    ],
)
def test_says_why_there_are_no_counts(distribution, low, high, message):
    with pytest.raises(ValueError, match=message):
        sample_counts(distribution, low, high)

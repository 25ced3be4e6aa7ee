"""Every distribution that numpy's generator has by name, against scipy's of the same parameters."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.distributions.catalogue import CONTINUOUS, DISCRETE
from tempdata_dagster.engine.distributions.sampler import mass_between
from tempdata_dagster.engine.distributions.settings import Part, mix_parts
from tempdata_dagster.engine.distributions.special import beta_quantile, gamma_quantile
from tempdata_dagster.engine.streams import Stream

LEAST_P = 1e-3
LAWS = {
    "uniform": [({"min": -2.0, "max": 3.0}, stats.uniform(-2, 5))],
    "beta": [({"alpha": 2.0, "beta": 5.0}, stats.beta(2, 5))],
    "chisquare": [({"df": 0.7}, stats.chi2(0.7)), ({"df": 12.0}, stats.chi2(12))],
    "exponential": [({"mean": 3.0}, stats.expon(scale=3))],
    "f": [({"dfnum": 3.0, "dfden": 5.0}, stats.f(3, 5)), ({"dfnum": 40.0, "dfden": 0.8}, stats.f(40, 0.8))],
    "gamma": [({"shape": 2.5, "scale": 2.0}, stats.gamma(2.5, scale=2))],
    "gumbel": [({}, stats.gumbel_r()), ({"loc": 10.0, "scale": 4.0}, stats.gumbel_r(10, 4))],
    "laplace": [({"loc": -1.0, "scale": 2.0}, stats.laplace(-1, 2))],
    "logistic": [({"loc": 5.0, "scale": 0.5}, stats.logistic(5, 0.5))],
    "lognormal": [({"median": 20.0, "sigma": 0.8}, stats.lognorm(0.8, scale=20))],
    "noncentral_chisquare": [
        ({"df": 3.0, "nonc": 20.0}, stats.ncx2(3, 20)),
        ({"df": 0.5, "nonc": 1.0}, stats.ncx2(0.5, 1)),
        ({"df": 40.0, "nonc": 900.0}, stats.ncx2(40, 900)),
    ],
    "normal": [({"mean": 3.0, "sd": 2.0}, stats.norm(3, 2))],
    "pareto": [({"alpha": 1.5, "scale": 2.0}, stats.pareto(1.5, scale=2))],
    "power": [({"alpha": 3.0}, stats.powerlaw(3)), ({"alpha": 0.4, "min": 5.0, "max": 9.0}, stats.powerlaw(0.4, 5, 4))],
    "rayleigh": [({"scale": 3.0}, stats.rayleigh(scale=3))],
    "standard_cauchy": [({}, stats.cauchy()), ({"loc": 2.0, "scale": 0.1}, stats.cauchy(2, 0.1))],
    "standard_t": [({"df": 3.0}, stats.t(3)), ({"df": 0.5}, stats.t(0.5)), ({"df": 80.0, "scale": 2.0}, stats.t(80, scale=2))],
    "triangular": [
        ({"left": 1.0, "mode": 2.0, "right": 6.0}, stats.triang(0.2, 1, 5)),
        ({"min": 0.0, "mode": 4.0, "max": 4.0}, stats.triang(1, 0, 4)),
    ],
    "vonmises": [
        ({"kappa": 0.0}, stats.uniform(-np.pi, 2 * np.pi)),
        ({"kappa": 4.0}, stats.vonmises(4)),
        ({"mu": 2.0, "kappa": 900.0}, stats.vonmises(900, 2)),
    ],
    "wald": [({"mean": 3.0, "scale": 2.0}, stats.invgauss(1.5, scale=2)), ({"mean": 1.0, "scale": 90.0}, stats.invgauss(1 / 90, scale=90))],
    "weibull": [({"shape": 1.7, "scale": 3.0}, stats.weibull_min(1.7, scale=3)), ({"shape": 0.5}, stats.weibull_min(0.5))],
    "binomial": [({"n": 10.0, "p": 0.3}, stats.binom(10, 0.3)), ({"n": 1e6, "p": 0.5}, stats.binom(10**6, 0.5))],
    "geometric": [({"p": 0.2, "min": 1}, stats.geom(0.2)), ({"mean": 3.0}, stats.geom(0.25, -1))],
    "hypergeometric": [({"ngood": 15.0, "nbad": 25.0, "nsample": 20.0}, stats.hypergeom(40, 15, 20))],
    "logseries": [({"p": 0.8}, stats.logser(0.8))],
    "negative_binomial": [({"n": 2.5, "p": 0.2}, stats.nbinom(2.5, 0.2)), ({"n": 1.0, "p": 0.001}, stats.nbinom(1, 0.001))],
    "poisson": [({"mean": 4.5}, stats.poisson(4.5)), ({"mean": 0.1}, stats.poisson(0.1))],
    "zipf": [({"exponent": 2.0, "max": 1000}, stats.zipfian(2, 1000))],
}  # fmt: skip
CASES = [pytest.param(name, given, law, id=f"{name} {given}") for name, laws in LAWS.items() for given, law in laws]
BOUNDS = [
    ("gumbel", {"scale": 2.0}, stats.gumbel_r(scale=2), 1.0, 4.0),
    ("standard_t", {"df": 3.0}, stats.t(3), 2.0, None),
    ("weibull", {"shape": 2.0}, stats.weibull_min(2), None, 0.5),
    ("wald", {"mean": 1.0, "scale": 1.0}, stats.invgauss(1), 0.5, 3.0),
    ("laplace", {}, stats.laplace(), -1.0, 5.0),
    ("f", {"dfnum": 3.0, "dfden": 5.0}, stats.f(3, 5), 0.1, 2.0),
    ("vonmises", {"kappa": 2.0}, stats.vonmises(2), 0.0, 1.0),
    ("triangular", {"left": 0.0, "mode": 1.0, "right": 4.0}, stats.triang(0.25, 0, 4), 0.5, 3.0),
    ("logistic", {}, stats.logistic(), 3.0, 9.0),
    ("chisquare", {"df": 4.0}, stats.chi2(4), 2.0, 9.0),
    ("noncentral_chisquare", {"df": 4.0, "nonc": 3.0}, stats.ncx2(4, 3), 2.0, 9.0),
]


@pytest.fixture(scope="module")
def bits(torture) -> np.ndarray:
    rows = 1_000_000 if torture else 100_000
    return Stream.of("named distributions").bits(Addresses(0, np.arange(rows)))


def draw(name, given, bits, **more):
    part = Part(distribution=name, **given, **more)
    return part.reals().draw(bits)


def test_every_distribution_is_tested():
    assert set(LAWS) == {"uniform", *CONTINUOUS, *DISCRETE}


@pytest.mark.parametrize(("name", "given", "law"), CASES)
def test_fits_the_law(name, given, law, bits, figure):
    values = draw(name, given, bits)
    p = fit_counts(values, law) if name in DISCRETE else stats.kstest(values, law.cdf).pvalue
    figure(f"goodness of fit of {name} {given} over {len(values):,} rows: p = {p:.3f}")
    assert p > LEAST_P


def fit_counts(values: np.ndarray, law) -> float:
    """The p-value of the chi-square test, rare numbers put together."""
    numbers = np.arange(values.min(), values.max() + 1)
    expected, observed = law.pmf(numbers) * len(values), np.bincount((values - values.min()).astype(int))
    starts, total = [0], 0.0
    for place, count in enumerate(expected):
        if total >= 20:
            starts, total = [*starts, place], 0.0
        total += count
    expected, observed = np.add.reduceat(expected, starts), np.add.reduceat(observed, starts)
    keep = expected >= 5
    expected, observed = (
        np.append(expected[keep], len(values) - expected[keep].sum()),
        np.append(observed[keep], observed[~keep].sum()),
    )
    if expected[-1] < 1:
        expected, observed = expected[:-1] / expected[:-1].sum() * observed[:-1].sum(), observed[:-1]
    return stats.chisquare(observed, expected).pvalue


@pytest.mark.parametrize(
    ("name", "given", "law", "low", "high"), BOUNDS, ids=lambda one: one if isinstance(one, str) else ""
)
def test_is_cut_off_and_made_whole_again_not_clamped(name, given, law, low, high, bits):
    values = draw(name, given, bits, min=low, max=high)
    first, last = (0.0 if low is None else law.cdf(low)), (1.0 if high is None else law.cdf(high))
    assert stats.kstest(values, lambda x: (law.cdf(x) - first) / (last - first)).pvalue > LEAST_P
    assert low is None or values.min() > low
    assert high is None or values.max() < high


def test_an_exact_figure_stays_in_the_far_tail():
    far = Stream.of("far").bits(Addresses(0, np.arange(20_000)))
    values = draw("standard_t", {"df": 2.0}, far, min=1e6)
    assert stats.kstest(values, lambda x: 1 - stats.t(2).sf(x) / stats.t(2).sf(1e6)).pvalue > LEAST_P
    assert mass_between(Part(distribution="gumbel").make(), 30.0, None) == pytest.approx(
        stats.gumbel_r.sf(30), rel=1e-9
    )


def test_rises_with_its_random_numbers(bits):
    rising = np.sort(bits)
    for name, laws in LAWS.items():
        sampler = Part(distribution=name, **laws[0][0]).reals()
        assert sampler.monotone
        assert (np.diff(sampler.at(rising)) >= 0).all(), name


def test_a_histogram_keeps_its_gaps_and_its_shares(bits):
    part = Part(empirical={"edges": [0, 10, 20, 30, 100], "counts": [1, 0, 6, 3]})
    values = part.reals().draw(bits)
    counts = np.histogram(values, [0, 10, 20, 30, 100])[0]
    assert counts[1] == 0
    assert counts / len(values) == pytest.approx([0.1, 0, 0.6, 0.3], abs=0.006)
    cut = Part(min=25.0, max=65.0, empirical={"edges": [0, 10, 20, 30, 100], "counts": [1, 0, 6, 3]}).reals().draw(bits)
    law = stats.rv_histogram((np.array([1, 0, 6, 3]), np.array([0, 10, 20, 30, 100])), density=False)
    assert stats.kstest(cut, lambda x: (law.cdf(x) - law.cdf(25)) / (law.cdf(65) - law.cdf(25))).pvalue > LEAST_P


def test_quantiles_are_met(bits):
    values = Part(empirical={"quantiles": [1, 2, 4, 8, 100]}).reals().draw(bits)
    assert (values.min(), values.max()) == (pytest.approx(1, abs=0.01), pytest.approx(100, abs=0.01))
    assert np.histogram(values, [1, 2, 4, 8, 100])[0] / len(values) == pytest.approx([0.25] * 4, abs=0.006)


def test_a_mixture_has_its_shares_and_its_shapes(bits):
    parts = (
        Part(weight=3, distribution="normal", mean=10, sd=1),
        Part(weight=1, distribution="exponential", mean=5),
    )
    values = mix_parts(parts, None, None, None).draw(bits)
    law = lambda x: 0.75 * stats.norm(10, 1).cdf(x) + 0.25 * stats.expon(scale=5).cdf(x)  # noqa: E731 - used twice
    assert stats.kstest(values, law).pvalue > LEAST_P
    cut = mix_parts(parts, 9.5, 20.0, None).draw(bits)
    assert stats.kstest(cut, lambda x: (law(x) - law(9.5)) / (law(20) - law(9.5))).pvalue > LEAST_P
    alone = mix_parts((Part(min=0, max=1), Part(min=5, max=7)), 6.0, None, None).draw(bits)
    assert (alone.min() >= 6, alone.max() <= 7) == (True, True), "the first part has nothing there"
    cents = mix_parts((*parts, Part(weight=1, min=0, max=1)), 0.5, None, 2).draw(bits)
    assert cents.dtype == np.int64
    assert cents.min() >= 50


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"distribution": "wald", "mean": 1.0}, "'mean' and 'scale'"),
        ({"distribution": "vonmises", "kappa": -1.0}, "'kappa'"),
        ({"distribution": "standard_t", "df": 0.0}, "'df'"),
        ({"distribution": "triangular", "min": 0.0, "max": 1.0, "mode": 2.0}, "'mode'"),
        ({"distribution": "binomial", "n": 2.5, "p": 0.5}, "'n'"),
        ({"distribution": "hypergeometric", "ngood": 1.0, "nbad": 1.0, "nsample": 3.0}, "'nsample'"),
        ({"distribution": "standard_cauchy", "df": 3.0}, "'df' is no setting"),
        ({"distribution": "geometric", "p": 0.0}, "'p'"),
        ({"empirical": {"edges": [0, 1], "counts": [1, 2]}}, "counts between"),
        ({"empirical": {"edges": [0, 0], "counts": [1]}}, "rise"),
        ({"empirical": {"quantiles": [1, 0]}}, "fall"),
        ({"empirical": {"quantiles": [0, 1]}, "mean": 3.0}, "alone"),
    ],
)
def test_refuses_what_makes_no_distribution(settings, said):
    with pytest.raises(ValueError, match=said):
        Part(**settings)


@pytest.mark.parametrize(
    "law",
    [stats.gamma(46.5), stats.gamma(5000), stats.beta(5000, 5000), stats.beta(300, 20)],
    ids=lambda law: str(law.args),
)
def test_large_shapes_are_exact_to_the_ends(law):
    tail = 2.0 ** -np.arange(50.0, 0.0, -0.25)
    invert = gamma_quantile if len(law.args) == 1 else beta_quantile
    assert invert(*law.args, tail, upper=False) == pytest.approx(law.ppf(tail), rel=1e-9)
    assert invert(*law.args, tail, upper=True) == pytest.approx(law.isf(tail), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "given"),
    [("gamma", {"shape": 2.0, "scale": 1.0}), ("weibull", {"shape": 2.0}), ("geometric", {"mean": 3.0})],
)
def test_refuses_bounds_with_nothing_between(name, given):
    with pytest.raises(ValueError, match="has nothing b"):
        Part(distribution=name, **given, max=-1.0).reals()

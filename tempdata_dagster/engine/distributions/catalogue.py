"""All distributions by name: those of numpy's generator, by the names and parameters that users know."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tempdata_dagster.engine.distributions.closed import Gumbel, Laplace, Logistic, Power, Rayleigh, Triangular, Weibull
from tempdata_dagster.engine.distributions.continuous import Beta, Exponential, Gamma, Lognormal, Normal, Pareto
from tempdata_dagster.engine.distributions.counts import Binomial, Hypergeometric, LogSeries, NegativeBinomial
from tempdata_dagster.engine.distributions.density import NoncentralChiSquare, VonMises, Wald
from tempdata_dagster.engine.distributions.discrete import Geometric, Poisson, Zipf
from tempdata_dagster.engine.distributions.ratios import Cauchy, ChiSquare, FisherF, StudentT

CONTINUOUS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "beta": Beta,
        "chisquare": ChiSquare,
        "exponential": Exponential,
        "f": FisherF,
        "gamma": Gamma,
        "gumbel": Gumbel,
        "laplace": Laplace,
        "logistic": Logistic,
        "lognormal": Lognormal,
        "noncentral_chisquare": NoncentralChiSquare,
        "normal": Normal,
        "pareto": Pareto,
        "power": Power,
        "rayleigh": Rayleigh,
        "standard_cauchy": Cauchy,
        "standard_t": StudentT,
        "triangular": Triangular,
        "vonmises": VonMises,
        "wald": Wald,
        "weibull": Weibull,
    }
)
DISCRETE: Mapping[str, type[Any]] = MappingProxyType(
    {
        "binomial": Binomial,
        "geometric": Geometric,
        "hypergeometric": Hypergeometric,
        "logseries": LogSeries,
        "negative_binomial": NegativeBinomial,
        "poisson": Poisson,
        "zipf": Zipf,
    }
)


def make_distribution(name: str, given: Mapping[str, float]) -> Any:
    """The distribution with these parameters: a `Continuous` or a `Discrete`; None for the uniform one.

    Raises:
        ValueError: A parameter is missing, makes no sense, or belongs to another distribution.
    """
    model = CONTINUOUS.get(name) or DISCRETE.get(name)
    ways: tuple[tuple[str, ...], ...] = model.ways if model else ((),)
    known = {parameter for way in ways for parameter in way}
    foreign = sorted(set(given) - known)
    takes = " or ".join(" and ".join(f"'{one}'" for one in way) or "nothing" for way in ways) if model else ""
    takes = takes or "'min' and 'max'"
    if foreign:
        raise ValueError(f"'{foreign[0]}' is no setting of a {name} distribution, which takes {takes}")
    if model is None:
        return None
    if not any(set(way) == set(given) for way in ways):
        raise ValueError(f"a {name} distribution takes {takes}")
    return model.of(**given) if hasattr(model, "of") else model(**given)

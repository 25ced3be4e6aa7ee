"""What the kinds of numbers share: mixtures, cases of another column, and correlation with other columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BeforeValidator, Field, ValidationError

from tempdata_dagster.engine.cases import Cases, check_when
from tempdata_dagster.engine.distributions.dependence import Score, correlate, score_of
from tempdata_dagster.engine.distributions.quantile import fold
from tempdata_dagster.engine.distributions.sampler import Sampler
from tempdata_dagster.engine.distributions.settings import PARAMETERS, Parameters, Part, mix_parts
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.spec.values import Identifier

_SHAPE = {"distribution", "mixture", "empirical"}
_CASE = {"min", "max", *_SHAPE, *PARAMETERS}
_MOST_PARTS = 50


def _check_case(value: Any) -> Any:
    if not isinstance(value, dict) or not set(value) <= _CASE:
        raise ValueError("a case of when has a distribution and its settings: {country: {DE: {mean: 30, sd: 4}}}")
    return value


When = Annotated[dict[Identifier, dict[Any, Any]], BeforeValidator(lambda value: check_when(value, _check_case))]
Correlation = Annotated[float, Field(gt=-1, lt=1)]


@dataclass(frozen=True)
class Drawn:
    """How a column's numbers are drawn.

    Attributes:
        fill: The numbers of a frame's rows.
        least: No number is less; None if that is not known.
        greatest: No number is greater, likewise.
        score: What other columns can be correlated with.
    """

    fill: Callable[[Frame], np.ndarray]
    least: Any
    greatest: Any
    score: Score | None


class NumericKind(Parameters, Kind):
    """A number that is drawn from a distribution and cut off at bounds."""

    keyable: ClassVar[bool] = True
    mixture: Annotated[tuple[Part, ...], Field(strict=False, max_length=_MOST_PARTS)] = Field(
        default=(), description="several distributions, each with its weight, instead of one"
    )
    when: When | None = Field(
        default=None, description="other settings of the distribution by another column's value: {column: {value: ...}}"
    )
    correlate: dict[Identifier, Correlation] = Field(
        default={}, description="correlations with other numeric columns of the table, by a Gaussian copula"
    )

    def check(self) -> None:
        """Refuse settings that make no distribution, here or in a case."""
        if self.unique and (self.when or self.correlate or self.mixture):
            raise ValueError("a unique number has no 'when', 'correlate' or 'mixture'")
        if self.keyed_by and self.correlate:
            raise ValueError("a correlated number goes by its row: it has no 'keyed_by'")
        if self.mixture and self.correlate:
            raise ValueError("a mixture cannot be correlated")
        if self.mixture:
            given = [name for name in PARAMETERS if getattr(self, name) is not None]
            if given or self.distribution != "uniform" or self.empirical is not None:
                raise ValueError("'mixture' stands alone: the parts have distributions and their settings")
        elif not (self.when and self._says_nothing()):
            super().check()
        self.variants()

    def _says_nothing(self) -> bool:
        return self.distribution == "uniform" and None in (self.min, self.max) and self.empirical is None

    def variants(self) -> dict[Any, NumericKind]:
        """The settings of each case of `when`.

        Raises:
            ValueError: Those of one make no distribution.
        """
        found: dict[Any, NumericKind] = {}
        for case, settings in next(iter((self.when or {}).values()), {}).items():
            dropped = {*PARAMETERS, *_SHAPE} if set(settings) & _SHAPE else set()
            base = self.model_dump(
                include={"kind", "min", "max", *_SHAPE, *PARAMETERS} - dropped, exclude_defaults=True
            )
            try:
                found[case] = type(self).model_validate({**base, **settings})
            except ValidationError as error:
                first = error.errors()[0]
                place = "".join(f"'{part}' " for part in first["loc"][:1])
                raise ValueError(f"when it is '{case}', {place}{first['msg'].removeprefix('Value error, ')}") from None
        return found

    def sampler(self, decimals: int | None) -> Sampler:
        """A sampler of float64, or of int64 multiples of the last of so many digits; cases aside.

        Raises:
            ValueError: The distribution has nothing between the bounds, or its values do not fit.
        """
        if self.mixture:
            return mix_parts(self.mixture, self.min, self.max, decimals)
        return self.reals() if decimals is None else self.units(decimals)

    def draw(self, scope: Scope, decimals: int | None) -> Drawn:
        """The numbers of a column: float64, or int64 multiples of the last of so many digits.

        Raises:
            ValueError: A distribution has nothing between the bounds, or its values do not fit.
        """
        stream = scope.stream()
        if self.when:
            return self._draw_cases(scope, self.when, decimals)
        sampler = self.sampler(decimals)
        if self.correlate:
            score, bits = correlate(scope, self.correlate, lambda frame: stream.bits(frame.rows))
            return Drawn(lambda frame: sampler.at(bits(frame)), sampler.least, sampler.greatest, score)

        def unfold(frame: Frame) -> np.ndarray:
            return fold(stream.bits(frame.rows)) if sampler.folded else stream.bits(frame.rows)

        score_known = score_of(scope, unfold) if sampler.monotone else None
        draw, ends = sampler.draw, (sampler.least, sampler.greatest)
        return Drawn(lambda frame: draw(stream.bits(frame.rows)), *ends, score_known)

    def _draw_cases(self, scope: Scope, when: dict[str, dict[Any, Any]], decimals: int | None) -> Drawn:
        stream, alone = scope.stream(), not self.mixture and self._says_nothing()
        ((name, values),) = when.items()
        cases = Cases.bind(scope, name, list(values), covered=alone)
        samplers = [one.sampler(decimals) for one in self.variants().values()]
        rest = None if alone else self.sampler(decimals)
        every = samplers if rest is None else [*samplers, rest]
        own = lambda frame: stream.bits(frame.rows)  # noqa: E731 - one line, and its type is told by its use
        score, bits = correlate(scope, self.correlate, own) if self.correlate else (score_of(scope, own), own)
        draws, others = [one.at for one in samplers], None if rest is None else rest.at

        def fill(frame: Frame) -> np.ndarray:
            return cases.pick(frame, bits(frame), draws, others)

        least, greatest = [one.least for one in every], [one.greatest for one in every]
        ends = (None if None in least else min(least)), (None if None in greatest else max(greatest))
        return Drawn(fill, *ends, score if all(one.monotone for one in every) else None)

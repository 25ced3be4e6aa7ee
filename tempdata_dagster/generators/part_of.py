"""Parts that add up to a total, to the last digit."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.engine.amounts import to_units
from tempdata_dagster.engine.arrays import is_null, make_decimal, set_null, unwrap, wrap
from tempdata_dagster.engine.distributions.continuous import Gamma
from tempdata_dagster.engine.distributions.sampler import sample_reals
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Identifier

_MOST_PARTS, _LEAST_SHAPE, _SAFE = 50, 0.05, 9.2e18
Weight = Annotated[float, Field(gt=0, le=1e6)]


@KINDS.register("part_of")
class PartOf(Kind):
    """One of several parts that add up to another column exactly, in decimals or whole numbers.

    One column has the `shares` of all parts, by their columns' names; the others name it: `{kind: part_of, like: goods}`.
    A share without a column is a rest that is not written.
    Without `evenness` the shares are the same in every row; with it they vary (Dirichlet), the less the higher it is.

    Example: {kind: part_of, of: amount, shares: {example: 6, delivery: 1, tip: 1}, evenness: 20}
    """

    of: Identifier | None = Field(default=None, description="the total: decimals or whole numbers")
    shares: dict[Identifier, Weight] = Field(default={}, max_length=_MOST_PARTS)
    evenness: float | None = Field(default=None, gt=0, le=100_000)
    like: Identifier | None = Field(default=None, description="the column that has the shares")

    @model_validator(mode="after")
    def _one_way(self) -> PartOf:
        if (self.like is None) == (self.of is None) or bool(self.of) != bool(self.shares):
            raise ValueError("a part has 'of' and 'shares', or names with 'like' the column that has them")
        if self.evenness is not None and self.evenness * min(self.weights()) < _LEAST_SHAPE:
            raise ValueError(f"evenness times the least share is at least {_LEAST_SHAPE:g}: raise it")
        if self.like is not None and self.evenness is not None:
            raise ValueError("'evenness' stands with the shares")
        return self

    def names(self) -> list[str]:
        """The parts in the order in which they are rounded; the file's order is nothing."""
        return sorted(self.shares)

    def weights(self) -> list[float]:
        """Their shares, adding up to 1."""
        total = float(np.cumsum([self.shares[name] for name in self.names()])[-1]) if self.shares else 1.0
        return [self.shares[name] / total for name in self.names()]

    def bind(self, scope: Scope) -> Binding:
        """The differences of the rounded sums so far; these are computed once for all parts."""
        name, settings = scope.name, self
        if self.like is not None:
            scope.column(self.like, "like")
            other = scope.binder.columns_of(scope.table)[self.like]
            if not isinstance(other, PartOf) or not other.shares:
                scope.fail("TD2069", f"'{self.like}' has no shares", "like", hint="name the part that has them")
            name, settings = self.like, other
        if scope.name not in settings.shares or settings.of is None:
            hint = "the shares name all parts by their columns"
            scope.fail("TD2069", f"the shares of '{name}' have no part '{scope.name}'", "shares", hint=hint)
        total = scope.column(settings.of, "of")
        decimal = pa.types.is_decimal128(total.type)
        if not (decimal or total.type == pa.int64()):
            hint = "give it decimals, or make it whole numbers"
            scope.fail("TD2069", f"'{settings.of}' is a {total.type}, which has no exact parts", "of", hint=hint)
        hidden = settings.share_sums(scope, name, settings.of)
        place, of, size = settings.names().index(scope.name), settings.of, len(settings.shares)

        def fill(frame: Frame) -> pa.Array:
            ends = unwrap(frame.column(hidden).flatten()).reshape(len(frame), size)
            units = ends[:, place] - ends[:, place - 1] if place else ends[:, 0].copy()
            null = is_null(frame.column(of))
            cells = make_decimal(units, total.type.precision, total.type.scale) if decimal else wrap(units, pa.int64())
            return set_null(cells, null)

        positive = total.minimum is not None and total.minimum >= 0
        least, most = (total.minimum * 0, total.maximum) if positive else (None, None)
        return Binding(total.type, fill, nullable=total.nullable, minimum=least, maximum=most)

    def share_sums(self, scope: Scope, name: str, total: str) -> str:
        """The hidden column with the sums of the first parts, of the first two, and so on, in units of the last digit."""
        weights, size = self.weights(), len(self.shares)
        streams = [scope.shared_stream("part", f"{name}/{part}") for part in self.names()]
        draws = (
            [sample_reals(Gamma(self.evenness * one, 1.0), None, None).draw for one in weights] if self.evenness else []
        )
        fixed = np.cumsum(weights)

        def fill(frame: Frame) -> pa.Array:
            units = to_units(frame.column(total), total)
            sums = np.broadcast_to(fixed, (len(frame), size))
            if draws:
                drawn = [draw(stream.bits(frame.rows)) for draw, stream in zip(draws, streams, strict=True)]
                sums = np.cumsum(np.stack(drawn, axis=1), axis=1)
            whole = sums[:, -1:]
            parts = units[:, None] * (sums / np.where(whole > 0, whole, 1.0))
            ends = np.rint(np.clip(parts, -_SAFE, _SAFE)).astype(np.int64)
            ends[:, -1] = units
            if size > 1 and len(frame):  # a float of 18 digits may lie beyond the total
                low, high = np.minimum(units, 0)[:, None], np.maximum(units, 0)[:, None]
                np.clip(ends, low, high, out=ends)
            return pa.FixedSizeListArray.from_arrays(wrap(ends.reshape(-1), pa.int64()), size)

        return scope.share(f"parts {name}", lambda: Binding(pa.list_(pa.int64(), size), fill))

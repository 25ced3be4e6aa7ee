"""Stars that customers give."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import MAX_WEIGHT

# The shape that shops on the Internet know: most are content, and more are furious than merely displeased.
_SHAPE = (11.0, 6.0, 11.0, 24.0, 48.0)


@KINDS.register("rating")
class Rating(Kind):
    """A rating from 1 to `max`, mostly high: `review` writes the text that agrees with it.

    Example: {kind: rating, max: 5}
    """

    max: int = Field(default=5, ge=2, le=100, description="the best rating")
    weights: Annotated[tuple[Annotated[float, Field(ge=0, le=MAX_WEIGHT, strict=False)], ...], Field(strict=False)] = (
        Field(default=(), description="of the ratings from 1 on; by default most are high, and few are in the middle")
    )

    @model_validator(mode="after")
    def _fits(self) -> Rating:
        if self.weights and len(self.weights) != self.max:
            raise ValueError(f"{len(self.weights)} weights for {self.max} ratings")
        if self.weights and not any(self.weights):
            raise ValueError("the weights are all 0")
        return self

    def bind(self, scope: Scope) -> Binding:
        """One table look-up."""
        share = np.arange(self.max) / (self.max - 1) * (len(_SHAPE) - 1)
        low = np.minimum(share.astype(np.int64), len(_SHAPE) - 2)
        shape = np.array(_SHAPE)
        table = DiscreteTable(self.weights or shape[low] + (shape[low + 1] - shape[low]) * (share - low))
        stream, values = scope.stream(), tuple(range(1, self.max + 1))
        return Binding(
            pa.int8(),
            lambda frame: wrap(table.look_up(stream.bits(frame.rows)).astype(np.int8) + np.int8(1), pa.int8()),
            minimum=1,
            maximum=self.max,
            values=values,
        )

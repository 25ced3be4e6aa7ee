"""Several different values of a list, as one text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream, below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.pieces import Pieces

MAX_VALUES = 10_000
MAX_COUNT = 32


@KINDS.register("sample")
class Sample(Kind):
    """Several values of a list, none twice and in any order, joined to one text: tags, skills, the words of a name.

    Example: {kind: sample, values: [red, green, blue, grey], min: 1, count: 3, separator: ", "}
    """

    values: tuple[str, ...] = Field(strict=False, min_length=1, max_length=MAX_VALUES)
    count: int = Field(ge=1, le=MAX_COUNT, description="how many values; the most, when there is a min")
    min: int | None = Field(default=None, ge=0, description="the least; each number up to count is as frequent")
    separator: str = Field(default=" ", max_length=20)

    @field_validator("values")
    @classmethod
    def _differ(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(values)) < len(values):
            raise ValueError("a value stands twice")
        return values

    @model_validator(mode="after")
    def _enough(self) -> Sample:
        if self.count > len(self.values):
            raise ValueError(f"count {self.count} is more than the {len(self.values)} values")
        if self.min is not None and self.min > self.count:
            raise ValueError(f"min {self.min} is more than count {self.count}")
        return self

    def bind(self, scope: Scope) -> Binding:
        """Draws without replacement, one stream for each place, and one gather for the texts."""
        size, least = len(self.values), self.count if self.min is None else self.min
        later = [self.separator + value for value in self.values]
        pieces, empty = Pieces(pa.array([*self.values, *later, ""])), 2 * size
        places, how_many = [scope.stream(f"place {place}") for place in range(self.count)], scope.stream("count")

        def fill(frame: Frame) -> pa.Array:
            index = draw_distinct(frame, places, size)
            index[:, 1:] += size
            if least < self.count:
                counts = below(how_many.bits(frame.rows), self.count - least + 1) + least
                index[np.arange(self.count) >= counts[:, None]] = empty
            return pieces.glue(index)

        return Binding(pa.string(), fill)


def draw_distinct(frame: Frame, places: list[Stream], size: int) -> np.ndarray:
    """For each row different numbers in [0, size), one for each stream; int32 of shape `(n, len(places))`.

    The i-th draw is among the numbers that are left: it moves up by one for each earlier draw that is not above it.
    """
    drawn = np.empty((len(frame), len(places)), dtype=np.int32)
    taken = np.empty((len(frame), 0), dtype=np.int32)
    for place, stream in enumerate(places):
        number = below(stream.bits(frame.rows), size - place).astype(np.int32)
        for earlier in taken.T:
            number += number >= earlier
        drawn[:, place] = number
        taken = np.sort(drawn[:, : place + 1], axis=1)
    return drawn

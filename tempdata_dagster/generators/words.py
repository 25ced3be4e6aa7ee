"""A few words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.pieces import Pieces
from tempdata_dagster.locales.prose import pick_slots, read_words

_PER_LANE = 4


@KINDS.register("words")
class Words(Kind):
    """Between `min` and `max` words of a language, as Faker lists them.

    Example: {kind: words, min: 1, max: 3, locale: de_DE}
    """

    min: int = Field(default=2, ge=1, le=100, description="least words")
    max: int = Field(default=4, ge=1, le=100, description="most words")
    separator: str | None = Field(
        default=None, max_length=3, description="between words; by default as the language has it"
    )
    locale: str | None = Field(default=None, description="such as de_DE; by default the dataset's")

    @model_validator(mode="after")
    def _ordered(self) -> Words:
        if self.max < self.min:
            raise ValueError(f"max {self.max} is less than min {self.min}")
        return self

    def bind(self, scope: Scope) -> Binding:
        """Words, glued; those that a row does not have are empty."""
        try:
            words = read_words(self.locale or scope.dataset.locale)
        except InputError as error:
            scope.fail(error.code, error.message, *(["locale"] if self.locale else []), hint=error.hint)
        scope.add_fact("words", words.digest)
        gap, size = words.gap if self.separator is None else self.separator, len(words.texts)
        stock = Pieces(pa.array(["", *words.texts, *(gap + word for word in words.texts)]))
        stream, length = scope.stream(), scope.stream("length")

        def fill(frame: Frame) -> pa.Array:
            index = np.empty((len(frame), self.max), dtype=np.int32)
            for place in range(self.max):
                if place % _PER_LANE == 0:
                    bits = stream.bits(frame.rows, place // _PER_LANE)
                index[:, place] = pick_slots(bits, place % _PER_LANE, size) + (1 + size if place else 1)
            if self.max > self.min:
                count = below(length.bits(frame.rows), self.max - self.min + 1) + self.min
                np.copyto(index, 0, where=np.arange(self.max) >= count[:, None])
            return stock.glue(index)

        return Binding(pa.string(), fill)

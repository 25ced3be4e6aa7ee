"""Paragraphs of several sentences."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.sentence import Prose
from tempdata_dagster.locales.pieces import Pieces


@KINDS.register("paragraph")
class Paragraph(Prose):
    """Between `min` and `max` sentences.

    Example: {kind: paragraph, min: 2, max: 4}
    """

    min: int = Field(default=3, ge=1, le=50, description="least sentences")
    max: int = Field(default=6, ge=1, le=50, description="most sentences")

    @model_validator(mode="after")
    def _ordered(self) -> Paragraph:
        if self.max < self.min:
            raise ValueError(f"max {self.max} is less than min {self.min}")
        return self

    def bind(self, scope: Scope) -> Binding:
        """Phrases or words, glued; those of sentences that a row does not have are empty."""
        found, stream, length = self.find_sentences(scope), scope.stream(), scope.stream("length")
        stock, width = found.stock.join(Pieces(pa.array([" "]))), found.width + 1
        blank = len(found.stock)

        def fill(frame: Frame) -> pa.Array:
            count = below(length.bits(frame.rows), self.max - self.min + 1) + self.min
            index = np.empty((len(frame), self.max * width), dtype=np.int32)
            for number in range(self.max):
                part = index[:, number * width : (number + 1) * width]
                part[:, 0] = blank if number else 0
                part[:, 1:] = found.draw(stream, frame.rows, number)
                if number >= self.min:
                    part[count <= number] = 0
            return stock.glue(index)

        return Binding(pa.string(), fill)

"""Business identifier codes of banks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.codes.characters import DIGITS, LETTERS, CodeSet, Layout, squeeze
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.choosing import draw_countries, read_countries
from tempdata_dagster.spec.values import Share

_WIDTH, _SHORT = 11, 8
# A second letter of the location that is 0 marks test codes, 1 passive ones.
_LAYOUT = Layout.of((LETTERS, 4), (LETTERS + "23456789", 1), (LETTERS + "23456789", 1), (DIGITS, 3))


@KINDS.register("bic")
class Bic(Kind):
    """A code in the form of a BIC: four letters of a bank, its country, its place, and for some a branch (`XXX` is the head office).

    The banks are made up, so a code may be some bank's by chance.

    Example: {kind: bic, country: FR}
    """

    country: str | None = Field(default=None, description="a column, a code such as DE, or global; else the locale's")
    branch: Share = Field(default=0.3, description="share of codes with a branch, 11 characters instead of 8")

    def bind(self, scope: Scope) -> Binding:
        """Characters by number, with the country put in between."""
        known = frozenset(read_countries()) - {"AN", "CS"}
        draw, codes, stream = (
            draw_countries(scope, self.country, known),
            CodeSet(scope, [_LAYOUT]),
            scope.stream("branch"),
        )
        countries = np.frombuffer("".join([*draw.codes, "??"]).encode(), dtype=np.uint8).reshape(-1, 2)

        def fill(frame: Frame) -> pa.Array:
            country, written = draw.index(frame), codes.write(frame)
            characters = np.empty((len(frame), _WIDTH), dtype=np.uint8)
            characters[:, :4], characters[:, 4:6], characters[:, 6:] = (
                written[:, :4],
                countries[country],
                written[:, 4:],
            )
            bits = stream.bits(frame.rows)
            characters[(bits & np.uint64(1)) == 0, 8:] = ord("X")
            characters[(bits >> np.uint64(11)).astype(np.float64) * 2.0**-53 >= self.branch, _SHORT:] = 0
            return set_null(squeeze(characters), country < 0)

        return Binding(pa.string(), fill, nullable=not draw.sure, pattern="[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")

"""Text in capitals, in small letters, or in a mix."""

from __future__ import annotations

from typing import Annotated, Literal

import pyarrow.compute as pc
from pydantic import Field

from tempdata_dagster.engine.modifier import MODIFIERS
from tempdata_dagster.engine.texts import Form, TextModifier


@MODIFIERS.register("case")
class Case(TextModifier):
    """A share of the texts in upper, lower, title (Each Word), sentence (First word) or swapped case; one of several at random.

    Example: {kind: case, to: [upper, lower], share: 10%}
    """

    to: Annotated[tuple[Literal["upper", "lower", "title", "sentence", "swap"], ...], Field(strict=False, min_length=1)]

    def forms(self) -> list[Form]:
        """Arrow's functions of the same name."""
        known: dict[str, Form] = {
            "upper": pc.utf8_upper,
            "lower": pc.utf8_lower,
            "title": pc.utf8_title,
            "sentence": pc.utf8_capitalize,
            "swap": pc.utf8_swapcase,
        }
        return [known[one] for one in self.to]

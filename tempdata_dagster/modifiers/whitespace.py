"""Blanks where they do not belong, or none where they do."""

from __future__ import annotations

from typing import Annotated, Literal

import pyarrow.compute as pc
from pydantic import Field

from tempdata_dagster.engine.modifier import MODIFIERS
from tempdata_dagster.engine.texts import Form, TextModifier, glue


@MODIFIERS.register("whitespace")
class Whitespace(TextModifier):
    """A share of the texts with a blank before or behind, a tab behind, blanks doubled or left out, or trimmed.

    Example: {kind: whitespace, kinds: [leading, trailing, double], share: 5%}
    """

    kinds: Annotated[
        tuple[Literal["leading", "trailing", "tab", "double", "none", "trim"], ...], Field(strict=False, min_length=1)
    ] = ("leading", "trailing")

    def forms(self) -> list[Form]:
        """Gluing and replacing."""
        known: dict[str, Form] = {
            "leading": lambda texts: glue(" ", texts),
            "trailing": lambda texts: glue(texts, " "),
            "tab": lambda texts: glue(texts, "\t"),
            "double": lambda texts: pc.replace_substring(texts, " ", "  "),
            "none": lambda texts: pc.replace_substring(texts, " ", ""),
            "trim": pc.utf8_trim_whitespace,
        }
        return [known[one] for one in self.kinds]

"""The languages of places."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, bind_territory_texts


@KINDS.register("language")
class Language(Place):
    """The main language of the place's country: of its official languages the one that most people speak, by CLDR.

    Example: {kind: language, country: BR, as: name}
    """

    form: Literal["code", "name", "native"] = Field(
        default="code", alias="as", description="CLDR's `code` (de, zh), the English `name`, or the `native` one"
    )

    def bind(self, scope: Scope) -> Binding:
        """A text for each country."""
        return bind_territory_texts(
            scope,
            self.countries(scope),
            lambda one: {"code": one.language, "name": one.language_name, "native": one.language_native}[self.form],
        )

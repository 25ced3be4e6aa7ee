"""The money of places."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, bind_territory_texts


@KINDS.register("currency")
class Currency(Place):
    """The currency of the place's country: its newest legal tender by CLDR.

    Example: {kind: currency, country: JP}
    """

    form: Literal["code", "name", "symbol"] = Field(
        default="code",
        alias="as",
        description="ISO 4217 `code`, the English `name`, or the `symbol` as it is written there",
    )

    def bind(self, scope: Scope) -> Binding:
        """A text for each country."""
        return bind_territory_texts(
            scope,
            self.countries(scope),
            lambda one: {"code": one.currency, "name": one.currency_name, "symbol": one.symbol}[self.form],
        )

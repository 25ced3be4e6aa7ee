"""The money of places."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, bind_country_texts
from tempdata_dagster.locales.territories import read_territory


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
        draw, texts = self.countries(scope), []
        for code in draw.codes:
            one = read_territory(code)
            text = {"code": one.currency, "name": one.currency_name, "symbol": one.symbol}[self.form]
            scope.add_fact(f"currency of {code}", text)
            texts.append(text or None)
        return bind_country_texts(draw, texts)

"""Countries."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, bind_country_texts
from tempdata_dagster.locales.choosing import read_countries
from tempdata_dagster.locales.territories import find_name, read_territory


@KINDS.register("country")
class Country(Place):
    """The country that the place is in: with `country: global` one of the world's in proportion to its inhabitants.

    With `country: <column>` the same country as that column's, written another way.

    Example: {kind: country, country: global, as: name}
    """

    form: Literal["alpha2", "alpha3", "name", "native"] = Field(
        default="alpha2",
        alias="as",
        description="ISO 3166-1 `alpha2` or `alpha3`, the English `name`, or the `native` one",
    )

    def bind(self, scope: Scope) -> Binding:
        """A text for each country."""
        draw = self.countries(scope)
        return bind_country_texts(draw, [self._write(code, scope) for code in draw.codes])

    def _write(self, code: str, scope: Scope) -> str:
        if self.form in ("alpha2", "alpha3"):
            return code if self.form == "alpha2" else read_countries()[code].alpha3
        text = find_name(code) if self.form == "name" else read_territory(code).native
        scope.add_fact(f"name of {code}", text)
        return text

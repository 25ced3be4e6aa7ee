"""States, provinces and regions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, bind_texts
from tempdata_dagster.locales.atlas import Cities


@KINDS.register("state")
class State(Place):
    """The state, province or region that the place is in; null in countries that have none, such as Singapore.

    Null, too, where a division of GeoNames is not known by its name in ISO 3166-2: most of Russia's and Kazakhstan's, for example.

    Example: {kind: state, country: US, as: code}
    """

    form: Literal["name", "code", "iso"] = Field(
        default="name", alias="as", description="`name`, or ISO 3166-2: `code` (CA) or `iso` (US-CA)"
    )

    def bind(self, scope: Scope) -> Binding:
        """A state for each city."""
        draw = self.draw(scope)
        return bind_texts(draw, [self._write(one, state) for one in draw.cities for state in one.state.tolist()])

    def _write(self, cities: Cities, number: int) -> str | None:
        if number < 0:
            return None
        state = cities.states[number]
        return {"name": state.name, "code": state.code, "iso": f"{cities.country}-{state.code}"}[self.form]

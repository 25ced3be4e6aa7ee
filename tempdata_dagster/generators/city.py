"""Cities."""

from __future__ import annotations

from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, bind_texts


@KINDS.register("city")
class City(Place):
    """A city of the country, drawn in proportion to its inhabitants.

    The state, postcode, coordinates and all other columns of the same `place` agree with it. Its name is the one that GeoNames
    uses, in Latin letters ("Munich", "Tokyo").

    Example: {kind: city, country: DE}
    """

    def bind(self, scope: Scope) -> Binding:
        """A name for each city."""
        draw = self.draw(scope)
        return bind_texts(draw, [name for one in draw.cities for name in one.names])

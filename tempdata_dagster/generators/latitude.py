"""Latitudes."""

from __future__ import annotations

from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place
from tempdata_dagster.generators.spot import bind_degrees


@KINDS.register("latitude")
class Latitude(Place):
    """The latitude of the place in degrees, with five digits (a metre): anywhere in its city, together with the `longitude`.

    A city is a disc whose area grows with its inhabitants, of 1 to 25 km; that a spot lies on land is not known.

    Example: {kind: latitude, country: NL}
    """

    def bind(self, scope: Scope) -> Binding:
        """float64 of the shared spot."""
        return bind_degrees(scope, self.draw(scope), axis=0, most=90.0)

"""Time zones."""

from __future__ import annotations

from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, bind_texts


@KINDS.register("time_zone")
class TimeZone(Place):
    """The time zone of the place, such as `Europe/Berlin`.

    Example: {kind: time_zone, country: US}
    """

    def bind(self, scope: Scope) -> Binding:
        """A zone for each city."""
        draw = self.draw(scope)
        return bind_texts(draw, [zone for one in draw.cities for zone in one.zones])

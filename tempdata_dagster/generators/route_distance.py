"""How long journeys are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import set_null, wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.journey import ModeJourney, find_missing


@KINDS.register("route_distance")
class RouteDistance(ModeJourney):
    """The length of the journey between two places of the row, in kilometres with two digits.

    It is the distance on the globe times a detour that depends on the means of travel and on the row; seas and borders are not known.

    Example: {kind: route_distance, from: home, to: work, mode: bicycle}
    """

    def bind(self, scope: Scope) -> Binding:
        """float64 of the two shared spots."""
        ends = self.draw_ends(scope)
        choose, sure = self.draw_mode(scope)
        measure = self.draw_length(scope, ends)
        sure = sure and all(end.missing is None for end in ends)

        def fill(frame: Frame) -> pa.Array:
            mode = choose(frame)
            array = wrap(np.rint(measure(frame, np.maximum(mode, 0)) * 100.0) / 100.0, pa.float64())
            missing = find_missing(ends, frame)
            return array if sure else set_null(array, (mode < 0) if missing is None else (mode < 0) | missing)

        return Binding(pa.float64(), fill, nullable=not sure, minimum=0.0)

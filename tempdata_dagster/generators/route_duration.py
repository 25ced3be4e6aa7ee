"""How long journeys take."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import set_null, wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.journey import ModeJourney, find_missing


@KINDS.register("route_duration")
class RouteDuration(ModeJourney):
    """The time that the journey between two places of the row takes: its `route_distance` by the speed of the means of travel.

    Longer journeys are faster, traffic varies, trucks' drivers take the breaks and nights that the European Union prescribes.

    Example: {kind: route_duration, from: home, to: work, mode: train, unit: min}
    """

    unit: Literal["s", "min"] = Field(default="s", description="whole seconds or minutes")

    def bind(self, scope: Scope) -> Binding:
        """int64 of the two shared spots."""
        ends = self.draw_ends(scope)
        choose, sure = self.draw_mode(scope)
        measure, time = self.draw_length(scope, ends), self.draw_time(scope)
        sure = sure and all(end.missing is None for end in ends)
        per_hour = 3600.0 if self.unit == "s" else 60.0

        def fill(frame: Frame) -> pa.Array:
            mode = choose(frame)
            known = np.maximum(mode, 0)
            hours = time(frame, known, measure(frame, known))
            array = wrap(np.ceil(hours * per_hour).astype(np.int64), pa.int64())
            missing = find_missing(ends, frame)
            return array if sure else set_null(array, (mode < 0) if missing is None else (mode < 0) | missing)

        return Binding(pa.int64(), fill, nullable=not sure, minimum=1)

"""Points of interest: what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import BeforeValidator, Field, field_validator

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.arrays import set_null, wrap
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.place import Place, PlaceDraw, columns_of_place
from tempdata_dagster.locales.points import PATTERNS, WEIGHTS
from tempdata_dagster.spec.values import MAX_WEIGHT

PoiName = Literal["restaurant", "hotel", "school", "hospital", "station", "shop", "park", "museum"]


def _to_weights(value: Any) -> Any:
    return dict.fromkeys(value, 1.0) if isinstance(value, (list, tuple)) else value


Types = Annotated[
    dict[PoiName, Annotated[float, Field(ge=0, le=MAX_WEIGHT, strict=False)]],
    BeforeValidator(_to_weights, json_schema_input_type=dict[PoiName, float] | list[PoiName]),
]


class Poi(Place):
    """What the columns of points of interest have in common."""

    types: Types | None = Field(
        default=None,
        description="which types, as a list or with weights; by default that of the place's other columns, or all eight",
    )

    @field_validator("types")
    @classmethod
    def _some(cls, types: dict[str, float] | None) -> dict[str, float] | None:
        if types is not None and not any(types.values()):
            raise ValueError("the types' weights are all 0")
        return types

    def draw_types(self, scope: Scope, draw: PlaceDraw) -> Callable[[Frame], np.ndarray]:
        """The place of each row's type in `PATTERNS`, int32 of shape `(n,)`."""
        same = [one for one in columns_of_place(scope, draw.place).values() if isinstance(one, Poi)]
        found = [{str(name): share for name, share in one.types.items()} for one in same if one.types is not None]
        if any(one != found[0] for one in found):
            hint = "give one of them only, or each its own `place`"
            scope.fail("TD2050", "the columns of one place have different types", "types", hint=hint)
        weights = {name: found[0].get(name, 0.0) for name in PATTERNS} if found else WEIGHTS
        scope.add_fact(f"types of place {draw.place}", fingerprint(dict(weights)))
        table = DiscreteTable([weights[name] for name in PATTERNS])
        stream = scope.shared_stream("place", f"{draw.place}/type")
        return lambda frame: table.look_up(stream.bits(frame.rows))


@KINDS.register("poi_type")
class PoiType(Poi):
    """What the place is: a restaurant, hotel, school, hospital, station, shop, park or museum.

    Its name is the `poi_name` of the same place, and its coordinates are the place's `latitude` and `longitude`.

    Example: {kind: poi_type, country: IT, types: {hotel: 2, restaurant: 5}}
    """

    def bind(self, scope: Scope) -> Binding:
        """A dictionary of the eight types."""
        draw = self.draw(scope)
        choose, words = self.draw_types(scope, draw), pa.array(list(PATTERNS))

        def fill(frame: Frame) -> pa.Array:
            index = wrap(choose(frame), pa.int32())
            return pa.DictionaryArray.from_arrays(index if draw.sure else set_null(index, draw.index(frame) < 0), words)

        kind = pa.dictionary(pa.int32(), pa.string())
        return Binding(kind, fill, nullable=not draw.sure, values=tuple(PATTERNS))

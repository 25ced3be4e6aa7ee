"""Empty cells, at random or where another column says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from pydantic import BeforeValidator, Field, model_validator

from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.cases import Cases, check_when
from tempdata_dagster.engine.modifier import MODIFIERS, Modifier, ModifierScope
from tempdata_dagster.engine.relation import Binding, Frame, Located
from tempdata_dagster.spec.values import Identifier, Share, parse_share

When = Annotated[dict[Identifier, dict[Any, Any]], BeforeValidator(lambda value: check_when(value, parse_share))]


@MODIFIERS.register("nulls")
class Nulls(Modifier):
    """Empties a share of the cells; with `when` the share goes by the value of another column.

    Example: {kind: nulls, share: 10%}
    """

    share: Share = Field(default=0.0, description="of the rows; of those that `when` does not name")
    when: When | None = Field(default=None, description="{column: {its value: share, ...}}")

    @model_validator(mode="after")
    def _says_something(self) -> Nulls:
        if not self.share and not self.when:
            raise ValueError("nulls needs a 'share' or 'when'")
        return self

    def bind(self, scope: ModifierScope, column: Binding) -> Binding:
        """One comparison per row; everything else stays true."""
        empties, inner = self._empties(scope), column.locate

        def fill(frame: Frame) -> pa.Array:
            return set_null(column.fill(frame), empties(frame))

        bound = replace(column, fill=fill, nullable=True)
        if inner is None:
            return bound

        def locate(frame: Frame) -> Located:
            found = inner(frame)
            missing = empties(frame) if found.missing is None else empties(frame) | found.missing
            return Located(found.frame, missing)

        return replace(bound, locate=locate)

    def _empties(self, scope: ModifierScope) -> Any:
        stream, share = scope.stream(), self.share
        if not self.when:
            return lambda frame: stream.uniform(frame.rows) < share
        ((name, shares),) = self.when.items()
        cases = Cases.bind(scope, name, list(shares))
        limits = np.array([*shares.values(), share])  # -1, no case, is the last
        return lambda frame: stream.uniform(frame.rows) < limits[cases.find(frame)]

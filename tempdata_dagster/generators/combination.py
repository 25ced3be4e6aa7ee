"""Values that go together: one of several allowed combinations for each row, spread over columns."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import BeforeValidator, Field, model_validator

from tempdata_dagster.engine.arrays import unwrap, wrap
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.scalars import check_scalar, scalar_type
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import MAX_WEIGHT, Identifier, check_identifier

_MOST, _CLOSED_SET = 100_000, 1_000
_WEIGHT = "weight"


def _check_rows(value: Any) -> Any:
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(row, dict) for row in value):
        raise ValueError(
            "rows is a list of combinations: [{make: VW, model: Golf, weight: 3}, {make: VW, model: Polo}]"
        )
    if len(value) > _MOST:
        raise ValueError(f"{len(value):,} combinations are too many: keep them in a table of their own and refer to it")
    fields = [name for name in value[0] if name != _WEIGHT]
    for row in value:
        if {name for name in row if name != _WEIGHT} != set(fields):
            raise ValueError(f"every combination has the same fields: {', '.join(map(str, fields))}")
        weight = row.get(_WEIGHT, 1)
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight <= MAX_WEIGHT:
            raise ValueError(f"the weight of a combination is between 0 and {MAX_WEIGHT:g}")
    if not fields or not any(row.get(_WEIGHT, 1) for row in value):
        raise ValueError("there is no combination to choose from: name fields, and give one a weight above 0")
    for name in fields:
        check_identifier(str(name))
        scalar_type(check_scalar(row[name]) for row in value)
    return tuple(value)


@KINDS.register("combination")
class Combination(Kind):
    """A field of a combination that is drawn for the row: columns of one list hold only pairs (or triples) that stand in it.

    One column has the list, the others name that column: `{kind: combination, of: make, field: model}`. Text stays
    dictionary-encoded.

    Example: {kind: combination, field: make, rows: [{make: VW, model: Golf, weight: 3}, {make: Seat, model: Ibiza}]}
    """

    keyable: ClassVar[bool] = True
    field: Identifier = Field(description="which field of the combination it is")
    rows: Annotated[
        tuple[dict[str, Any], ...] | None,
        BeforeValidator(
            lambda value: None if value is None else _check_rows(value), json_schema_input_type=list[dict[str, Any]]
        ),
    ] = Field(default=None, description="the allowed combinations, each with a `weight` if they are not alike")
    of: Identifier | None = Field(default=None, description="the column that has the list")

    @model_validator(mode="after")
    def _one_list(self) -> Combination:
        if (self.rows is None) == (self.of is None):
            raise ValueError("a combination has 'rows', or names with 'of' the column that has them")
        if self.rows is not None and self.field not in self.rows[0]:
            known = ", ".join(name for name in self.rows[0] if name != _WEIGHT)
            raise ValueError(f"the combinations have no field '{self.field}': they have {known}")
        return self

    def bind(self, scope: Scope) -> Binding:
        """The number of the combination is drawn once for all columns of the list."""
        name, rows = scope.name, self.rows
        if self.of is not None:
            scope.column(self.of, "of")
            name, other = self.of, scope.binder.columns_of(scope.table)[self.of]
            rows = other.rows if isinstance(other, Combination) else None
            if rows is None or self.field not in rows[0]:
                hint = "name the column that has the list, and a field of it"
                scope.fail("TD2069", f"'{name}' has no combinations with a field '{self.field}'", "of", hint=hint)
        table = DiscreteTable([float(row.get(_WEIGHT, 1)) for row in rows or ()])
        stream = scope.shared_stream("combination", name)

        def draw(frame: Frame) -> pa.Array:
            return wrap(table.look_up(stream.bits(frame.rows)), pa.int32())

        hidden = scope.share(f"combination {name}", lambda: Binding(pa.int32(), draw))
        cells = [row[self.field] for row in rows or ()]
        domain = list(dict.fromkeys(cells))
        kind = scalar_type(domain)
        places = np.array(_places(cells), dtype=np.int32)
        values, text = pa.array(domain, type=kind), pa.types.is_string(kind)

        def fill(frame: Frame) -> pa.Array:
            index = wrap(places[unwrap(frame.column(hidden))], pa.int32())
            return pa.DictionaryArray.from_arrays(index, values) if text else values.take(index)

        closed = tuple(domain) if len(domain) <= _CLOSED_SET else None
        return Binding(pa.dictionary(pa.int32(), kind) if text else kind, fill, values=closed)


def _places(cells: list[Any]) -> list[int]:
    known = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
    return [known[cell] for cell in cells]

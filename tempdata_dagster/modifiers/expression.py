"""Cells computed from themselves and from other columns."""

from __future__ import annotations

import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.expressions import ExpressionError, parse_expression
from tempdata_dagster.engine.modifier import MODIFIERS, Modifier, ModifierScope, change
from tempdata_dagster.engine.relation import Binding, Frame

_CELL = "value"


@MODIFIERS.register("expression")
class Expression(Modifier):
    """A SQL expression over `value`, the cell as it is, and other columns of the row; the column gets its type.

    Example: {kind: expression, sql: "greatest(value, 10)"}
    """

    sql: str = Field(min_length=1, max_length=4000)

    def bind(self, scope: ModifierScope, column: Binding) -> Binding:
        """The checked expression, run by DuckDB."""
        others = [
            name
            for name in scope.binder.columns_of(scope.table)
            if name.casefold() not in {scope.name.casefold(), _CELL}
        ]
        try:
            parsed = parse_expression(self.sql, [_CELL, *others])
            inputs = {name: scope.column(name, "sql") for name in parsed.columns if name != _CELL}
            inputs |= {_CELL: column} if _CELL in parsed.columns else {}
            target = parsed.result_type({name: binding.type for name, binding in inputs.items()})
        except ExpressionError as error:
            hint = error.hint or f"the column's own cell is called {_CELL}"
            scope.fail("TD2040", str(error), "sql", hint=hint)
        name = f"{scope.table}.{scope.name}"

        def fill(frame: Frame) -> pa.Array:
            cells = {one: column.fill(frame) if one == _CELL else frame.column(one) for one in inputs}
            return parsed.evaluate(cells, len(frame), name)

        nullable = parsed.can_be_null([one for one, binding in inputs.items() if binding.nullable])
        return change(column, fill, type=target, nullable=nullable, score=None)

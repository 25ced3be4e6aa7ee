"""A SQL expression over the other columns of the row."""

from __future__ import annotations

import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.expressions import ExpressionError, parse_expression
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS


@KINDS.register("expression")
class Expression(Kind):
    """A SQL scalar expression, run by DuckDB on the row's other columns.

    Example: {kind: expression, sql: "1 + 1"}
    """

    sql: str = Field(min_length=1, max_length=4000)

    def bind(self, scope: Scope) -> Binding:
        """The checked expression over the columns that it reads."""
        try:
            parsed = parse_expression(self.sql, list(scope.binder.columns_of(scope.table)))
            inputs = {name: scope.column(name, "sql") for name in parsed.columns}
            target = parsed.result_type({name: binding.type for name, binding in inputs.items()})
        except ExpressionError as error:
            scope.fail("TD2040", str(error), "sql", hint=error.hint)
        name = f"{scope.table}.{scope.name}"

        def fill(frame: Frame) -> pa.Array:
            cells = {column: frame.column(column) for column in inputs}
            return parsed.evaluate(cells, len(frame), name)

        nullable = parsed.can_be_null([column for column, binding in inputs.items() if binding.nullable])
        return Binding(target, fill, nullable=nullable)

"""A SQL expression over the other columns of the row."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.engine.arithmetic import compile_arithmetic
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
    min: Annotated[float | None, Field(strict=False)] = Field(
        default=None, description="a promise that is audited: no value is less"
    )
    max: Annotated[float | None, Field(strict=False)] = Field(default=None, description="likewise: none is greater")

    @model_validator(mode="after")
    def _ordered(self) -> Expression:
        if self.min is not None and self.max is not None and self.max < self.min:
            raise ValueError(f"max {self.max:g} is less than min {self.min:g}")
        return self

    def bind(self, scope: Scope) -> Binding:
        """The checked expression over the columns that it reads."""
        try:
            parsed = parse_expression(self.sql, list(scope.binder.columns_of(scope.table)))
            inputs = {name: scope.column(name, "sql") for name in parsed.columns}
            target = parsed.result_type({name: binding.type for name, binding in inputs.items()})
        except ExpressionError as error:
            scope.fail("TD2040", str(error), "sql", hint=error.hint)
        name = f"{scope.table}.{scope.name}"
        simple = compile_arithmetic(parsed.root, inputs, target)

        def fill(frame: Frame) -> pa.Array:
            cells = {column: frame.column(column) for column in inputs}
            return simple(cells) if simple else parsed.evaluate(cells, len(frame), name)

        nullable = parsed.can_be_null([column for column, binding in inputs.items() if binding.nullable])
        least, most = (_to_bound(end, target) for end in (self.min, self.max))
        return Binding(target, fill, nullable=nullable, minimum=least, maximum=most)


def _to_bound(end: float | None, target: pa.DataType) -> Decimal | int | float | None:
    """A promised end as a value of the result's type; None where that is no number."""
    if end is None or not (pa.types.is_decimal(target) or pa.types.is_integer(target) or pa.types.is_floating(target)):
        return None
    if pa.types.is_floating(target):
        return end
    exact = Decimal(repr(end))
    return exact.quantize(Decimal(1).scaleb(-target.scale)) if pa.types.is_decimal(target) else int(exact)

"""What numpy computes of an expression is what DuckDB computes, or nothing is computed by numpy."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.engine.arithmetic import compile_arithmetic
from tempdata_dagster.engine.expressions import ExpressionError, parse_expression
from tempdata_dagster.engine.relation import Binding


def bind(cells: pa.Array, low: object, high: object) -> Binding:
    return Binding(cells.type, lambda _: cells, nullable=cells.null_count > 0, minimum=low, maximum=high)


def money(texts: list[str | None], digits: int = 15) -> pa.Array:
    return pa.array([None if text is None else Decimal(text) for text in texts], pa.decimal128(digits, 2))


CELLS = {
    "n": pa.array([1, 50, None, 7], pa.int64()),
    "tiny": pa.array([-5, 0, 9, 11], pa.int8()),
    "price": money(["901.00", "0.01", "1048.99", None]),
    "rate": pa.array(
        [Decimal("0.0400"), Decimal("-0.1000"), Decimal("0.0000"), Decimal("0.0250")], pa.decimal128(6, 4)
    ),
    "day": pa.array([date(1995, 6, 16), date(1995, 6, 17), date(1995, 6, 18), None], pa.date32()),
    "name": pa.array(["a", "b", "c", "d"]),
    "free": pa.array([1, 2, 3, 4], pa.int64()),
}
ENDS = {
    "n": (1, 50), "tiny": (-5, 11), "price": (Decimal("0.01"), Decimal("1048.99")),
    "rate": (Decimal("-0.1"), Decimal("0.04")), "day": (date(1992, 1, 1), date(1998, 12, 31)),
    "name": (None, None), "free": (None, None),
}  # fmt: skip


def compute(sql: str, *, also_by_duckdb: bool = True) -> tuple[pa.Array | None, pa.Array | None]:
    """By numpy, None where it is left to DuckDB; and by DuckDB."""
    parsed = parse_expression(sql, list(CELLS))
    inputs = {name: bind(CELLS[name], *ENDS[name]) for name in parsed.columns}
    target = parsed.result_type({name: binding.type for name, binding in inputs.items()})
    cells = {name: CELLS[name] for name in parsed.columns}
    simple = compile_arithmetic(parsed.root, inputs, target)
    expected = parsed.evaluate(cells, 4, "t.c") if also_by_duckdb else None
    return simple(cells) if simple else None, expected


@pytest.mark.parametrize(
    "sql",
    [
        "n * price", "price * n - 3", "-price", "price * (1 + rate) * (1 - rate)", "n + 1.50", "n >= 7", "n <> tiny",
        "day <= DATE '1995-06-17'", "CAST(n = 7 AS TINYINT) + CAST(day > DATE '1995-06-17' AS TINYINT)", "tiny - 20",
    ],
)  # fmt: skip
def test_simple_expressions_are_computed_by_numpy_as_duckdb_does(sql):
    found, expected = compute(sql)
    assert found is not None
    assert found.equals(expected)
    assert found.type == expected.type


@pytest.mark.parametrize(
    "sql",
    [
        "n / 2", "free + 1", "tiny * 20", "CAST(price AS INTEGER)", "price > n", "n * 1e3", "upper(name)",
        "CASE WHEN n > 1 THEN 1 ELSE 0 END", "n % 3", "TRY_CAST(n AS TINYINT)", "1 + 1", "NOT (n > 1)",
    ],
)  # fmt: skip
def test_others_are_left_to_duckdb(sql):
    assert compute(sql, also_by_duckdb=False) == (None, None)


LEAVES = st.sampled_from(["n", "tiny", "price", "rate", "3", "0.5", "12.25", "CAST(n > 7 AS INTEGER)"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(lambda a, op, b: f"({a} {op} {b})", inner, st.sampled_from("+-*"), inner),
    max_leaves=7,
)


@given(TREES)
def test_whatever_numpy_computes_equals_duckdb(sql):
    try:
        found, _ = compute(sql, also_by_duckdb=False)
    except ExpressionError:
        return
    if found is None:
        return
    _, expected = compute(sql)  # nothing overflows in DuckDB where numpy dares to compute
    assert found.type == expected.type
    assert found.to_pylist() == expected.to_pylist()

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.engine.expressions import ExpressionError, parse_expression
from tempdata_dagster.engine.types import TIMESTAMP

CELLS = {
    "q": pa.array([1, 5, None], pa.int64()),
    "p": pa.array([Decimal("1.25"), Decimal("2.50"), Decimal("3.00")], pa.decimal128(12, 2)),
    "s": pa.array(["a", "b", "c"]),
    "ts": pa.array([dt.datetime(2025, 1, 1, tzinfo=dt.UTC)] * 3, TIMESTAMP),
    "d": pa.array([dt.date(2025, 1, 31)] * 3),
    "c": pa.array(["x", "y", "x"]).dictionary_encode(),
}
TYPES = {name: array.type for name, array in CELLS.items()}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("q * 2", [2, 10, None]),
        ("q * p", [Decimal("1.25"), Decimal("12.50"), None]),
        ("CASE WHEN q > 2 THEN s ELSE c END", ["x", "b", "x"]),
        ("ts + INTERVAL 1 DAY", [dt.datetime(2025, 1, 2, tzinfo=dt.UTC)] * 3),
        ("d + 1", [dt.date(2025, 2, 1)] * 3),
        ("date_trunc('month', d)::DATE", [dt.date(2025, 1, 1)] * 3),
        ("q IS NULL OR c IN ('x')", [True, False, True]),
        ("lpad(s, 3, '0')", ["00a", "00b", "00c"]),
        ("Q + 0", [1, 5, None]),
        ("1 -- a comment", [1, 1, 1]),
        ("1" + "+1" * 200, [201] * 3),
    ],
)
def test_allowed_expressions_give_what_sql_says(sql: str, expected: list[object]) -> None:
    parsed = parse_expression(sql, list(CELLS))
    cells = parsed.evaluate(CELLS, 3, "t.x")
    assert cells.to_pylist() == expected
    assert cells.type == parsed.result_type(TYPES)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1", "(SELECT 1)", "EXISTS (SELECT 1)", "q IN (SELECT 1)", "1) FROM read_csv('/etc/passwd'", "q FROM block",
        "read_csv('/etc/passwd')", "read_text('/etc/passwd')", "getenv('HOME')", "current_setting('threads')", "now()",
        "random()", "uuid()", "exp(q)", "pow(q, 2)", "q ** 2", "sum(q)", "row_number() OVER ()", "unnest([1, 2])", "*",
        "COLUMNS(*)", "1; DROP TABLE x", "1, 2", "", "q +", "'a", "__import__('os').system('id')", "q.__class__", "missing + 1",
        "repeat('a', 1000000000)", "lpad(s, 1000000000, '0')", "lpad(s, q::INT, '0')", "$1", "?", "main.q", "{'a': 1}",
        "list_transform([1], x -> x)", "s COLLATE nocase", "1" + "+1" * 600, "1" + "+1" * 260, "pragma_version()",
    ],
)  # fmt: skip
def test_everything_else_is_refused(sql: str) -> None:
    with pytest.raises(ExpressionError):
        parse_expression(sql, list(CELLS)).result_type(TYPES)


def test_a_row_that_overflows_is_a_generation_error() -> None:
    big = {"q": pa.array([2**62, 2**62], pa.int64())}
    with pytest.raises(GenerationError, match="TD2103"):
        parse_expression("q * 4", ["q"]).evaluate(big, 2, "t.x")


def test_unknown_columns_are_named_with_a_hint() -> None:
    with pytest.raises(ExpressionError, match="no column 'qq'") as caught:
        parse_expression("qq + 1", ["q", "s"])
    assert "known" in caught.value.hint or "did you mean" in caught.value.hint

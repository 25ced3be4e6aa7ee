from __future__ import annotations

import pytest

from tempdata_dagster.engine.expressions import parse_expression

NULLABLE = (
    "CASE WHEN a = 1 THEN 2 END", "a / b", "a / 0", "a / 0.0e5", "a % b", "coalesce(n, n)", "try_cast(a AS int)", "nullif(a, 1)",
    "a + n", "a BETWEEN n AND 3", "a IN (1, NULL)", "NULL", "if(a > 1, a, n)",
)  # fmt: skip
NEVER_NULL = (
    "a / 100.0", "a % 8 + a // 8", "coalesce(n, 1)", "CASE WHEN n = 1 THEN 2 ELSE b END", "n IS NULL", "concat(n, 'x')",
    "if(n > 1, a, b)", "CAST(a AS int)", "a IN (1, 2)", "1",
)  # fmt: skip


@pytest.mark.parametrize("sql", NULLABLE)
def test_an_expression_that_can_be_null_is_nullable(sql):
    assert parse_expression(sql, ["a", "b", "n"]).can_be_null(["N"])


@pytest.mark.parametrize("sql", NEVER_NULL)
def test_an_expression_that_cannot_be_null_is_not(sql):
    assert not parse_expression(sql, ["a", "b", "n"]).can_be_null(["n"])

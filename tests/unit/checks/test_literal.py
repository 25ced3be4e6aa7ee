from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import duckdb
import pytest

from tempdata_dagster.checks.literal import literal, quote_name

VALUES = [
    (True, "BOOLEAN", "true"),
    (-5, "INTEGER", "-5"),
    (2**63, "HUGEINT", str(2**63)),
    (0.1, "DOUBLE", "0.1"),
    (-1e300, "DOUBLE", "-1e+300"),
    (Decimal("1.20"), "DECIMAL(3,2)", "1.20"),
    (Decimal("1E+3"), "INTEGER", "1000"),
    ("o'clock; --", "VARCHAR", "o'clock; --"),
    (b"\x01'", "BLOB", "\\x01\\x27"),
    (date(9999, 12, 31), "DATE", "9999-12-31"),
    (datetime.fromisoformat("2024-02-29T01:02:03.000004"), "TIMESTAMP", "2024-02-29 01:02:03.000004"),
    (datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=5))), "TIMESTAMP WITH TIME ZONE", "2023-12-31 19:00:00+00"),
    (datetime(1, 1, 1, tzinfo=UTC), "TIMESTAMP WITH TIME ZONE", "0001-01-01 00:00:00+00"),
    (time(3, 4, 5), "TIME", "03:04:05"),
    (timedelta(days=-2), "INTERVAL", "-48:00:00"),
]


@pytest.mark.parametrize(("value", "kind", "text"), VALUES)
def test_a_constant_keeps_type_and_value(value, kind, text) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'").fetchall()
        sql = f"SELECT typeof({literal(value)}), CAST({literal(value)} AS VARCHAR)"
        assert connection.sql(sql).fetchall() == [(kind, text)]


def test_what_has_no_sql_type_is_refused() -> None:
    with pytest.raises(TypeError, match="a dict cannot stand in a check"):
        literal({})


def test_a_name_with_a_quote_stays_a_name() -> None:
    with duckdb.connect() as connection:
        assert connection.sql("SELECT 1 AS " + quote_name('a"b')).columns == ['a"b']

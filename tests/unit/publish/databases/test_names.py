"""Hostile names are nothing but names: no statement comes of them, and nothing else is made or removed."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import InputError
from tests.unit.publish.databases.shop import numbers

PIECES = [
    '"', "'", "`", ";", "--", "/*", "*/", "\\", "%", "%s", "%(x)s", "$1", "?", ":x", "{0}", "#", "\n", "\r\n", "\t", "\u2028", "\u202e", "é",
    "日本", "😀", " ", ".", ",", "(", ")", "[", "]", "|", "&", "=", "<", ">", "\x01", "\x7f",
]  # fmt: skip
ATTACKS = [
    '"; drop table {0}; --', "`; drop table {0}; --", "'; drop table {0}; --", '" int); drop table {0}; --', "x') ; drop table {0}; --",
    '"."; drop table {0}; --', "\\`; drop table {0}; --", '\\"; drop table {0}; --', "` int); drop table {0}; --", "0x3b64726f70",
]  # fmt: skip
RESERVED = [
    "select", "from", "where", "table", "order", "group", "user", "current_user", "null", "true", "default", "primary", "key", "index",
    "union", "limit", "offset", "values", "rows", "ID", "Id", "oid", "rowid", "ctid", "xmin", "date", "1", "1e5", "-", "_",
]  # fmt: skip
HOSTILE = [
    *ATTACKS, *RESERVED, *PIECES, *(f"a{piece}b" for piece in PIECES), *(f"{piece}a" for piece in PIECES), *(f"a{piece}" for piece in PIECES),
    "x" * 63, "x" * 64, "x" * 65, "é" * 31, "é" * 32, "x" * 2_000, "", "nul\0",
]  # fmt: skip


def tables_of(shop) -> int:
    count = {
        "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
        "duckdb": "SELECT count(*) FROM duckdb_tables()",
        "postgresql": "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
        "mysql": "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE()",
    }
    with shop.database.session("count in") as session:
        return int(session.query(count[shop.kind])[0][0])


def test_there_are_enough_names():
    assert len(set(HOSTILE)) >= 180


def test_a_column_of_a_hostile_name_is_one_column(shop):
    shop.publish("victim", numbers(0, 3))
    before = tables_of(shop)
    names = [name.replace("{0}", "victim") for name in dict.fromkeys(HOSTILE)]
    good = [name for name in names if is_possible(shop, name)]
    # Databases ignore the case of columns' names, at least of some.
    seen: dict[str, str] = {}
    distinct = [name for name in good if seen.setdefault(name.casefold(), name) == name]
    rows = numbers(0, 5).rename_columns(["tempdata_id"])
    for place, name in enumerate(distinct):
        rows = rows.append_column(name, pa.array([place] * 5))
    shop.publish("victim2", rows)
    found = shop.read("victim2").sort_by("tempdata_id")
    assert found.equals(rows)
    assert len(distinct) >= 120
    assert tables_of(shop) == before + 1
    assert shop.read("victim").num_rows == 3


@pytest.mark.parametrize("name", [*ATTACKS, 'a"b', "a`b", "a'b", "a%sb", "a?b", "a{0}b", "a b", "é", "select", "\\"])
def test_a_prefix_or_schema_of_a_hostile_name_is_one_name(shop, name):
    shop.publish("victim", numbers(0, 3))
    name = name.replace("{0}", "victim")
    hostile = shop.with_options(prefix=name)
    hostile.publish("orders", numbers(0, 5), "2026-01-31")
    hostile.publish("orders", numbers(0, 6), "2026-01-31")
    assert hostile.read("orders").num_rows == 6
    assert shop.read("victim").num_rows == 3
    assert [table for table in hostile.database.tables(shop.dataset) if table == "orders"] == ["orders"]
    hostile.database.drop(shop.dataset, "orders")
    if shop.database.has_schemas:
        elsewhere = shop.with_options(schema=f"{name}{shop.dataset[-6:]}")
        elsewhere.publish("orders", numbers(0, 5))
        assert elsewhere.read("orders").num_rows == 5
    assert shop.read("victim").num_rows == 3


def is_possible(shop, name: str) -> bool:
    try:
        shop.database.dialect.quote(name)
    except InputError:
        return False
    # Columns that every PostgreSQL table has already.
    return shop.kind != "postgresql" or name not in ("ctid", "xmin")

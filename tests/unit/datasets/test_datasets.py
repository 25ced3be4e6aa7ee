"""What every dataset in configs/ keeps."""

from __future__ import annotations


def test_no_key_stands_twice(lake):
    for table in lake.plan.tables:
        key = ", ".join(lake.plan.contract(table).key)
        assert key, f"{table} has no key"
        assert lake.count(f"SELECT count(*) - count(DISTINCT ({key})) FROM {table}") == 0, table


def test_no_row_is_an_orphan(lake):
    seen = 0
    for table in lake.plan.tables:
        for key in lake.plan.contract(table).foreign_keys:
            pairs = list(zip(key.columns, key.parent_columns, strict=True))
            given = " AND ".join(f"c.{column} IS NOT NULL" for column in key.columns)
            on = " AND ".join(f"c.{own} = p.{theirs}" for own, theirs in pairs)
            assert lake.count(f"SELECT count(*) FROM {table} c ANTI JOIN {key.parent} p ON {on} WHERE {given}") == 0, (
                key
            )
            seen += lake.count(f"SELECT count(*) FROM {table} c WHERE {given}")
    assert seen > 1_000


def test_every_rule_holds(lake):
    for table in lake.plan.tables:
        for rule in lake.plan.contract(table).rules:
            assert lake.count(f"SELECT count(*) FROM {table} WHERE NOT coalesce({rule.sql}, true)") == 0, rule

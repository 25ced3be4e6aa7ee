"""Foreign keys: rows that refer to nothing are refused, parents may be replaced before their children, cycles hold in the end."""

from __future__ import annotations

import pytest

from tempdata_dagster.core.errors import DataError
from tests.unit.publish.databases.shop import DAY, KEY, numbers, refers

TO_CUSTOMERS = refers("customer", "customers")
LIST = {
    "postgresql": "SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE '%{0}%'",
    "mysql": "SELECT constraint_name FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()",
    "sqlite": 'SELECT "from" FROM sqlite_master, pragma_foreign_key_list(sqlite_master.name)',
}  # fmt: skip


def foreign_keys(shop) -> int:
    """How many are declared."""
    if shop.kind == "duckdb":
        return 0
    with shop.database.session("look") as session:
        return len(session.query(LIST[shop.kind].replace("{0}", shop.dataset)))


@pytest.fixture
def filled(shop):
    shop.publish("customers", numbers(0, 10), keys=KEY)
    shop.publish("orders", numbers(0, 20, customer=[n % 10 for n in range(20)]), DAY, TO_CUSTOMERS)
    return shop


def test_a_foreign_key_is_declared(filled):
    assert foreign_keys(filled) == (0 if filled.kind == "duckdb" else 1)


def test_rows_that_refer_to_nothing_are_refused(filled):
    with pytest.raises(DataError, match="TD3062"):
        filled.publish("orders", numbers(0, 20, customer=[n % 11 for n in range(20)]), DAY, TO_CUSTOMERS)
    assert set(filled.read("orders")["customer"].to_pylist()) == set(range(10))


def test_a_null_refers_to_nothing_and_may(filled):
    filled.publish("orders", numbers(0, 2, customer=[None, 3]), DAY, TO_CUSTOMERS)


def test_rows_that_refer_to_nothing_are_let_in_where_that_is_asked_for(filled):
    rows = numbers(0, 20, customer=[n % 11 for n in range(20)])
    filled.with_options(foreign_keys="declare").publish("orders", rows, DAY, TO_CUSTOMERS)
    assert filled.read("orders").num_rows == 20


def test_no_foreign_key_is_declared_where_none_is_asked_for(shop):
    loose = shop.with_options(foreign_keys="none")
    loose.publish("customers", numbers(0, 3), keys=KEY)
    loose.publish("orders", numbers(0, 3, customer=[0, 1, 99]), DAY, TO_CUSTOMERS)
    assert foreign_keys(loose) == 0


def test_a_parent_is_replaced_before_its_children_and_all_holds_in_the_end(filled):
    filled.publish("customers", numbers(100, 10), keys=KEY)
    assert filled.read("customers")["id"].to_pylist() == list(range(100, 110))
    filled.publish("orders", numbers(0, 20, customer=[100 + n % 10 for n in range(20)]), DAY, TO_CUSTOMERS)
    assert foreign_keys(filled) == (0 if filled.kind == "duckdb" else 1)
    with pytest.raises(DataError, match="TD3062"):
        filled.publish("orders", numbers(0, 1, customer=[0]), DAY, TO_CUSTOMERS)


def test_a_parent_with_the_same_keys_keeps_its_constraint(filled):
    before = foreign_keys(filled)
    filled.publish("customers", numbers(0, 12, name=["x"] * 12), keys=KEY)
    assert foreign_keys(filled) == before


def test_a_table_that_refers_to_itself(shop):
    keys = refers("boss", "staff", cyclic=True)
    shop.publish("staff", numbers(0, 5, boss=[None, 0, 0, 1, 4]), keys=keys)
    with pytest.raises(DataError, match="TD3062"):
        shop.publish("staff", numbers(0, 5, boss=[None, 0, 0, 1, 77]), keys=keys)
    assert shop.read("staff").num_rows == 5


def test_tables_that_refer_to_each_other(shop):
    left, right = refers("other", "right", cyclic=True), refers("other", "left", cyclic=True)
    for first in (0, 50):
        values = list(range(first, first + 5))
        shop.publish("left", numbers(first, 5, other=values), keys=left)
        shop.publish("right", numbers(first, 5, other=values), keys=right)
    assert foreign_keys(shop) == (0 if shop.kind == "duckdb" else 2)
    assert sorted(shop.read("left")["id"].to_pylist()) == list(range(50, 55))


def test_tables_go_with_their_keys_in_any_order(filled):
    filled.database.drop(filled.dataset, "customers")
    filled.database.drop(filled.dataset, "orders")
    filled.database.drop(filled.dataset, "orders")
    assert filled.database.tables(filled.dataset) == []
    filled.publish("customers", numbers(0, 10), keys=KEY)


def test_postgresql_itself_enforces_what_is_declared(pg_shop):
    pg_shop.publish("customers", numbers(0, 10), keys=KEY)
    pg_shop.publish("orders", numbers(0, 5, customer=[0, 1, 2, 3, 4]), keys=TO_CUSTOMERS)
    with pytest.raises(Exception, match="violates foreign key"):
        pg_shop.change("DELETE FROM {customers}")

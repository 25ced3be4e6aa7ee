from __future__ import annotations

import pytest

from tempdata_dagster.publish.keys import ForeignKeyFacts, TableKeys
from tempdata_dagster.publish.order import sort_tables


def keys(*parents: str) -> TableKeys:
    """References to parents; `parent?` may be null, `parent~` closes a cycle."""
    return TableKeys(
        foreign=tuple(
            ForeignKeyFacts(
                columns=("x",),
                parent=name.rstrip("?~"),
                parent_columns=("x",),
                nullable="?" in name,
                cyclic="~" in name,
            )
            for name in parents
        )
    )


@pytest.mark.parametrize(
    ("tables", "order"),
    [
        ({}, []),
        ({"b": keys(), "a": keys()}, ["a", "b"]),
        ({"items": keys("orders", "products"), "orders": keys("customers"), "customers": keys(), "products": keys()},
         ["customers", "products", "orders", "items"]),
        ({"staff": keys("staff", "shops"), "shops": keys()}, ["shops", "staff"]),
        ({"orders": keys("customers", "elsewhere")  , "customers": keys()}, ["customers", "orders"]),
        ({"a": keys("b"), "b": keys("a?")}, ["b", "a"]),
        ({"a": keys("b"), "b": keys("c"), "c": keys("a?~"), "d": keys("c")}, ["c", "b", "d", "a"]),
        ({"a": keys("b~"), "b": keys("a")}, ["a", "b"]),
        ({"a": keys("b"), "b": keys("a")}, ["a", "b"]),
    ],
)  # fmt: skip
def test_parents_come_first_and_cycles_are_broken_where_they_may_be(tables, order):
    assert sort_tables(tables) == order

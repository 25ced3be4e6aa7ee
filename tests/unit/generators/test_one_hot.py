from __future__ import annotations

from decimal import Decimal

from tests.properties.shop import plan_of, rows_of

COLUMNS = {
    "price": {"kind": "choice", "values": [1.99, 2.5], "type": "decimal(6,2)"},
    "cheap": {"kind": "one_hot", "of": "price", "value": 1.99},
    "stock": {
        "kind": "integer", "when": {"price": {1.99: {"min": 7, "max": 9}, 2.5: {"min": 1, "max": 3}}},
    },
    "label": {"kind": "expression", "sql": "price", "modifiers": [{"kind": "map_values", "values": {1.99: 3.25}}]},
}  # fmt: skip


def test_decimals_are_values_like_others(tmp_path):
    tree = {"dataset": "d", "tables": {"t": {"rows": 200, "columns": COLUMNS}}}
    rows = rows_of(plan_of(tree, tmp_path), "t", None).to_pylist()
    assert {row["price"] for row in rows} == {Decimal("1.99"), Decimal("2.50")}
    for row in rows:
        low = row["price"] == Decimal("1.99")
        assert row["cheap"] == low
        assert (row["stock"] >= 7) == low
        assert row["label"] == (Decimal("3.25") if low else row["price"])

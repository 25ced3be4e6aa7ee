from __future__ import annotations

from tempdata_dagster.generate import open_plan


def test_text_names_everything_that_a_reader_asks_for(tempdata, shop):
    ended = tempdata("plan", str(shop))
    assert ended.code == 0
    assert ended.out.startswith("shop (seed 42, from 2025-01-01), in this order: customers, orders, order_items\n")
    for text in (
        "  rows from    a rate of about 30 per day, after 10 at the start",
        "  partitions   1, static",
        "one per day: 2025-01-01 ..",
        "  key          order_id, line_number",
        "  foreign key  customer_id -> customers.customer_id",
        "  depends on   orders",
        "key_unique",
        f"  fingerprint  {open_plan(shop).fingerprint('orders')}",
    ):
        assert text in ended.out


def test_json_has_expected_rows_of_a_scale(tempdata, shop):
    plain, tenfold = (tempdata("plan", str(shop), "--json", "--scale", scale).document for scale in ("1", "10"))
    assert plain["order"] == ["customers", "orders", "order_items"]
    customers, orders, items = plain["tables"]
    assert (customers["expected_rows"], customers["partitions"], customers["period"]) == (50, 1, None)
    assert (orders["fewest"], orders["most"]) == (30, 40)
    assert items["expected_rows"] > orders["expected_rows"] > 1000
    assert tenfold["tables"][0]["expected_rows"] == 500
    assert items["columns"] == [{"name": "order_id", "type": "string"}, {"name": "line_number", "type": "int64"}]


def test_a_dataset_of_the_future_has_no_partition_yet(tempdata, shop):
    shop.write_text(shop.read_text().replace("2025-01-01", "2199-01-01"))
    ended = tempdata("plan", str(shop))
    assert ended.code == 0
    assert "none is over yet" in ended.out
    refused = tempdata("generate", str(shop), "--tables", "orders")
    assert refused.code == 2
    assert "TD6003 no partition of these tables is over yet" in refused.err

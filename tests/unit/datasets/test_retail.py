from __future__ import annotations

import pyarrow as pa

from tempdata_dagster.core.content import hash_batches
from tempdata_dagster.generate import open_plan
from tests.unit.datasets.lake import FOLDER, RETAIL_SCALE, plain_field


def test_retail_has_every_shape_of_reference(retail):
    keys = {(table, key.name): key for table in retail.plan.tables for key in retail.plan.contract(table).foreign_keys}
    assert keys["categories", "foreign_key_parent_id"].cyclic
    assert keys["customers", "foreign_key_referred_by"].cyclic
    assert keys["orders", "foreign_key_shipping_address_id"].as_of
    assert keys["shipments", "foreign_key_order_id"].lag > 0
    assert keys["customers", "foreign_key_country"].parent == "countries"


def test_an_order_adds_up(retail):
    wrong = "SELECT count(*) FROM orders o JOIN (SELECT order_id, sum({0}) AS s FROM {1} GROUP BY 1) c USING (order_id) WHERE {2}"
    assert retail.count(wrong.format("line_total", "order_items", "s <> total")) == 0
    assert retail.count(wrong.format("amount", "payments", "s <> total OR status = 'cancelled'")) == 0
    assert retail.count(wrong.format("1", "order_items", "s <> items")) == 0
    paid = "SELECT count(DISTINCT order_id) FROM payments"
    assert retail.count(paid) == retail.count("SELECT count(*) FROM orders WHERE status <> 'cancelled'")
    assert retail.count("SELECT count(*) FROM payments") > 1.03 * retail.count(paid)


def test_no_child_is_older_than_its_parent(retail):
    older = "SELECT count(*) FROM {0} JOIN {1} USING ({2}) WHERE NOT ({3})"
    for child, parent, key, order in (
        (
            "orders",
            "customers",
            "customer_id",
            "ordered_at >= signed_up_at AND coalesce(member_until > ordered_at, true)",
        ),
        ("payments", "orders", "order_id", "paid_at >= ordered_at"),
        ("shipments", "orders", "order_id", "shipped_at > ordered_at"),
        ("returns", "shipments", "shipment_id", "returned_at > shipped_at"),
    ):
        assert retail.count(older.format(child, parent, key, order)) == 0, child
    friends = "SELECT count(*) FROM customers c JOIN customers f ON c.referred_by = f.customer_id WHERE {0}"
    assert retail.count(friends.format("f.signed_up_at > c.signed_up_at OR f.customer_id = c.customer_id")) == 0
    assert retail.count(friends.format("true")) > 100


def test_late_rows_land_in_the_partition_of_their_own_day(retail):
    for table, moment in (("shipments", "shipped_at"), ("returns", "returned_at"), ("orders", "ordered_at")):
        assert retail.count(f"SELECT count(*) FROM {table} WHERE strftime({moment}, '%Y-%m-%d') <> published") == 0
    later = "SELECT count(*) FROM shipments JOIN orders o USING (order_id) WHERE published > o.published"
    assert retail.count(later.replace("published >", "shipments.published >")) > 100


def test_every_order_of_the_first_days_is_shipped_once(retail):
    """The lag is at most four days, so the orders of the first ten days are all out by the fourteenth."""
    shipped = (
        "SELECT count(*) FROM orders o LEFT JOIN shipments s USING (order_id) WHERE o.published < '2025-01-10' AND {}"
    )
    assert retail.count(shipped.format("(o.status = 'cancelled') = (s.order_id IS NOT NULL)")) == 0
    assert retail.count(shipped.format("s.order_id IS NOT NULL")) > 1_000


def test_an_order_goes_to_an_address_of_its_customer(retail):
    query = "SELECT count(*) FROM orders o JOIN addresses a ON o.shipping_address_id = a.address_id WHERE {}"
    assert retail.count(query.format("a.customer_id <> o.customer_id OR a.country <> o.country")) == 0
    assert retail.count(query.format("true")) == retail.count("SELECT count(*) FROM orders")


def test_retail_looks_like_a_shop(retail):
    weekend = (
        "SELECT avg(n) FROM (SELECT count(*) n, isodow(CAST(published AS DATE)) d FROM orders GROUP BY ALL) WHERE d {}"
    )
    assert retail.count(weekend.format(">= 6")) > 1.15 * retail.count(weekend.format("<= 4"))
    top = "SELECT sum(n) FROM (SELECT count(*) n FROM order_items GROUP BY product_id ORDER BY n DESC LIMIT 20)"
    assert retail.count(top) > 0.4 * retail.count("SELECT count(*) FROM order_items"), (
        "a tenth of the products sells most"
    )
    cancelled = dict(retail.rows("SELECT channel, avg(CAST(status = 'cancelled' AS INT)) FROM orders GROUP BY 1"))
    assert cancelled["phone"] > 2 * cancelled["app"]
    assert retail.count("SELECT count(*) FROM payments WHERE (method = 'card') <> (card_last4 IS NOT NULL)") == 0


def test_categories_are_a_tree(retail):
    roots = retail.count("SELECT count(*) FROM categories WHERE parent_id IS NULL")
    assert 1 <= roots < 30
    assert retail.count("SELECT count(*) FROM categories WHERE parent_id >= category_id") == 0


def test_countries_are_those_of_the_standard(retail):
    assert retail.count("SELECT count(*) FROM countries") == 249
    expected = {
        "DE": ("DEU", "276", "EUR"),
        "NO": ("NOR", "578", "NOK"),
        "AF": ("AFG", "004", "AFN"),
        "AQ": ("ATA", "010", None),
    }
    found = retail.rows(
        "SELECT alpha_2, alpha_3, numeric, currency FROM countries WHERE alpha_2 IN ('DE', 'NO', 'AF', 'AQ')"
    )
    assert {row[0]: row[1:] for row in found} == expected
    assert (
        retail.count(
            "SELECT count(*) FROM countries WHERE NOT regexp_full_match(coalesce(currency, 'XXX'), '[A-Z]{3}')"
        )
        == 0
    )
    assert retail.count("SELECT count(DISTINCT country) FROM customers") == 7


def test_phones_cities_and_postal_codes_are_those_of_the_country(retail):
    codes = "SELECT country, min(split_part(phone, ' ', 1)), max(split_part(phone, ' ', 1)) FROM customers GROUP BY 1"
    assert {country: (low, high) for country, low, high in retail.rows(codes)} == {
        country: (code, code)
        for country, code in {
            "US": "+1",
            "CA": "+1",
            "GB": "+44",
            "DE": "+49",
            "FR": "+33",
            "PK": "+92",
            "AU": "+61",
        }.items()
    }
    assert retail.count("SELECT count(*) FROM customers WHERE phone NOT LIKE '% ___-555-01__'") == 0
    there = "SELECT DISTINCT country, state FROM addresses WHERE city IN ('Hamburg', 'Lahore') AND country <> 'US' ORDER BY 1"
    assert retail.rows(there) == [("DE", "Hamburg"), ("PK", "Punjab")]
    forms = {
        "DE": "[0-9]{5}",
        "AU": "[0-9]{4}",
        "CA": "[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]",
        "GB": "[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}|GIR ?0AA|BFPO ?[0-9]{1,4}",
    }
    for country, form in forms.items():
        wrong = f"country = '{country}' AND NOT regexp_full_match(postal_code, '{form}')"
        assert retail.count(f"SELECT count(*) FROM addresses WHERE {wrong}") == 0


def test_a_day_rebuilt_alone_equals_the_same_day_of_the_run(retail):
    alone = open_plan(FOLDER / "retail.yaml", scale=RETAIL_SCALE)
    for table in (table for table in alone.tables if alone.period(table)):
        schema = alone.contract(table).schema
        batches = [batch for part in alone.parts(table, "2025-01-13") for batch in alone.batches(part)]
        query = f"SELECT * EXCLUDE published FROM {table} WHERE published = '2025-01-13'"
        stored = retail.connection.sql(query).to_arrow_table().cast(pa.schema([plain_field(field) for field in schema]))
        assert stored.num_rows > 0
        assert hash_batches(schema, batches) == hash_batches(stored.schema, stored.to_batches()), table

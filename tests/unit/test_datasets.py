"""The datasets in configs/ keep what they promise: DuckDB asks their Parquet files, which know nothing of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tempdata_dagster.core.content import hash_batches
from tempdata_dagster.engine.plan import Plan
from tempdata_dagster.generate import open_plan

FOLDER = Path(__file__).parents[2] / "configs" / "datasets"
DAYS = 14
LAST_DAY = "2025-01-14"
TPCH_SCALE = 0.01
MONEY, TEXT, DAY = "decimal128(15, 2)", "string", "date32[day]"
# Section 1.4.1 of the specification: identifiers are int64, integers int32, decimals (15,2).
TPCH_COLUMNS = {
    "region": {"r_regionkey": "int64", "r_name": TEXT, "r_comment": TEXT},
    "nation": {"n_nationkey": "int64", "n_name": TEXT, "n_regionkey": "int64", "n_comment": TEXT},
    "supplier": {
        "s_suppkey": "int64", "s_name": TEXT, "s_address": TEXT, "s_nationkey": "int64", "s_phone": TEXT, "s_acctbal": MONEY,
        "s_comment": TEXT,
    },
    "part": {
        "p_partkey": "int64", "p_name": TEXT, "p_mfgr": TEXT, "p_brand": TEXT, "p_type": TEXT, "p_size": "int32",
        "p_container": TEXT, "p_retailprice": MONEY, "p_comment": TEXT,
    },
    "partsupp": {
        "ps_partkey": "int64", "ps_suppkey": "int64", "ps_availqty": "int32", "ps_supplycost": MONEY, "ps_comment": TEXT,
    },
    "customer": {
        "c_custkey": "int64", "c_name": TEXT, "c_address": TEXT, "c_nationkey": "int64", "c_phone": TEXT, "c_acctbal": MONEY,
        "c_mktsegment": TEXT, "c_comment": TEXT,
    },
    "orders": {
        "o_orderkey": "int64", "o_custkey": "int64", "o_orderstatus": TEXT, "o_totalprice": MONEY, "o_orderdate": DAY,
        "o_orderpriority": TEXT, "o_clerk": TEXT, "o_shippriority": "int32", "o_comment": TEXT,
    },
    "lineitem": {
        "l_orderkey": "int64", "l_partkey": "int64", "l_suppkey": "int64", "l_linenumber": "int32", "l_quantity": MONEY,
        "l_extendedprice": MONEY, "l_discount": MONEY, "l_tax": MONEY, "l_returnflag": TEXT, "l_linestatus": TEXT,
        "l_shipdate": DAY, "l_commitdate": DAY, "l_receiptdate": DAY, "l_shipinstruct": TEXT, "l_shipmode": TEXT,
        "l_comment": TEXT,
    },
}  # fmt: skip
TPCH_ROWS = {
    "region": 5,
    "nation": 25,
    "supplier": 100,
    "part": 2_000,
    "partsupp": 8_000,
    "customer": 1_500,
    "orders": 15_000,
}


@dataclass(frozen=True)
class Lake:
    """A dataset as Parquet files, one per table; `published` is the key of the partition that a row came in."""

    plan: Plan
    connection: duckdb.DuckDBPyConnection

    def count(self, query: str) -> int:
        return self.connection.execute(query).fetchall()[0][0]

    def rows(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()


def write_lake(plan: Plan, folder: Path, last: str | None) -> Lake:
    connection = duckdb.connect()
    for table in plan.tables:
        schema = plan.contract(table).schema.append(pa.field("published", pa.string()))
        with pq.ParquetWriter(folder / f"{table}.parquet", schema) as writer:
            for key in plan.partition_keys(table, None, last if plan.period(table) else None):
                for part in plan.parts(table, key):
                    for batch in plan.batches(part):
                        labels = pa.nulls(len(batch), pa.string()).fill_null(key or "")
                        writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, labels], schema=schema))
        connection.sql(f"CREATE VIEW {table} AS SELECT * FROM '{folder / table}.parquet'")
    return Lake(plan, connection)


@pytest.fixture(scope="module")
def retail(tmp_path_factory) -> Lake:
    return write_lake(open_plan(FOLDER / "retail.yaml", scale=0.1), tmp_path_factory.mktemp("retail"), LAST_DAY)


@pytest.fixture(scope="module")
def tpch(tmp_path_factory) -> Lake:
    return write_lake(open_plan(FOLDER / "tpch.yaml", scale=TPCH_SCALE), tmp_path_factory.mktemp("tpch"), None)


@pytest.fixture(params=["retail", "tpch"])
def lake(request) -> Lake:
    return request.getfixturevalue(request.param)


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


def test_a_day_rebuilt_alone_equals_the_same_day_of_the_run(retail):
    alone = open_plan(FOLDER / "retail.yaml", scale=0.1)
    for table in (table for table in alone.tables if alone.period(table)):
        schema = alone.contract(table).schema
        batches = [batch for part in alone.parts(table, "2025-01-13") for batch in alone.batches(part)]
        query = f"SELECT * EXCLUDE published FROM {table} WHERE published = '2025-01-13'"
        stored = retail.connection.sql(query).to_arrow_table().cast(pa.schema([_plain(field) for field in schema]))
        assert stored.num_rows > 0
        assert hash_batches(schema, batches) == hash_batches(stored.schema, stored.to_batches()), table


def _plain(field: pa.Field) -> pa.Field:
    kind = field.type
    return pa.field(field.name, kind.value_type if pa.types.is_dictionary(kind) else kind)


def test_tpch_has_the_published_columns(tpch):
    for table, columns in TPCH_COLUMNS.items():
        found = {field.name: str(_plain(field).type) for field in tpch.plan.contract(table).schema}
        assert found == columns
        assert list(found) == list(columns)
        assert not any(field.nullable for field in tpch.plan.contract(table).schema)


def test_tpch_has_the_published_cardinalities(tpch):
    for table, rows in TPCH_ROWS.items():
        assert tpch.count(f"SELECT count(*) FROM {table}") == rows
    lines = tpch.count("SELECT count(*) FROM lineitem")
    assert 59_000 < lines < 61_000
    assert tpch.rows("SELECT min(n), max(n) FROM (SELECT count(*) n FROM lineitem GROUP BY l_orderkey)") == [(1, 7)]
    assert tpch.rows("SELECT min(n), max(n) FROM (SELECT count(*) n FROM partsupp GROUP BY ps_partkey)") == [(4, 4)]
    largest = open_plan(FOLDER / "tpch.yaml", scale=100)
    assert [sum(part.rows for part in largest.parts(table, None)) for table in ("nation", "supplier", "orders")] == [
        25, 1_000_000, 150_000_000,
    ]  # fmt: skip


def test_tpch_keys_are_the_specifications(tpch):
    assert tpch.count("SELECT count(*) FROM orders WHERE o_orderkey % 32 > 7") == 0
    assert tpch.count("SELECT max(o_orderkey) FROM orders") == 15_000 // 8 * 32 + 15_000 % 8
    assert tpch.count("SELECT count(*) FROM orders WHERE o_custkey % 3 = 0") == 0
    assert tpch.count("SELECT count(DISTINCT o_custkey) FROM orders") > 990
    composite = [key.columns for key in tpch.plan.contract("lineitem").foreign_keys if key.parent == "partsupp"]
    assert composite == [("l_partkey", "l_suppkey")]
    assert {key.parent for key in tpch.plan.contract("lineitem").foreign_keys} == {
        "orders",
        "partsupp",
        "part",
        "supplier",
    }


def test_tpch_prices_follow_the_formulas(tpch):
    price = "(90000 + p_partkey // 10 % 20001 + 100 * (p_partkey % 1000)) / 100"
    assert tpch.count(f"SELECT count(*) FROM part WHERE p_retailprice <> CAST({price} AS DECIMAL(15,2))") == 0
    lines = "SELECT count(*) FROM lineitem JOIN part ON p_partkey = l_partkey WHERE l_extendedprice <> l_quantity * p_retailprice"
    assert tpch.count(lines) == 0
    charge = "CAST(l_extendedprice AS DECIMAL(9,2)) * (1 + CAST(l_tax AS DECIMAL(3,2))) * (1 - CAST(l_discount AS DECIMAL(3,2)))"
    totals = f"SELECT l_orderkey AS o_orderkey, round(sum({charge}), 2) AS s FROM lineitem GROUP BY 1"
    assert tpch.count(f"SELECT count(*) FROM orders JOIN ({totals}) USING (o_orderkey) WHERE s <> o_totalprice") == 0


def test_tpch_dates_and_flags_agree(tpch):
    order = "SELECT count(*) FROM lineitem JOIN orders ON o_orderkey = l_orderkey WHERE NOT ({})"
    for condition in (
        "l_shipdate - o_orderdate BETWEEN 1 AND 121",
        "l_commitdate - o_orderdate BETWEEN 30 AND 90",
        "l_receiptdate - l_shipdate BETWEEN 1 AND 30",
        "o_orderdate BETWEEN DATE '1992-01-01' AND DATE '1998-08-02'",
        "(l_linestatus = 'O') = (l_shipdate > DATE '1995-06-17')",
        "(l_returnflag = 'N') = (l_receiptdate > DATE '1995-06-17')",
    ):
        assert tpch.count(order.format(condition)) == 0, condition
    status = "CASE WHEN min(l_linestatus) = max(l_linestatus) THEN min(l_linestatus) ELSE 'P' END"
    lines = f"SELECT l_orderkey AS o_orderkey, {status} AS s FROM lineitem GROUP BY 1"
    assert tpch.count(f"SELECT count(*) FROM orders JOIN ({lines}) USING (o_orderkey) WHERE s <> o_orderstatus") == 0
    assert {row[0] for row in tpch.rows("SELECT DISTINCT o_orderstatus FROM orders")} == {"F", "O", "P"}


def test_tpch_texts_have_the_published_forms(tpch):
    for table, column, low, high in (
        ("lineitem", "l_comment", 10, 43), ("orders", "o_comment", 19, 78), ("customer", "c_comment", 29, 116),
        ("part", "p_comment", 5, 22), ("partsupp", "ps_comment", 49, 198), ("customer", "c_address", 10, 40),
        ("supplier", "s_comment", 25, 100), ("nation", "n_comment", 31, 114), ("region", "r_comment", 31, 115),
    ):  # fmt: skip
        shortest, longest, mean = tpch.rows(
            f"SELECT min(n), max(n), avg(n) FROM (SELECT length({column}) n FROM {table})"
        )[0]
        assert low <= shortest <= longest <= high, column
        assert abs(mean - (low + high) / 2) < 1.5 or table in ("nation", "region", "supplier"), column
    words = "SELECT count(*) FROM part WHERE len(list_distinct(string_split(p_name, ' '))) <> 5"
    assert tpch.count(words) == 0
    for table, letter in (("customer", "c"), ("supplier", "s")):
        phone = f"regexp_full_match({letter}_phone, '[0-9]{{2}}-[1-9][0-9]{{2}}-[1-9][0-9]{{2}}-[1-9][0-9]{{3}}')"
        code = f"CAST(left({letter}_phone, 2) AS INT) = {letter}_nationkey + 10"
        assert tpch.count(f"SELECT count(*) FROM {table} WHERE NOT ({phone} AND {code})") == 0
    assert tpch.count("SELECT count(*) FROM orders WHERE NOT regexp_full_match(o_clerk, 'Clerk#0{7}(0[1-9]|10)')") == 0
    assert tpch.count("SELECT count(DISTINCT p_type) FROM part") == 150


def test_tpch_queries_have_plausible_answers(tpch):
    pricing = tpch.rows(
        "SELECT l_returnflag, l_linestatus, avg(l_quantity), avg(l_discount), count(*) FROM lineitem "
        "WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL 90 DAY GROUP BY ALL ORDER BY ALL"
    )
    assert [row[:2] for row in pricing] == [("A", "F"), ("N", "F"), ("N", "O"), ("R", "F")]
    assert all(24 < quantity < 27 and 0.04 < discount < 0.06 for *_, quantity, discount, _ in pricing)
    # The specification's validation answer for query 6 at scale factor 1 is 123,141,078.23.
    forecast = tpch.count(
        "SELECT sum(l_extendedprice * l_discount) FROM lineitem WHERE l_shipdate >= DATE '1994-01-01' "
        "AND l_shipdate < DATE '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24"
    )
    assert float(forecast) == pytest.approx(123_141_078.23 * TPCH_SCALE, rel=0.1)
    volume = tpch.rows(
        "SELECT n_name, sum(l_extendedprice * (1 - l_discount)) FROM customer JOIN orders ON c_custkey = o_custkey "
        "JOIN lineitem ON l_orderkey = o_orderkey JOIN supplier ON l_suppkey = s_suppkey AND c_nationkey = s_nationkey "
        "JOIN nation ON s_nationkey = n_nationkey JOIN region ON n_regionkey = r_regionkey WHERE r_name = 'ASIA' GROUP BY 1"
    )
    assert 1 <= len(volume) <= 5

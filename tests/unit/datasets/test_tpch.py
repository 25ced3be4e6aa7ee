"""TPC-H as its specification has it."""

from __future__ import annotations

import pytest

from tempdata_dagster.generate import open_plan
from tests.unit.datasets.lake import FOLDER, TPCH_SCALE, plain_field

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


def test_tpch_has_the_published_columns(tpch):
    for table, columns in TPCH_COLUMNS.items():
        found = {field.name: str(plain_field(field).type) for field in tpch.plan.contract(table).schema}
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

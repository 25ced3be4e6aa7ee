from __future__ import annotations

import pytest

from tempdata_dagster import read_table

RULE = "    rules:\n      - {sql: line_number < 2, name: short}\n"


def test_summary_adds_up_and_the_lake_holds_it(tempdata, shop, days):
    ended = tempdata("generate", str(shop), *days, "--no-suite", "--json")
    assert ended.code == 0
    document = ended.document
    rows = {line["table"]: line["rows"] for line in document["tables"]}
    assert rows == {table: read_table("lake", "shop", table).num_rows for table in rows}
    assert list(rows) == ["customers", "orders", "order_items"]
    assert document["total"]["rows"] == sum(rows.values())
    assert document["total"]["partitions"] == document["planned"] == len(document["partitions"]) == 7
    assert document["total"]["failed"] == 0
    assert document["total"]["passed"] > 20
    assert document["lake"] == str(shop.parent / "lake")


def test_text_is_a_table_and_a_last_line(tempdata, shop, days):
    lines = tempdata("generate", str(shop), *days, "--no-suite").out.splitlines()
    assert lines[0].split()[:3] == ["table", "partitions", "rows"]
    assert [line.split()[0] for line in lines[2:6]] == ["customers", "orders", "order_items", "all"]
    assert lines[-1] == f"shop: 7 published; lake: {shop.parent / 'lake'}"
    again = tempdata("generate", str(shop), *days, "--no-suite").out.splitlines()
    assert again[-1].startswith("shop: 7 unchanged;")
    fresh = tempdata("generate", str(shop), *days, "--no-suite", "--only-changed").out.splitlines()
    assert fresh[-1].startswith("shop: 7 fresh;")


def test_only_some_tables_and_an_open_range(tempdata, shop):
    first = tempdata(
        "generate", str(shop), "--tables", "orders", "--partitions", "..2025-01-02", "--no-suite", "--json"
    )
    assert [part["partition"] for part in first.document["partitions"]] == ["2025-01-01", "2025-01-02"]
    single = tempdata("generate", str(shop), "--tables", "orders", "--partitions", "2025-01-09", "--no-suite", "--json")
    assert [part["partition"] for part in single.document["partitions"]] == ["2025-01-09"]
    assert single.document["total"]["warnings"] == 1  # the customers are not published
    said = tempdata("generate", str(shop), "--tables", "orders", "--partitions", "2025-01-09", "--no-suite").out
    assert "warning: orders 2025-01-09: check 'foreign_key_customer_id' unpublished parent: " in said


MIXED = """\
dataset: mixed
start: 2025-01-01
tables:
  hours: {rows: {per: hour, mean: 1}, key: id, columns: {id: {kind: key}}}
  days: {rows: {per: day, mean: 1}, key: id, columns: {id: {kind: key}}}
  weeks: {rows: {per: week, mean: 1}, key: id, columns: {id: {kind: key}}}
  months: {rows: {per: month, mean: 1}, key: id, columns: {id: {kind: key}}}
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["2025-01-31..2025-02-02"], {"hours": 72, "days": 3, "months": 1}),
        (["2025-01-06"], {"hours": 24, "days": 1, "weeks": 1}),
        (["2025-01-02", "--tables", "hours"], {"hours": 24}),
        (["2025-01-02-22:00..2025-01-03", "--tables", "hours"], {"hours": 26}),
        (["..2025-01-06", "--tables", "weeks,months"], {"weeks": 1, "months": 1}),
    ],
)
def test_days_stand_for_the_partitions_of_any_length_that_begin_on_them(tempdata, shop, words, expected):
    shop.write_text(MIXED)
    document = tempdata("generate", str(shop), "--no-suite", "--json", "--partitions", *words).document
    assert {line["table"]: line["partitions"] for line in document["tables"]} == expected


@pytest.mark.parametrize(
    "words",
    [
        ["2025-01-05..2025-01-02"],
        ["2025-01-01..9999-12-31"],
        ["2025-02-30"],
        ["2025-01-02-05:00"],
        ["2025-01-07", "--tables", "weeks"],
        ["2025-01-07", "--tables", "weeks,months"],
    ],
)
def test_ranges_that_fit_no_table_are_refused(tempdata, shop, words):
    shop.write_text(MIXED)
    ended = tempdata("generate", str(shop), "--no-suite", "--partitions", *words)
    assert ended.code == 2
    assert ended.err.count("\n") == 1


def test_seed_and_scale_of_the_command_line(tempdata, shop):
    plain, other, large = (
        tempdata(
            "generate", str(shop), "--tables", "orders", "--partitions", "2025-01-01", "--no-suite", "--json", *more
        ).document["partitions"][0]
        for more in ([], ["--seed", "7"], ["--scale", "10"])
    )
    assert plain["content_hash"] != other["content_hash"]
    assert (plain["rows"], large["rows"]) == (40, 400)


def test_a_failed_check_publishes_nothing_and_says_where(tempdata, shop, days, text):
    shop.write_text(text + RULE)
    ended = tempdata("generate", str(shop), *days, "--no-suite")
    assert ended.code == 1
    (line,) = ended.err.splitlines()
    assert line.startswith(
        f"{shop}:18:3: TD5010 order_items 2025-01-01 and 2 more partitions: check 'rule_short' failed: "
    )
    assert "readers keep the version before" in line
    assert "3 rejected" in ended.out
    assert not list((shop.parent / "lake").glob("shop/order_items/**/*.parquet"))
    document = tempdata("generate", str(shop), *days, "--no-suite", "--json").document
    assert document["exit_code"] == 1
    assert document["tables"][2]["failed"] == 3
    assert document["tables"][2]["rows"] == 0


def test_a_rule_that_only_warns_is_listed_and_ends_well(tempdata, shop, days, text):
    shop.write_text(text + RULE.replace("name: short", "name: short, severity: warning"))
    ended = tempdata("generate", str(shop), *days, "--no-suite")
    assert (ended.code, ended.err) == (0, "")
    assert "warning: order_items 2025-01-01 and 2 more partitions: check 'rule_short' failed" in ended.out


def test_a_file_is_no_lake(tempdata, shop, days):
    ended = tempdata("generate", str(shop), "--to", str(shop / "lake"), *days, "--no-suite")
    assert ended.code == 2
    assert ended.err.startswith("TD30")
    assert ended.err.count("\n") == 1


@pytest.mark.slow
def test_workers_show_nowhere(tempdata, process, shop, days):
    words = ("generate", str(shop), *days, "--no-suite", "--json", "--to")
    alone, together = tempdata(*words, "a"), process(*words, "b", "--workers", "2")
    assert together.code == 0, together.err
    hashes = [
        {(part["table"], part["partition"]): part["content_hash"] for part in ended.document["partitions"]}
        for ended in (alone, together)
    ]
    assert hashes[0] == hashes[1]


@pytest.mark.slow
def test_the_suite_is_run_unless_it_is_left_out(process, shop):
    ended = process("generate", str(shop), "--partitions", "2025-01-01", "--json")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.document["total"]["warnings"] == ended.document["total"]["failed"] == 0
    without = process("generate", str(shop), "--partitions", "2025-01-01", "--json", "--no-suite")
    assert without.code == 0, without.err
    assert ended.document["total"]["passed"] == without.document["total"]["passed"] + 3


def test_what_tempdata_did_not_write_is_refused_unless_told(tempdata, shop, days):
    path = shop.parent / "lake" / "shop" / "customers" / "data.parquet"
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    words = ("generate", str(shop), "--to", "lake", *days, "--no-suite")
    ended = tempdata(*words)
    assert ended.code == 2
    assert ended.err.startswith("TD3026 ")
    assert path.read_text() == "mine"
    ended = tempdata(*words, "--overwrite")
    assert ended.code == 0
    assert f"removed, as tempdata did not write it: {path}" in ended.out
    assert tempdata("verify", "lake").code == 0

from __future__ import annotations

import pytest

from tempdata_dagster import read_table


def test_rows_are_those_that_are_published(tempdata, shop, days):
    tempdata("generate", str(shop), "--to", "lake", *days, "--no-suite")
    shown = tempdata("preview", str(shop), "order_items", "-n", "7", "--partition", "2025-01-02", "--json").document
    published = read_table("lake", "shop", "order_items", ["2025-01-02"]).select(["order_id", "line_number"])
    assert shown["rows"] == published.slice(0, 7).to_pylist()
    assert shown["partition"] == "2025-01-02"


def test_text_is_a_table_of_the_first_partition(tempdata, shop):
    lines = tempdata("preview", str(shop), "orders", "-n", "3").out.splitlines()
    assert lines[0].split() == ["order_id", "ordered_at", "customer_id"]
    assert lines[-1] == "(3 rows of partition 2025-01-01)"
    assert len(lines) == 6


def test_a_table_shorter_than_asked_is_shown_whole(tempdata, shop):
    assert tempdata("preview", str(shop), "customers", "-n", "999").out.splitlines()[-1] == "(50 rows)"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ordrs"], "TD2003"),
        (["orders", "--partition", "2025-01-99"], "TD1003"),
        (["orders", "--partition", "2024-01-01"], "TD2011"),
        (["customers", "--partition", "2025-01-01"], "TD6003"),
        (["orders", "-n", "0"], "TD6001"),
        (["orders", "-n", "9" * 5000], "TD6001"),
    ],
)
def test_what_cannot_be_shown(tempdata, shop, words, code):
    ended = tempdata("preview", str(shop), *words)
    assert ended.code == 2
    assert ended.err.startswith(code)

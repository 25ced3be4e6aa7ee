from __future__ import annotations

import os
import pty
import sqlite3
from contextlib import closing

import pytest

from tempdata_dagster.publish.read import read_table


@pytest.fixture
def lake(tempdata, shop, days):
    assert tempdata("generate", str(shop), "--to", "lake", *days, "--no-suite").code == 0
    return shop.parent / "lake"


def test_a_lake_is_copied_and_then_left_alone(tempdata, lake, folder):
    ended = tempdata("copy", "lake", "other")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert [line.split()[:3] for line in lines[2:5]] == [
        ["shop.customers", "1", "1"], ["shop.orders", "3", "3"], ["shop.order_items", "3", "3"],
    ]  # fmt: skip
    assert lines[-1] == f"{lake} to {folder / 'other'}: 7 copied, 0 unchanged"
    assert tempdata("copy", "lake", "other").out.endswith(": 0 copied, 7 unchanged\n")
    assert tempdata("verify", "other").code == 0


def test_json_tells_every_partition(tempdata, lake):
    words = ("--tables", "orders", "--partitions", "2025-01-02..", "--format", "jsonl", "--json")
    document = tempdata("copy", "lake", "other", *words).document
    assert [(one["partition"], one["how"]) for one in document["partitions"]] == [
        ("2025-01-02", "rows"), ("2025-01-03", "rows"),
    ]  # fmt: skip
    assert document["exit_code"] == 0
    assert tempdata("verify", "other").code == 0


def test_a_foreign_file_is_refused_unless_told(tempdata, lake, folder):
    path = folder / "other" / "shop" / "customers" / "data.parquet"
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    ended = tempdata("copy", "lake", "other")
    assert ended.code == 2
    assert ended.err.startswith("TD3026 ")
    assert f"removed, as tempdata did not write it: {path}" in tempdata("copy", "lake", "other", "--overwrite").out
    assert tempdata("verify", "other").code == 0


def test_what_was_copied_before_a_failure_is_told(tempdata, lake, folder):
    (lake / "shop/orders/date=2025-01-02/part-00000.parquet").write_bytes(b"damaged")
    ended = tempdata("copy", "lake", "other", "--workers", "1")
    assert ended.code == 1
    assert ended.err.startswith("TD3094 ")
    assert ended.out.endswith(": 2 copied, 0 unchanged\n")


def test_a_database_is_filled_verified_and_emptied(tempdata, lake, folder):
    url = "sqlite:///copied.db"
    assert tempdata("copy", "lake", url).out.endswith(": 7 copied, 0 unchanged\n")
    assert tempdata("copy", "lake", url).out.endswith(": 0 copied, 7 unchanged\n")
    assert tempdata("verify", url).out.endswith(": every row is what its manifest says\n")
    with closing(sqlite3.connect(folder / "copied.db")) as database:
        rows = database.execute("SELECT count(*) FROM orders").fetchone()[0]
        assert rows == read_table(lake, "shop", "orders").num_rows
        # Some text in place of some other: no key refers to it.
        database.execute("UPDATE orders SET ordered_at = '2025-01-01 00:00:00' WHERE rowid = 1")
        database.commit()
    ended = tempdata("verify", url)
    assert ended.code == 1
    assert "shop.orders 2025-01-01: changed" in ended.out
    purged = tempdata("purge", "shop", "--from", url, "--from", "lake", "--yes", "--json").document["purged"]
    assert [one["table"] for one in purged] == ["order_items"] * 6 + ["orders"] * 6 + ["customers"] * 2
    assert tempdata("verify", url).code == 2
    with closing(sqlite3.connect(folder / "copied.db")) as database:
        assert database.execute("SELECT name FROM sqlite_master WHERE name IN ('orders', 'customers')").fetchall() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lake", "lake"], "TD3093"), (["lake"], "TD6001"), (["nothing", "other"], "TD3090"),
        (["lake", "other", "--dataset", "shp"], "TD3090"), (["lake", "other", "--format", "parquett"], "TD1001"),
        (["lake", "other", "--partitions", "soon"], "TD1003"), (["lake", "other", "--workers", "0"], "TD6001"),
        (["s4://x", "other"], "TD1051"), (["sqlite:///x.db", "other"], "TD3006"),
    ],
)  # fmt: skip
def test_what_cannot_be_copied(tempdata, lake, words, said):
    ended = tempdata("copy", *words)
    assert (ended.code, ended.err.split()[0]) == (2, said)


def test_progress_is_shown_on_a_terminal(start, lake):
    ours, theirs = pty.openpty()
    with start("copy", "lake", "other", stderr=theirs) as started:
        out = started.communicate(timeout=60)[0]
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert started.returncode == 0
    assert "partitions" in shown
    assert out.endswith("7 copied, 0 unchanged\n")

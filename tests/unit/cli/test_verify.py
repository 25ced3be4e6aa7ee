from __future__ import annotations

import os

import pytest


@pytest.fixture
def lake(tempdata, shop, days):
    assert tempdata("generate", str(shop), "--to", "lake", *days, "--no-suite").code == 0
    return shop.parent / "lake"


def test_a_sound_lake(tempdata, lake):
    ended = tempdata("verify", str(lake))
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"{lake}: every file is what its manifest says\n"
    assert tempdata("verify", str(lake), "--json").document["findings"] == []


def test_a_damaged_file_and_a_lost_one_are_found(tempdata, lake):
    first, second = sorted(lake.glob("shop/orders/*/*.parquet"))[:2]
    damaged = bytearray(first.read_bytes())
    damaged[100] ^= 1
    first.write_bytes(damaged)
    second.unlink()
    ended = tempdata("verify", "lake")
    assert ended.code == 1
    assert ended.out.splitlines()[-1].endswith("2 findings: changed 1, missing 1")
    kinds = [finding["kind"] for finding in tempdata("verify", "lake", "--json").document["findings"]]
    assert kinds == ["changed", "missing"]


@pytest.mark.parametrize("words", [["nowhere"], ["lake", "--dataset", "shp"]])
def test_what_is_not_there_cannot_be_verified(tempdata, lake, words):
    ended = tempdata("verify", *words)
    assert ended.code == 2
    assert "TD3006" in ended.err


def test_gc_removes_what_no_manifest_names_after_the_grace(tempdata, lake):
    orphan = lake / "shop/orders/date=2025-01-01/part-00007.parquet"
    orphan.write_bytes(b"left behind")
    os.utime(orphan, (orphan.stat().st_mtime - 7200,) * 2)
    assert tempdata("gc", "lake").out == f"{lake}: 0 objects removed\n"
    dry = tempdata("gc", "lake", "--grace", "1h", "--dry-run")
    assert dry.out.splitlines() == [str(orphan), f"{lake}: 1 object would be removed"]
    assert orphan.exists()
    assert tempdata("gc", "lake", "--grace", "1h", "--json").document["removed"] == [str(orphan)]
    assert not orphan.exists()
    assert tempdata("verify", "lake").code == 0


def test_gc_keeps_older_versions_of_table_formats_for_as_long_as_told(tempdata, shop, days):
    for seed in ("1", "2"):
        words = ("--to", "tables", "--format", "delta", "--tables", "orders", "--seed", seed)
        assert tempdata("generate", str(shop), *words, *days, "--no-suite").code == 0
    assert tempdata("gc", "tables", "--grace", "0s").out.endswith(": 0 objects removed\n")
    assert tempdata("gc", "tables", "--grace", "0s", "--keep", "0s").out.endswith(": 3 objects removed\n")
    assert tempdata("verify", "tables").code == 0


@pytest.mark.parametrize("grace", ["-1d", "1", "soon", "1e9d", "999999w", ""])
def test_a_grace_that_is_none(tempdata, lake, grace):
    ended = tempdata("gc", "lake", f"--grace={grace}")
    assert ended.code == 2
    assert ended.err.startswith("TD6001")

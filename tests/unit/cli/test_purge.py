from __future__ import annotations

import os
import pty

import pytest

PROJECT = """\
targets:
  local:
    url: lake
    destinations: {exports: {url: exports}, nowhere: null}
  other: {url: other}
"""


@pytest.fixture
def lake(tempdata, shop, days):
    assert tempdata("generate", str(shop), "--to", "lake", *days, "--no-suite").code == 0
    return shop.parent / "lake"


def list_files(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_dataset_is_removed_children_first(tempdata, lake):
    ended = tempdata("purge", "shop", "--from", "lake", "--yes")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert [line.split()[0] for line in lines[2:5]] == ["order_items", "orders", "customers"]
    assert lines[3].split()[1:3] == [str(lake), "3"]
    assert lines[-1].startswith("shop: 7 partitions with ")
    assert lines[-1].endswith(" rows removed")
    assert list_files(lake) == []


def test_json_tells_every_partition(tempdata, lake):
    document = tempdata("purge", "shop", "--from", "lake", "--tables", "orders", "--yes", "--json").document
    assert (document["exit_code"], document["dry_run"]) == (0, False)
    assert [(one["table"], one["partition"], one["status"]) for one in document["purged"]] == [
        ("orders", f"2025-01-0{day}", "removed") for day in (1, 2, 3)
    ]
    assert tempdata("verify", "lake").code == 0


def test_a_dry_run_needs_no_yes(tempdata, lake):
    before = list_files(lake)
    ended = tempdata("purge", "shop", "--dry-run")
    assert ended.code == 0
    assert ended.out.endswith(" would be removed\n")
    assert list_files(lake) == before


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_nobody_is_there_to_be_asked(process, lake, words):
    ended = process("purge", "shop", *words, stdin=None)
    assert ended.code == 2
    assert ended.err.startswith("TD3091 ")
    assert list_files(lake) != []


@pytest.mark.parametrize(("answer", "gone"), [("y", True), ("n", False), ("", False)])
def test_somebody_at_a_terminal_is_asked(start, lake, answer, gone):
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    with start("purge", "shop", stdin=theirs, stderr=theirs) as started:
        out = started.communicate(timeout=60)[0]
    os.close(theirs)
    asked = os.read(ours, 100_000).decode()
    os.close(ours)
    assert started.returncode == 0
    assert "for good? [y/N]" in asked
    assert (list_files(lake) == []) is gone
    assert ("nothing was removed" in out) is not gone


def test_an_environment_stands_for_all_its_places(tempdata, folder, lake, text, days):
    assert tempdata("generate", "shop.yaml", "--to", "other", *days, "--no-suite").code == 0
    (folder / "configs").mkdir()
    (folder / "configs" / "project.yaml").write_text(PROJECT)
    (folder / "shop.yaml").write_text(f"publish: [{{to: lake}}, {{to: exports}}]\n{text}")
    assert tempdata("generate", "shop.yaml", *days, "--no-suite").code == 0
    assert tempdata("purge", "shop", "--from", "local.exports", "--tables", "orders", "--yes").code == 0
    assert [path.name for path in sorted((folder / "exports" / "shop").iterdir())] == [
        "_manifests",
        "customers",
        "order_items",
    ]
    assert tempdata("purge", "shop", "--yes").code == 0
    assert list_files(lake) == list_files(folder / "exports") == []
    assert list_files(folder / "other") != []


def test_what_has_to_be_left_is_told(tempdata, lake):
    manifest = lake / "shop/_manifests/orders/2025-01-02.json"
    manifest.write_text("{ half")
    ended = tempdata("purge", "shop", "--yes")
    assert ended.code == 1
    assert ended.err.startswith("TD3092 shop.orders 2025-01-02 is left")
    assert list_files(lake) == ["2025-01-02.json", "part-00000.parquet"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shp", "--from", "lake"], "TD3090 dataset 'shp' is not published"),
        (["shop", "--from", "lake", "--tables", "order"], "TD3090 shop.order is not published there (did you mean 'orders'"),
        (["shop", "--from", "nowhere"], "TD3090 dataset 'shop' is not published"),
        (["shop", "--from", "s4://x"], "TD1051"), ([], "TD6001"), (["shop", "--tables", ","], "TD6001"),
    ],
)  # fmt: skip
def test_what_cannot_be_purged(tempdata, lake, words, said):
    ended = tempdata("purge", *words, "--yes")
    assert ended.code == 2
    assert ended.err.startswith(said)

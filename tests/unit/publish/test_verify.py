from __future__ import annotations

import random
import shutil
from datetime import timedelta

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish import PartitionRef
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.manifest import encode_manifest
from tempdata_dagster.publish.verify import verify

FOLDER = "retail/orders/date=2026-01-31"


@pytest.fixture
def part(lake):
    lake.publish([lake.rows(300)])
    return lake.target.store.root / FOLDER / "part-00000.parquet"


def kinds(lake):
    return [finding.kind for finding in verify(lake.target)]


def test_every_flipped_bit_is_found(lake, part, figure):
    good = part.read_bytes()
    rng = random.Random(3)
    for bit in rng.sample(range(8 * len(good)), 300):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        part.write_bytes(data)
        assert kinds(lake) == ["changed"]
    part.write_bytes(good)
    assert kinds(lake) == []
    figure("verify found 300 of 300 flipped bits")


def test_every_truncation_is_found(lake, part):
    good = part.read_bytes()
    for length in (0, 1, len(good) // 2, len(good) - 1):
        part.write_bytes(good[:length])
        assert kinds(lake) == ["truncated"]
    part.write_bytes(good + b"\0")
    assert kinds(lake) == ["changed"]


def test_missing_and_extra_files_are_found(lake, part):
    part.rename(part.with_name("part-00001.parquet"))
    findings = verify(lake.target)
    assert sorted(finding.kind for finding in findings) == ["extra", "missing"]
    assert {finding.uri.rpartition("/")[2] for finding in findings} == {"part-00000.parquet", "part-00001.parquet"}
    assert findings[0].partition == "2026-01-31"


def test_files_of_a_partition_without_a_manifest_are_found(lake, part):
    stray = part.parent.with_name("date=2026-02-01") / part.name
    stray.parent.mkdir()
    stray.write_bytes(part.read_bytes())
    (finding,) = verify(lake.target)
    assert (finding.kind, finding.partition) == ("no_manifest", "2026-02-01")
    assert "no_manifest" in str(finding)


@pytest.mark.parametrize("field", ["rows", "bytes"])
def test_a_manifest_that_lies_about_its_files_is_found(lake, part, field):
    manifest = lake.target.manifest(lake.ref())
    store, key = lake.target.store, lake.ref().manifest
    wrong = manifest.model_copy(update={field: 7})
    version = store.put(key, encode_manifest(wrong), store.read(key).version)
    assert kinds(lake) == ["wrong_rows"]
    file = manifest.files[0].model_copy(update={"rows": 7})
    store.put(key, encode_manifest(manifest.model_copy(update={"files": (file,), "rows": 7})), version)
    assert kinds(lake) == ["wrong_rows"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"dataset": "retail"}', "\0", '{"manifest_version": 99}'])
def test_unreadable_manifests_are_found(lake, part, text):
    (lake.target.store.root / lake.ref().manifest).write_text(text)
    assert kinds(lake) == ["unreadable_manifest"]
    assert gc(lake.target, timedelta(0)) == []
    assert part.exists()


def test_a_manifest_of_another_partition_is_unreadable(lake, part):
    source = lake.target.store.root / lake.ref().manifest
    source.with_name("2026-02-01.json").write_bytes(source.read_bytes())
    assert kinds(lake) == ["unreadable_manifest"]


def test_one_dataset_may_be_verified_alone(lake, part):
    part.unlink()
    assert [finding.kind for finding in verify(lake.target, "retail")] == ["missing"]
    with pytest.raises(InputError, match=r"TD3006.*did you mean 'retail'"):
        verify(lake.target, "retial")


def test_a_folder_that_is_no_lake_is_not_a_sound_lake(lake):
    with pytest.raises(InputError, match="TD3006"):
        verify(lake.target)


@pytest.mark.parametrize(
    ("name", "kinds_found"),
    [
        (f"{FOLDER}/data.parquet", ["foreign"]), ("retail/orders/readme.md", ["foreign"]),
        ("retail/orders/region=x/part-00000.parquet", ["foreign"]), (f"{FOLDER}/_SUCCESS", []),
        ("retail/orders/_delta_log/0.json", []), ("retail/notes.txt", []), ("retail/items/notes.txt", []),
        ("retail/items/part-00000.parquet", ["no_manifest"]),
    ],
)  # fmt: skip
def test_what_readers_of_a_table_would_take_is_found(lake, part, name, kinds_found):
    path = lake.target.store.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    assert kinds(lake) == kinds_found


@pytest.mark.parametrize("others", [True, False])
def test_a_dataset_that_lost_all_its_manifests_is_not_passed_over(lake, part, others):
    if others:
        lake.publish([lake.rows(3)], ref=PartitionRef("web", "visits"))
    shutil.rmtree(lake.target.store.root / "retail/_manifests")
    assert kinds(lake) == ["no_manifest"]
    assert [finding.kind for finding in verify(lake.target, "retail")] == ["no_manifest"]
    assert gc(lake.target, timedelta(0)) == []


def test_lakes_of_other_formats_below_are_verified_too(lake, part):
    below = type(lake)(lake.target.below("parquet"))
    below.publish([below.rows(3)])
    assert kinds(lake) == []
    lost = below.target.store.root / FOLDER / "part-00000.parquet"
    lost.unlink()
    assert [finding.uri for finding in verify(lake.target)] == [str(lost)]
    stale = below.target.store.root / FOLDER / "part-00001-0a1b2c3d.parquet"
    stale.write_bytes(b"left")
    staged = below.target.stage(below.ref(), "run-1")
    staged.write_part(0, below.rows(0).schema, [below.rows(3)])
    assert str(stale) in gc(lake.target, timedelta(0))
    assert not (below.target.store.root / "_staging").exists()

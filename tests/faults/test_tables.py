"""Races, kills and faults of table formats: what the log tells is always one whole version of each partition."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset as pads
import pytest

from tempdata_dagster.core.errors import TempDataError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.verify import verify
from tempdata_dagster.testing import Fault, FaultyStore
from tests.faults.test_kill import Writer, is_running, time_one_run
from tests.faults.writer import KEYS, publish_partition, publish_to, read_version

FORMATS = ("delta", "iceberg")


@pytest.fixture(params=FORMATS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def target(tmp_path: Path, name: str) -> Target:
    return Target.open(tmp_path / "lake", {"format": name})


def read_by_library(root: str | Path, name: str) -> pa.Table:
    """The rows of the table as those see them who know nothing of us."""
    if name == "delta":
        from deltalake import DeltaTable

        return DeltaTable(f"{root}/retail/orders").to_pyarrow_table()
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog("tempdata", uri=f"sqlite:///{root}/catalog.db")
    try:
        return catalog.load_table(("retail", "orders")).scan().to_arrow()
    finally:
        catalog.engine.dispose()


def versions_of(rows: pa.Table, keys: tuple[str, ...] = KEYS) -> dict[str, int]:
    """The version of each partition, each of which is whole."""
    dates = rows["date"].cast(pa.string())
    found = {}
    for key in keys:
        mask = pa.compute.equal(dates, key)
        found[key] = read_version(rows.filter(mask))
    assert rows.num_rows == sum(rows.filter(pa.compute.equal(dates, key)).num_rows for key in keys)
    return found


def race(target: Target, jobs: list[tuple[int, str]]) -> Counter[str]:
    barrier, outcomes = threading.Barrier(len(jobs)), []

    def run(version: int, key: str) -> None:
        barrier.wait()
        try:
            outcomes.append(publish_partition(target.url, version, key, dict(target.options)))
        except TempDataError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=run, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


@pytest.mark.slow
def test_writers_of_one_partition_leave_one_whole_winner(target, name, figure, torture):
    rounds = 100 if torture else 7
    for round_ in range(rounds):
        versions = list(range(10 * round_, 10 * round_ + 2 + round_ % 7))
        assert set(race(target, [(version, KEYS[0]) for version in versions])) == {"published"}
        winner = versions_of(read_by_library(target.url, name), KEYS[:1])[KEYS[0]]
        assert winner in versions
        assert target.published("retail", "orders")[KEYS[0]].facts.seed == winner
        assert verify(target) == []
    figure(f"{name}: {rounds} races of 2-8 writers of one partition: 0 mixes")


@pytest.mark.slow
def test_writers_of_different_partitions_lose_none(tmp_path, name, figure, torture):
    rounds = 40 if torture else 4
    for round_ in range(rounds):
        # A table that is not there yet: all of them want to create it.
        target = Target.open(tmp_path / str(round_), {"format": name})
        keys = tuple(f"2026-01-{day:02d}" for day in range(1, 3 + round_ % 7))
        for again in (0, 1):
            outcomes = race(target, [(again + number, key) for number, key in enumerate(keys)])
            assert outcomes == {"published": len(keys)}
        assert versions_of(read_by_library(target.url, name), keys) == {key: n + 1 for n, key in enumerate(keys)}
        assert verify(target) == []
    figure(f"{name}: {2 * rounds} races of 2-8 writers of different partitions: 0 lost")


@pytest.fixture
def filled(target: Target) -> Target:
    for key in KEYS:
        publish_to(target, 0, key)
    return target


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_whole_versions_in_log_and_manifests(filled, name, figure, torture):
    rng, kills = random.Random(7), 200 if torture else 12
    writer = Writer(Path(filled.url), name)
    try:
        took = median(time_one_run(writer, version) for version in (2, 3, 1))
        held, seen = dict.fromkeys(KEYS, 1), Counter()
        for round_ in range(2, kills + 2):
            child = writer.start(round_)
            time.sleep(rng.uniform(0, took * 1.2))
            os.kill(child, signal.SIGKILL)
            seen["killed" if writer.end() == -signal.SIGKILL else "finished"] += 1
            found = versions_of(read_by_library(filled.url, name))
            for key in KEYS:
                assert found[key] in (held[key], round_)
                manifest = filled.published("retail", "orders")[key]
                assert manifest.facts.seed == found[key], "the manifest and the log are of different versions"
                rows = filled.dataset("retail", "orders", [key]).to_table()
                assert read_version(rows) == found[key]
                seen["new" if found[key] == round_ else "old"] += 1
            held = found
            seen["unfinished"] += sum(finding.kind == "unfinished" for finding in verify(filled))
        assert (writer.start(kills + 2), writer.end())[1] == 0
    finally:
        writer.close()
    figure(f"{name}: kill -9 of a publishing run: {dict(seen)}, torn reads: 0")
    assert seen["killed"] > kills // 4
    assert seen["old"]
    assert seen["new"]
    assert set(versions_of(read_by_library(filled.url, name)).values()) == {kills + 2}
    gc(filled, timedelta(0), keep=timedelta(0))
    assert verify(filled) == []
    data = [entry.key for entry in filled.store.entries("retail") if entry.key.endswith(".parquet")]
    named = {key for manifest in filled.published("retail", "orders").values() for key in manifest.keys}
    assert set(data) - named == {key for key in data if "checkpoint" in key}


@pytest.mark.slow
def test_readers_of_the_log_see_whole_versions_while_it_is_written(filled, name, figure):
    writer, reads = Writer(Path(filled.url), name), 0
    try:
        for round_ in range(1, 7):
            child = writer.start(round_)
            while is_running(child):
                found = versions_of(read_by_library(filled.url, name))
                assert set(found.values()) <= {round_ - 1, round_}
                reads += 1
            assert writer.end() == 0
    finally:
        writer.close()
    figure(f"{name}: {reads} reads by its own library during 18 publications: torn 0")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["timeout", "lost_response", "short_write", "error_body", "disk_full"])
def test_a_fault_at_any_call_leaves_one_whole_version(tmp_path, name, kind, figure, torture):
    counted = FaultyStore.around(Target.open(tmp_path / "counted", {"format": name}))
    for version in (2, 3):
        counted.store.calls.clear()
        publish_to(counted, version, KEYS[0])
    outcomes = Counter()
    for call in range(1, len(counted.store.calls) + 1, 1 if torture else 13):
        target = Target.open(tmp_path / f"{call}", {"format": name})
        publish_to(target, 2, KEYS[0])
        faulty = FaultyStore.around(target, Fault(kind, call=call))
        try:
            publish_to(faulty, 3, KEYS[0])
            outcomes["published"] += 1
        except TempDataError as error:
            outcomes[error.code] += 1
        version = versions_of(read_by_library(target.url, name), KEYS[:1])[KEYS[0]]
        assert version in (2, 3)
        assert read_version(target.dataset("retail", "orders").to_table()) == version
        publish_to(target, 3, KEYS[0])
        gc(target, timedelta(0))
        assert versions_of(read_by_library(target.url, name), KEYS[:1]) == {KEYS[0]: 3}
        assert verify(target) == []
    figure(f"{name}: {kind} at each of {outcomes.total()} calls: {dict(outcomes)}, silent damage 0")


def test_a_plain_reader_of_the_files_of_a_manifest_needs_no_log(filled):
    manifest = filled.published("retail", "orders")[KEYS[0]]
    filesystem, root = filled.store.filesystem()
    rows = pads.dataset([f"{root}/{key}" for key in manifest.keys], filesystem=filesystem).to_table()
    assert read_version(rows) == 0

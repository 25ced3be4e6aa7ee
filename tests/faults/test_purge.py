"""A purge that is killed at any store call: readers see all of a partition or nothing of it, and running again ends it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.purge import purge
from tempdata_dagster.publish.stores import claim
from tempdata_dagster.publish.survey import list_datasets
from tempdata_dagster.publish.verify import verify
from tempdata_dagster.testing import FAULTS, Fault, FaultyStore
from tests.faults.test_failpoint import attempt
from tests.faults.writer import KEYS, parts_of, publish_to, read_plainly, read_version

KEY = KEYS[0]
THEN = ("purge", "gc", "publish")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    # The claim of a run that could not give it back: the next one waits for its end.
    monkeypatch.setattr(claim, "CLAIM_SECONDS", 1.0)


def read_whole(target: Target, version: int) -> bool:
    """Whether readers by manifest see the whole partition; anything between that and nothing is a failed test."""
    found = target.dataset("retail", "orders", [KEY])
    if found is None:
        return False
    assert read_version(found.to_table()) == version
    return True


def finish_purge(target: Target) -> None:
    try:
        purge([target], "retail")
    except InputError as error:
        # The last call that failed was one after the work.
        assert error.code == "TD3090"  # noqa: PT017 - whether it is raised depends on where the first run was killed


def check(target: Target, version: int, url: str) -> bool:
    whole = read_whole(target, version)
    folder = target.store.uri(f"retail/orders/date={KEY}")
    if url.startswith("/"):
        names = [entry.key for entry in target.store.entries(f"retail/orders/date={KEY}")]
        assert len(names) in (0, parts_of(version)), folder
        if names:
            assert read_plainly(target.url, KEY) == version
    kinds = {finding.kind for finding in verify(target)} if list_datasets(target.store) else set()
    assert kinds <= {"unfinished", "no_manifest", "extra"}
    return whole


@pytest.mark.slow
@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("place", ["local", "memory"])
@pytest.mark.parametrize("version", [0, 3])
def test_a_purge_that_fails_at_any_store_call(place, kind, version, tmp_path, torture, figure):
    # In CI some calls, each followed by something else; in the torture all calls, each followed by everything.
    step = 1 if torture else 2 if place == "memory" else 4
    at, count, points, gone = 1, 1, 0, 0
    while at <= count:
        for then in THEN if torture else (THEN[at % 3],):
            name = f"{tmp_path.name}-{kind}-{version}-{at}-{then}"
            target = Target.open(tmp_path / name if place == "local" else f"memory://{name}")
            publish_to(target, version, KEY)
            faulty = FaultyStore.around(target, Fault(kind, at))
            ended_well = attempt(lambda faulty=faulty: purge([faulty], "retail"))
            whole = check(target, version, target.url)
            gone += not whole
            assert not (ended_well and whole)
            go_on(target, version, then, whole=whole)
            count = len(faulty.store.calls) if ended_well else max(count, at + step)
            points += 1
        at += step
    figure(f"{points} store calls of a purge under {kind} ({place}): {gone} times gone, else whole, 0 half")
    assert gone


def go_on(target: Target, version: int, then: str, *, whole: bool) -> None:
    """Do what may come after a purge that failed, and then purge to the end."""
    if then == "publish":
        publish_to(target, version + 4, KEY)
        assert read_whole(target, version + 4)
        assert verify(target) == []
    elif then == "gc":
        # Twice: what the first takes the memory of, the second finds unnamed.
        for _ in range(2):
            gc(target, timedelta(0))
            assert read_whole(target, version) == whole
        assert whole or list_published(target) == []
    finish_purge(target)
    gc(target, timedelta(0))
    assert list_published(target) == []


def list_published(target: Target) -> list[str]:
    # The lock of the dead lasts for a while where it is an object.
    return [entry.key for entry in target.store.entries("") if not entry.key.startswith("_staging/_locks/")]


@pytest.mark.slow
@pytest.mark.parametrize("version", [0, 3])
def test_a_purge_that_dies_at_any_store_call(version, tmp_path, torture):
    at, gone, ended_well = 0, 0, False
    while not ended_well:
        at += 1
        for then in THEN if torture else (THEN[at % 3],):
            target = Target.open(tmp_path / f"{at}-{then}")
            publish_to(target, version, KEY)
            # From one call on everything fails: the process is dead, and cleans nothing up.
            dying = FaultyStore.around(target, Fault("reset", at, times=10**6))
            ended_well = attempt(lambda dying=dying: purge([dying], "retail"))
            whole = check(target, version, target.url)
            gone += not whole
            go_on(target, version, then, whole=whole)
    assert gone > 1


def test_other_partitions_are_whole_all_the_time(tmp_path):
    target = Target.open(tmp_path)
    for key in KEYS:
        publish_to(target, 3, key)
    at = 1
    while True:
        faulty = FaultyStore.around(target, Fault("reset", at))
        ended_well = attempt(lambda faulty=faulty: purge([faulty], "retail"))
        for key in KEYS:
            found = target.dataset("retail", "orders", [key])
            assert found is None or read_version(found.to_table()) == 3
        if ended_well:
            break
        at += 1
    assert list(target.store.entries("")) == []


@pytest.mark.slow
@pytest.mark.parametrize("place", ["local", "memory"])
def test_purges_and_publications_at_once_leave_a_partition_whole_or_gone(place, tmp_path, torture, figure):
    url = str(tmp_path / "lake") if place == "local" else f"memory://{tmp_path.name}"
    target, rounds = Target.open(url), 100 if torture else 12
    left = 0
    with ThreadPoolExecutor(4) as pool:
        for version in range(rounds):
            jobs = [pool.submit(publish_to, target, version, KEY), pool.submit(finish_purge, target)]
            jobs += [pool.submit(publish_to, target, version, KEY), pool.submit(finish_purge, target)]
            for job in jobs:
                job.result()
            left += read_whole(target, version)
            assert {one.kind for one in verify(target)} == set() if list_datasets(target.store) else True
            finish_purge(target)
            assert [one.key for one in target.store.entries("") if not one.key.startswith("_staging")] == []
    figure(f"{rounds} rounds of 2 publications and 2 purges at once ({place}): {left} times whole, else gone, 0 half")

"""A purge that is killed at any store call: readers see all of a partition or nothing of it, and running again ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.purge import purge
from tempdata_dagster.publish.survey import list_datasets
from tempdata_dagster.publish.verify import verify
from tests.faults.test_failpoint import Failpoint, FaultyStore, attempt
from tests.faults.writer import KEYS, parts_of, publish_to, read_plainly, read_version

KEY, OTHER = KEYS[:2]


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
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("place", ["local", "memory"])
@pytest.mark.parametrize("version", [0, 3])
@pytest.mark.parametrize("then", ["purge", "gc", "publish"])
def test_a_purge_that_fails_at_any_store_call(place, late, version, then, tmp_path, figure):
    at, count, points, gone = 1, 1, 0, 0
    while at <= count:
        url = str(tmp_path / f"{at}") if place == "local" else f"memory://{tmp_path.name}-{late}-{version}-{then}-{at}"
        target = Target.open(url)
        publish_to(target, version, KEY)
        failpoint = Failpoint(at, late=late)
        faulty = Target(target.url)
        faulty.__dict__["store"] = FaultyStore(target.store, failpoint)
        ended_well = attempt(lambda faulty=faulty: purge([faulty], "retail"))
        whole = check(target, version, url)
        gone += not whole
        assert not (ended_well and whole)
        if then == "publish":
            publish_to(target, version + 4, KEY)
            assert read_whole(target, version + 4)
            assert verify(target) == []
        elif then == "gc":
            # Twice: what the first takes the memory of, the second finds unnamed.
            for _ in range(2):
                gc(target, timedelta(0))
                assert read_whole(target, version) == whole
            assert whole or list(target.store.entries("")) == []
        finish_purge(target)
        gc(target, timedelta(0))
        assert list(target.store.entries("")) == []
        count = len(failpoint.calls) if ended_well else max(count, at + 1)
        at, points = at + 1, points + 1
    figure(f"{points} failing store calls of a purge ({place}, then {then}): {gone} times gone, else whole, 0 half")
    assert gone


class Death(Failpoint):
    """From one call on, everything fails: the process is dead, and cleans nothing up."""

    def wrap(self, name, call, error):
        def counted(*args, **kwargs):
            self.calls.append(name)
            if len(self.calls) >= self.at:
                raise error()
            return call(*args, **kwargs)

        return counted


@pytest.mark.slow
@pytest.mark.parametrize("version", [0, 3])
@pytest.mark.parametrize("then", ["purge", "gc", "publish"])
def test_a_purge_that_dies_at_any_store_call(version, then, tmp_path):
    at, gone, ended_well = 0, 0, False
    while not ended_well:
        at += 1
        target = Target.open(tmp_path / f"{at}")
        publish_to(target, version, KEY)
        dying = Target(target.url)
        dying.__dict__["store"] = FaultyStore(target.store, Death(at, late=False))
        ended_well = attempt(lambda dying=dying: purge([dying], "retail"))
        whole = check(target, version, target.url)
        gone += not whole
        if then == "publish":
            publish_to(target, version + 4, KEY)
            assert read_whole(target, version + 4)
            assert verify(target) == []
        elif then == "gc":
            gc(target, timedelta(0))
            assert read_whole(target, version) == whole
        finish_purge(target)
        gc(target, timedelta(0))
        assert list(target.store.entries("")) == []
    assert gone > 1


def test_other_partitions_are_whole_all_the_time(tmp_path):
    target = Target.open(tmp_path)
    for key in KEYS:
        publish_to(target, 3, key)
    at = 1
    while True:
        failpoint = Failpoint(at, late=False)
        faulty = Target(target.url)
        faulty.__dict__["store"] = FaultyStore(target.store, failpoint)
        ended_well = attempt(lambda faulty=faulty: purge([faulty], "retail"))
        for key in KEYS:
            found = target.dataset("retail", "orders", [key])
            assert found is None or read_version(found.to_table()) == 3
        if ended_well:
            break
        at += 1
    assert list(target.store.entries("")) == []

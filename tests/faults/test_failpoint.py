from __future__ import annotations

import errno
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tempdata_dagster.core.errors import OutsideError, TransientError
from tempdata_dagster.publish import Target, protocol
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.stores import local
from tempdata_dagster.publish.verify import verify
from tests.faults.writer import KEYS, parts_of, publish_partition, publish_to, read_plainly, read_version

KEY = KEYS[0]
CHANGES = [(0, 1), (0, 3), (3, 2), (0, 0)]


class Failpoint:
    """Counts calls, and lets the one with number `at` fail: before it does its work, or after it, as a lost answer."""

    def __init__(self, at: int, *, late: bool) -> None:
        self.at = at
        self.late = late
        self.calls: list[str] = []

    def wrap(self, name: str, call: Callable[..., Any], error: Callable[[], Exception]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) != self.at:
                return call(*args, **kwargs)
            if self.late:
                done = call(*args, **kwargs)
                give_up = getattr(done, "abort", None) or getattr(done, "close", None)
                if give_up:
                    give_up()
            raise error()

        return counted


class FaultyStore:
    """A store whose every call, and every call of the sinks that it makes, passes a failpoint."""

    def __init__(self, inner: Any, failpoint: Failpoint) -> None:
        self._inner = inner
        self._failpoint = failpoint

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value) or name in {"uri", "filesystem", "path"}:
            return value
        counted = self._failpoint.wrap(name, value, lambda: TransientError("TD3010", f"{name} failed on purpose"))
        if name == "create":
            return lambda key: FaultySink(counted(key), self._failpoint)
        if name == "entries":
            return lambda prefix: iter(list(counted(prefix)))
        return counted


class FaultySink(FaultyStore):
    """Its sinks: aborting never fails on purpose, because it is what a failure ends in."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name) if name == "abort" else super().__getattr__(name)


def attempt(run: Callable[[], Any]) -> bool:
    """Whether a run ended well; anything but our own error for the outside world is a failed test."""
    try:
        run()
    except OutsideError:
        return False
    return True


def check(target: Target, old: int, new: int, *, ended_well: bool) -> None:
    version = read_version(target.dataset("retail", "orders").to_table())
    assert version == new if ended_well else version in (old, new)
    assert target.published("retail", "orders")[KEY].facts.seed == version
    if target.store.url.startswith("/"):
        assert read_plainly(target.url, KEY) == version
    kinds = {finding.kind for finding in verify(target)}
    assert kinds <= {"unfinished"} | ({"extra"} if not target.store.url.startswith("/") else set())


def check_retry(target: Target, new: int) -> None:
    publish_to(target, new, KEY)
    assert read_version(target.dataset("retail", "orders").to_table()) == new
    assert verify(target) == []
    gc(target, timedelta(0))
    assert len(list(target.store.entries(""))) == 1 + parts_of(new)


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("place", ["local", "memory"])
def test_whichever_store_call_fails_readers_see_one_version_and_a_retry_completes(place, late, tmp_path, figure):
    failed = points = 0
    for number, (old, new) in enumerate(CHANGES):
        at, count = 1, 1
        while at <= count:
            url = tmp_path / f"{number}-{at}" if place == "local" else f"memory://{tmp_path.name}-{late}-{number}-{at}"
            target = Target.open(url)
            publish_to(target, old, KEY)
            failpoint = Failpoint(at, late=late)
            faulty = Target(target.url)
            faulty.__dict__["store"] = FaultyStore(target.store, failpoint)
            ended_well = attempt(lambda faulty=faulty, new=new: publish_to(faulty, new, KEY))
            failed += not ended_well
            check(target, old, new, ended_well=ended_well)
            check_retry(target, new)
            count = len(failpoint.calls) if ended_well else max(count, at + 1)
            at, points = at + 1, points + 1
    figure(
        f"{points} failing store calls ({place}, {'answer lost' if late else 'not done'}): {failed} runs failed, 0 torn"
    )
    assert failed > 50


SYSTEM_CALLS = [
    (os, "fsync"), (os, "scandir"), (Path, "replace"), (Path, "rename"), (Path, "unlink"), (Path, "rmdir"),
    (Path, "mkdir"), (Path, "open"), (Path, "stat"), (Path, "iterdir"), (local, "swap_folders"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(protocol, "LOCK_WAIT", 2.0)


@contextmanager
def failing_system_call(failpoint: Failpoint, number: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in SYSTEM_CALLS:
            error = OSError(number, os.strerror(number))
            patch.setattr(owner, name, failpoint.wrap(name, getattr(owner, name), lambda error=error: error))
        yield


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "changes"), [(errno.EIO, [(0, 1), (3, 2)]), (errno.ENOSPC, [(0, 3)])], ids=["EIO", "ENOSPC"]
)
def test_whichever_system_call_fails_readers_see_one_version_and_a_retry_completes(number, changes, tmp_path, figure):
    failed = points = 0
    for change, (old, new) in enumerate(changes):
        at, count = 1, 1
        while at <= count:
            root = tmp_path / f"{change}-{at}"
            publish_partition(root, old, KEY)
            failpoint = Failpoint(at, late=False)
            with failing_system_call(failpoint, number):
                ended_well = attempt(lambda root=root, new=new: publish_partition(root, new, KEY))
            failed += not ended_well
            check(Target.open(root), old, new, ended_well=ended_well)
            check_retry(Target.open(root), new)
            count = len(failpoint.calls) if ended_well else max(count, at + 1)
            at, points = at + 1, points + 1
    figure(f"{points} failing system calls ({os.strerror(number)}): {failed} runs failed, 0 torn reads")
    assert failed > 30


@pytest.mark.parametrize("limit", [0, 1, 100, 400, 700, 1000, 1200, 1400, 1600, 1700])
def test_a_full_disk_leaves_the_old_version_and_nothing_else(limit, tmp_path):
    publish_partition(tmp_path, 0, KEY)
    before = sorted(path for path in tmp_path.rglob("*"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(OutsideError, match="TD3012"):
            publish_partition(tmp_path, 3, KEY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_plainly(tmp_path, KEY) == 0
    assert sorted(path for path in tmp_path.rglob("*")) == before
    assert publish_partition(tmp_path, 3, KEY) == "published"

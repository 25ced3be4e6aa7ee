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

from tempdata_dagster.core.errors import OutsideError
from tempdata_dagster.publish import Target, protocol
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.stores import local
from tempdata_dagster.publish.verify import verify
from tests.faults.writer import KEYS, parts_of, publish_partition, publish_to, read_plainly, read_version

KEY = KEYS[0]


class Failpoint:
    """Counts calls, and lets the one with number `at` fail before it does its work."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.calls: list[str] = []

    def wrap(self, name: str, call: Callable[..., Any], error: Callable[[], Exception]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) != self.at:
                return call(*args, **kwargs)
            raise error()

        return counted


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
            failpoint = Failpoint(at)
            with failing_system_call(failpoint, number):
                ended_well = attempt(lambda root=root, new=new: publish_partition(root, new, KEY))
            failed += not ended_well
            check(Target.open(root), old, new, ended_well=ended_well)
            check_retry(Target.open(root), new)
            count = len(failpoint.calls) if ended_well else max(count, at + 1)
            at, points = at + 1, points + 1
    figure(f"{points} failing system calls ({os.strerror(number)}): {failed} runs failed, 0 torn reads")
    assert failed > 30


# The largest file that is written is of about 1,750 bytes: beyond, nothing runs full.
@pytest.mark.slow
def test_a_disk_that_is_full_at_any_offset_leaves_the_old_version_and_nothing_else(tmp_path, figure, torture):
    offsets = [round(number * 1700 / 49) for number in range(50)]
    offsets = offsets if torture else offsets[::5]
    for limit in offsets:
        root = tmp_path / str(limit)
        publish_partition(root, 0, KEY)
        before = sorted(path for path in root.rglob("*"))
        with limiting_files(limit), pytest.raises(OutsideError, match="TD3012"):
            publish_partition(root, 3, KEY)
        assert read_plainly(root, KEY) == 0
        assert sorted(path for path in root.rglob("*")) == before
        assert publish_partition(root, 3, KEY) == "published"
        assert read_plainly(root, KEY) == 3
    figure(f"disk full at {len(offsets)} offsets: old version intact at {len(offsets)} of {len(offsets)}")


@contextmanager
def limiting_files(limit: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

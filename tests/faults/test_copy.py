"""A copy that fails at any store call: the copy holds whole partitions or none, and running again completes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tempdata_dagster.publish import Target
from tempdata_dagster.publish.copy import copy
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.layout import LOCKS
from tempdata_dagster.publish.stores import claim
from tempdata_dagster.publish.survey import list_datasets
from tempdata_dagster.publish.verify import verify
from tempdata_dagster.testing import FAULTS, Fault, FaultyStore
from tests.faults.test_failpoint import KEY, attempt
from tests.faults.writer import parts_of, publish_to, read_version

OLD, NEW = 1, 3


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    # The claim of a run that could not give it back: the next one waits for its end.
    monkeypatch.setattr(claim, "CLAIM_SECONDS", 1.0)


def read(target: Target) -> int | None:
    found = target.dataset("retail", "orders", [KEY])
    return None if found is None else read_version(found.to_table())


@pytest.mark.slow
@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("place", ["local", "memory"])
@pytest.mark.parametrize(
    ("options", "before"), [({}, None), ({}, OLD), ({"compression": "zstd"}, OLD)], ids=["new", "bytes", "rows"]
)
def test_whichever_store_call_fails_a_copy_is_whole_and_running_again_completes_it(
    place, kind, options, before, tmp_path, torture, figure
):
    source = Target.open(tmp_path / "from")
    publish_to(source, NEW, KEY)
    # Every local file is synced to disk: some calls in CI, all of them in the torture.
    step = 1 if torture else 13 if place == "memory" else 29
    at, count, points, failed = 1, 1, 0, 0
    while at <= count:
        url = (
            str(tmp_path / f"{at}")
            if place == "local"
            else f"memory://{tmp_path.name}-{at}-{kind}-{before}-{len(options)}"
        )
        target = Target.open(url, options)
        if before is not None:
            publish_to(target, before, KEY)
        faulty = FaultyStore.around(target, Fault(kind, at))
        ended_well = attempt(lambda faulty=faulty: copy(source, faulty, workers=1))
        failed += not ended_well
        assert read(target) == NEW if ended_well else read(target) in (before, NEW)
        kinds = {one.kind for one in verify(target)} if list_datasets(target.store) else set()
        assert kinds <= {"unfinished", "extra", "no_manifest"}
        copy(source, target, workers=1)
        assert read(target) == NEW
        assert verify(target) == []
        gc(target, timedelta(0))
        # A lock whose removal failed holds until its lease ends, and gc leaves it until then.
        left = [entry.key for entry in target.store.entries("") if not entry.key.startswith(f"{LOCKS}/")]
        assert len(left) == 1 + parts_of(NEW)
        count = len(faulty.store.calls) if ended_well else max(count, at + step)
        at, points = at + step, points + 1
    figure(f"{points} failing store calls of a copy ({place}): {failed} runs failed, 0 torn")
    assert points > 2

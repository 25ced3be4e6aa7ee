"""A first publication that fails at any call leaves nothing that the next one takes for a stranger's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.verify import verify
from tests.faults.test_failpoint import KEY, Failpoint, FaultyStore, attempt
from tests.faults.writer import parts_of, publish_to, read_version


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("place", ["local", "memory"])
@pytest.mark.parametrize("version", [1, 3])
def test_whichever_store_call_of_a_first_publication_fails_the_next_one_succeeds(
    place, late, version, tmp_path, figure
):
    at, count = 1, 1
    while at <= count:
        url = tmp_path / f"{at}" if place == "local" else f"memory://{tmp_path.name}-{late}-{version}-{at}"
        target = Target.open(url)
        failpoint = Failpoint(at, late=late)
        faulty = Target(target.url)
        faulty.__dict__["store"] = FaultyStore(target.store, failpoint)
        ended_well = attempt(lambda faulty=faulty: publish_to(faulty, version, KEY))
        # Other rows, so that not a byte of what was left can be taken over.
        publish_to(target, version + 4, KEY)
        assert read_version(target.dataset("retail", "orders").to_table()) == version + 4
        assert verify(target) == []
        gc(target, timedelta(0))
        assert len(list(target.store.entries(""))) == 1 + parts_of(version)
        count = len(failpoint.calls) if ended_well else max(count, at + 1)
        at += 1
    figure(f"{at - 1} failing store calls of a first publication ({place}): 0 refused afterwards")

"""A first publication that fails at any call leaves nothing that the next one takes for a stranger's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.stores import claim
from tempdata_dagster.publish.verify import verify
from tempdata_dagster.testing import Fault, FaultyStore
from tests.faults.test_failpoint import KEY, attempt
from tests.faults.writer import parts_of, publish_to, read_version


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    # The claim of a run that could not give it back: the next one waits for its end.
    monkeypatch.setattr(claim, "CLAIM_SECONDS", 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["timeout", "lost_response"])
@pytest.mark.parametrize("place", ["local", "memory"])
@pytest.mark.parametrize("version", [1, 3])
def test_whichever_store_call_of_a_first_publication_fails_the_next_one_succeeds(
    place, kind, version, tmp_path, torture, figure
):
    # Every local file is synced to disk: some calls in CI, all of them in the torture.
    step = 1 if torture else 3
    at, count, points = 1, 1, 0
    while at <= count:
        url = tmp_path / f"{at}" if place == "local" else f"memory://{tmp_path.name}-{kind}-{version}-{at}"
        target = Target.open(url)
        faulty = FaultyStore.around(target, Fault(kind, at))
        ended_well = attempt(lambda faulty=faulty: publish_to(faulty, version, KEY))
        # Other rows, so that not a byte of what was left can be taken over.
        publish_to(target, version + 4, KEY)
        assert read_version(target.dataset("retail", "orders").to_table()) == version + 4
        assert verify(target) == []
        gc(target, timedelta(0))
        assert len(list(target.store.entries(""))) == 1 + parts_of(version)
        count = len(faulty.store.calls) if ended_well else max(count, at + step)
        at, points = at + step, points + 1
    figure(f"{points} failing store calls of a first publication ({place}): 0 refused afterwards")

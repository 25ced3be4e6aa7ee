from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import TerminalError
from tempdata_dagster.core.partition import Period
from tempdata_dagster.publish import PartitionFacts, PartitionRef, Target
from tempdata_dagster.publish.delivery import Delivery
from tempdata_dagster.publish.part import stage_parts
from tempdata_dagster.publish.route import Destination, Route

REF = PartitionRef("retail", "orders", Period.DAY, "2026-01-31")
ROWS = pa.record_batch({"order_id": pa.array(range(10), pa.int64())})


def route_to(*places: Target) -> Route:
    return Route(tuple(Destination(Path(one.url).name, one) for one in places))


def deliver(route: Route, rows: pa.RecordBatch = ROWS, run: str = "run"):
    with Delivery(route, REF, run) as delivery:
        stage_parts(delivery.targets, REF, run, 0, rows.schema, [rows], {})
        assert delivery.open().to_table().num_rows == rows.num_rows
        return delivery.publish(PartitionFacts())


@pytest.fixture
def places(tmp_path) -> list[Target]:
    return [Target.open(tmp_path / "lake"), Target.open(tmp_path / "exports", {"compression": "zstd"})]


def test_every_place_has_the_rows_and_a_manifest(places):
    home, other = deliver(route_to(*places))
    assert (home.name, other.name, home.status, other.status) == ("lake", "exports", "published", "published")
    for place in places:
        assert place.dataset("retail", "orders").to_table().column("order_id").to_pylist() == list(range(10))
    assert home.manifest.content_hash == other.manifest.content_hash


def test_a_place_that_has_the_rows_already_is_left_as_it_is(places):
    deliver(route_to(places[0]))
    home, other = deliver(route_to(*places))
    assert (home.status, other.status) == ("unchanged", "published")


def test_nothing_is_left_of_a_delivery_that_is_not_published(places):
    with Delivery(route_to(*places), REF, "run") as delivery:
        stage_parts(delivery.targets, REF, "run", 0, ROWS.schema, [ROWS], {})
    assert [entry for place in places for entry in place.store.entries("")] == []


def test_the_home_is_last_so_that_what_is_at_home_is_everywhere(places, monkeypatch):
    deliver(route_to(*places))
    newer = pa.record_batch({"order_id": pa.array(range(20), pa.int64())})
    store = places[1].store
    monkeypatch.setattr(type(store), "place", fail_for(places[1].url, type(store).place))
    with pytest.raises(TerminalError, match="TD3014"):
        deliver(route_to(*places), newer)
    monkeypatch.undo()
    assert [place.dataset("retail", "orders").count_rows() for place in places] == [10, 10]
    assert [one.status for one in deliver(route_to(*places), newer)] == ["published", "published"]


def fail_for(url, place):
    def placed(self, folder, moves, lease):
        if self.url == url:
            raise TerminalError("TD3014", "the exports are broken")
        place(self, folder, moves, lease)

    return placed

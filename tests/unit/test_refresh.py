from __future__ import annotations

import pytest

from tempdata_dagster.core.errors import TransientError
from tempdata_dagster.core.progress import RowCount
from tempdata_dagster.generate import open_plan
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.route import Destination, Route, Routes
from tempdata_dagster.publish.stores import Retry
from tempdata_dagster.publish.stores.local import LocalSink
from tempdata_dagster.refresh import RefreshOptions, refresh_partition

THINGS = """\
dataset: shop
tables:
  things:
    rows: 3_000
    columns: {thing_id: {kind: key, prefix: T}}
"""


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(THINGS)
    return open_plan(path)


@pytest.fixture
def refresh(plan):
    def refresh(to, **options):
        how = RefreshOptions(suite=False, block_rows=1_000, **options)
        count = RowCount()
        return refresh_partition(plan, "things", None, to, run_id="run", options=how, count=count), count

    return refresh


def test_a_part_that_a_storage_drops_is_made_again(refresh, tmp_path, monkeypatch):
    lake = Target.open(tmp_path / "lake")
    dropped = []
    write = LocalSink.write

    def write_or_drop(self, data):
        if len(dropped) < 2:
            dropped.append(len(data))
            raise TransientError("TD3010", "the connection was lost")
        return write(self, data)

    monkeypatch.setattr(type(lake.store), "retry", Retry(retries=2, first=0.0))
    monkeypatch.setattr(LocalSink, "write", write_or_drop)
    result, count = refresh(lake)
    assert (result.status, result.rows, len(dropped)) == ("published", 3_000, 2)
    # What was made in vain counts no more.
    assert count.total == 3_000


def test_what_is_dropped_more_often_than_it_is_tried_is_an_error(refresh, tmp_path, monkeypatch):
    def drop(self, data):
        raise TransientError("TD3010", "the connection was lost")

    monkeypatch.setattr(LocalSink, "write", drop)
    with pytest.raises(TransientError, match="TD3010"):
        refresh(Target.open(tmp_path / "lake"))


def test_fresh_is_what_every_place_has_in_its_format(refresh, tmp_path):
    lake, exports = Target.open(tmp_path / "lake"), Target.open(tmp_path / "exports")

    def route(*places):
        return Routes(Route(tuple(Destination(f"place{number}", one) for number, one in enumerate(places))))

    assert refresh(lake)[0].status == "published"
    assert refresh(lake, only_changed=True)[0].status == "fresh"
    # Another place has still to get it, and so has a place that is to have it otherwise.
    both = refresh(route(lake, exports), only_changed=True)[0]
    assert [one.status for one in both.delivered] == ["unchanged", "published"]
    assert refresh(route(lake, exports), only_changed=True)[0].status == "fresh"
    packed = Target.open(tmp_path / "exports", {"compression": "zstd"})
    assert [one.status for one in refresh(route(lake, packed), only_changed=True)[0].delivered] == [
        "unchanged", "published",
    ]  # fmt: skip

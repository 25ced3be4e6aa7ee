"""Replacing partitions: all or nothing, whatever was there before, and only what is ours."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import ConflictError, InputError, TempDataError, TerminalError
from tempdata_dagster.publish.databases import open_database
from tests.unit.publish.databases.shop import DAY, KEY, hash_content, numbers

NEXT = "2026-02-01"


def test_a_partition_is_replaced_and_the_others_stay(shop):
    shop.publish("orders", numbers(0, 3_000), DAY, KEY)
    shop.publish("orders", numbers(3_000, 500), NEXT, KEY)
    done = shop.publish("orders", numbers(10_000, 700), DAY, KEY)
    assert (done.status, done.manifest.format) == ("published", shop.kind)
    found = shop.read("orders")
    assert sorted(found["id"].to_pylist()) == [*range(3_000, 3_500), *range(10_000, 10_700)]
    assert {str(day) for day in found["date"].to_pylist()} == {DAY, NEXT}
    assert list(shop.database.published(shop.dataset, "orders")) == [DAY, NEXT]
    assert shop.read("orders", keys=[NEXT], columns=["id"]).num_rows == 500


def test_the_same_rows_are_not_loaded_again(shop):
    shop.publish("orders", numbers(0, 10), DAY, KEY)
    loaded = []
    again = shop.publish("orders", numbers(0, 10), DAY, KEY, run="second", progress=loaded.append)
    assert (again.status, loaded) == ("unchanged", [])
    assert shop.database.manifest(shop.ref("orders", DAY)).run_id == "second"


def test_rows_that_were_lost_are_loaded_again(shop):
    shop.publish("orders", numbers(0, 10), DAY, KEY)
    shop.change("DELETE FROM {orders} WHERE id = 3")
    assert shop.publish("orders", numbers(0, 10), DAY, KEY).status == "published"
    assert shop.read("orders").num_rows == 10


def test_progress_tells_of_every_row(shop):
    loaded = []
    shop.publish("orders", numbers(0, 2_500), progress=loaded.append)
    assert sum(loaded) == 2_500
    assert len(loaded) > 1


@pytest.mark.parametrize("failure", [RuntimeError("no more"), KeyboardInterrupt()])
def test_a_load_that_fails_leaves_the_old_version(shop, failure):
    shop.publish("orders", numbers(0, 1_000), DAY, KEY)
    before = shop.database.published(shop.dataset, "orders")

    def fail():
        yield from numbers(5_000, 1_000).to_batches(max_chunksize=100)
        raise failure

    new = numbers(5_000, 2_000)
    from tests.unit.publish.databases.shop import describe

    ref = shop.ref("orders", DAY)
    with pytest.raises(type(failure)):
        shop.database.publish(ref, fail, new.schema, describe(new, ref, KEY))
    assert sorted(shop.read("orders")["id"].to_pylist()) == list(range(1_000))
    assert shop.database.published(shop.dataset, "orders") == before


def test_rows_that_are_not_those_of_the_manifest_are_refused(shop):
    from tests.unit.publish.databases.shop import describe

    rows, ref = numbers(0, 10), shop.ref("orders")
    once = iter(rows.to_batches(max_chunksize=4)[1:])
    with pytest.raises(TerminalError, match="TD3021"):
        shop.database.publish(ref, lambda: once, rows.schema, describe(rows, ref))
    assert shop.database.published_keys(shop.dataset, "orders") == []


def test_a_key_that_is_there_twice_is_refused(shop):
    shop.publish("orders", numbers(0, 10), DAY, KEY)
    with pytest.raises(TempDataError, match="TD3064"):
        shop.publish("orders", numbers(5, 10), NEXT, KEY)
    assert shop.database.published_keys(shop.dataset, "orders") == [DAY]
    assert shop.read("orders").num_rows == 10


def test_who_expects_another_version_is_refused(shop):
    first = shop.publish("orders", numbers(0, 10), expected="")
    shop.publish("orders", numbers(0, 11), expected=first.manifest.content_hash)
    with pytest.raises(ConflictError, match="TD3020"):
        shop.publish("orders", numbers(0, 12), expected=first.manifest.content_hash)
    assert shop.read("orders").num_rows == 11


def test_another_partition_length_is_refused(shop):
    shop.publish("orders", numbers(0, 10), DAY)
    with pytest.raises(InputError, match="TD3022"):
        shop.publish("orders", numbers(0, 10))


def test_columns_that_are_new_are_added(shop):
    shop.publish("orders", numbers(0, 10), DAY, KEY)
    shop.publish("orders", numbers(10, 5, note=["x"] * 5), NEXT, KEY)
    found = shop.read("orders").sort_by("id")
    assert found["note"].to_pylist() == [None] * 10 + ["x"] * 5
    assert shop.database.verify(shop.dataset) == []


@pytest.mark.parametrize("rows", [numbers(10, 5).rename_columns(["other"]), numbers(10, 5, note=pa.array(range(5)))])
def test_columns_that_are_gone_or_other_are_refused_beside_other_partitions(shop, rows):
    shop.publish("orders", numbers(0, 10, note=["x"] * 10), DAY)
    with pytest.raises(InputError, match="TD3063"):
        shop.publish("orders", rows, NEXT)
    assert shop.read("orders").num_rows == 10


def test_the_only_partition_of_a_table_may_change_as_it_likes(shop):
    shop.publish("orders", numbers(0, 10, note=["x"] * 10), keys=KEY)
    rows = pa.table({"other": ["a", "b"]})
    shop.publish("orders", rows)
    assert hash_content(shop.read("orders").sort_by("other")) == hash_content(rows)


def test_a_column_may_become_nullable_where_the_database_can(shop):
    def make(values, nullable):
        schema = pa.schema([pa.field("id", pa.int64(), nullable=nullable)])
        return pa.Table.from_batches([pa.record_batch([pa.array(values)], schema=schema)])

    shop.publish("orders", make([1, 2], nullable=False), DAY)
    if shop.kind in ("sqlite", "duckdb"):
        with pytest.raises(InputError, match="TD3063"):
            shop.publish("orders", make([3, None], nullable=True), NEXT)
        return
    shop.publish("orders", make([3, None], nullable=True), NEXT)
    assert shop.read("orders")["id"].null_count == 1


def test_a_table_of_others_is_refused_unless_told(shop):
    shop.publish("known", numbers(0, 1))
    shop.change("CREATE TABLE {orders} (x int)")
    shop.change("INSERT INTO {orders} VALUES (7)")
    with pytest.raises(TerminalError, match="TD3026"):
        shop.publish("orders", numbers(0, 10))
    assert shop.query("SELECT count(*) FROM {orders}")[0][0] in (1, "1")
    shop.with_options(overwrite=True).publish("orders", numbers(0, 10))
    assert shop.read("orders").num_rows == 10


def test_a_table_that_was_dropped_is_made_again(shop):
    shop.publish("orders", numbers(0, 10), DAY)
    shop.publish("orders", numbers(10, 10), NEXT)
    shop.change("DROP TABLE {orders}")
    shop.publish("orders", numbers(0, 10), DAY)
    assert shop.database.published_keys(shop.dataset, "orders") == [DAY]


def test_prefixes_keep_datasets_apart(shop):
    other = shop.with_options(prefix="x_")
    shop.publish("orders", numbers(0, 10))
    other.publish("orders", numbers(0, 20))
    assert (shop.read("orders").num_rows, other.read("orders").num_rows) == (10, 20)
    assert shop.query("SELECT count(*) FROM {x_orders}")[0][0] in (20, "20")


def test_what_is_not_published_is_told(shop):
    for call in (lambda: shop.read("orders"), lambda: shop.read("known", keys=["2026-09-09"])):
        with pytest.raises(InputError, match="TD3007"):
            call()
        if not shop.database.tables(shop.dataset):
            shop.publish("known", numbers(0, 1))
    assert shop.dataset in shop.database.datasets()
    assert shop.database.tables(shop.dataset) == ["known"]


def test_an_empty_partition_is_one_too(shop):
    shop.publish("orders", numbers(0, 0), DAY, KEY)
    assert shop.read("orders").num_rows == 0
    assert shop.database.published_keys(shop.dataset, "orders") == [DAY]


def test_a_database_goes_to_another_process(shop):
    shop.publish("orders", numbers(0, 10))
    assert pickle.loads(pickle.dumps(shop.database)).published_keys(shop.dataset, "orders") == ["static"]


def test_published_rows_are_an_arrow_dataset(shop):
    shop.publish("orders", numbers(0, 10), DAY)
    manifests = list(shop.database.published(shop.dataset, "orders").values())
    assert shop.database.open_published(manifests, ["id"]).to_table().num_rows == 10
    assert "date" in shop.database.open_published(manifests).schema.names


def test_a_database_takes_no_format():
    with pytest.raises(InputError, match="TD3004"):
        open_database("sqlite:///x.db", {}, "csv", {})

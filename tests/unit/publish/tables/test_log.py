"""What holds for every table format, whichever library keeps its log."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tempdata_dagster import read_table
from tempdata_dagster.core.errors import DataError, InputError, TempDataError, TerminalError, TransientError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.manifest import encode_manifest
from tempdata_dagster.publish.protocol import complete
from tempdata_dagster.publish.purge import purge, purge_partition
from tempdata_dagster.publish.tables import log as log_module
from tempdata_dagster.publish.tables.log import commit_repeatedly
from tempdata_dagster.publish.verify import verify
from tempdata_dagster.testing import FaultyStore
from tests.unit.publish.conftest import DAY, make_rows
from tests.unit.publish.tables.conftest import Held, manifest_of

FEBRUARY = "2026-02-01"


def ids(rows: pa.Table) -> list[int]:
    return sorted(rows["order_id"].to_pylist())


def test_what_is_published_is_what_the_formats_own_library_reads(tables):
    assert tables.publish([tables.rows(5)]).status == "published"
    tables.publish([tables.rows(3)], [tables.rows(4, seed=3)], ref=tables.ref(FEBRUARY))
    rows = tables.read_openly()
    assert ids(rows) == sorted([*range(5), *range(7)])
    assert {str(day) for day in rows["date"].to_pylist()} == {DAY, FEBRUARY}
    assert tables.numbers() == ids(rows)
    assert verify(tables.target) == []


def test_a_static_table_has_no_partitions(tables):
    tables.publish([tables.rows(5)], ref=tables.ref(None))
    tables.publish([tables.rows(6)], ref=tables.ref(None))
    assert ids(tables.read_openly()) == list(range(6))
    assert tables.read_openly().column_names == ["order_id", "status", "note"]


@pytest.mark.parametrize("period_key", [("hour", "2026-01-31-05:00"), ("week", "2026-01-26"), ("month", "2026-01-01")])
def test_partitions_of_every_length_are_replaced(tables, period_key):
    from tempdata_dagster.core.partition import Period
    from tempdata_dagster.publish import PartitionRef

    ref = PartitionRef("retail", "orders", Period(period_key[0]), period_key[1])
    for rows in (4, 2):
        tables.publish([tables.rows(rows)], ref=ref)
    assert ids(tables.read_openly()) == ids(read_table(tables.target, "retail", "orders")) == [0, 1]
    assert tables.state().files_of(ref) == set(manifest_of(tables, ref).keys)
    assert verify(tables.target) == []


def test_a_partition_is_replaced_in_one_version_and_no_file_is_written_over(tables):
    tables.publish([tables.rows(5)])
    tables.publish([tables.rows(7)], ref=tables.ref(FEBRUARY))
    before = tables.state()
    tables.publish([tables.rows(3)], [tables.rows(4, seed=3)])
    after = tables.state()
    assert set(before.files) & set(after.files) == set(manifest_of(tables, tables.ref(FEBRUARY)).keys)
    assert all(tables.target.store.find(key) for key in before.files)
    assert ids(tables.read_openly()) == sorted([*range(7), *range(7)])


def test_parts_that_stay_are_not_removed_and_added_in_one_commit(tables):
    tables.publish([tables.rows(3)], [tables.rows(4, seed=3)])
    kept = manifest_of(tables).keys[0]
    tables.publish([tables.rows(3)], [tables.rows(9, seed=3)])
    assert manifest_of(tables).keys[0] == kept
    assert ids(tables.read_openly()) == list(range(12))
    assert tables.state().files_of(tables.ref()) == set(manifest_of(tables).keys)


def test_unchanged_content_is_no_commit(tables):
    tables.publish([tables.rows(5)], seed=1)
    version = tables.state().version
    assert tables.publish([tables.rows(5)], seed=2).status == "unchanged"
    assert tables.state().version == version
    assert manifest_of(tables).facts.seed == 2


def test_an_older_version_comes_back_as_a_new_one(tables):
    for rows in (5, 6, 5):
        tables.publish([tables.rows(rows)])
    assert ids(tables.read_openly()) == list(range(5))
    assert len(tables.state().files) == 1
    assert verify(tables.target) == []


def test_a_partition_without_rows_is_replaced_too(tables):
    for rows in (0, 3, 0):
        tables.publish([tables.rows(rows)])
        assert ids(tables.read_openly()) == list(range(rows))
        assert tables.publish([tables.rows(rows)]).status == "unchanged"


def test_a_damaged_file_is_healed_by_the_next_run(tables):
    tables.publish([tables.rows(5)])
    path = tables.target.store.uri(manifest_of(tables).keys[0])
    with open(path, "r+b") as file:  # noqa: PTH123 - as a fault would
        file.write(b"XXXX")
    assert [finding.kind for finding in verify(tables.target)] == ["changed"]
    version = tables.state().version
    assert tables.publish([tables.rows(5)]).status == "published"
    assert verify(tables.target) == []
    assert tables.state().version == version, "the same files need no commit"


def test_duckdb_and_pandas_read_the_table(tables):
    tables.publish([tables.rows(5)])
    rows = tables.read_openly()
    assert duckdb.sql("select sum(order_id), count(distinct status) from rows").fetchall() == [(10, 2)]
    assert rows.to_pandas()["order_id"].tolist() == list(range(5))


def test_a_commit_tells_of_its_run(tables):
    tables.publish_table(pa.table({"n": [1]}))
    manifest = manifest_of(tables)
    if tables.target.format.name == "delta":
        from deltalake import DeltaTable

        told = DeltaTable(tables.target.store.uri("retail/orders")).history(1)[0]
    else:
        with tables.iceberg() as table:
            told = table.current_snapshot().summary.additional_properties
    assert told["tempdata.run_id"] == manifest.run_id
    assert told["tempdata.content_hash"] == manifest.content_hash
    assert (told["tempdata.fingerprint"], told["tempdata.partition"]) == ("abc", DAY)


def test_time_travel_by_number_moment_and_day(tables):
    tables.publish([tables.rows(5)])
    first = tables.state()
    tables.publish([tables.rows(7)])
    tables.publish([tables.rows(2)], ref=tables.ref(FEBRUARY))
    second = datetime.now(UTC)
    tables.publish([tables.rows(9)])

    def rows_at(version: object) -> int:
        return read_table(tables.target, "retail", "orders", version=version).num_rows

    assert rows_at(first.version) == tables.read_openly(version=first.version).num_rows == 5
    assert rows_at(str(first.version)) == rows_at(first.committed_at) == 5
    assert rows_at(second) == rows_at(second.isoformat()) == 9
    assert rows_at(datetime.now(UTC).date()) == 11
    assert read_table(tables.target, "retail", "orders", [FEBRUARY], version=second).num_rows == 2
    old = read_table(tables.target, "retail", "orders", version=first.version)
    assert old.schema == read_table(tables.target, "retail", "orders").schema
    for version in ("yesterday", datetime(2020, 1, 1, tzinfo=UTC), 12_345):
        with pytest.raises(InputError, match="TD3084"):
            rows_at(version)


def test_a_table_of_plain_files_keeps_no_versions(tmp_path):
    from tests.unit.publish.conftest import Lake

    lake = Lake(Target.open(tmp_path))
    lake.publish([lake.rows(5)])
    with pytest.raises(InputError, match=r"TD3084.*keeps no versions"):
        read_table(tmp_path, "retail", "orders", version=0)


def test_a_new_column_is_null_in_older_partitions(tables):
    tables.publish_table(pa.table({"order_id": [1, 2]}))
    seen = pa.array([datetime(2026, 1, 1)], pa.timestamp("us"))  # noqa: DTZ001 - local time
    new = pa.table({"order_id": [3], "tip": pa.array([0.5]), "seen": seen})
    tables.publish_table(new, tables.ref(FEBRUARY))
    rows = tables.read_openly().sort_by("order_id")
    assert rows["tip"].to_pylist() == [None, None, 0.5]
    assert rows["seen"].to_pylist() == [None, None, datetime(2026, 1, 1)]  # noqa: DTZ001 - local time
    assert verify(tables.target) == []
    assert read_table(tables.target, "retail", "orders").sort_by("order_id")["tip"].to_pylist() == [None, None, 0.5]


def test_a_column_that_went_stays_in_the_table_for_older_partitions(tables):
    tables.publish_table(pa.table({"order_id": [1], "tip": [0.5]}))
    tables.publish_table(pa.table({"order_id": [2]}), tables.ref(FEBRUARY))
    rows = tables.read_openly().sort_by("order_id")
    assert rows["tip"].to_pylist() == [0.5, None]
    tables.publish_table(pa.table({"order_id": [2], "tip": [1.5]}), tables.ref(FEBRUARY))
    assert tables.read_openly().sort_by("order_id")["tip"].to_pylist() == [0.5, 1.5]


def test_a_column_of_another_type_is_refused_and_nothing_changes(tables):
    tables.publish_table(pa.table({"order_id": ["a"]}))
    tables.publish_table(pa.table({"order_id": ["b"]}), tables.ref(FEBRUARY))
    before = tables.state()
    with pytest.raises(DataError, match="TD3080"):
        tables.publish_table(pa.table({"order_id": pa.array([1], pa.int64())}), tables.ref(FEBRUARY))
    assert tables.state() == before
    assert verify(tables.target) == []
    assert tables.read_openly().num_rows == 2


def test_names_that_differ_by_case_alone_are_refused_before_anything_is_there(tables):
    with pytest.raises(DataError, match="TD3045"):
        tables.publish_table(pa.table({"a": [1], "A": [2]}))
    assert tables.list_keys() == []


def interrupt(lake, *, after_commit: bool) -> None:
    """Leave a lake as a run does that is killed before, or after, its commit to the log."""
    old = manifest_of(lake)
    store = lake.target.store
    with lake.target.stage(lake.ref(), "other") as staging:
        rows = make_rows(7, seed=50)
        staging.write_part(0, rows.schema, [rows])
        from tempdata_dagster.publish import PartitionFacts

        new = staging.describe(PartitionFacts())
        store.put(new.ref.pending, encode_manifest(new), None)
        store.add(new.ref.folder, {new.files[0].name: staging.files()[0].key}, Held())
    if after_commit:
        lake.log.commit(new, Held())
    assert old.content_hash != new.content_hash


@pytest.mark.parametrize("after_commit", [True, False])
def test_readers_see_the_version_that_the_log_tells_of_an_interrupted_publication(tables, after_commit):
    tables.publish([tables.rows(5)])
    interrupt(tables, after_commit=after_commit)
    expected = 7 if after_commit else 5
    assert manifest_of(tables).rows == tables.read_openly().num_rows == len(tables.numbers()) == expected
    assert {finding.kind for finding in verify(tables.target)} == {"unfinished", *([] if after_commit else ["extra"])}


@pytest.mark.parametrize("after_commit", [True, False])
@pytest.mark.parametrize("rows", [5, 9])
def test_the_next_run_heals_an_interrupted_publication(tables, after_commit, rows):
    tables.publish([tables.rows(5)])
    interrupt(tables, after_commit=after_commit)
    tables.publish([tables.rows(rows)])
    assert ids(tables.read_openly()) == tables.numbers() == list(range(rows))
    assert verify(tables.target) == [] or not after_commit
    gc(tables.target, timedelta(0))
    assert verify(tables.target) == []


@pytest.mark.parametrize("after_commit", [True, False])
def test_an_interrupted_publication_is_brought_to_its_end_without_a_second_commit(tables, after_commit):
    tables.publish([tables.rows(5)])
    interrupt(tables, after_commit=after_commit)
    version = tables.state().version
    assert complete(tables.target.store, tables.ref(), wait=1).rows == (7 if after_commit else 5)
    assert tables.state().version == version
    assert {finding.kind for finding in verify(tables.target)} <= {"extra"}


def test_a_failing_commit_leaves_the_old_version(tables, monkeypatch):
    tables.publish([tables.rows(5)])
    before = tables.state()

    def fail(*_: object) -> None:
        raise TerminalError("TD3014", "no")

    monkeypatch.setattr(type(tables.log), "commit", fail)
    with pytest.raises(TerminalError):
        tables.publish([tables.rows(9)])
    assert tables.state() == before
    assert tables.numbers() == list(range(5))
    assert [finding.kind for finding in verify(tables.target)] == ["extra"]
    gc(tables.target, timedelta(0))
    assert verify(tables.target) == []


def test_verify_finds_what_log_and_manifests_do_not_agree_on(tables):
    tables.publish([tables.rows(5)])
    old = manifest_of(tables)
    tables.publish([tables.rows(6)])
    store = tables.target.store
    store.put(old.ref.manifest, encode_manifest(old), store.read(old.ref.manifest).version)
    found = {finding.kind for finding in verify(tables.target)}
    assert found == {"not_in_log", "not_in_manifest"}


def test_verify_finds_a_file_that_only_an_older_version_names(tables):
    for rows in (5, 6):
        tables.publish([tables.rows(rows)])
    gone = next(iter(set(tables.state().files) ^ {key for key in tables.list_keys() if "/date=" in key}))
    tables.target.store.delete([gone])
    assert [(finding.kind, finding.partition) for finding in verify(tables.target)] == [("missing", DAY)]
    first = tables.log.read("retail", "orders", datetime.now(UTC)).version
    assert read_table(tables.target, "retail", "orders", version=first).num_rows == 6
    with pytest.raises(InputError, match=r"TD3084.*was removed"):
        read_table(tables.target, "retail", "orders", version=_first_version(tables))


def test_verify_finds_a_flipped_bit_in_a_file_that_only_an_older_version_names(tables):
    tables.publish([tables.rows(5)])
    path = Path(tables.target.store.uri(manifest_of(tables).keys[0]))
    tables.publish([tables.rows(6)])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert [(finding.kind, finding.uri) for finding in verify(tables.target)] == [("changed", str(path))]


def _first_version(tables) -> int:
    if tables.target.format.name == "delta":
        return 0
    with tables.iceberg() as table:
        return table.history()[0].snapshot_id


def test_gc_keeps_what_versions_need_and_removes_what_they_no_longer_do(tables):
    for rows in (5, 6):
        tables.publish([tables.rows(rows)])
    first = _first_version(tables)
    assert gc(tables.target, timedelta(0)) == []
    assert read_table(tables.target, "retail", "orders", version=first).num_rows == 5
    later = datetime.now(UTC)
    tables.publish([tables.rows(7)])
    removed = gc(tables.target, timedelta(0), keep=datetime.now(UTC) - later)
    # The version that held at the moment is kept, and the one before it is not.
    assert [uri for uri in removed if uri.endswith(".parquet")] != []
    assert read_table(tables.target, "retail", "orders", version=later).num_rows == 6
    with pytest.raises(InputError, match="TD3084"):
        read_table(tables.target, "retail", "orders", version=first)
    gc(tables.target, timedelta(0), keep=timedelta(0))
    assert verify(tables.target) == []
    assert ids(tables.read_openly()) == list(range(7))
    assert [key for key in tables.list_keys() if key.endswith(".parquet")] == list(manifest_of(tables).keys)
    tables.publish([tables.rows(5)])
    assert tables.numbers() == list(range(5))


def test_gc_that_only_tells_removes_nothing(tables):
    for rows in (5, 6):
        tables.publish([tables.rows(rows)])
    keys = tables.list_keys()
    assert gc(tables.target, timedelta(0), dry_run=True, keep=timedelta(0)) != []
    assert tables.list_keys() == keys
    with pytest.raises(InputError, match="TD3004"):
        gc(tables.target, timedelta(0), keep=timedelta(-1))


def test_a_lake_in_memory_is_refused_before_any_work(tables):
    target = Target.open("memory://nowhere/lake", {"format": tables.target.format.name})
    with pytest.raises(InputError, match="TD3081"):
        target.stage(tables.ref())


@pytest.mark.parametrize("writers", [2, 4])
def test_writers_of_different_partitions_all_get_in(tables, writers):
    keys = [f"2026-03-{day:02d}" for day in range(1, writers + 1)]
    errors: list[TempDataError] = []
    barrier = threading.Barrier(writers)

    def run(key: str) -> None:
        barrier.wait()
        try:
            for rows in (3, 4):
                tables.publish([tables.rows(rows)], ref=tables.ref(key))
        except TempDataError as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert verify(tables.target) == []
    assert ids(tables.read_openly()) == sorted([*range(4)] * writers)


def test_a_log_that_is_always_busy_ends_in_a_transient_error(monkeypatch):
    monkeypatch.setattr(log_module, "COMMIT_SECONDS", 0.05)

    def fail() -> None:
        raise KeyError

    with pytest.raises(TransientError, match="TD3083"):
        commit_repeatedly(fail, Held(), (KeyError,), "orders")


def test_a_package_that_is_missing_is_told_with_its_extra(tables, monkeypatch):
    import sys

    name = tables.target.format.name
    for module in ("deltalake", "pyiceberg.catalog"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf"TD3015.*tempdata-dagster\[{name}\]"):
        tables.target.stage(tables.ref())


def test_a_table_on_s3_is_published_replaced_and_read(s3_tables):
    s3_tables.publish([s3_tables.rows(5)])
    first = s3_tables.state()
    s3_tables.publish([s3_tables.rows(7)])
    s3_tables.publish([s3_tables.rows(2)], ref=s3_tables.ref(FEBRUARY))
    assert s3_tables.publish([s3_tables.rows(2)], ref=s3_tables.ref(FEBRUARY)).status == "unchanged"
    state = s3_tables.state()
    assert state.files_of(s3_tables.ref()) == set(manifest_of(s3_tables).keys)
    assert len(state.files) == 2
    assert verify(s3_tables.target) == []
    assert read_table(s3_tables.target, "retail", "orders", version=first.version).num_rows == 5
    assert read_table(s3_tables.target, "retail", "orders").num_rows == 9
    gc(s3_tables.target, timedelta(0), keep=timedelta(0))
    assert verify(s3_tables.target) == []


def test_a_purged_table_leaves_nothing(tables):
    for rows in (5, 6):
        tables.publish([tables.rows(rows)])
    tables.publish([tables.rows(2)], ref=tables.ref(FEBRUARY))
    tables.publish([tables.rows(3)], ref=tables.ref(None, "things"))
    assert {one.status for one in purge([tables.target], "retail", ["orders"])} == {"removed"}
    assert [key for key in tables.list_keys() if "orders" in key] == []
    assert tables.state() is None
    assert verify(tables.target) == []
    assert tables.numbers("things") == [0, 1, 2]
    tables.publish([tables.rows(4)])
    assert ids(tables.read_openly()) == [0, 1, 2, 3]


def test_a_partition_leaves_the_table_in_one_commit(tables):
    tables.publish([tables.rows(5)])
    tables.publish([tables.rows(2)], ref=tables.ref(FEBRUARY))
    purge_partition(tables.target.store, tables.ref())
    assert ids(tables.read_openly()) == tables.numbers() == [0, 1]
    assert tables.state().files_of(tables.ref()) == set()
    tables.publish([tables.rows(4)])
    assert ids(tables.read_openly()) == [0, 0, 1, 1, 2, 3]


def test_a_faulty_store_in_front_changes_nothing_of_the_log(tables):
    lake = type(tables)(FaultyStore.around(tables.target))
    lake.publish([lake.rows(5)])
    assert ids(tables.read_openly()) == list(range(5))

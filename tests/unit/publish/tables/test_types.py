from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tempdata_dagster import read_table
from tempdata_dagster.core.content import ContentHash
from tempdata_dagster.core.errors import DataError, GenerationError
from tempdata_dagster.publish.tables.types import DELTA, ICEBERG, from_stored, plain_type, to_stored
from tests.unit.publish.nasty import nasty_table, plain_table
from tests.unit.publish.tables.conftest import manifest_of


def hash_of(table: pa.Table) -> str:
    content = ContentHash(table.schema)
    for batch in table.to_batches():
        content.update(batch)
    return content.hexdigest()


@pytest.fixture(scope="module", params=["nasty", "plain"])
def rows(request: pytest.FixtureRequest) -> pa.Table:
    return nasty_table() if request.param == "nasty" else plain_table(500)


@pytest.mark.parametrize("rules", [DELTA, ICEBERG], ids=["delta", "iceberg"])
def test_stored_types_hold_every_cell(rules, rows):
    stored = rules.stored_schema(rows.schema)
    kept = to_stored(rows, stored)
    back = [from_stored(batch, rows.schema) for batch in kept.to_batches()]
    assert hash_of(pa.Table.from_batches(back)) == hash_of(rows)
    assert [field.name for field in rules.table_schema(rows.schema)] == rows.column_names


def test_every_cell_comes_back_from_a_lake(tables, rows):
    tables.publish_table(rows, tables.ref(None, "orders"))
    back = read_table(tables.target, "retail", "orders")
    assert back.schema == rows.schema
    assert hash_of(back) == hash_of(rows)
    manifest = manifest_of(tables, tables.ref(None, "orders"))
    with tables.target.store.open(manifest.keys[0]) as file:
        again = pa.Table.from_batches(tables.target.format.read(file, rows.schema), rows.schema)
    assert hash_of(again) == hash_of(rows)


def test_every_cell_comes_back_through_the_formats_own_library(tables, rows):
    tables.publish_table(rows, tables.ref(None, "orders"))
    found = tables.read_openly()
    assert found.column_names == rows.column_names
    for name in rows.column_names:
        kind = rows.schema.field(name).type
        if pa.types.is_null(kind):
            assert found[name].null_count == rows.num_rows
            continue
        # Arrow has no cast between text that is plain and text by dictionary within nested types; values are the same.
        back = found[name].cast(plain_type(kind)).cast(kind).to_pylist()
        expected = rows[name].to_pylist()
        if tables.target.format.name == "iceberg" and name == "records":
            # pyiceberg reads a null list of structs as an empty one, of files that it wrote itself too.
            expected = [one or [] for one in expected]
        assert repr(back) == repr(expected), name


def test_duckdb_reads_the_files_as_the_table_tells(tables):
    rows = plain_table(300)
    tables.publish_table(rows, tables.ref(None, "orders"))
    path = tables.target.store.uri(manifest_of(tables, tables.ref(None, "orders")).keys[0])
    told = dict(duckdb.sql(f"select column_name, column_type from (describe select * from '{path}')").fetchall())
    assert told["uint64"] == "DECIMAL(20,0)"
    assert told["category"] == told["text"] == "VARCHAR"
    assert told["uint8"] == ("SMALLINT" if tables.target.format.name == "delta" else "INTEGER")
    assert told["clock"] == ("BIGINT" if tables.target.format.name == "delta" else "TIME")
    assert duckdb.sql(f"select sum(id) from '{path}'").fetchall() == [(300 * 299 // 2,)]


def test_files_tell_where_they_come_from_and_nothing_of_arrows_own_types(tables):
    tables.publish([tables.rows(5)])
    with tables.target.store.open(manifest_of(tables).keys[0]) as file:
        metadata = pq.read_metadata(file).metadata
    assert metadata[b"tempdata.synthetic"] == b"true"
    assert b"ARROW:schema" not in metadata


@pytest.mark.parametrize(
    "kind",
    [
        pa.duration("us"),
        pa.timestamp("ns"),
        pa.time64("ns"),
        pa.decimal256(50, 2),
        pa.list_(pa.null()),
        pa.month_day_nano_interval(),
    ],
    ids=str,
)
@pytest.mark.parametrize("rules", [DELTA, ICEBERG], ids=["delta", "iceberg"])
def test_what_no_type_holds_is_refused(rules, kind):
    with pytest.raises(GenerationError, match=r"TD3045.*'x'"):
        rules.stored_schema(pa.schema([("x", kind)]))


def test_a_refusal_leaves_nothing_behind(tables):
    with pytest.raises(DataError, match="TD3045"):
        tables.publish_table(pa.table({"x": pa.array([1], pa.duration("s"))}))
    assert tables.list_keys() == []


def test_other_types_of_arrow_become_the_nearest():
    schema = pa.schema(
        [("half", pa.float16()), ("view", pa.string_view()), ("bytes", pa.large_binary()), ("wide", pa.decimal256(38, 2)),
         ("pairs", pa.map_(pa.string(), pa.uint8())), ("fixed", pa.list_(pa.uint32(), 2)), ("large", pa.large_list(pa.uint8()))]
    )  # fmt: skip
    assert [str(kind) for kind in DELTA.table_schema(schema).types] == [
        "float", "string", "binary", "decimal128(38, 2)", "map<string, int16>", "list<item: int64>", "list<item: int16>",
    ]  # fmt: skip

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.publish.formats import FileLabel
from tempdata_dagster.publish.formats.naming import valid_names
from tests.unit.publish.formats.files import File, differing
from tests.unit.publish.formats.rare import RARE
from tests.unit.publish.nasty import nasty_table, plain_table


@pytest.mark.parametrize("options", [{}, {"compression": "none"}, {"compression": "snappy", "block_rows": 7}], ids=str)
def test_every_cell_of_the_nasty_table_comes_back(options):
    table = nasty_table()
    file = File("avro", table, **options)
    assert differing(file.read(), table) == []
    assert file.inspect() == len(table)


@pytest.mark.parametrize("name", list(RARE))
def test_every_type_comes_back(name):
    file = File("avro", RARE[name])
    assert differing(file.read(), RARE[name]) == []
    fastavro.parse_schema(header(file)["schema"])


@pytest.mark.parametrize("compression", ["none", "deflate", "snappy"])
def test_fastavro_sees_the_same_cells(compression):
    table = nasty_table()
    rows = list(fastavro.reader(io.BytesIO(File("avro", table, compression=compression, block_rows=10).data)))
    assert len(rows) == len(table)
    for name in table.column_names:
        found, expected = [row[name] for row in rows], table[name].to_pylist()
        if name == "uint64":
            expected = [None if one is None else Decimal(one) for one in expected]
        elif pa.types.is_timestamp(table.schema.field(name).type):
            expected = [one and (one.astimezone(UTC) if one.tzinfo else one) for one in expected]
            assert [one and (one.tzinfo, one.replace(tzinfo=None)) for one in found] == [
                one and (one.tzinfo, one.replace(tzinfo=None)) for one in expected
            ]
            continue
        elif name == "deep":
            found = [one and one | {"at": one["at"] and one["at"].replace(tzinfo=None)} for one in found]
            expected = [one and one | {"at": one["at"] and one["at"].replace(tzinfo=None)} for one in expected]
        assert repr(found) == repr(expected), name


def header(file: File) -> dict:
    reader = fastavro.reader(io.BytesIO(file.data))
    return {"schema": reader.writer_schema, "metadata": reader.metadata, "codec": reader.codec}


def test_the_header_says_that_the_data_are_synthetic():
    told = header(File("avro", plain_table(0), label=FileLabel({"fingerprint": "f1"}, table="orders")))
    assert told["metadata"]["tempdata.synthetic"] == "true"
    assert told["metadata"]["tempdata.fingerprint"] == "f1"
    assert told["schema"]["name"] == "orders"
    assert told["codec"] == "deflate"


def test_the_schema_has_avros_own_types():
    table = plain_table(1)
    schema = json.loads(header(File("avro", table))["metadata"]["avro.schema"])
    found = {field["name"]: field["type"] for field in schema["fields"]}
    assert found["int64"] == ["null", "long"]
    assert found["decimal"][1] == {
        "type": "fixed",
        "name": "decimal_18_4",
        "size": 8,
        "logicalType": "decimal",
        "precision": 18,
        "scale": 4,
    }
    assert found["day"][1] == {"type": "int", "logicalType": "date"}
    assert found["clock"][1] == {"type": "long", "logicalType": "time-micros"}
    assert found["moment"][1] == {"type": "long", "logicalType": "local-timestamp-micros"}
    assert found["moment_utc"][1] == {"type": "long", "logicalType": "timestamp-micros"}
    assert found["records"][1]["items"][1]["fields"][0] == {"name": "name", "type": ["null", "string"], "default": None}


def test_columns_without_nulls_are_no_unions():
    field = pa.field("n", pa.int64(), nullable=False)
    file = File("avro", pa.table([pa.array([-(2**63), -1, 0, 63, 64, 2**63 - 1])], pa.schema([field])))
    assert header(file)["schema"]["fields"] == [{"name": "n", "type": "long"}]
    assert [row["n"] for row in fastavro.reader(io.BytesIO(file.data))] == [-(2**63), -1, 0, 63, 64, 2**63 - 1]
    with pytest.raises(GenerationError, match="non-nullable"):
        File("avro", pa.table([pa.array([None], pa.int64())], pa.schema([field])))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=40), st.integers(1, 9))
def test_numbers_of_any_size(numbers, block_rows):
    table = pa.table({"n": pa.array(numbers, pa.int64())})
    file = File("avro", table, block_rows=block_rows)
    assert [row["n"] for row in fastavro.reader(io.BytesIO(file.data))] == numbers
    assert file.read()["n"].to_pylist() == numbers


def test_names_that_avro_does_not_take_are_kept_beside_those_that_it_does():
    assert valid_names(["a", "a b", "a_b", "1", "", "ä", "a.b", "A"]) == [
        "a",
        "a_b_2",
        "a_b",
        "_1",
        "_",
        "__2",
        "a_b_3",
        "A",
    ]
    table = pa.table({"a b": [1], "a_b": [2], "order": [3]})
    fields = header(File("avro", table))["schema"]["fields"]
    assert [field["name"] for field in fields] == ["a_b_2", "a_b", "order"]
    assert fields[0]["tempdata.name"] == "a b"


def test_what_lies_under_a_null_struct_is_not_written():
    kind = pa.struct([pa.field("n", pa.int64(), nullable=False), pa.field("t", pa.list_(pa.string()))])
    children = [pa.array([1, 2, 3]), pa.array([["hidden"], ["b"], None], pa.list_(pa.string()))]
    hidden = pa.StructArray.from_arrays(children, fields=list(kind), mask=pa.array([True, False, False]))
    file = File("avro", pa.table({"s": hidden}), compression="none")
    assert b"hidden" not in file.data
    assert file.read()["s"].to_pylist() == [None, {"n": 2, "t": ["b"]}, {"n": 3, "t": None}]


def test_blocks_have_as_many_rows_as_asked():
    file = File("avro", pa.table({"n": range(25)}), 3, block_rows=10)
    assert [block.num_records for block in fastavro.block_reader(io.BytesIO(file.data))] == [10, 10, 5]


def test_the_marker_is_that_of_the_part_and_not_random():
    def sync(part: int) -> bytes:
        label = FileLabel({"fingerprint": "f1"}, dataset="d", table="t", part=part)
        return File("avro", pa.table({"n": [1]}), label=label).data[-16:]

    assert sync(0) == sync(0) != sync(1)


@pytest.mark.parametrize("compression", ["none", "deflate", "snappy"])
def test_damage_that_can_be_seen_is_told(compression):
    table = plain_table(60)
    file = File("avro", table, compression=compression)
    for size in (0, 3, 100, len(file.data) // 2, len(file.data) - 1):
        for call in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                call(file.data[:size])
    silent = 0
    for place in range(0, len(file.data), max(1, len(file.data) // 300)):
        data = bytearray(file.data)
        data[place] ^= 0x40
        try:
            silent += differing(file.read(bytes(data)), table) != []
        except pa.ArrowInvalid:
            continue
    # Blocks of snappy carry a checksum.
    assert not silent or compression != "snappy"


def test_a_file_with_other_columns_is_refused():
    file = File("avro", pa.table({"a": [1]}))
    file.schema = pa.schema([("a", pa.int32())])
    with pytest.raises(pa.ArrowInvalid, match="other columns"):
        file.inspect()


def test_the_level_of_deflate():
    table = pa.table({"t": [f"{n * 7919 % 5003} and {n * 31 % 997}" for n in range(4_000)]})
    sizes = [len(File("avro", table, compression_level=level).data) for level in (1, 9)]
    assert sizes[1] < sizes[0]


def test_moments_of_any_year_come_back():
    told = [
        datetime.fromisoformat(text)
        for text in ("0001-01-01", "9999-12-31T23:59:59.999999", "1969-12-31T23:59:59.999999")
    ]
    file = File("avro", pa.table({"at": pa.array(told, pa.timestamp("us"))}))
    assert [row["at"] for row in fastavro.reader(io.BytesIO(file.data))] == told

from __future__ import annotations

import gzip
import io
import json
import random

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempdata_dagster.core.errors import GenerationError, InputError
from tests.unit.publish.formats.files import File, content, differing
from tests.unit.publish.formats.rare import RARE
from tests.unit.publish.formats.spelling import rows_of
from tests.unit.publish.nasty import nasty_table, plain_table

SETTINGS = [
    {},
    {"nulls": "omit"},
    {"numbers": "strings", "compression": "gzip"},
    {"decimals": "numbers", "compression": "zstd"},
    {"nulls": "omit", "numbers": "strings", "decimals": "numbers"},
]
FORMATS = ["json", "jsonl"]
HELD = [name for name in RARE if not name.startswith("map")]


def load(name: str, data: bytes) -> list[dict[str, object]]:
    """What Python's reader makes of a file."""
    return json.loads(data) if name == "json" else [json.loads(line) for line in data.decode().split("\n")[:-1]]


@pytest.mark.parametrize("options", SETTINGS, ids=str)
@pytest.mark.parametrize("name", FORMATS)
def test_every_cell_of_the_nasty_table_comes_back(name, options):
    table = nasty_table()
    file = File(name, table, 17, **options)
    assert differing(file.read(), table) == []
    assert file.inspect() == len(table)
    assert file.format.suffix == f".{name}" + {"gzip": ".gz", "zstd": ".zst"}.get(options.get("compression"), "")


@pytest.mark.parametrize("name", HELD)
def test_every_type_comes_back(name):
    for options in ({}, {"nulls": "omit"}):
        assert differing(File("jsonl", RARE[name], **options).read(), RARE[name]) == []


@pytest.mark.parametrize("name", ["map", "map_deep"])
def test_types_without_a_notation_are_refused(name):
    with pytest.raises(GenerationError, match=f"TD3045 column '{name}': jsonl cannot hold the type map"):
        File("jsonl", RARE[name])


@pytest.mark.parametrize("name", FORMATS)
def test_pythons_reader_sees_every_cell(name):
    table = nasty_table()
    found = load(name, File(name, table).data)
    expected = rows_of(table)
    assert [list(row) for row in found] == [table.column_names] * len(table)
    for column in table.column_names:
        assert [repr(row[column]) for row in found] == [repr(row[column]) for row in expected], column


def test_omitted_nulls_and_integers_as_text():
    table = pa.table({"id": [2**53 + 1, None], "small": pa.array([None, 1], pa.int32()), "note": [None, None]})
    table = table.append_column(
        "at", pa.array([{"a": None, "b": [None]}, None], pa.struct([("a", pa.int8()), ("b", pa.list_(pa.int8()))]))
    )
    assert (
        File("jsonl", table, nulls="omit", numbers="strings").data
        == b'{"id":"9007199254740993","at":{"b":[null]}}\n{"small":1}\n'
    )
    assert File("jsonl", table.select(["note"]), nulls="omit").data == b"{}\n{}\n"
    assert File("json", table.slice(1)).data == b'[\n{"id":null,"small":1,"note":null,"at":null}\n]\n'


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_duckdb_reads_the_same_types_and_cells(compression, tmp_path):
    import duckdb

    names = {"id": "bigint", "uint64": "ubigint", "float64": "double", "decimal": "decimal(18,4)", "flag": "boolean",
             "day": "date", "clock": "time", "moment": "timestamp", "text": "varchar", "category": "varchar",
             "numbers": "bigint[]", "texts": "varchar[]", "record": "struct(name varchar, amount decimal(12,2))",
             "records": "struct(name varchar, amount decimal(12,2))[]"}  # fmt: skip
    table = plain_table(500)
    file = File("jsonl", table, compression=compression)
    path = tmp_path / f"rows{file.format.suffix}"
    path.write_bytes(file.data)
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in names.items())
    found = duckdb.sql(f"select * from read_json('{path}', columns={{{columns}}})").to_arrow_table()
    for name in names:
        assert found[name].to_pylist() == table[name].to_pylist(), name


@pytest.mark.parametrize("name", FORMATS)
def test_pandas_reads_the_same_cells(name):
    table = plain_table(200)
    frame = pd.read_json(io.BytesIO(File(name, table).data), lines=name == "jsonl", dtype=False)
    assert list(frame.columns) == table.column_names
    assert frame["id"].tolist() == list(range(200))
    assert [None if v is None else v for v in frame["text"].astype(object).where(frame["text"].notna(), None)] == table[
        "text"
    ].to_pylist()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows(name, rows):
    table = nasty_table().slice(3, rows)
    file = File(name, table)
    assert file.written.rows == file.inspect() == rows
    assert differing(file.read(), table) == []
    assert len(load(name, file.data)) == rows


@given(st.integers(1, 200), st.sampled_from(FORMATS))
@settings(max_examples=10, deadline=None)
def test_the_bytes_do_not_know_how_rows_were_cut(cut, name):
    table = nasty_table()
    assert File(name, table, cut).data == File(name, table).data


def test_the_bytes_do_not_know_the_chunks(monkeypatch):
    from tempdata_dagster.publish.formats import base

    table = plain_table(300)
    whole = {name: File(name, table).data for name in FORMATS}
    monkeypatch.setattr(base, "CHUNK_ROWS", 7)
    assert {name: File(name, table, 11).data for name in FORMATS} == whole


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_a_file_that_was_cut_off_is_damaged(name, compression):
    file = File(name, plain_table(300), compression=compression)
    data = file.data
    for end in {*random.Random(3).sample(range(1, len(data) - 1), 60), len(data) - 1, len(data) - 2}:
        if name == "jsonl" and compression == "none" and data[end - 1 : end] == b"\n":
            continue  # whole lines are a shorter file; the manifest knows how many there were
        for way in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                way(data[:end])


@pytest.mark.parametrize("name", FORMATS)
def test_other_columns_are_refused(name):
    file, other = (
        File(name, plain_table(3)),
        File(name, plain_table(3).rename_columns(["x", *plain_table(3).column_names[1:]])),
    )
    for way in (file.read, file.inspect):
        with pytest.raises(pa.ArrowInvalid, match="other columns"):
            way(other.data)
    with pytest.raises(pa.ArrowInvalid):
        file.read(file.data.replace(b'"uint8":', b'"uint8":"x",'))


@pytest.mark.parametrize(
    "line",
    [b'{"n":1.5}', b'{"n":true}', b'{"n":"x"}', b'{"n":[1]}', b'{"n":{}}', b'{"n":NaN}', b'{"n":9223372036854775808}', b"[1]", b"1",
     b'{"n":1', b'{"n":"\xff"}', b'{"n":1}{"n":2}', b'{"m":1}', b"{}", b'{"n":1,"m":1}', b"", b'{"n":null}', b"[" * 100_000],
)  # fmt: skip
def test_lines_of_other_types_are_refused(line):
    file = File("jsonl", pa.table({"n": [7]}, pa.schema([pa.field("n", pa.int64(), nullable=False)])))
    with pytest.raises(pa.ArrowInvalid):
        file.read(line + b"\n")


def test_a_day_that_has_no_text_is_refused_with_its_row():
    days = pa.array([0] * 70_000 + [2_932_897], pa.int32()).cast(pa.date32())
    with pytest.raises(GenerationError, match=r"TD3045 column 'day', row 70000: jsonl cannot hold a day outside"):
        File("jsonl", pa.table({"day": days}))
    deep = pa.array([[], None, [{"t": 0}], [{"t": 1}, {"t": 2_932_897}]], pa.list_(pa.struct([("t", pa.date32())])))
    with pytest.raises(GenerationError, match="column 'deep', row 3: json cannot"):
        File("json", pa.table({"deep": deep}))


def test_options_that_are_none():
    with pytest.raises(InputError, match=r"TD3004.*no option 'null'"):
        File("json", plain_table(1), null="omit")


def test_gzip_is_read_by_others_and_always_the_same():
    file = File("jsonl", plain_table(100), compression="gzip", gzip_level=1)
    assert gzip.decompress(file.data) == File("jsonl", plain_table(100)).data
    assert file.data == File("jsonl", plain_table(100), 3, compression="gzip", gzip_level=1).data


@pytest.mark.parametrize("name", FORMATS)
def test_memory_does_not_grow_with_rows(name):
    from tempdata_dagster.publish.formats import FORMATS as REGISTRY

    batch = plain_table(2_000).select(["id", "float64", "moment_utc", "text"])
    batch = pa.concat_tables([batch] * 10).combine_chunks().to_batches()[0]

    class Peak:
        def __init__(self):
            self.peak = 0

        def write(self, data):
            self.peak = max(self.peak, pa.total_allocated_bytes() - before)
            return len(data)

        def commit(self):
            pass

    peaks = []
    for count in (8, 40):
        before, sink = pa.total_allocated_bytes(), Peak()
        REGISTRY.get(name)({}).write(sink, batch.schema, (batch for _ in range(count)), {})
        peaks.append(sink.peak)
    assert peaks[1] < 1.2 * peaks[0]


def test_names_of_columns_stay_names():
    from tests.unit.publish.formats.hostile import NAMES

    table = pa.table({name: [index] for index, name in enumerate(NAMES)})
    for name in FORMATS:
        file = File(name, table)
        assert load(name, file.data) == [{column: index for index, column in enumerate(NAMES)}]
        assert content(file.read()) == content(table)


def test_blocks_that_end_anywhere(monkeypatch):
    from tempdata_dagster.publish.formats import reading

    table = pa.table({"n": np.arange(50), "t": [None if n % 3 else "x" * n for n in range(50)]})
    for size in range(1, 40, 3):
        monkeypatch.setattr(reading, "_BLOCK", size)
        for name in FORMATS:
            file = File(name, table)
            assert differing(file.read(), table) == []
            assert file.inspect() == 50

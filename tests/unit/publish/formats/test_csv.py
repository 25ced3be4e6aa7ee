from __future__ import annotations

import csv
import io
import random
import re

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempdata_dagster.core.errors import GenerationError, InputError
from tempdata_dagster.publish.formats.csv_options import DIALECTS
from tests.unit.publish.formats.files import File, content, differing
from tests.unit.publish.formats.hostile import NAMES
from tests.unit.publish.formats.rare import RARE
from tests.unit.publish.formats.spelling import texts_of_table, tidy
from tests.unit.publish.nasty import TEXTS, nasty_table, plain_table

SETTINGS = [
    {},
    {"quoting": "all", "compression": "gzip"},
    {"escape": "backslash", "compression": "zstd"},
    {"escape": "backslash", "quoting": "all", "null": "\\N"},
    {"quote": "'", "delimiter": ";", "null": "NULL"},
    {"null": "NA", "formulas": "raw", "bom": True},
    {"header": False, "line_ending": "crlf", "binary": "hex"},
    *({"dialect": name} for name in DIALECTS),
]
READ_BY_ALL = [
    options for options in SETTINGS if "backslash" not in options.values() and options.get("dialect") != "mysql"
]


def guarded(texts: list[str | None], formulas: str) -> list[str | None]:
    """What spreadsheet-safe text should read like, by Python's own means."""
    if formulas == "raw":
        return texts
    return [f"'{text}" if text is not None and text.lstrip("'")[:1] in tuple("=+-@\t\r") else text for text in texts]


def read_with_python(file: File) -> list[list[str]]:
    options = file.format.options
    text = file.data.decode("utf-8-sig" if options.bom else "utf-8")
    return list(
        csv.reader(io.StringIO(text, newline=""), delimiter=options.delimiter, quotechar=options.quote, strict=True)
    )


@pytest.mark.parametrize("options", SETTINGS, ids=str)
def test_every_cell_of_the_nasty_table_comes_back(options):
    table = nasty_table()
    file = File("csv", table, 17, **options)
    assert differing(file.read(), table) == []
    assert file.inspect() == len(table)


@pytest.mark.parametrize("name", [name for name in RARE if not name.startswith("map")])
def test_every_type_comes_back(name):
    for options in ({}, {"dialect": "mysql"}):
        assert differing(File("csv", RARE[name], **options).read(), RARE[name]) == []


def test_types_without_a_notation_are_refused():
    with pytest.raises(GenerationError, match=r"TD3045 column 'map': csv cannot hold the type map"):
        File("csv", RARE["map"])


@pytest.mark.parametrize("options", READ_BY_ALL, ids=str)
def test_pythons_reader_sees_every_cell(options):
    table = nasty_table()
    names = [name for name in table.column_names if "blob" not in name]
    file = File(
        "csv", table.select(names), compression="none", **{k: v for k, v in options.items() if k != "compression"}
    )
    rows = read_with_python(file)
    if file.format.options.header:
        assert rows.pop(0) == names
    for index, name in enumerate(names):
        found = [row[index] for row in rows]
        expected = texts_of_table(table.select([name])).get(name)
        if expected is None:
            values = table[name].to_pylist()
            kind = table[name].type.to_pandas_dtype()
            assert [repr(kind(text)) for text in found if text != file.format.options.null] == [
                repr(kind(value)) for value in values if value is not None
            ]
            continue
        texts = pa.types.is_string(table[name].type) or name in ("large_text", "category")
        expected = guarded(expected, file.format.options.formulas) if texts else expected
        null = file.format.options.null
        found = tidy(
            [None if text == null and pa.types.is_nested(table[name].type) else text for text in found],
            table[name].type,
        )
        assert [null if text is None else text for text in found] == [
            null if text is None else text for text in expected
        ]


@pytest.mark.parametrize(
    "options", [{}, {"quoting": "all"}, {"dialect": "tsv"}, {"dialect": "excel", "compression": "gzip"}], ids=str
)
def test_duckdb_sees_every_cell_and_tells_null_from_empty(options, tmp_path):
    import duckdb

    names = [name for name in nasty_table().column_names if "blob" not in name]
    table = nasty_table().select(names)
    file = File("csv", table, **options)
    path = tmp_path / f"rows{file.format.suffix}"
    path.write_bytes(file.data)
    found = duckdb.sql(
        f"select * from read_csv('{path}', all_varchar=true, auto_detect=false, header=true, quote='\"', escape='\"', nullstr='',"
        f" delim='{file.format.options.delimiter}', allow_quoted_nulls=false, columns={dict.fromkeys(names, 'varchar')})"
    ).to_arrow_table()
    for name, expected in texts_of_table(table).items():
        texts = pa.types.is_string(table[name].type) or name in ("large_text", "category")
        assert tidy(found[name].to_pylist(), table[name].type) == (guarded(expected, "safe") if texts else expected), (
            name
        )


def test_duckdb_and_pandas_read_the_same_types_and_cells(tmp_path):
    import duckdb

    kinds = {"id": "bigint", "int8": "tinyint", "uint64": "ubigint", "float32": "float", "float64": "double",
             "decimal": "decimal(18,4)", "flag": "boolean", "day": "date", "clock": "time", "moment": "timestamp",
             "text": "varchar", "category": "varchar"}  # fmt: skip
    table = plain_table(500).select(list(kinds))
    path = tmp_path / "rows.csv"
    path.write_bytes(File("csv", table).data)
    found = duckdb.sql(
        f"select * from read_csv('{path}', header=true, columns={kinds}, nullstr='', allow_quoted_nulls=false)"
    ).to_arrow_table()
    for name in kinds:
        assert found[name].to_pylist() == table[name].to_pylist(), name
    frame = pd.read_csv(
        path,
        keep_default_na=False,
        na_values={name: [""] for name in kinds if name != "text"},
    )
    assert frame["float64"].dropna().tolist() == table["float64"].drop_null().to_pylist()
    assert frame["text"].tolist() == [text or "" for text in table["text"].to_pylist()]
    assert pd.to_datetime(frame["moment"]).dropna().tolist() == table["moment"].drop_null().to_pandas().tolist()


def test_what_a_small_file_looks_like():
    table = pa.table(
        {
            "n": [-5, None, 3],
            "text": ["", None, "=1"],
            "note": ['say "hi"', "a,b", "'-"],
            "x": [float("nan"), -0.0, float("-inf")],
            "f": [True, False, None],
        }
    )
    assert File("csv", table).data.decode() == (
        'n,text,note,x,f\n-5,"","say ""hi""",NaN,true\n,,"a,b",-0,false\n3,\'=1,\'\'-,-Infinity,\n'
    )
    assert File("csv", table, dialect="mysql").data.decode() == (
        'n,text,note,x,f\n-5,"","say \\"hi\\"",NaN,1\n\\N,\\N,"a,b",-0,0\n3,=1,\'-,-Infinity,\\N\n'
    )
    assert File("csv", table, dialect="excel").data.startswith(b"\xef\xbb\xbfn,text,note,x,f\r\n-5,")
    assert File("csv", table, dialect="unix").data.startswith(b'"n","text","note","x","f"\n"-5","",')
    assert File("csv", table, dialect="tsv", compression="zstd").format.suffix == ".tsv.zst"


@given(
    st.lists(st.none() | st.text("'=+-@\t\r\n\"\\,;N\ufeffé ", max_size=6), min_size=1, max_size=30),
    st.sampled_from(SETTINGS),
)
@settings(max_examples=150, deadline=None)
def test_any_text_comes_back(texts, options):
    table = pa.table({"a": pa.array(texts, pa.string()), "b": pa.array(texts[::-1], pa.string())})
    for columns in (["a"], ["a", "b"]):
        file = File("csv", table.select(columns), **options)
        assert differing(file.read(), table.select(columns)) == []


@given(st.integers(1, 200), st.sampled_from(SETTINGS))
@settings(max_examples=20, deadline=None)
def test_the_bytes_do_not_know_how_rows_were_cut(cut, options):
    table = nasty_table()
    assert File("csv", table, cut, **options).data == File("csv", table, **options).data


def test_the_bytes_do_not_know_the_chunks(monkeypatch):
    from tempdata_dagster.publish.formats import base

    table = nasty_table()
    whole = File("csv", table).data
    monkeypatch.setattr(base, "CHUNK_ROWS", 7)
    assert File("csv", table, 11).data == whole


@pytest.mark.parametrize("options", SETTINGS, ids=str)
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows(rows, options):
    table = nasty_table().slice(3, rows)
    file = File("csv", table, **options)
    assert file.written.rows == file.inspect() == rows
    assert differing(file.read(), table) == []


@pytest.mark.parametrize("options", SETTINGS, ids=str)
def test_a_file_that_was_cut_off_is_damaged(options):
    table = plain_table(300)
    file = File("csv", table, **options)
    data = file.data
    for end in {*random.Random(3).sample(range(1, len(data) - 1), 40), len(data) - 1, len(data) - 2}:
        rows = None
        try:
            rows = file.read(data[:end])
        except pa.ArrowInvalid:
            continue
        # Whole lines are a shorter file; the manifest knows how many there were.
        assert differing(rows, table.slice(0, len(rows))) == []
        assert data[:end].endswith(file.format.options.end.encode()) or (not file.format.options.header and end < 4)


@pytest.mark.parametrize(
    "data",
    [b"", b"n\n", b"n,t\n1\n", b"n,t\n1,a,b\n", b"n,t\nx,a\n", b"n,t\n1.5,a\n", b'n,t\n1,"a\n', b"t,n\n1,a\n", b"n,t\n1,\xff\n", b"n,t\n,a\n", b"n,t\n1,a"],
)  # fmt: skip
def test_files_of_other_columns_or_types_are_refused(data):
    file = File(
        "csv",
        pa.table({"n": [7], "t": ["a"]}, pa.schema([pa.field("n", pa.int64(), nullable=False), ("t", pa.string())])),
    )
    assert file.read(b"n,t\n7,a\n").to_pylist() == [{"n": 7, "t": "a"}]
    with pytest.raises(pa.ArrowInvalid):
        file.read(data)


def test_backslashes_before_what_needs_none_are_damage():
    file = File("csv", pa.table({"t": ["a"]}), escape="backslash")
    for data in (b't\n"a\\b"\n', b"t\na\\", b"t\n\\N\n"):
        with pytest.raises(pa.ArrowInvalid):
            file.read(data)


def test_a_day_that_has_no_text_is_refused_with_its_row():
    days = pa.array([0] * 70_000 + [2_932_897], pa.int32()).cast(pa.date32())
    with pytest.raises(GenerationError, match=r"TD3045 column 'day', row 70000: csv cannot hold a day outside"):
        File("csv", pa.table({"day": days}))


@pytest.mark.parametrize(
    ("options", "said"),
    [({"delimiter": "."}, "a delimiter is one of"), ({"delimiter": ",,"}, "a delimiter is one of"), ({"null": "\\N"}, "backslashes escape"),
     ({"null": "0"}, "Input should be"), ({"dialect": "oracle"}, "Input should be"), ({"delimeter": ","}, "did you mean 'delimiter'")],
)  # fmt: skip
def test_options_that_cannot_be(options, said):
    with pytest.raises(InputError, match=re.escape("TD3004")) as caught:
        File("csv", plain_table(1), **options)
    assert said in str(caught.value)


def test_a_dialect_is_a_set_of_defaults():
    assert File("csv", plain_table(1), dialect="excel", bom=False).data[:3] != b"\xef\xbb\xbf"
    settings_kept = File("csv", plain_table(1), dialect="postgres").format.settings
    assert settings_kept == {"dialect": "postgres", "formulas": "raw", "binary": "hex"}


@pytest.mark.parametrize("options", [{}, {"dialect": "mysql"}, {"dialect": "unix"}], ids=str)
def test_names_of_columns_stay_names(options):
    table = pa.table({name: [index, None] for index, name in enumerate(NAMES)})
    file = File("csv", table, **options)
    assert content(file.read()) == content(table)
    if options.get("dialect") != "mysql":
        rows = read_with_python(file)
        assert rows[0] == guarded(list(NAMES), file.format.options.formulas)
        assert len(rows) == 3


def test_one_column_of_nulls_and_empty_texts():
    table = pa.table({"t": pa.array(["", None, None, "a", None, ""], pa.string())})
    for options in SETTINGS:
        assert differing(File("csv", table, **options).read(), table) == []


def test_rows_that_are_wider_than_a_block_of_others(monkeypatch):
    table = pa.table({"t": [text for text in TEXTS if text] * 2})
    assert differing(File("csv", table).read(), table) == []


def test_memory_does_not_grow_with_rows():
    from tempdata_dagster.publish.formats.csv import Csv

    batch = plain_table(2_000).select(["id", "float64", "moment_utc", "text"])
    batch = pa.concat_tables([batch] * 10).combine_chunks().to_batches()[0]

    class Peak:
        peak = 0

        def write(self, data):
            self.peak = max(self.peak, pa.total_allocated_bytes() - before)
            return len(data)

        def commit(self):
            pass

    peaks = []
    for count in (8, 40):
        before, sink = pa.total_allocated_bytes(), Peak()
        Csv({}).write(sink, batch.schema, (batch for _ in range(count)), {})
        peaks.append(sink.peak)
    assert peaks[1] < 1.2 * peaks[0]

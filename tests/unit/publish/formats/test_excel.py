from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from math import isnan

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from openpyxl.utils.escape import unescape

from tempdata_dagster.core.errors import GenerationError, InputError
from tempdata_dagster.publish.formats import FileLabel
from tempdata_dagster.publish.formats.cells import texts_of
from tempdata_dagster.publish.formats.excel import column_letters
from tempdata_dagster.publish.formats.excel_cells import number_format
from tests.unit.publish.formats.files import File, differing
from tests.unit.publish.formats.rare import RARE
from tests.unit.publish.nasty import nasty_table, plain_table

moment = datetime.fromisoformat


def fitting_table() -> pa.Table:
    """The nasty table without texts that no cell takes."""
    table = nasty_table()
    return table.filter([text is None or len(text) <= 32_767 for text in table["text"].to_pylist()])


def load(file: File) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(file.data))


def column(book: openpyxl.Workbook, number: int = 1) -> list[object]:
    return [cell.value for cell in book.worksheets[0][column_letters(number - 1)][1:]]


def test_every_cell_of_the_nasty_table_comes_back():
    table = fitting_table()
    assert len(table) > 90
    file = File("excel", table)
    assert differing(file.read(), table) == []
    assert file.inspect() == len(table)


@pytest.mark.parametrize("name", list(RARE))
def test_every_type_comes_back(name):
    assert differing(File("excel", RARE[name]).read(), RARE[name]) == []


def test_openpyxl_sees_the_same_cells():
    table = fitting_table()
    book = load(File("excel", table))
    assert len(book.worksheets) == 1
    sheet = book.worksheets[0]
    assert sheet.max_row == len(table) + 1
    for index, name in enumerate(table.column_names):
        kind = table.schema.field(name).type
        if pa.types.is_nested(kind):
            continue
        spelled = texts_of(table[name].combine_chunks()).to_pylist()
        assert unescape(sheet.cell(1, index + 1).value) == name
        found = column(book, index + 1)
        for cell, value, text in zip(found, table[name].to_pylist(), spelled, strict=True):
            assert equals(cell, value, text, kind), f"{name}: {cell!r} in place of {value!r}"


def equals(cell: object, value: object, text: str | None, kind: pa.DataType) -> bool:
    """Whether a cell is the value itself, or its text."""
    if value is None:
        return cell is None
    if isinstance(cell, str):
        return unescape(cell) == text
    if isinstance(value, datetime):
        return abs((cell - value).total_seconds()) < 0.0005
    if isinstance(value, date):
        return cell.date() == value
    if isinstance(value, time):
        return isinstance(cell, time) and abs(seconds(cell) - seconds(value)) < 0.001
    if isinstance(value, Decimal):
        return Decimal(repr(cell)) == value
    if pa.types.is_float32(kind):
        return float(text) == cell
    return type(cell) in (bool, int, float) and cell == value


def seconds(clock: time) -> float:
    return clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6


def test_text_is_never_a_formula_or_a_link():
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "=cmd|'/c calc'!A0", '=HYPERLINK("https://example.org")', "https://example.org",
             "mailto:a@example.org", "{=1}", "<r><t>rich</t></r>", "#REF!", "=", "&#0;", '</t></is></c><c r="A9"><f>1+1</f></c>']  # fmt: skip
    file = File("excel", pa.table({"=1+1": texts, "d": pa.array(texts).dictionary_encode()}))
    book = load(file)
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            assert (cell.data_type, cell.hyperlink, cell.number_format) == ("s", None, "@")
    assert [unescape(text) for text in column(book)] == texts
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        assert b"<f" not in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (pa.int64(), 2**53, 2**53),
        (pa.int64(), 2**53 + 1, "9007199254740993"),
        (pa.int64(), -(2**63), "-9223372036854775808"),
        (pa.uint64(), 2**64 - 1, "18446744073709551615"),
        (pa.decimal128(20, 2), Decimal("9999999999999.99"), 9999999999999.99),
        (pa.decimal128(20, 2), Decimal("10000000000000.00"), "10000000000000.00"),
        (pa.float64(), 0.1 + 0.2, 0.30000000000000004),
        (pa.float64(), 1.7976931348623157e308, 1.7976931348623157e308),
        (pa.float64(), 5e-324, "5e-324"),
        (pa.float64(), float("inf"), "Infinity"),
        (pa.date32(), date(1900, 3, 1), moment("1900-03-01")),
        (pa.date32(), date(1900, 2, 28), "1900-02-28"),
        (pa.date32(), date(9999, 12, 31), moment("9999-12-31")),
        (pa.date32(), date(1, 1, 1), "0001-01-01"),
        (pa.timestamp("us"), moment("2024-02-29T12:30:00.123"), moment("2024-02-29T12:30:00.123")),
        (pa.timestamp("us"), moment("2024-02-29T12:30:00.123456"), "2024-02-29T12:30:00.123456"),
        (pa.timestamp("us"), moment("1900-02-28T23:59:59"), "1900-02-28T23:59:59.000000"),
        (pa.timestamp("us", "Asia/Tokyo"), moment("2024-01-01T00:00:00+00:00"), "2024-01-01T00:00:00.000000Z"),
        (pa.time64("us"), time(23, 59, 59), time(23, 59, 59)),
        (pa.time64("us"), time(0, 0, 0, 1), "00:00:00.000001"),
        (pa.bool_(), False, False),
        (pa.binary(), b"\0\xff", "AP8="),
        (pa.string(), "", ""),
        (pa.list_(pa.int64()), [1, None], "[1,null]"),
    ],
    ids=str,
)
def test_values_are_numbers_where_a_spreadsheet_keeps_them_and_text_where_not(kind, value, cell):
    table = pa.table({"x": pa.array([value, None], kind)})
    file = File("excel", table)
    found = column(load(file))[0]
    assert (type(found), found) == (type(cell), cell)
    assert differing(file.read(), table) == []


def test_zero_keeps_its_sign_and_nan_is_text():
    file = File("excel", pa.table({"x": [-0.0, float("nan")]}))
    found = file.read()["x"].to_pylist()
    assert str(found[0]) == "-0.0"
    assert isnan(found[1])
    assert column(load(file))[1] == "NaN"


def test_letters_that_xml_cannot_hold_are_escaped_and_what_looks_so_is_too():
    texts = [
        "\0",
        "\x1f",
        "a\rb",
        "_x0041_",
        "_x005F_x0041_",
        "_x00_",
        "\ufffe",
        "\uffff",
        "x_x000D_\r\n",
        "\x7f\x85",
        " a ",
        "\n",
    ]
    file = File("excel", pa.table({"t": texts}))
    assert file.read()["t"].to_pylist() == texts
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "_x0000_<" in sheet
    assert "_x005F_x0041_<" in sheet
    assert [unescape(text) for text in column(load(file))][:6] == texts[:6]


@pytest.mark.parametrize(
    ("text", "fits"),
    [("x" * 32_767, True), ("x" * 32_768, False), ("é" * 32_767, True), ("😀" * 16_383, True), ("😀" * 16_384, False)],
)
def test_cells_have_at_most_32767_characters(text, fits):
    table = pa.table({"a": ["short"] * 3 + [text], "b": [1] * 4})
    if fits:
        assert File("excel", table).read().equals(table)
    else:
        with pytest.raises(GenerationError, match="TD3045 column 'a', row 3: excel cannot hold"):
            File("excel", table)


def test_the_row_that_cannot_be_held_counts_from_the_files_beginning():
    table = pa.table({"a": ["x"] * 20_000 + ["y" * 40_000]})
    with pytest.raises(GenerationError, match="row 20000:"):
        File("excel", table, 999)


def test_sheets_are_split_and_each_has_its_header_and_filter():
    table = pa.table({"n": range(25), "t": [f"t{n}" for n in range(25)]})
    file = File("excel", table, 4, sheet_rows=11, label=FileLabel({}, table="orders"))
    book = load(file)
    assert book.sheetnames == ["orders", "orders (2)", "orders (3)"]
    assert [sheet.max_row for sheet in book] == [11, 11, 6]
    for sheet in book:
        assert [cell.value for cell in sheet[1]] == ["n", "t"]
        assert all(cell.font.bold for cell in sheet[1])
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == f"A1:B{sheet.max_row}"
    assert differing(file.read(), table) == []
    assert file.inspect() == 25


def test_a_sheet_has_as_many_rows_as_excel_can_show():
    with pytest.raises(InputError, match="TD3004"):
        File("excel", pa.table({"n": [1]}), sheet_rows=1_048_577)


def test_columns_have_formats_and_widths():
    sheet = load(File("excel", plain_table(5))).worksheets[0]
    formats = {cell.value: sheet.cell(2, cell.column).number_format for cell in sheet[1]}
    assert formats["int64"] == "0"
    assert formats["decimal"] == "#,##0.0000"
    assert formats["day"] == "yyyy-mm-dd"
    assert formats["moment"] == "yyyy-mm-dd hh:mm:ss.000"
    assert formats["text"] == formats["category"] == "@"
    assert all(sheet.column_dimensions[column_letters(n)].width >= 8 for n in range(sheet.max_column))
    assert number_format(pa.timestamp("s")) == "yyyy-mm-dd hh:mm:ss"


def test_the_properties_say_that_the_data_are_synthetic():
    book = load(File("excel", pa.table({"n": [1]})))
    assert {one.name: one.value for one in book.custom_doc_props.props} == {
        "tempdata.synthetic": "true",
        "tempdata.fingerprint": "f1",
    }


def test_the_bytes_say_nothing_of_when_they_were_written():
    file = File("excel", plain_table(100))
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None
    assert load(file).properties.created.year == 2000
    assert File("excel", plain_table(100), 7).data == file.data


def test_pandas_sees_the_same_rows():
    table = pa.table({"n": [1, None, 3], "t": ["a", "NA", None], "d": pa.array([date(2024, 1, 1)] * 3)})
    found = pd.read_excel(io.BytesIO(File("excel", table).data), keep_default_na=False)
    assert list(found.columns) == ["n", "t", "d"]
    assert found["t"].tolist() == ["a", "NA", ""]
    assert found["d"].dt.date.tolist() == [date(2024, 1, 1)] * 3


@pytest.mark.parametrize("sheet", ["a/b", "'a", "a'", "[x]", "a" * 26, "tab\t"])
def test_names_that_no_sheet_may_have(sheet):
    with pytest.raises(InputError, match="TD3004"):
        File("excel", pa.table({"n": [1]}), sheet=sheet)


def test_history_is_a_name_that_excel_keeps_for_itself():
    assert load(File("excel", pa.table({"n": [1]}), sheet="History")).sheetnames == ["History_"]
    assert load(File("excel", pa.table({"n": [1]}), sheet="it's <&> ok")).sheetnames == ["it's <&> ok"]


def test_more_columns_than_a_sheet_has():
    table = pa.table([pa.array([], pa.int8())] * 16_385, names=[f"c{n}" for n in range(16_385)])
    with pytest.raises(GenerationError, match="TD3045 column 'c16384': excel cannot hold more than 16,384 columns"):
        File("excel", table)
    assert [column_letters(n) for n in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_damage_is_told():
    file = File("excel", plain_table(200))
    for size in (0, 5, 100, len(file.data) // 2, len(file.data) - 1):
        for call in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                call(file.data[:size])
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").compress_size
    # Within the first member, whose checksum finds any flipped bit.
    for place in range(100, size, size // 60):
        data = bytearray(file.data)
        data[place] ^= 1
        for call in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                call(bytes(data))


def test_a_workbook_of_others_is_refused():
    book, sink = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["a"])
    book.save(sink)
    file = File("excel", pa.table({"b": [1]}))
    for call in (file.read, file.inspect):
        with pytest.raises(pa.ArrowInvalid, match=r"other columns|damaged"):
            call(sink.getvalue())

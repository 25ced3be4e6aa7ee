from __future__ import annotations

import base64
import gzip
import io
from datetime import UTC
from xml.etree import ElementTree as ET

import pandas as pd
import pyarrow as pa
import pytest
from lxml import etree

from tempdata_dagster.core.errors import GenerationError, InputError
from tempdata_dagster.publish.formats import FileLabel
from tempdata_dagster.publish.formats.cells import texts_of
from tests.unit.publish.formats.files import File, differing
from tests.unit.publish.formats.rare import RARE
from tests.unit.publish.nasty import nasty_table, plain_table

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@pytest.mark.parametrize(
    "options", [{}, {"compression": "gzip"}, {"compression": "zstd", "root": "all", "row": "one"}], ids=str
)
def test_every_cell_of_the_nasty_table_comes_back(options):
    table = nasty_table()
    file = File("xml", table, **options)
    assert differing(file.read(), table) == []
    assert file.inspect() == len(table)


@pytest.mark.parametrize("name", list(RARE))
def test_every_type_comes_back(name):
    assert differing(File("xml", RARE[name]).read(), RARE[name]) == []


@pytest.mark.parametrize(
    "parse",
    [lambda data: etree.fromstring(data, etree.XMLParser(huge_tree=True)), ET.fromstring],
    ids=["lxml", "etree"],
)
def test_a_real_parser_sees_the_same_cells(parse):
    table = nasty_table()
    rows = list(parse(File("xml", table).data))
    assert len(rows) == len(table)
    for index, name in enumerate(table.column_names):
        column = table[name].combine_chunks()
        elements = [row[index] for row in rows]
        assert {element.tag for element in elements} == {name}
        if pa.types.is_nested(column.type):
            found = [value_of(element, column.type) for element in elements]
            assert repr(found) == repr(texts_within(column)), name
        else:
            expected = texts_of(column).to_pylist()
            assert [text_of(element, column.type) for element in elements] == expected, name


def text_of(element, kind: pa.DataType) -> str | None:
    if element.get(NIL) == "true":
        return None
    if element.get("encoding") == "base64" and not (pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind)):
        return base64.b64decode(element.text).decode()
    return element.text or ""


def value_of(element, kind: pa.DataType):
    if element.get(NIL) == "true":
        return None
    if pa.types.is_list(kind):
        return [value_of(item, kind.value_type) for item in element]
    if pa.types.is_struct(kind):
        return {field.name: value_of(child, field.type) for field, child in zip(kind, element, strict=True)}
    return text_of(element, kind)


def texts_within(cells: pa.Array) -> list:
    """Nested values with text in place of what is not nested."""
    kind = cells.type
    if pa.types.is_struct(kind):
        columns = {field.name: texts_within(child) for field, child in zip(kind, cells.flatten(), strict=True)}
        return [
            {name: values[row] for name, values in columns.items()} if cells[row].is_valid else None
            for row in range(len(cells))
        ]
    if pa.types.is_list(kind):
        values, lists, start = texts_within(cells.flatten()), [], 0
        for one in cells:
            count = len(one) if one.is_valid else 0
            lists.append(values[start : start + count] if one.is_valid else None)
            start += count
        return lists
    return texts_of(cells).to_pylist()


def test_null_is_no_empty_text():
    table = pa.table({"t": ["", None, " "]})
    data = File("xml", table).data
    assert b'<row><t></t></row>\n<row><t xsi:nil="true"/></row>\n<row><t> </t></row>' in data
    assert File("xml", table).read().equals(table)


@pytest.mark.parametrize(
    ("text", "element"),
    [
        ("a\rb", b"<t>a&#13;b</t>"),
        ("]]>", b"<t>]]&gt;</t>"),
        ("<a b='c'>&amp;", b"<t>&lt;a b='c'&gt;&amp;amp;</t>"),
        ("\0", b'<t encoding="base64">AA==</t>'),
        ("\uffff", b'<t encoding="base64">77+/</t>'),
        ("\ufffd", "<t>\ufffd</t>".encode()),
        ("\x85\u2028\n\t", "<t>\x85\u2028\n\t</t>".encode()),
    ],
    ids=repr,
)
def test_text_is_escaped_or_encoded(text, element):
    file = File("xml", pa.table({"t": [text]}))
    assert element in file.data
    assert file.read()["t"].to_pylist() == [text]


def test_columns_have_names_that_xml_takes_and_keep_their_own():
    names = ["a", "a b", "1st", "größe", "xml", "XmlThing", "<b>", 'say "hi"', "\0", "a\rb\n", "ns:name", ""]
    table = pa.table([pa.array([n]) for n in range(len(names))], names=names)
    file = File("xml", table)
    row = etree.fromstring(file.data)[0]
    assert [element.get("name", element.tag) for element in row] == [name.replace("\0", "?") for name in names]
    assert not any(element.tag.lower().startswith("xml") for element in row)
    assert file.read().equals(table)


def test_the_root_tells_of_the_table_and_that_the_data_are_synthetic():
    label = FileLabel({"fingerprint": "f1"}, dataset="retail", table="orders")
    root = etree.fromstring(File("xml", plain_table(0), label=label).data)
    assert dict(root.attrib) == {
        "dataset": "retail", "table": "orders", "tempdata.synthetic": "true", "tempdata.fingerprint": "f1",
        "columns": " ".join(plain_table(0).column_names),
    }  # fmt: skip
    assert root.tag == "rows"


def test_names_of_root_and_row():
    file = File("xml", pa.table({"n": [1]}), root="orders", row="order")
    assert etree.fromstring(file.data).tag == "orders"
    assert etree.fromstring(file.data)[0].tag == "order"
    for wrong in ("", "1a", "a b", "xmlish", "a>b", "é"):
        with pytest.raises(InputError, match="TD3004"):
            File("xml", pa.table({"n": [1]}), row=wrong)


def test_compressed_files_are_the_same_xml():
    table = plain_table(20)
    assert gzip.decompress(File("xml", table, compression="gzip").data) == File("xml", table).data


def test_pandas_sees_the_same_rows():
    table = pa.table({"n": [1, 2, 3], "t": ["a", "b & c", "<d>"]})
    found = pd.read_xml(io.BytesIO(File("xml", table).data))
    assert found[["n", "t"]].to_dict("list") == table.to_pydict()


def test_moments_are_written_in_utc():
    table = nasty_table().select(["moment_berlin"])
    written = [element.text for element in etree.fromstring(File("xml", table).data).iter("moment_berlin")]
    assert written[0] is None or written[0].endswith("Z")
    told = [one and one.astimezone(UTC).strftime("%H:%M:%S.%f") for one in table["moment_berlin"].to_pylist()]
    assert [text and text[11:-1] for text in written] == told


def test_types_without_text_are_refused():
    with pytest.raises(GenerationError, match="TD3045 column 'i': xml cannot hold the type"):
        File("xml", pa.table({"i": pa.array([None], pa.month_day_nano_interval())}))


@pytest.mark.parametrize(
    "attack",
    [
        b'<!DOCTYPE rows [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>',
        b'<!DOCTYPE rows [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE rows SYSTEM "http://example.org/x.dtd">',
    ],
)
def test_document_types_and_entities_are_refused(attack):
    file = File("xml", pa.table({"t": ["text"]}))
    data = file.data.replace(b"?>\n", b"?>\n" + attack).replace(b"text", b"&b;")
    for call in (file.read, file.inspect):
        with pytest.raises(pa.ArrowInvalid, match="document type"):
            call(data)


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_a_file_that_was_cut_off_is_damaged(compression):
    file = File("xml", plain_table(100), compression=compression)
    for size in (0, 5, 100, len(file.data) // 2, len(file.data) - 4):
        for call in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                call(file.data[:size])


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"<n>1", b"<n>one"), (b"<n>1</n>", b"<m>1</m>"), (b"<n>1</n>", b""), (b"<row>", b"<raw>"), (b"<rows", b"<raws"), (b'columns="n"', b'columns="m"'), (b"<n>1</n>", b'<n xsi:nil="true"/>')],
)  # fmt: skip
def test_another_content_is_refused(old, new):
    file = File("xml", pa.table([pa.array([1])], pa.schema([pa.field("n", pa.int64(), nullable=False)])))
    with pytest.raises(pa.ArrowInvalid):
        file.read(file.data.replace(old, new).replace(b"</raws>", b"</raws>"))

from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import orc

from tempdata_dagster.core.errors import GenerationError, InputError
from tests.unit.publish.formats.files import File, differing
from tests.unit.publish.formats.rare import RARE
from tests.unit.publish.nasty import nasty_table, plain_table

moment = datetime.fromisoformat
MOMENTS = [f"moment{end}" for end in ("", "_utc", "_berlin", "_s", "_ms")]


def test_every_cell_of_the_nasty_table_comes_back():
    table = nasty_table()
    file = File("orc", table, timestamps="text")
    assert differing(file.read(), table) == []
    assert file.inspect() == len(table)


def test_every_cell_of_the_plain_table_comes_back_with_native_moments():
    table = plain_table(500)
    assert differing(File("orc", table).read(), table) == []


def test_another_reader_sees_the_same_cells():
    import pyorc

    table = nasty_table()
    reader = pyorc.Reader(io.BytesIO(File("orc", table, timestamps="text").data), struct_repr=pyorc.StructRepr.DICT)
    rows = list(reader)
    assert len(rows) == len(table)
    for name in table.column_names:
        kind = table.schema.field(name).type
        expected = table[name].to_pylist()
        found = [row[name] for row in rows]
        if pa.types.is_temporal(kind) and not pa.types.is_date(kind):
            expected = [None if one is None else written(one, kind) for one in expected]
        elif name == "uint64":
            expected = [None if one is None else Decimal(one) for one in expected]
        elif name == "deep":
            expected = [
                one and one | {"at": None if one["at"] is None else written(one["at"], pa.timestamp("us", "UTC"))}
                for one in expected
            ]
        assert repr(found) == repr(expected), name


def written(value, kind):
    if pa.types.is_time(kind):
        return value.isoformat("seconds" if kind.unit == "s" else "microseconds")
    text = (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None)
    return text.isoformat(" ", {"s": "seconds", "ms": "milliseconds"}.get(kind.unit, "microseconds")) + "Z" * bool(
        kind.tz
    )


def test_native_moments_are_the_same_to_another_reader_in_any_zone_of_the_machine():
    import pyorc

    told = [
        moment("1678-01-01"),
        moment("1969-12-31T23:59:59.999999"),
        None,
        moment("2024-07-01T02:30:00"),
        moment("2261-12-31"),
    ]
    table = pa.table({"local": pa.array(told, pa.timestamp("us")), "at": pa.array(told, pa.timestamp("us", "UTC"))})
    data = File("orc", table).data
    assert [row[1] for row in pyorc.Reader(io.BytesIO(data))] == [one and one.replace(tzinfo=UTC) for one in told]
    program = "import io, sys, pyarrow.orc as orc; print(orc.ORCFile(io.BytesIO(sys.stdin.buffer.read())).read().to_string(preview_cols=9))"
    said = [
        subprocess.run(
            [sys.executable, "-c", program], input=data, env={"TZ": zone}, check=True, capture_output=True
        ).stdout
        for zone in ("UTC", "America/New_York")
    ]
    assert said[0] == said[1]
    assert b"1969-12-31 23:59:59.999999000" in said[0]


@pytest.mark.parametrize("name", MOMENTS)
def test_moments_that_no_reader_takes_are_refused_with_their_row(name):
    table = nasty_table().select(["text", name])
    with pytest.raises(GenerationError, match=rf"TD3045 column '{name}', row \d+: orc cannot hold a moment") as caught:
        File("orc", table)
    assert "timestamps: text" in caught.value.hint
    row = int(str(caught.value).split("row ")[1].split(":")[0])
    File("orc", table.slice(0, row))
    with pytest.raises(GenerationError):
        File("orc", table.slice(0, row + 1))


def test_the_row_counts_from_the_files_beginning_also_within_lists():
    good, bad = moment("2000-01-01"), moment("9999-01-01")
    cells = pa.array([[good]] * 70_000 + [[good, bad]] + [[bad]] * 5, pa.list_(pa.timestamp("us")))
    with pytest.raises(GenerationError, match="column 'at', row 70000:"):
        File("orc", pa.table({"at": cells}), 1000)


def test_nulls_over_moments_out_of_reach_are_no_moments():
    cells = pa.array([moment("9999-01-01"), None], pa.timestamp("us"))
    hidden = pa.Array.from_buffers(cells.type, 2, [pa.py_buffer(b"\2"), pa.array([2**62, 5], pa.int64()).buffers()[1]])
    assert File("orc", pa.table({"at": hidden})).read()["at"].to_pylist() == [
        None,
        moment("1970-01-01T00:00:00.000005"),
    ]


def test_decimals_of_more_than_38_digits_are_refused_as_a_column():
    with pytest.raises(GenerationError, match="TD3045 column 'd': orc cannot hold decimals of 50 digits"):
        File("orc", pa.table({"d": pa.array([None], pa.decimal256(50, 2))}))


@pytest.mark.parametrize("name", list(RARE))
def test_types_that_orc_lacks_come_back(name):
    assert differing(File("orc", RARE[name]).read(), RARE[name]) == []


def test_what_the_label_says_stands_in_the_first_column():
    found = orc.ORCFile(io.BytesIO(File("orc", plain_table(3).slice(0, 0)).data)).schema
    assert found.field(0).metadata == {b"tempdata.synthetic": b"true", b"tempdata.fingerprint": b"f1"}


@pytest.mark.parametrize(
    ("option", "codec"),
    [("snappy", "SNAPPY"), ("zlib", "ZLIB"), ("zstd", "ZSTD"), ("lz4", "LZ4"), ("none", "UNCOMPRESSED")],
)
def test_compression_is_that_of_the_footer(option, codec):
    file = File("orc", plain_table(50), compression=option)
    assert orc.ORCFile(io.BytesIO(file.data)).compression == codec
    assert differing(file.read(), plain_table(50)) == []


def test_stripes_are_as_large_as_asked():
    table = pa.table(
        {"x": pa.array(range(400_000), pa.int64()), "t": [f"{n * 7919 % 100_003}" for n in range(400_000)]}
    )
    assert orc.ORCFile(io.BytesIO(File("orc", table).data)).nstripes == 1
    assert orc.ORCFile(io.BytesIO(File("orc", table, stripe_size=1_048_576).data)).nstripes > 1
    with pytest.raises(InputError, match="TD3004"):
        File("orc", table, stripe_size=5)


def test_a_file_with_other_columns_is_refused():
    file = File("orc", pa.table({"a": [1]}))
    file.schema = pa.schema([("b", pa.int64())])
    for call in (file.read, file.inspect):
        with pytest.raises(pa.ArrowInvalid, match="other columns"):
            call()


def test_a_file_that_was_cut_off_is_damaged():
    file = File("orc", plain_table(100))
    for size in (0, 1, 3, 50, len(file.data) // 2, len(file.data) - 1):
        for call in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                call(file.data[:size])


def test_days_of_any_year_come_back():
    days = [date(1, 1, 1), date(1582, 10, 10), date(9999, 12, 31)]
    assert File("orc", pa.table({"d": days})).read()["d"].to_pylist() == days

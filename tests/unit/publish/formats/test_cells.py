from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from tempdata_dagster.publish.formats.cells import CellError, Style, is_bytes, is_time, texts_of
from tests.unit.publish.formats.spelling import spell
from tests.unit.publish.nasty import nasty_table

TABLE = nasty_table()
SCALARS = [name for name in TABLE.column_names if not pa.types.is_nested(TABLE[name].type)]


@pytest.mark.parametrize("name", [name for name in SCALARS if not pa.types.is_floating(TABLE[name].type)])
@pytest.mark.parametrize("start", [0, 1, 13])
def test_every_value_is_spelled_as_python_does(name, start):
    column = TABLE[name].combine_chunks().slice(start)
    texts = texts_of(column)
    texts.validate(full=True)
    assert texts.to_pylist() == [spell(value, column.type) for value in column.to_pylist()]


@pytest.mark.parametrize("name", ["float32", "float64"])
@pytest.mark.parametrize("point", [False, True])
def test_floats_come_back_bit_by_bit(name, point):
    column = TABLE[name].combine_chunks()
    texts = texts_of(column, Style(point=point)).to_pylist()
    kind = column.type.to_pandas_dtype()
    for text, value in zip(texts, column.to_pylist(), strict=True):
        assert (text is None) == (value is None)
        if value is not None:
            assert kind(text).tobytes() == kind(value).tobytes()
            assert not point or not text.lstrip("-").isdigit()
    assert {"NaN", "Infinity", "-Infinity", "0.0" if point else "0", "-0.0" if point else "-0"} <= set(texts)


def test_bytes_in_hexadecimal():
    column = TABLE["blob"].combine_chunks().slice(2)
    assert texts_of(column, Style(binary="hex")).to_pylist() == [
        v if v is None else v.hex() for v in column.to_pylist()
    ]


def test_moments_between_centuries_and_units():
    ticks = np.array([-(10**18), -1, 0, 1, 4_102_444_799 * 10**9 + 999_999_999, 4_102_444_800 * 10**9])
    for unit, factor in (("ns", 1), ("us", 1_000), ("ms", 10**6), ("s", 10**9)):
        column = pa.array(ticks // factor, pa.timestamp(unit))
        expected = [str(np.datetime64(int(tick // factor), unit)) for tick in ticks]
        assert texts_of(column).to_pylist() == expected
        assert texts_of(column, Style(between=" ")).to_pylist() == [text.replace("T", " ") for text in expected]


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("s"), pa.date64()])
def test_years_of_five_digits_have_no_text(kind):
    days = pa.array([None, 0, 2_932_897], pa.int32())
    cells = days.cast(pa.date32()) if pa.types.is_date32(kind) else pa.array([None, 0, 2_932_897 * 86_400], pa.int64())
    if not pa.types.is_date32(kind):
        cells = cells.cast(pa.timestamp("s")) if kind == pa.timestamp("s") else days.cast(pa.date32()).cast(pa.date64())
    with pytest.raises(CellError, match="years") as caught:
        texts_of(cells)
    error = caught.value.locate("day", 100, "csv")
    assert (error.code, caught.value.row) == ("TD3045", 2)
    assert "column 'day', row 102: csv cannot hold a day outside of the years 1 to 9999" in str(error)


def test_all_days_of_two_eras():
    days = [
        date(1899, 12, 30),
        date(1900, 2, 28),
        date(1900, 3, 1),
        date(2000, 2, 29),
        date(2099, 12, 31),
        date(2100, 1, 1),
    ]
    assert texts_of(pa.array(days)).to_pylist() == [day.isoformat() for day in days]
    assert texts_of(pa.array(days[1:5])).to_pylist() == [day.isoformat() for day in days[1:5]]


def test_other_types():
    assert texts_of(pa.array([None, 5], pa.duration("ms"))).to_pylist() == [None, "5"]
    assert texts_of(pa.array(["a", None], pa.string_view())).to_pylist() == ["a", None]
    assert texts_of(pa.array([b"a", None], pa.binary_view())).to_pylist() == ["YQ==", None]
    assert texts_of(pa.nulls(2)).to_pylist() == [None, None]
    assert texts_of(pa.array([date(1, 1, 1), None]).dictionary_encode()).to_pylist() == ["0001-01-01", None]
    assert is_bytes(pa.binary(4))
    assert is_time(pa.time32("s"))
    assert not is_time(pa.duration("s"))

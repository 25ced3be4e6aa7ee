"""Two tables that every format and every database is tried on: all types with the nastiest values, and all types with plain ones.

    from tests.unit.publish.nasty import nasty_table, plain_table

Each list of values is repeated until all columns are equally long, so that no two columns have their nulls in the same
rows throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import cycle, islice
from math import inf, nan
from typing import Any

import pyarrow as pa

INTEGERS = (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())
NUL = "nul\0inside"
TEXTS = (
    "", None, "plain", " blanks at both ends ", "naïve Ünïcode Łódź", "e\u0301 is not \u00e9", "日本語のテキスト", "한국어",
    "שלום עולם", "مرحبا بالعالم", "\u202eright to left override\u202c", "a\u200fb\u200ec", "😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "\U0001d573\U0001d58a", "\U0010fffd",
    "\ufeffbom", "\ufffd", "\u00a0nbsp", "zero\u200bwidth",
    NUL, "\x01\x1b\x7f\x85", "line\nfeed", "carriage\rreturn", "both\r\nof them", "\n", "\r", "\u2028line separator\u2029",
    "tab\tinside", "\t", "\\", "back\\slash", "\\N", "\\.", "\\\\", "\\n", "\\x41", "%s %(x)s {0} ${HOME}", "100%", "_",
    "'", "''", "it's", '"', '""', 'say "hi"', "`tick`", "'; drop table x; --", '"; drop table x; --', "$$", "$tag$", "/* */", "--", "?", ":name",
    ",", ";", "|", "a,b;c|d", "<tag attr='x'>&amp;</tag>", "]]>", "<![CDATA[", "&", "&#0;", '{"json": [1]}', "[1, 2]", "null", "NULL", "None", "NaN",
    "nan", "true", "0", "-0", "007", "1e5", "1_000", "2024-02-30", "NA", "N/A", "#N/A", "inf",
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "=cmd|'/c calc'!A0", '=HYPERLINK("https://example.org")', "'=quoted", "'", "+", "-", "=", "@",
    "x" * 70_000, "é" * 40_000, "\\" * 1_000, "'" * 1_000, '"' * 1_000,
)  # fmt: skip
FLOATS = (0.0, -0.0, nan, None, inf, -inf, 1.0, -1.5, 0.1, 1 / 3, 1e-7, 1e22, 123456789.125, 2.0**53 + 2)
FLOATS64 = (*FLOATS, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308, 1e23)
FLOATS32 = (*FLOATS[:-1], 1.401298464324817e-45, 1.1754943508222875e-38, 3.4028234663852886e38, -3.4028234663852886e38)
DAYS = (date(1, 1, 1), date(9999, 12, 31), None, date(1582, 10, 15), date(1969, 12, 31), date(1970, 1, 1), date(2000, 2, 29),
        date(1900, 2, 28), date(999, 9, 9))  # fmt: skip
CLOCKS = (time(0, 0), time(23, 59, 59, 999999), None, time(12, 30), time(0, 0, 0, 1), time(23, 59, 59))
MOMENTS = tuple(
    text and datetime.fromisoformat(text)
    for text in (
        "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", None, "1970-01-01T00:00:00", "1969-12-31T23:59:59.999999",
        "2000-02-29T12:00:00", "2024-03-31T02:30:00", "2024-10-27T02:30:00.000001", "2038-01-19T03:14:08",
        "0999-09-09T09:09:09.000009", "2016-12-31T23:59:59.123000",
    )
)  # fmt: skip
BLOBS = (b"", None, b"\0", b"\x00\xff\xfe\x80", bytes(range(256)), b"\\x00", b"'\"\\", b"\r\n", b"plain", b"\xf0\x9f\x98\x80", b"\xc3(")  # fmt: skip
SAFE_TEXTS = tuple(text for text in TEXTS if text is None or "\0" not in text)


def nasty_columns() -> dict[str, tuple[pa.DataType, Sequence[Any]]]:
    """The type of each column and its values."""
    some = [text for text in TEXTS if text is None or len(text) < 100]
    pair = pa.struct([pa.field("name", pa.string()), pa.field("amount", pa.decimal128(38, 10))])
    deep = pa.struct([pa.field("id", pa.int64()), pa.field("pairs", pa.list_(pair)), pa.field("at", MOMENT)])
    pairs = [{"name": text, "amount": amount} for text, amount in zip(some, cycle(_decimals(28, 10)), strict=False)]
    return {
        **_numbers(),
        **_times(),
        "flag": (pa.bool_(), [True, False, None]),
        "text": (pa.string(), TEXTS),
        "large_text": (pa.large_string(), some),
        "category": (pa.dictionary(pa.int32(), pa.string()), some),
        "blob": (pa.binary(), BLOBS),
        "fixed_blob": (pa.binary(4), [b"\0\0\0\0", b"\xff\xfe\x00\\", None, b"abcd"]),
        "numbers": (pa.list_(pa.int64()), [[], None, [None], [2**63 - 1, -(2**63), 0], [2**53 + 1]]),
        "floats": (pa.list_(pa.float64()), [[], None, [nan, inf, -inf, -0.0, None], [0.1, 5e-324]]),
        "texts": (pa.list_(pa.string()), [[], None, [None, ""], some[:20], some[20:50], some[50:]]),
        "nested": (pa.list_(pa.list_(pa.int32())), [[], None, [[]], [None, [None, 1], []], [[1, 2], [3]]]),
        "record": (pair, [None, {"name": None, "amount": None}, *pairs]),
        "records": (pa.list_(pair), [[], None, [None], pairs[:5], pairs[5:30]]),
        "deep": (deep, [None, *({"id": n, "pairs": pairs[n : n + n % 4], "at": at} for n, at in enumerate(_zoned()))]),
        "nothing": (pa.null(), [None]),
    }


MOMENT = pa.timestamp("us", tz="UTC")


def _numbers() -> dict[str, tuple[pa.DataType, Sequence[Any]]]:
    columns: dict[str, tuple[pa.DataType, Sequence[Any]]] = {str(kind): (kind, _integers(kind)) for kind in INTEGERS}
    columns["float32"] = (pa.float32(), FLOATS32)
    columns["float64"] = (pa.float64(), FLOATS64)
    for precision, scale in ((38, 0), (38, 10), (38, 38), (12, 2), (1, 0), (9, 9)):
        columns[f"decimal_{precision}_{scale}"] = (pa.decimal128(precision, scale), _decimals(precision - scale, scale))
    return columns


def _times() -> dict[str, tuple[pa.DataType, Sequence[Any]]]:
    whole = [clock and clock.replace(microsecond=0) for clock in CLOCKS]
    seconds = [moment and moment.replace(microsecond=0) for moment in MOMENTS]
    return {
        "day": (pa.date32(), DAYS),
        "clock": (pa.time64("us"), CLOCKS),
        "clock_s": (pa.time32("s"), whole),
        "moment": (pa.timestamp("us"), MOMENTS),
        "moment_utc": (MOMENT, _zoned()),
        "moment_berlin": (pa.timestamp("us", tz="Europe/Berlin"), _zoned()[2:]),
        "moment_s": (pa.timestamp("s"), seconds),
        "moment_ms": (pa.timestamp("ms", tz="UTC"), [one and one.replace(tzinfo=UTC) for one in seconds]),
    }


def _zoned() -> list[datetime | None]:
    return [moment and moment.replace(tzinfo=UTC) for moment in MOMENTS]


def _integers(kind: pa.DataType) -> list[int | None]:
    signed = pa.types.is_signed_integer(kind)
    least = -(2 ** (kind.bit_width - 1)) if signed else 0
    greatest = 2 ** (kind.bit_width - signed) - 1
    exact = [2**53 + 1] if kind.bit_width == 64 else []
    return [least, greatest, None, 0, 1, *([-1] if signed else []), greatest - 1, least + 1, *exact]


def _decimals(whole: int, scale: int) -> list[Decimal | None]:
    """The least, the greatest, those next to 0, zeros at either end; `whole` digits before the point."""
    top = 10 ** (whole + scale) - 1
    units = [top, -top, 1, -1, 0, 10**scale * (whole > 0), top // 3, -(top // 7)]
    # By text: arithmetic would round to the 28 digits of the context.
    return [None, *(Decimal(f"{unit}e-{scale}") for unit in units)]


def nasty_table() -> pa.Table:
    """Every type and the nastiest values; rows are as many as the longest list."""
    columns = nasty_columns()
    rows = max(len(values) for _, values in columns.values())
    return pa.table(
        {name: pa.array(list(islice(cycle(values), rows)), kind) for name, (kind, values) in columns.items()}
    )


def plain_table(rows: int) -> pa.Table:
    """Every type, without what some destination cannot hold: no NaN or infinity, no NUL or control character, no more than
    18 digits, years 1900 to 2100; and no columns of type null, nor lists within lists.

    Column `id` counts from 0 and has no nulls, so that rows can be told apart and sorted.
    """
    numbers = range(rows)
    names = ["Ann", "Bob", None, "Łukasz", "李雷", "it's", 'a "quoted" one', "back\\slash", "a, b", "", "two\nlines"]
    start, days = datetime.fromisoformat("2024-01-01"), date(1900, 1, 1).toordinal()
    moments = [None if n % 7 == 3 else start.replace(month=n % 12 + 1, microsecond=n * 997 % 10**6) for n in numbers]
    pair = pa.struct([pa.field("name", pa.string()), pa.field("amount", pa.decimal128(12, 2))])
    pairs = [{"name": names[n % len(names)], "amount": Decimal(n % 10**9).scaleb(-2)} for n in numbers]
    texts = [names[n % len(names)] for n in numbers]

    def column(kind: pa.DataType, values: Sequence[Any]) -> pa.Array:
        return pa.array(values, kind)

    columns = {"id": column(pa.int64(), list(numbers))}
    for kind in INTEGERS:
        columns[str(kind)] = column(kind, [None if n % 5 == 1 else n % 127 for n in numbers])
    columns |= {
        "float32": column(pa.float32(), [n / 8 for n in numbers]),
        "float64": column(pa.float64(), [None if n % 4 == 2 else n / 7 - 100 for n in numbers]),
        "decimal": column(pa.decimal128(18, 4), [Decimal(n * 12_345_678 % 10**18 - 5).scaleb(-4) for n in numbers]),
        "flag": column(pa.bool_(), [(True, False, None)[n % 3] for n in numbers]),
        "day": column(pa.date32(), [date.fromordinal(days + n * 37 % 70_000) for n in numbers]),
        "clock": column(pa.time64("us"), [time(n % 24, n % 60, n % 59, n % 10**6) for n in numbers]),
        "moment": column(pa.timestamp("us"), moments),
        "moment_utc": column(MOMENT, [moment and moment.replace(tzinfo=UTC) for moment in moments]),
        "text": column(pa.string(), texts),
        "category": column(pa.dictionary(pa.int32(), pa.string()), [("red", "green", None, "blue")[n % 4] for n in numbers]),
        "blob": column(pa.binary(), [None if n % 6 == 5 else n.to_bytes(4, "big") for n in numbers]),
        "numbers": column(pa.list_(pa.int64()), [None if n % 9 == 8 else list(range(n % 4)) for n in numbers]),
        "texts": column(pa.list_(pa.string()), [texts[n : n + n % 3] for n in numbers]),
        "record": column(pair, [None if n % 8 == 7 else pairs[n] for n in numbers]),
        "records": column(pa.list_(pair), [pairs[n : n + n % 3] for n in numbers]),
    }  # fmt: skip
    return pa.table(columns)

"""Types that no kind makes, and that tables of others may bring: each column with a null, a slice and an end."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa

_TEXTS = pa.array(["left out", "a", None, "b", "a"])
_LISTS = pa.array([[9], ["1"], None, [], [None, "2"]][1:], pa.list_(pa.string()))
_NUMBERS = pa.array([7, 0, None, 5, 120], pa.int64())


def _columns() -> dict[str, pa.Array]:
    words = pa.dictionary(pa.int8(), pa.string())
    return {
        "float16": pa.array([0, 1.5, None, -0.0, 65504], pa.float32()).cast(pa.float16()),
        "decimal256": pa.array([Decimal(0), Decimal("1.23"), None, Decimal("-9e35")]).cast(pa.decimal256(38, 2)),
        "decimal64": pa.array([Decimal("0.00"), Decimal("1.00"), None, Decimal("-5.25")], pa.decimal128(18, 2)).cast(pa.decimal64(18, 2)),
        "date64": pa.array([0, 1, None, 20_000], pa.int32()).cast(pa.date32()).cast(pa.date64()),
        "duration": _NUMBERS.cast(pa.duration("ms")),
        "time64_ns": _NUMBERS.cast(pa.time64("ns")),
        "time32_ms": _NUMBERS.cast(pa.int32()).cast(pa.time32("ms")),
        "timestamp_ns": _NUMBERS.cast(pa.timestamp("ns", "Asia/Tokyo")),
        "large_binary": _TEXTS.cast(pa.large_binary()),
        "text_view": _TEXTS.cast(pa.string_view()),
        "codes": pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 1], pa.int8()), pa.array([2**60, -5])),
        "ordered": pa.DictionaryArray.from_arrays(pa.array([2, 1, None, 1], pa.int8()), pa.array(["x", "y", None]), ordered=True),
        "pairs": pa.FixedSizeListArray.from_arrays(pa.array(np.arange(8)), 2),
        "pairs_null": pa.array([[1, 2], None, [3, None]], pa.list_(pa.int8(), 2)),
        "large_list": pa.array([[0], [2**64 - 1, None], None, []], pa.large_list(pa.uint64())),
        "map": pa.array([[], [("a", 255), ("b", None)], None, [("", 0)]], pa.map_(pa.string(), pa.uint8())),
        "map_deep": pa.array([[], [("a", [{"t": 5}])], None, [("", [None, {"t": None}])]], pa.map_(pa.string(), pa.list_(pa.struct([("t", pa.time32("ms"))])))),
        "words": _LISTS.cast(pa.list_(words)),
        "record_words": pa.StructArray.from_arrays([_TEXTS.dictionary_encode()], ["w"]),
        "nulls": pa.array([[None], [None, None], None, []], pa.list_(pa.null())),
    }  # fmt: skip


RARE = {name: pa.table({name: cells.slice(1)}) for name, cells in _columns().items()}

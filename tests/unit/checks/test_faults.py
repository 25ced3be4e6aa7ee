"""Faults put into clean rows: each is caught by the checks that it concerns, and by no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

Fault = Callable[[pa.Table], pa.Table]


def put(column: str, value: Any, row: int = 10) -> Fault:
    """Overwrites one cell."""

    def change(table: pa.Table) -> pa.Table:
        field = table.schema.field(column)
        cells = table.column(column).to_pylist()
        cells[row] = value
        return replace(table, column, pa.array(cells, field.type))

    return change


def map_column(column: str, function: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> Fault:
    return lambda table: replace(table, column, function(table.column(column)))


def replace(table: pa.Table, column: str, cells: Any) -> pa.Table:
    return table.set_column(table.schema.get_field_index(column), column, cells)


def swap_values(one: str, other: str) -> Fault:
    def change(table: pa.Table) -> pa.Table:
        first, second = table.column(one), table.column(other)
        swapped = replace(table, one, second.cast(table.schema.field(one).type))
        return replace(swapped, other, first.cast(table.schema.field(other).type))

    return change


def shift(hours: int) -> Fault:
    return map_column("placed_at", lambda cells: pc.add(cells, pa.scalar(timedelta(hours=hours))))


def drop_status(table: pa.Table) -> pa.Table:
    return table.drop_columns("status")


DECIMAL = pa.decimal128(12, 2)
FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "null in the key": (put("line", None), {"key_unique", "not_null"}),
    "key repeated": (put("order_id", "O000000002", row=10), {"key_unique"}),
    "all rows twice": (lambda table: pa.concat_tables([table, table]), {"key_unique", "unique"}),
    "null where none may be": (put("price", None), {"not_null"}),
    "orphan": (put("customer_id", "C9999"), {"foreign_key_customer_id"}),
    "orphan by half a key": (put("previous_line", 7), {"foreign_key_previous_id_previous_line"}),
    "too high": (put("price", Decimal("900.01")), {"ranges"}),
    "too low": (put("price", Decimal("0.09")), {"ranges"}),
    "not a number": (put("weight", float("nan")), {"ranges"}),
    "infinite share": (put("share", float("inf")), {"ranges"}),
    "value of no set": (put("status", "lost"), {"values"}),
    "value in another case": (put("status", "Paid"), {"values"}),
    "value of no large set": (put("region", "region-060"), {"values"}),
    "pattern missed": (put("email", "nobody"), {"patterns"}),
    "truncated text": (map_column("email", lambda c: pc.utf8_slice_codeunits(c, 0, 9)), {"patterns"}),
    "line feed at the end": (put("email", "u1@example.com\n"), {"patterns"}),
    "unique value repeated": (put("email", "u11@example.com"), {"unique"}),
    "values of two columns swapped": (
        swap_values("customer_id", "region"),
        {"values", "foreign_key_customer_id"},
    ),
    "columns in another order": (lambda table: table.select(table.column_names[::-1]), {"schema"}),
    "column missing": (drop_status, {"schema", "not_null", "values"}),
    "column renamed": (
        lambda table: table.rename_columns(["state" if c == "status" else c for c in table.column_names]),
        {"schema", "not_null", "values"},
    ),
    "column too many": (lambda table: table.append_column("extra", table.column("line")), {"schema"}),
    "number as text": (map_column("line", lambda c: c.cast(pa.string())), {"schema", "ranges", "rule_1"}),
    "wider number": (map_column("line", lambda c: c.cast(pa.int64())), {"schema"}),
    "zone lost": (map_column("placed_at", lambda c: c.cast(pa.timestamp("us"))), {"schema"}),
    "before the partition": (put("placed_at", datetime.fromisoformat("2026-01-30T23:59:59.999999+00:00")), {"ranges"}),
    "in another zone": (shift(-5), {"ranges"}),
    "cents for dollars": (
        map_column("price", lambda c: pc.multiply(c, Decimal(100)).cast(DECIMAL)),
        {"ranges"},
    ),
    "rule broken": (put("price", Decimal("0.00")), {"ranges", "rule_1"}),
    "warning rule broken": (put("ships_on", date(2027, 1, 1)), {"rule_ships_in_a_month"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_caught_by_its_checks_and_by_no_other(fault, clean, customers, run) -> None:
    change, expected = FAULTS[fault]
    published = {"customers": customers, "orders": ds.dataset(clean)}
    results = run(change(clean), published=published.get, show_values=True)
    assert {name for name, result in results.items() if not result.passed} == expected
    for result in results.values():
        assert json.loads(json.dumps(result.metadata, allow_nan=False)) == result.metadata


def test_clean_rows_raise_no_alarm(clean, run) -> None:
    results = run(clean)
    assert len(results) == 11
    assert [result for result in results.values() if not result.passed] == []

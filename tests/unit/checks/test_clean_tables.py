"""Random tables that keep their contracts raise no alarm, and one broken promise always does."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from hypothesis import given, settings
from hypothesis import strategies as st

from tempdata_dagster.checks.audit import audit
from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.checks.model import AuditContext
from tempdata_dagster.spec.contract import ColumnContract, ForeignKey, TableContract

FIRST, LAST = datetime.fromisoformat("0001-01-02"), datetime.fromisoformat("9999-12-30")
WORDS = st.text("abcÄ'\"\\%_ 😀", min_size=1, max_size=6)
TYPES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float64(): st.floats(allow_nan=False, allow_infinity=False),
    pa.float32(): st.floats(width=32, allow_nan=False, allow_infinity=False),
    pa.decimal128(20, 4): st.decimals(-(10**15), 10**15, places=4, allow_nan=False),
    pa.timestamp("us", "UTC"): st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
    pa.timestamp("us"): st.datetimes(FIRST, LAST),
    pa.date32(): st.dates(date(1, 1, 2), date(9999, 12, 30)),
    pa.string(): WORDS,
    pa.dictionary(pa.int32(), pa.string()): WORDS,
    pa.bool_(): st.booleans(),
}
STEPS = {datetime: timedelta(microseconds=1), date: timedelta(days=1), Decimal: Decimal("0.0001"), int: 1}


@st.composite
def columns(draw: st.DrawFn, name: str, rows: int) -> tuple[ColumnContract, list[Any]]:
    """A column's contract, as tight as its cells allow, and the cells."""
    kind = draw(st.sampled_from(list(TYPES)))
    cells = draw(st.lists(TYPES[kind], min_size=rows, max_size=rows))
    nullable = draw(st.booleans())
    present = cells[:]
    if nullable:
        cells = [None if draw(st.integers(0, 3)) == 0 else cell for cell in cells]
        present = [cell for cell in cells if cell is not None]
    is_text = pa.types.is_string(kind) or pa.types.is_dictionary(kind)
    is_closed = bool(present) and not pa.types.is_floating(kind) and draw(st.booleans())
    bounded = bool(present) and not is_text and not pa.types.is_boolean(kind) and draw(st.booleans())
    contract = ColumnContract(
        name,
        kind,
        nullable=nullable,
        unique=len(set(present)) == len(present),
        minimum=min(present) if bounded else None,
        maximum=max(present) if bounded else None,
        values=tuple(sorted(set(present))) if is_closed else None,
        pattern=r"[abcÄ'\"\\%_ 😀]{1,6}" if is_text else None,
    )
    return contract, cells


@st.composite
def tables(draw: st.DrawFn) -> tuple[TableContract, pa.Table]:
    """A contract and rows that keep it; every column's cells are also a foreign key to themselves."""
    rows = draw(st.integers(0, 12))
    made = [draw(columns(f"c{number}", rows)) for number in range(draw(st.integers(1, 5)))]
    contracts = (ColumnContract("id", pa.int64()), *(contract for contract, _ in made))
    cells = [list(range(rows)), *(one for _, one in made)]
    keys = tuple(ForeignKey(f"foreign_key_{c.name}", (c.name,), "self", (c.name,), nullable=True) for c in contracts)
    contract = TableContract("shop", "self", None, ("id",), contracts, keys)
    return contract, pa.table([pa.array(one, c.type) for one, c in zip(cells, contracts, strict=True)], contract.schema)


def alarms(contract: TableContract, table: pa.Table) -> set[str]:
    rows = ds.dataset(table)
    native = [spec for spec in compile_checks(contract) if spec.engine == "native"]
    context = AuditContext(published=lambda _: rows, threads=1)
    return {result.name for result in audit(contract, rows, context, native) if not result.passed}


@settings(max_examples=80)
@given(tables())
def test_a_table_that_keeps_its_contract_raises_no_alarm(made) -> None:
    contract, table = made
    assert alarms(contract, table) == set()


@settings(max_examples=40)
@given(tables(), st.data())
def test_a_step_over_a_bound_is_always_seen(made, data) -> None:
    contract, table = made
    bounded = [column for column in contract.columns if column.maximum is not None]
    if not bounded:
        return
    column = data.draw(st.sampled_from(bounded))
    beyond = step_over(column)
    if beyond is None:
        return
    cells = table.column(column.name).to_pylist()
    cells[data.draw(st.integers(0, len(cells) - 1))] = beyond
    position = table.schema.get_field_index(column.name)
    broken = table.set_column(position, table.schema.field(position), pa.array(cells, column.type))
    assert "ranges" in alarms(contract, broken)


def step_over(column: ColumnContract) -> Any:
    """The least value above the column's maximum; None when its type has none."""
    top = column.maximum
    if isinstance(top, float):
        return math.inf
    ends = {pa.int8(): 127, pa.int64(): 2**63 - 1, pa.uint64(): 2**64 - 1}
    return None if top == ends.get(column.type) else top + STEPS[type(top)]

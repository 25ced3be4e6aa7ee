"""From a table's contract to the expectations of its Great Expectations suite, as plain dictionaries."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from tempdata_dagster.checks.compile import EXPECTATION, SUITE, columns_of, compile_checks
from tempdata_dagster.checks.family import plain_type
from tempdata_dagster.checks.model import CheckSpec
from tempdata_dagster.spec.contract import ColumnContract, TableContract

# Totals and numbers of distinct values say nothing when they are taken from a sample.
WHOLE_TABLE = re.compile(
    r"expect_table_row_count_|expect_column_sum_|expect_column_unique_value_count_|.*_contain_set$"
)


@dataclass(frozen=True)
class PlannedExpectation:
    """One expectation of the suite.

    Attributes:
        check: The name of the check that it belongs to.
        type: As in a GX suite.
        kwargs: Likewise; plain JSON.
        severity: `critical` or `warning`, GX's words.
        index: Its number among the contract's own expectations; None when it is compiled.
    """

    check: str
    type: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    severity: str = "critical"
    index: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return columns_of(self.kwargs)


def plan_expectations(contract: TableContract) -> list[PlannedExpectation]:
    """All expectations of the table's suite: those compiled from the contract, then the dataset file's own."""
    return [*compiled_expectations(contract), *own_expectations(contract, compile_checks(contract))]


def own_expectations(contract: TableContract, specs: tuple[CheckSpec, ...]) -> list[PlannedExpectation]:
    """The dataset file's own expectations, with moments written as the column's type needs them."""
    types = {column.name: column.type for column in contract.columns}
    planned = []
    for spec in specs:
        if spec.family != EXPECTATION:
            continue
        expectation = contract.expectations[spec.index]
        kind = types.get(str(expectation.kwargs.get("column")))
        kwargs = {word: to_json(_adapt(word, value, kind)) for word, value in expectation.kwargs.items()}
        severity = "critical" if expectation.severity == "error" else "warning"
        planned.append(PlannedExpectation(spec.name, expectation.type, kwargs, severity, spec.index))
    return planned


def compiled_expectations(contract: TableContract) -> list[PlannedExpectation]:
    """What Great Expectations can say of the contract: no foreign keys, no rules, which the native checks see to."""
    names = [column.name for column in contract.columns]
    found: list[tuple[str, dict[str, Any]]] = [("expect_table_columns_to_match_ordered_list", {"column_list": names})]
    if len(contract.key) > 1:
        found.append(("expect_compound_columns_to_be_unique", {"column_list": list(contract.key)}))
    for column in contract.columns:
        found += [(kind, {"column": column.name} | kwargs) for kind, kwargs in _of_column(column, contract)]
    return [PlannedExpectation(SUITE, kind, kwargs) for kind, kwargs in found]


def _of_column(column: ColumnContract, contract: TableContract) -> Iterator[tuple[str, dict[str, Any]]]:
    if not column.nullable or column.name in contract.key:
        yield "expect_column_values_to_not_be_null", {}
    if column.unique or contract.key == (column.name,):
        yield "expect_column_values_to_be_unique", {}
    members = [value for value in column.values or () if value is not None]
    # Sets of other types would need the reader's frame to hold the very same Python types.
    if members and all(isinstance(value, (str, bool, int)) for value in members):
        yield "expect_column_values_to_be_in_set", {"value_set": members}
    yield from _ranges(column)
    if column.pattern is not None and _is_python_pattern(column.pattern):
        # GX looks for a match anywhere in the text.
        yield "expect_column_values_to_match_regex", {"regex": f"^(?:{column.pattern})$"}


def _ranges(column: ColumnContract) -> Iterator[tuple[str, dict[str, Any]]]:
    low, high, kind = column.minimum, column.maximum, column.type
    if low is None and high is None:
        return
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        # Between compares timestamps in a Python loop (2.3 s per million rows); Min and Max do not.
        if low is not None:
            yield "expect_column_min_to_be_between", {"min_value": to_json(as_moment(low, kind))}
        if high is not None:
            yield "expect_column_max_to_be_between", {"max_value": to_json(as_moment(high, kind))}
    elif isinstance(low or high or 0, (int, float, Decimal)):
        bounds = {"min_value": _to_number(low, -math.inf, kind), "max_value": _to_number(high, math.inf, kind)}
        yield "expect_column_values_to_be_between", {word: one for word, one in bounds.items() if one is not None}


def _to_number(bound: Any, outward: float, kind: pa.DataType) -> int | float | None:
    """A bound as JSON has it, moved outward where the column's cells cannot be equal to it, lest it exclude them."""
    if isinstance(bound, Decimal):
        number = float(bound)
        return number if Decimal(number) == bound else math.nextafter(number, outward)
    if isinstance(bound, float) and (pa.types.is_float32(kind) or pa.types.is_float16(kind)):
        rounded = float(np.dtype(kind.to_pandas_dtype()).type(bound))
        return max(bound, rounded) if outward > 0 else min(bound, rounded)
    return bound if isinstance(bound, (int, float)) else None


def _is_python_pattern(pattern: str) -> bool:
    """Whether Python's `re`, which other readers of the suite use, can read an RE2 pattern."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _adapt(word: str, value: Any, kind: pa.DataType | None) -> Any:
    if word not in ("min_value", "max_value") or kind is None:
        return value
    return as_moment(value, kind)


def as_moment(value: Any, kind: pa.DataType) -> Any:
    """A bound as the column's type needs it: GX compares neither dates nor zoneless moments with zoned ones."""
    kind = plain_type(kind)
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return value
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if not isinstance(value, date):
        return value
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001 - zoned below
    if pa.types.is_date(kind):
        return moment.date()
    if kind.tz is None:
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def to_json(value: Any) -> Any:
    """The value as plain JSON: moments in ISO 8601, decimals as floats, what is neither as text."""
    if isinstance(value, dict):
        return {str(name): to_json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [to_json(one) for one in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (float, Decimal)):
        # JSON has no word for NaN and infinity.
        return float(value) if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, date) else str(value)

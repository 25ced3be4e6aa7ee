"""Sums, products and comparisons of whole numbers, decimals and dates, in 64 bits.

Most expressions are as simple as `quantity * unit_price`. DuckDB needs 50 ns for such a row, preparation and conversion included, numpy 2.
What is computed here is what DuckDB would compute: only where the bounds that the columns promise leave no room for an overflow, and only
for types in which there is nothing to round. Everything else is left to DuckDB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import is_null, make_decimal, set_null, unwrap, wrap
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.engine.types import integer_range

Cells = Mapping[str, pa.Array]
_LIMIT = 10**18
_DIGITS = 18
_EPOCH = date(1970, 1, 1)
_CASTS = {"TINYINT": pa.int8(), "SMALLINT": pa.int16(), "INTEGER": pa.int32(), "BIGINT": pa.int64()}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "COMPARE_EQUAL": np.equal,
    "COMPARE_NOTEQUAL": np.not_equal,
    "COMPARE_LESSTHAN": np.less,
    "COMPARE_LESSTHANOREQUALTO": np.less_equal,
    "COMPARE_GREATERTHAN": np.greater,
    "COMPARE_GREATERTHANOREQUALTO": np.greater_equal,
}


class TooHardError(Exception):
    """An expression is not one of those that are computed here."""


@dataclass(frozen=True)
class Term:
    """A part of an expression.

    Attributes:
        compute: Its value in multiples of the last digit (days for dates, 0 and 1 for truth), int64.
        low: The least of them.
        high: The greatest.
        kind: `number`, `date` or `truth`.
        scale: Digits after the point.
        width: Bits of the narrowest whole number in it, beyond which DuckDB overflows; 64 where none is.
    """

    compute: Callable[[Cells], Any]
    low: int
    high: int
    kind: str = "number"
    scale: int = 0
    width: int = 64


def compile_arithmetic(
    root: dict[str, Any], inputs: Mapping[str, Binding], target: pa.DataType
) -> Callable[[Cells], pa.Array] | None:
    """The function of an expression from its columns' cells; None where DuckDB has to compute it.

    Args:
        root: The expression's syntax tree.
        inputs: The columns that it reads, by their names.
        target: The type that DuckDB gives the result.
    """
    if not inputs:
        return None
    try:
        term = _build(root, {name.casefold(): (name, binding) for name, binding in inputs.items()})
        finish = _finish(term, target)
    except (TooHardError, RecursionError):
        return None

    def compute(cells: Cells) -> pa.Array:
        rows = len(next(iter(cells.values())))
        values = np.broadcast_to(np.asarray(term.compute(cells)), (rows,))
        null = np.zeros(rows, dtype=bool)
        for array in cells.values():
            if array.null_count:
                null |= is_null(array)
        return set_null(finish(values), null)

    return compute


def _finish(term: Term, target: pa.DataType) -> Callable[[np.ndarray], pa.Array]:
    if term.kind == "truth" and pa.types.is_boolean(target):
        return lambda values: pa.array(values.astype(bool))
    if term.kind == "number" and pa.types.is_decimal128(target) and target.scale == term.scale:
        return lambda values: make_decimal(values, target.precision, target.scale)
    if term.kind == "number" and pa.types.is_signed_integer(target) and term.scale == 0:
        least, most = integer_range(target)
        if least <= term.low and term.high <= most:
            return lambda values: wrap(values.astype(target.to_pandas_dtype()), target)
    raise TooHardError


def _build(node: dict[str, Any], columns: Mapping[str, tuple[str, Binding]]) -> Term:
    kind = node["class"]
    if kind == "COLUMN_REF":
        return _column(*columns[node["column_names"][0].casefold()])
    if kind == "CONSTANT":
        return _constant(node["literal"])
    if kind == "CAST" and not node.get("try_cast"):
        return _cast(node, columns)
    if kind == "COMPARISON" and node["type"] in _COMPARISONS:
        return _compare(_COMPARISONS[node["type"]], _build(node["left"], columns), _build(node["right"], columns))
    if kind == "FUNCTION" and node.get("is_operator"):
        terms = [_build(argument["expression"], columns) for argument in node["arguments"]]
        return _combine(node["function_name"], terms)
    raise TooHardError


def _column(name: str, binding: Binding) -> Term:
    kind, low, high = binding.type, binding.minimum, binding.maximum
    if low is None or high is None:
        raise TooHardError
    if pa.types.is_date32(kind) and type(low) is date and type(high) is date:
        days = (low - _EPOCH).days, (high - _EPOCH).days
        return _checked(Term(lambda cells: unwrap(cells[name]).astype(np.int64), *days, kind="date"))
    if pa.types.is_signed_integer(kind):
        return _checked(
            Term(lambda cells: unwrap(cells[name]).astype(np.int64), int(low), int(high), width=kind.bit_width)
        )
    if not pa.types.is_decimal128(kind):
        raise TooHardError
    units = [Decimal(end).scaleb(kind.scale) for end in (low, high)]
    return _checked(Term(lambda cells: unwrap(cells[name]), int(units[0]), int(units[1]), scale=kind.scale))


def _constant(literal: dict[str, Any]) -> Term:
    text = str(literal.get("text", ""))
    if literal.get("kind") not in ("INTEGER", "NUMERIC") or not text.replace(".", "", 1).isdigit():
        raise TooHardError
    scale = len(text.partition(".")[2])
    value = int(text.replace(".", ""))
    return _checked(Term(lambda _: value, value, value, scale=scale))


def _cast(node: dict[str, Any], columns: Mapping[str, tuple[str, Binding]]) -> Term:
    name, child = str(node["type_expr"]["type_name"]).upper(), node["child"]
    if name == "DATE" and child["class"] == "CONSTANT" and child["literal"].get("kind") == "STRING":
        try:
            day = (date.fromisoformat(child["literal"]["text"]) - _EPOCH).days
        except ValueError:
            raise TooHardError from None
        return Term(lambda _: day, day, day, kind="date")
    term = _build(child, columns)
    if name not in _CASTS or node["type_expr"]["children"] or term.scale or term.kind == "date":
        raise TooHardError
    width = _CASTS[name].bit_width
    return _checked(Term(term.compute, term.low, term.high, width=width))


def _compare(compare: Callable[[Any, Any], Any], left: Term, right: Term) -> Term:
    if left.kind != right.kind or left.scale != right.scale:
        raise TooHardError
    return Term(lambda cells: compare(left.compute(cells), right.compute(cells)).astype(np.int64), 0, 1, kind="truth")


def _combine(name: str, terms: list[Term]) -> Term:
    if any(term.kind != "number" for term in terms) or name not in ("+", "-", "*"):
        raise TooHardError
    left, right = terms if len(terms) > 1 else (Term(lambda _: 0, 0, 0, scale=terms[0].scale), terms[0])
    if len(terms) == 1 and name != "-":
        raise TooHardError
    width = min(left.width, right.width)
    if name == "*":
        ends = [one * other for one in (left.low, left.high) for other in (right.low, right.high)]
        product = Term(
            lambda cells: left.compute(cells) * right.compute(cells),
            min(ends), max(ends), scale=left.scale + right.scale, width=width,
        )  # fmt: skip
        return _checked(product)
    scale = max(left.scale, right.scale)
    a, b = 10 ** (scale - left.scale), 10 ** (scale - right.scale) * (1 if name == "+" else -1)
    ends = sorted((b * right.low, b * right.high))
    return _checked(
        Term(
            lambda cells: left.compute(cells) * a + right.compute(cells) * b,
            a * left.low + ends[0],
            a * left.high + ends[1],
            scale=scale,
            width=width,
        )
    )


def _checked(term: Term) -> Term:
    """The term, if neither 64 bits nor a narrower type of DuckDB's overflow."""
    most = min(_LIMIT, 1 << (term.width - 1)) if not term.scale else _LIMIT
    if not (-most < term.low and term.high < most) or term.scale > _DIGITS:
        raise TooHardError
    return term

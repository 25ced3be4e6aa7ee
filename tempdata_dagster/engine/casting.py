"""A bound column with another type: its cells are cast, and what it promises with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa

from tempdata_dagster.engine.arrays import is_null, make_decimal, set_null, unwrap
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.types import INT64_DIGITS, cast_array


def cast_binding(binding: Binding, target: pa.DataType, column: str) -> Binding:
    """`binding` with cells of type `target`.

    Args:
        binding: The column.
        target: Its new type.
        column: Its name, for messages.

    Raises:
        GenerationError: TD2101 when one of the values that it promises does not fit.
    """
    source = binding.type.value_type if pa.types.is_dictionary(binding.type) else binding.type
    ordered = not pa.types.is_string(source) and not pa.types.is_string(target)

    def cast(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(cast_array(pa.array(values, type=source), target, column).to_pylist())

    bounded = binding.minimum is not None and binding.maximum is not None
    fill = _widen(binding, target) if bounded and _only_widens(source, target) else _cast(binding, target, column)
    low, high = (None if end is None or not ordered else cast((end,))[0] for end in (binding.minimum, binding.maximum))
    return replace(
        binding,
        type=target,
        fill=fill,
        minimum=low,
        maximum=high,
        values=None if binding.values is None else tuple(dict.fromkeys(cast(binding.values))),
        pattern=binding.pattern if pa.types.is_string(source) and pa.types.is_string(target) else None,
        distinct=binding.distinct and keeps_apart(source, target),
        reach=binding.reach if source == target else None,
    )


def _cast(binding: Binding, target: pa.DataType, column: str) -> Callable[[Frame], pa.Array]:
    return lambda frame: cast_array(binding.fill(frame), target, column)


def _only_widens(source: pa.DataType, target: pa.DataType) -> bool:
    """Whether every value of the one decimal type is one of the other, and both fit 64 bits."""
    if not (pa.types.is_decimal128(source) and pa.types.is_decimal128(target)):
        return False
    return bool(target.scale >= source.scale and max(source.precision, target.precision) <= INT64_DIGITS)


def _widen(binding: Binding, target: pa.DataType) -> Callable[[Frame], pa.Array]:
    """The cells with more digits after the point. Whether they fit needs no look at each: the ends that are promised do."""
    factor = 10 ** (target.scale - binding.type.scale)

    def fill(frame: Frame) -> pa.Array:
        cells = binding.fill(frame)
        return set_null(make_decimal(unwrap(cells) * factor, target.precision, target.scale), is_null(cells))

    return fill


def keeps_apart(source: pa.DataType, target: pa.DataType) -> bool:
    """Whether different values stay different in the other type."""
    if pa.types.is_integer(source) and (pa.types.is_integer(target) or pa.types.is_decimal(target)):
        return True
    if pa.types.is_decimal(source) and pa.types.is_decimal(target):
        return bool(target.scale >= source.scale)
    return bool(source == target or pa.types.is_string(target))

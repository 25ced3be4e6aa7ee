"""A bound column with another type: its cells are cast, and what it promises with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.types import cast_array


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

    def fill(frame: Frame) -> pa.Array:
        return cast_array(binding.fill(frame), target, column)

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


def keeps_apart(source: pa.DataType, target: pa.DataType) -> bool:
    """Whether different values stay different in the other type."""
    if pa.types.is_integer(source) and (pa.types.is_integer(target) or pa.types.is_decimal(target)):
        return True
    if pa.types.is_decimal(source) and pa.types.is_decimal(target):
        return bool(target.scale >= source.scale)
    return bool(source == target or pa.types.is_string(target))

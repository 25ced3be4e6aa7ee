"""Columns as a format stores them, and back: casts that reach into lists, structs and maps, and lose nothing."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.content import is_any

_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
_VIEWS = (pa.types.is_list_view, pa.types.is_large_list_view)


def map_leaves(kind: pa.DataType, leaf: Callable[[pa.DataType], pa.DataType]) -> pa.DataType:
    """A type with each type that holds no others replaced; lists of other types than before become plain ones."""
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(map_leaves(field.type, leaf)) for field in kind])
    if pa.types.is_map(kind):
        key, item = kind.key_field, kind.item_field
        return pa.map_(key.with_type(map_leaves(key.type, leaf)), item.with_type(map_leaves(item.type, leaf)))
    if is_any(_LISTS + _VIEWS, kind):
        item = map_leaves(kind.value_type, leaf)
        same = item == kind.value_type and is_any(_LISTS, kind)
        return kind if same else pa.list_(kind.value_field.with_type(item))
    return leaf(kind)


def plain_lists(kind: pa.DataType) -> pa.DataType:
    """A type with lists of entries in place of maps, whose keys may be of any type: JSON and XML have names only."""
    if pa.types.is_map(kind):
        entry = pa.struct([kind.key_field, kind.item_field])
        return pa.list_(plain_lists(entry))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(plain_lists(field.type)) for field in kind])
    if is_any(_LISTS + _VIEWS, kind):
        item = plain_lists(kind.value_type)
        return kind if item == kind.value_type else pa.list_(kind.value_field.with_type(item))
    return kind


def find_leaves(array: pa.Array) -> list[pa.Array]:
    """All values within an array that hold no others; those that lie under a null are not among them."""
    kind = array.type
    if pa.types.is_struct(kind):
        return [leaf for child in array.flatten() for leaf in find_leaves(child)]
    if pa.types.is_map(kind):
        return find_leaves(array.cast(pa.list_(pa.struct([kind.key_field, kind.item_field]))))
    if is_any(_LISTS + _VIEWS, kind):
        return find_leaves(array.flatten())
    return [array]


def recast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """`array` as another type of the same shape.

    Beyond what Arrow casts: text as times of day, and what holds nulls only as type null.

    Raises:
        pyarrow.ArrowInvalid: A value does not fit.
    """
    found = array.type
    if found == kind:
        return array
    if pa.types.is_null(kind):
        return _recast_nulls(array)
    if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(found):
        return recast(array, kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_struct(found) and pa.types.is_struct(kind):
        children = [recast(array.field(index), field.type) for index, field in enumerate(kind)]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=array.is_null())
    if is_any((*_LISTS, pa.types.is_map), found) and is_any((*_LISTS, *_VIEWS, pa.types.is_map), kind):
        return _recast_list(array, kind)
    if pa.types.is_timestamp(found) and found.tz and pa.types.is_string(kind):
        # A zone's own offset would be cut to minutes, and was none of whole minutes before clocks were set by zones.
        return array.cast(pa.timestamp(found.unit, "UTC")).cast(kind)
    if pa.types.is_string(found) and pa.types.is_time(kind):
        # Arrow reads no times of day from text, and does read moments.
        moments = pc.binary_join_element_wise("1970-01-01 ", array, "").cast(pa.timestamp(kind.unit))
        return moments.cast(kind)
    return array.cast(kind)


def _recast_nulls(array: pa.Array) -> pa.Array:
    if array.null_count != len(array):
        raise pa.ArrowInvalid("a column of nulls holds values")
    return pa.nulls(len(array))


def _recast_list(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_fixed_size_list(array.type):
        array = array.cast(pa.list_(array.type.value_field))
    if pa.types.is_map(array.type):
        entries = [array.type.key_field, array.type.item_field]
        values = pa.StructArray.from_arrays([array.keys, array.items], fields=entries)
    else:
        values = array.values
    if pa.types.is_map(kind):
        plain, wanted = kind, pa.struct([kind.key_field, kind.item_field])
    else:
        # Offsets keep their width until the last step.
        sort = pa.large_list if pa.types.is_large_list(array.type) else pa.list_
        plain, wanted = sort(kind.value_field), kind.value_type
    children = [recast(values, wanted)]
    found = pa.Array.from_buffers(plain, len(array), array.buffers()[:2], offset=array.offset, children=children)
    return found if plain == kind else found.cast(kind)

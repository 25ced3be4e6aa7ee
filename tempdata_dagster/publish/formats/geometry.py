"""Geometries of GeoJSON (RFC 7946) from columns: longitude before latitude, in degrees of WGS 84; and columns from geometries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.formats.cells import CellError, is_list, is_text, texts_of
from tempdata_dagster.publish.formats.reading import parse_texts
from tempdata_dagster.publish.formats.refusal import find_first, refuse
from tempdata_dagster.publish.formats.rows import join

_LONGITUDE = {"longitude", "lon", "lng", "long", "x"}
_LATITUDE = {"latitude", "lat", "y"}
_GEOMETRY = {"geometry", "geom", "location", "coordinates", "point", "route", "line", "path", "shape"}
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_PAIR = rf"\[{_NUMBER}, ?{_NUMBER}\]"
_PLAIN_JSON = (
    rf'^\{{"type": ?"(?:Point", ?"coordinates": ?{_PAIR}|LineString", ?"coordinates": ?\[{_PAIR}(?:, ?{_PAIR})+\])\}}$'
)
_PLAIN_WKT = rf"^(?:POINT \({_NUMBER} {_NUMBER}\)|LINESTRING \({_NUMBER} {_NUMBER}(?:, {_NUMBER} {_NUMBER})+\))$"
_TYPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
_RANGE = "coordinates that are none: longitudes are from -180 to 180, latitudes from -90 to 90"
Kind = Literal["pair", "point", "line", "text"]


@dataclass(frozen=True)
class Source:
    """Where a table's geometries come from.

    Attributes:
        kind: Two columns of numbers, one of structs, one of lists of these, or one of text.
        columns: Their names; of a pair the longitude first.
        fields: In a struct the longitude's and the latitude's.
        wkt: Text is WKT, and no GeoJSON.
    """

    kind: Kind
    columns: tuple[str, ...]
    fields: tuple[str, str] = ("", "")
    wkt: bool = False


def find_source(schema: pa.Schema, geometry: str, longitude: str, latitude: str, *, wkt: bool) -> Source:
    """The columns that are named, or else those that are called like geometries.

    Raises:
        InputError: TD3004 when there is no such column, or it holds no geometries.
        GenerationError: TD3045 when there are no candidates, or too many.
    """
    if geometry:
        source = _column_source(_field(schema, geometry), wkt=wkt)
        if source is None:
            raise InputError("TD3004", f"format 'geojson': column '{geometry}' holds no points, lines or text")
        return source
    if longitude and latitude:
        for name in (longitude, latitude):
            if not _is_number(_field(schema, name).type):
                raise InputError("TD3004", f"format 'geojson': column '{name}' holds no numbers")
        return Source("pair", (longitude, latitude))
    numbers = [field.name for field in schema if _is_number(field.type)]
    east = [name for name in numbers if name.lower() in _LONGITUDE]
    north = [name for name in numbers if name.lower() in _LATITUDE]
    found = [
        source for field in schema if field.name.lower() in _GEOMETRY and (source := _column_source(field, wkt=wkt))
    ]
    if (len(east), len(north)) == (1, 1):
        found.append(Source("pair", (east[0], north[0])))
    if len(found) != 1:
        what = "a table without geometries" if not found else "a table with several geometries"
        hint = "name them by the options longitude and latitude, or geometry"
        raise refuse("geojson", schema.names[0] if schema.names else "", what, hint)
    return found[0]


def _field(schema: pa.Schema, name: str) -> pa.Field:
    if schema.get_field_index(name) < 0:
        raise InputError(
            "TD3004", f"format 'geojson': there is no column '{name}'", f"known: {', '.join(schema.names)}"[:300]
        )
    return schema.field(name)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind))


def _column_source(field: pa.Field, *, wkt: bool) -> Source | None:
    if is_text(field.type):
        return Source("text", (field.name,), wkt=wkt)
    kind: Kind = "line" if is_list(field.type) else "point"
    point = field.type.value_type if kind == "line" else field.type
    if not pa.types.is_struct(point) or point.num_fields != 2 or not all(_is_number(one.type) for one in point):
        return None
    names = [one.name for one in point]
    east = [name for name in names if name.lower() in _LONGITUDE]
    north = [name for name in names if name.lower() in _LATITUDE]
    return Source(kind, (field.name,), (east[0], north[0])) if len(east) == len(north) == 1 else None


def spell_geometries(source: Source, columns: Sequence[pa.Array]) -> pa.Array:
    """The geometry of each row as JSON, null where it has none.

    Raises:
        CellError: Coordinates out of range, a line of fewer than two points, or text that is no geometry.
    """
    if source.kind == "pair":
        return _spell_points(*columns)
    cells = columns[0]
    if source.kind == "text":
        return _from_wkt(cells) if source.wkt else _checked_json(cells)
    if source.kind == "point":
        _refuse_where(cells, _lacks_coordinates, "a point without coordinates")
        return _spell_points(*_fields(cells, source))
    return _spell_lines(cells, source)


def _fields(cells: pa.Array, source: Source) -> list[pa.Array]:
    children = {field.name: child for field, child in zip(cells.type, cells.flatten(), strict=True)}
    return [children[name] for name in source.fields]


def _lacks_coordinates(cells: pa.Array) -> bool:
    return any(child.null_count > cells.null_count for child in cells.flatten())


def _refuse_where(cells: pa.Array, fails: Any, reason: str) -> None:
    if len(cells) and fails(cells):
        raise CellError(find_first(cells, fails), reason, "leave such rows out, or publish the table in another format")


def _spell_points(east: pa.Array, north: pa.Array) -> pa.Array:
    _refuse_where(pa.StructArray.from_arrays([east, north], ["east", "north"]), _is_outside, _RANGE)
    return join(['{"type":"Point","coordinates":[', texts_of(east), ",", texts_of(north), "]}"])


def _is_outside(pairs: pa.Array) -> bool:
    for index, limit in enumerate((180.0, 90.0)):
        numbers = pairs.field(index).drop_null()
        # By their text: Arrow makes -90.00000000000001 of the decimal -90.00000.
        numbers = texts_of(numbers) if pa.types.is_decimal(numbers.type) else numbers
        degrees = numbers.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        # Not `any(abs > limit)`: of NaN that is false.
        if not (np.abs(degrees) <= limit).all():
            return True
    return False


def _spell_lines(cells: pa.Array, source: Source) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(cells), 2).to_numpy(zero_copy_only=False)
    if (lengths < 2).any():
        raise CellError(int(np.flatnonzero(lengths < 2)[0]), "a line of fewer than two points")
    points = cells.flatten()
    ends = np.concatenate([[0], np.cumsum(np.where(cells.is_valid().to_numpy(zero_copy_only=False), lengths, 0))])
    try:
        _refuse_where(
            points, lambda some: some.null_count > 0 or _lacks_coordinates(some), "a point without coordinates"
        )
        east, north = _fields(points, source)
        _refuse_where(pa.StructArray.from_arrays([east, north], ["east", "north"]), _is_outside, _RANGE)
    except CellError as error:
        raise CellError(int(np.searchsorted(ends, error.row, side="right")) - 1, error.reason, error.hint) from None
    pairs = join(["[", texts_of(east), ",", texts_of(north), "]"])
    inner = pc.binary_join(pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), pairs), ",")
    texts = join(['{"type":"LineString","coordinates":[', inner, "]}"])
    return pc.if_else(cells.is_valid(), texts, None)


def _from_wkt(texts: pa.Array) -> pa.Array:
    def fails(some: pa.Array) -> bool:
        return pc.all(pc.match_substring_regex(some, _PLAIN_WKT)).as_py() is False

    _refuse_where(texts, fails, "text that is neither POINT (x y) nor LINESTRING (x y, x y)")
    _refuse_where(texts, _has_numbers_outside, _RANGE)
    pairs = pc.replace_substring_regex(texts, rf"({_NUMBER}) ({_NUMBER})", r"[\1,\2]")
    pairs = pc.replace_substring(pairs, ", ", ",")
    points = pc.replace_substring_regex(pairs, r"^POINT \((.*)\)$", r'{"type":"Point","coordinates":\1}')
    return pc.replace_substring_regex(points, r"^LINESTRING \((.*)\)$", r'{"type":"LineString","coordinates":[\1]}')


def _has_numbers_outside(texts: pa.Array) -> bool:
    """Of texts whose numbers are pairs, each a longitude and a latitude."""
    known = texts.drop_null()
    numbers = pc.replace_substring_regex(known, r"^[^\[(]+", "")
    numbers = pc.replace_substring_regex(pc.replace_substring_regex(numbers, r"[^0-9eE.+-]+", " "), "^ | $", "")
    degrees = pc.split_pattern(numbers, " ").flatten().cast(pa.float64()).to_numpy(zero_copy_only=False)
    return not ((np.abs(degrees[::2]) <= 180).all() and (np.abs(degrees[1::2]) <= 90).all())


def _checked_json(texts: pa.Array) -> pa.Array:
    plain = pc.fill_null(pc.match_substring_regex(texts, _PLAIN_JSON), True)
    _refuse_where(pc.if_else(plain, texts, None), _has_numbers_outside, _RANGE)
    for row in np.flatnonzero(~plain.to_numpy(zero_copy_only=False)):
        reason = _why_no_geometry(texts[int(row)].as_py())
        if reason:
            raise CellError(int(row), reason, "the option text: wkt reads WKT")
    return texts


def _why_no_geometry(text: str) -> str:
    """What keeps a text from being a geometry in one line of GeoJSON; empty if it is one."""
    try:
        found = json.loads(text)
        if "\n" in text or ',"properties":' in text or found["type"] not in _TYPES:
            return "text that is no geometry"
        positions = list(_positions(found["coordinates"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return "text that is no geometry"
    inside = all(len(one) in (2, 3) and -180 <= one[0] <= 180 and -90 <= one[1] <= 90 for one in positions)
    return "" if inside and positions else _RANGE


def _positions(coordinates: list[Any]) -> Iterator[list[float]]:
    if all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in coordinates):
        yield coordinates
        return
    for one in coordinates:
        if not isinstance(one, list):
            raise TypeError("numbers and lists")
        yield from _positions(one)


def read_geometries(source: Source, texts: list[str | None], schema: pa.Schema) -> list[pa.Array]:
    """The columns that geometries were made of.

    Raises:
        pyarrow.ArrowInvalid: A geometry is none that was written of them.
    """
    if source.kind == "text":
        read = [text and _to_wkt(text) for text in texts] if source.wkt else texts
        return [pa.array(read, schema.field(source.columns[0]).type)]
    numbers = [() if text is None else _numbers_of(text, source.kind) for text in texts]
    if source.kind == "pair":
        return [
            parse_texts(
                pa.array([pair[place] if pair else None for pair in numbers], pa.string()), schema.field(name).type
            )
            for place, name in enumerate(source.columns)
        ]
    kind = schema.field(source.columns[0]).type
    point = kind if source.kind == "point" else kind.value_type
    missing = pa.array([text is None for text in texts], pa.bool_())
    if source.kind == "point":
        pairs: list[Any] = [pair or (None, None) for pair in numbers]
        return [_points([one[0] for one in pairs], [one[1] for one in pairs], point, source, missing)]
    flat = list(chain.from_iterable(numbers))
    ends = np.concatenate([[0], np.cumsum([len(one) // 2 for one in numbers])]).astype(np.int32)
    points = _points(flat[::2], flat[1::2], point, source, None)
    return [pa.ListArray.from_arrays(pa.array(ends), points, pa.list_(kind.value_field), mask=missing).cast(kind)]


def _points(east: list[Any], north: list[Any], kind: pa.DataType, source: Source, missing: pa.Array | None) -> pa.Array:
    texts = dict(zip(source.fields, (east, north), strict=True))
    children = [parse_texts(pa.array(texts[field.name], pa.string()), field.type) for field in kind]
    return pa.StructArray.from_arrays(children, fields=list(kind), mask=missing)


def _numbers_of(text: str, kind: Kind) -> list[str]:
    expected = '{"type":"LineString","coordinates":[[' if kind == "line" else '{"type":"Point","coordinates":['
    if not text.startswith(expected):
        raise pa.ArrowInvalid("the file has other geometries")
    return re.findall(_NUMBER, text[len(expected) - 1 :])


def _to_wkt(text: str) -> str:
    found = re.fullmatch(r'\{"type":"(Point|LineString)","coordinates":\[(.*)\]\}', text)
    if not found:
        raise pa.ArrowInvalid("the file has other geometries")
    pairs = found[2].strip("[]").split("],[")
    return f"{found[1].upper()} ({', '.join(pair.replace(',', ' ') for pair in pairs)})"

"""GeoJSON (RFC 7946): a feature for each row, its other columns as properties."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format
from tempdata_dagster.publish.formats.cells import CellError, encode_columns, refuse_types
from tempdata_dagster.publish.formats.compression import SUFFIXES, CompressedOptions, compress_to, decompress
from tempdata_dagster.publish.formats.geometry import Source, find_source, read_geometries, spell_geometries
from tempdata_dagster.publish.formats.json_cells import JsonStyle, join_objects, spell
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.reading import check_keys, checked_batch, from_json, line_blocks, load_json
from tempdata_dagster.publish.formats.recast import plain_lists, recast
from tempdata_dagster.publish.formats.rows import join, values_of

_BEGIN, _MIDDLE = b'{"type":"Feature","geometry":', b',"properties":'
_STYLE = JsonStyle()


class GeoJsonOptions(CompressedOptions):
    """The options of GeoJSON. Without the first three, geometries are found by the columns' names, if only one can be meant.

    Attributes:
        longitude: A column of numbers, in degrees.
        latitude: Likewise.
        geometry: A column of points (a struct of a longitude and a latitude), of lines (lists of these), or of text.
        text: What a geometry column of text holds: GeoJSON, which is written as it is, or WKT (points and lines).
        sequence: One feature in each line and nothing around them, which can be read a line at a time.
    """

    longitude: str = Field(default="", max_length=300)
    latitude: str = Field(default="", max_length=300)
    geometry: str = Field(default="", max_length=300)
    text: Literal["geojson", "wkt"] = "geojson"
    sequence: bool = False

    @model_validator(mode="after")
    def _together(self) -> GeoJsonOptions:
        if bool(self.longitude) != bool(self.latitude):
            raise ValueError("longitude and latitude are given together")
        if self.longitude and self.geometry:
            raise ValueError("either longitude and latitude are given, or geometry")
        return self


class _Shape:
    """Which columns are geometries and which are properties."""

    def __init__(self, schema: pa.Schema, options: GeoJsonOptions) -> None:
        wkt = options.text == "wkt"
        self.source: Source = find_source(schema, options.geometry, options.longitude, options.latitude, wkt=wkt)
        others = [field for field in schema if field.name not in self.source.columns]
        self.properties = pa.schema([field.with_type(plain_lists(field.type)) for field in others])
        refuse_types(self.properties, "geojson")


class GeoJsonEncoder:
    """Writes features, each in a line of its own."""

    def __init__(self, output: Output, schema: pa.Schema, label: FileLabel, options: GeoJsonOptions) -> None:
        self._shape = _Shape(schema, options)
        self._stream = compress_to(output, options)
        self._sequence = options.sequence
        self._rows = 0
        if not self._sequence:
            said = {"type": "FeatureCollection", "name": label.table or "rows"} | label.properties
            self._stream.write(f'{json.dumps(said, ensure_ascii=False)[:-1]}, "features": ['.encode())

    def write(self, table: pa.Table) -> None:
        """Write one chunk."""
        source, names = self._shape.source, self._shape.properties.names
        columns = [table[name].combine_chunks() for name in source.columns]
        try:
            geometries = spell_geometries(source, columns)
        except CellError as error:
            raise error.locate(", ".join(source.columns), self._rows, "geojson") from None

        def write_property(cells: pa.Array, field: pa.Field) -> Any:
            return spell(recast(cells, self._shape.properties.field(field.name).type), _STYLE)

        if names:
            others = encode_columns(table.select(names), self._rows, "geojson", write_property)
            properties = join_objects(others, names, _STYLE)
        else:
            properties = pc.fill_null(pa.nulls(table.num_rows, pa.string()), "{}")
        if source.kind == "pair" and geometries.null_count:
            properties = _add_halves(properties, columns, source, bool(names))
        pieces = [_BEGIN.decode(), pc.fill_null(geometries, "null"), _MIDDLE.decode(), properties]
        ends = ("", "}\n") if self._sequence else (",\n", "}")
        data = values_of(join([ends[0], *pieces, ends[1]])).data
        # No comma stands before the first one.
        self._stream.write(data[1:] if not self._rows and not self._sequence else data)
        self._rows += table.num_rows

    def close(self) -> None:
        """Write the end of the collection."""
        if not self._sequence:
            self._stream.write(b"\n]}\n")
        self._stream.close()


def _add_halves(properties: pa.Array, columns: list[pa.Array], source: Source, filled: bool) -> pa.Array:
    """What is known of a place with but one of its coordinates becomes a property: a point it is not."""
    comma = "," if filled else ""
    opened = pc.utf8_slice_codeunits(properties, 0, -1)
    halves = [
        pc.fill_null(
            pc.if_else(
                other.is_null(),
                join([f"{comma}{json.dumps(name, ensure_ascii=False)}:", spell(cells, _STYLE).whole()]),
                "",
            ),
            "",
        )
        for name, cells, other in zip(source.columns, columns, reversed(columns), strict=True)
    ]
    return join([opened, *halves, "}"])


@FORMATS.register("geojson")
class GeoJson(Format[GeoJsonOptions]):
    """GeoJSON files, with what the label says as members of their own, beside the features."""

    name = "geojson"
    options_class = GeoJsonOptions

    @property
    def suffix(self) -> str:
        """A sequence is no GeoJSON file; with the suffix of the compression."""
        return f".geojson{'l' if self.options.sequence else ''}{SUFFIXES[self.options.compression]}"

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> GeoJsonEncoder:
        """Begin a file."""
        return GeoJsonEncoder(output, schema, label, self.options)

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, some megabytes of features at a time."""
        shape = _Shape(schema, self.options)
        for features in self._features(file):
            yield _to_batch(features, shape, schema)

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows of a file that is whole; the first feature must be one of this schema."""
        shape, rows = _Shape(schema, self.options), 0
        for features in self._features(file):
            if not rows:
                _to_batch(features[:1], shape, schema)
            rows += len(features)
        return rows

    def _features(self, file: IO[bytes]) -> Iterator[list[bytes]]:
        """The lines of features, without the commas between them."""
        lines: list[bytes] = []
        begun = ended = self.options.sequence
        for block in line_blocks(decompress(file, self.options.compression)):
            lines = block[:-1].split(b"\n")
            if not begun:
                if not lines.pop(0).startswith(b'{"type": "FeatureCollection"'):
                    raise pa.ArrowInvalid("the file is no collection of features")
                begun = True
            if not self.options.sequence and lines and lines[-1] == b"]}":
                lines.pop()
                ended = True
            found = [line.removesuffix(b",") for line in lines if line]
            if found:
                yield found
        if not begun or not ended:
            raise pa.ArrowInvalid("the file is damaged: it has no end")


def _to_batch(features: list[bytes], shape: _Shape, schema: pa.Schema) -> pa.RecordBatch:
    geometries: list[str | None] = []
    properties = []
    for feature in features:
        geometry, middle, rest = feature.removeprefix(_BEGIN).partition(_MIDDLE)
        if not feature.startswith(_BEGIN) or not middle or not rest.endswith(b"}"):
            raise pa.ArrowInvalid("the file is damaged: a line is no feature")
        geometries.append(None if geometry == b"null" else _decode(geometry))
        properties.append(rest[:-1])
    objects = load_json(b"[" + b",".join(properties) + b"]")
    if len(objects) != len(features) or any(not isinstance(one, dict) for one in objects):
        raise pa.ArrowInvalid("the file is damaged: a line is no feature")
    columns = dict(zip(shape.source.columns, read_geometries(shape.source, geometries, schema), strict=True))
    if shape.source.kind == "pair":
        columns = {name: _with_halves(cells, name, objects) for name, cells in columns.items()}
    check_keys(objects, shape.properties.names, omit_nulls=False)
    for field in shape.properties:
        cells = from_json([one[field.name] for one in objects], field.type)
        columns[field.name] = recast(cells, schema.field(field.name).type)
    return checked_batch([columns[name] for name in schema.names], schema)


def _with_halves(cells: pa.Array, name: str, objects: list[dict[str, Any]]) -> pa.Array:
    """The coordinates, with those that stand among the properties; these are taken out."""
    halves = [one.pop(name, None) for one in objects]
    if all(half is None for half in halves):
        return cells
    return pc.coalesce(cells, from_json(halves, cells.type))


def _decode(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise pa.ArrowInvalid(f"the file is damaged: {error}") from error

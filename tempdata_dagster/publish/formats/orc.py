"""ORC: stripes of Arrow's own writer; types that ORC lacks are stored as wider or plainer ones, from which they come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from tempdata_dagster.core.content import type_name
from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format, FormatOptions
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.recast import find_leaves, map_leaves, recast
from tempdata_dagster.publish.formats.refusal import find_first, refuse
from tempdata_dagster.publish.formats.source import Source

# Of an unsigned type: the next wider signed one, and what holds all 64 bits.
_WIDER = {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.decimal128(20, 0)}
# What 64 bits of nanoseconds around 1970 reach, in whole seconds: all that Arrow's reader of ORC takes.
_NANOSECOND_YEARS = (-9_223_372_036, 9_223_372_035)
_TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DIGITS = 38


class OrcOptions(FormatOptions):
    """The options of ORC.

    Attributes:
        compression: Of all streams.
        stripe_size: Bytes of a stripe before compression: what readers skip or read as a whole.
        timestamps: `native` are ORC's own, which reach from 1678 to 2261 because readers keep them as nanoseconds; `text`
            writes `2026-01-31 12:00:00.000000`, with a `Z` behind it for a type with a zone, of any year.
    """

    compression: Literal["snappy", "zlib", "zstd", "lz4", "none"] = "snappy"
    stripe_size: int = Field(default=16_777_216, ge=1_048_576, le=1_073_741_824)
    timestamps: Literal["native", "text"] = "native"


class OrcEncoder:
    """Hands chunks to Arrow's writer, after a look for moments that no reader takes."""

    def __init__(self, output: Output, schema: pa.Schema, label: FileLabel, options: OrcOptions) -> None:
        from pyarrow.orc import ORCWriter

        self._options = options
        self._rows = 0
        fields = [field.with_type(storage_type(field, options)) for field in schema]
        if fields:
            # Arrow's writer has no place for a file's own metadata, and does write a column's attributes.
            fields[0] = fields[0].with_metadata(label.properties)
        self._stored = pa.schema(fields)
        self._writer = ORCWriter(
            pa.PythonFile(output, mode="w"),
            compression="uncompressed" if options.compression == "none" else options.compression,
            stripe_size=options.stripe_size,
        )

    def write(self, table: pa.Table) -> None:
        """Append rows to the present stripe."""
        columns = []
        for field, stored, column in zip(table.schema, self._stored, table.combine_chunks().columns, strict=True):
            cells = column.combine_chunks()
            if self._options.timestamps == "native":
                self._check_moments(field.name, cells)
            columns.append(recast(cells, stored.type))
        self._writer.write(pa.Table.from_arrays(columns, schema=self._stored))
        self._rows += table.num_rows

    def close(self) -> None:
        """Write the last stripe and the footer."""
        if not self._rows:
            self._writer.write(self._stored.empty_table())
        self._writer.close()

    def _check_moments(self, name: str, cells: pa.Array) -> None:
        if _is_out_of_reach(cells):
            row = self._rows + find_first(cells, _is_out_of_reach)
            hint = "set timestamps: text for this format"
            raise refuse("orc", name, "a moment before 1678 or after 2261", hint, row)


def storage_type(field: pa.Field, options: OrcOptions) -> pa.DataType:
    """The type that ORC stores for a column.

    Raises:
        GenerationError: TD3045 when it has none.
    """

    def store(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_dictionary(kind):
            return store(kind.value_type)
        if pa.types.is_decimal(kind):
            if kind.precision > _DIGITS:
                raise refuse("orc", field.name, f"decimals of {kind.precision} digits", "38 digits are the most")
            return pa.decimal128(kind.precision, kind.scale)
        if pa.types.is_time(kind) or (pa.types.is_timestamp(kind) and options.timestamps == "text"):
            return pa.string()
        return _WIDER.get(kind) or _plain_type(kind)

    return map_leaves(field.type, store)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_null(kind):
        return pa.bool_()
    if pa.types.is_duration(kind):
        return pa.int64()
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_date(kind):
        return pa.date32()
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_fixed_size_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    return kind


def _is_out_of_reach(cells: pa.Array | pa.ChunkedArray) -> bool:
    for leaf in find_leaves(cells):
        if pa.types.is_timestamp(leaf.type) and leaf.type.unit != "ns":
            ends = pc.min_max(leaf.cast(pa.timestamp(leaf.type.unit)).cast(pa.int64())).as_py()
            ticks = _TICKS[leaf.type.unit]
            first, last = (seconds * ticks for seconds in _NANOSECOND_YEARS)
            if ends["min"] is not None and (ends["min"] < first or ends["max"] >= last + ticks):
                return True
    return False


@FORMATS.register("orc")
class Orc(Format[OrcOptions]):
    """ORC files; what the label says stands in the attributes of the first column.

    ORC keeps no checksums of its pages, and the reader trusts what it finds: files that come from elsewhere, and may be
    damaged, are compared with their manifest before they are read.
    """

    name = "orc"
    options_class = OrcOptions

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> OrcEncoder:
        """Begin a file."""
        return OrcEncoder(output, schema, label, self.options)

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, stripe by stripe."""
        source = Source(file)
        reader = self._open(source, schema)
        for index in range(reader.nstripes):
            with source.parsing(OSError):
                batch = reader.read_stripe(index)
                columns = [recast(cells, field.type) for cells, field in zip(batch.columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows that the footer tells."""
        return int(self._open(Source(file), schema).nrows)

    def _open(self, source: Source, schema: pa.Schema) -> Any:
        from pyarrow.orc import ORCFile

        with source.parsing(OSError):
            reader = ORCFile(source)
            found = [(field.name, _read_type(field.type)) for field in reader.schema]
        if found != [(field.name, _read_type(storage_type(field, self.options))) for field in schema]:
            raise pa.ArrowInvalid("the file has other columns")
        return reader


def _read_type(kind: pa.DataType) -> str:
    """A type's name without what ORC does not keep: units of moments, names of list elements, nullability."""

    def settle(leaf: pa.DataType) -> pa.DataType:
        return pa.timestamp("ns", "UTC" if leaf.tz else None) if pa.types.is_timestamp(leaf) else leaf

    return type_name(map_leaves(kind, settle))

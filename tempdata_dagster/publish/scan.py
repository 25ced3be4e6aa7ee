"""Reading what manifests name: Parquet as it is asked for, every other format into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tempdata_dagster.core.partition import Period, folder_names
from tempdata_dagster.publish.failure import mapping_errors
from tempdata_dagster.publish.formats import FORMATS, Format
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.stores import Store

if TYPE_CHECKING:
    import pyarrow.dataset as pads

_HIVE_TYPES = {"date": pa.date32(), "week": pa.date32(), "hour": pa.int32(), "month": pa.string()}


def open_files(store: Store, manifests: list[Manifest], columns: list[str] | None = None) -> pads.Dataset:
    """A dataset over the files of manifests of one table; `columns` bounds what is read into memory of other formats."""
    import pyarrow.dataset as pads

    if not all(format_of(manifest).holds_parquet for manifest in manifests):
        return pads.dataset(read_files(store, manifests, columns))
    filesystem, root = store.filesystem()
    # Columns may have come and gone since: Arrow fills those that an older file lacks with nulls.
    latest = max(manifests, key=lambda manifest: manifest.published_at)
    levels = hive_fields(latest.period)
    partitioning = pads.HivePartitioning(pa.schema(levels)) if levels else None
    # One by one from the manifests: left to look for files itself, Arrow would take what no manifest names.
    fragments = []
    file_format = pads.ParquetFileFormat()
    for manifest in manifests:
        # Arrow takes what follows the last slash for a file's name and would not read it.
        values = partitioning.parse(f"{manifest.ref.folder}/") if partitioning else None
        for key in manifest.keys:
            path = f"{root}/{key}"
            fragments.append(file_format.make_fragment(path, filesystem, partition_expression=values))
    schema = pa.schema([*latest.schema, *levels])
    return pads.FileSystemDataset(fragments, schema, file_format, filesystem)


def format_of(manifest: Manifest) -> Format[Any]:
    """The format that a manifest's files are in, whatever the lake writes now."""
    return FORMATS.get(manifest.format)(manifest.format_options)


def read_files(store: Store, manifests: list[Manifest], columns: list[str] | None = None) -> pa.Table:
    """The rows of manifests of one table in memory, file by file, with the columns of its Hive folders."""
    latest = max(manifests, key=lambda manifest: manifest.published_at)
    levels = hive_fields(latest.period)
    whole = pa.schema([*latest.schema, *levels])
    wanted = whole if columns is None else pa.schema([field for field in whole if field.name in columns])
    tables = [wanted.empty_table()]
    for manifest in manifests:
        folders = hive_values(manifest.ref)
        file_format = format_of(manifest)
        for key in manifest.keys:
            with mapping_errors("read", store.uri(key)), store.open(key) as file:
                tables.extend(_complete(batch, folders, wanted) for batch in file_format.read(file, manifest.schema))
    return pa.concat_tables(tables)


def hive_values(ref: PartitionRef) -> dict[str, str]:
    """The Hive folders of a partition: by column, the value as text."""
    levels = (level.partition("=") for level in ref.folder.removeprefix(ref.table_folder).split("/") if level)
    return {name: value for name, _, value in levels}


def _complete(batch: pa.RecordBatch, folders: dict[str, str], wanted: pa.Schema) -> pa.Table:
    """A batch with the columns that are wanted: those of its folders are added, those that it is too old for are null."""
    columns = []
    for field in wanted:
        if field.name in folders:
            value = pa.scalar(folders[field.name]).cast(field.type)
            columns.append(pa.repeat(value, batch.num_rows))
        elif field.name in batch.schema.names:
            columns.append(batch.column(field.name).cast(field.type))
        else:
            columns.append(pa.nulls(batch.num_rows, field.type))
    return pa.Table.from_arrays(columns, schema=wanted)


def hive_fields(period: Period | None) -> list[pa.Field]:
    """The columns that stand for a table's Hive folders."""
    return [pa.field(name, _HIVE_TYPES[name]) for name in folder_names(period)]

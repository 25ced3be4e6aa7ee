"""The data files of Iceberg's snapshots, and the descriptions that a snapshot has of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import PublishedFile
from tempdata_dagster.publish.scan import hive_values
from tempdata_dagster.publish.stores import Store

_EPOCH = date(1970, 1, 1)
_IDS = re.compile(r"-?\d+: ")


def partition_values(ref: PartitionRef) -> dict[str, Any]:
    """A partition's values, as Iceberg's expressions take them."""
    return {name: int(text) if name == "hour" else text for name, text in hive_values(ref).items()}


def partition_filter(ref: PartitionRef) -> Any:
    """The expression that holds for the rows of a partition."""
    from pyiceberg.expressions import AlwaysTrue, And, EqualTo

    found: Any = AlwaysTrue()
    for name, value in partition_values(ref).items():
        found = And(found, EqualTo(term=name, value=value))
    return found


def find_files(table: Any, snapshot: Any, row_filter: Any = None) -> list[Any]:
    """The data files of a snapshot in the order of their commits, also those without rows, which a scan passes over.

    Args:
        table: The table.
        snapshot: None for a table that has none yet.
        row_filter: Only the files of partitions that it holds for: of other partitions no manifest is read.
    """
    manifests = snapshot.manifests(table.io) if snapshot is not None else ()
    return _read_manifests(table, manifests, row_filter)


def find_files_of_all(table: Any, snapshots: Iterable[Any]) -> list[Any]:
    """The data files that any of some snapshots names; each of their manifests is read once."""
    manifests = {one.manifest_path: one for snapshot in snapshots for one in snapshot.manifests(table.io)}
    return _read_manifests(table, manifests.values(), None)


def _read_manifests(table: Any, manifests: Iterable[Any], row_filter: Any) -> list[Any]:
    from pyiceberg.expressions import AlwaysTrue
    from pyiceberg.expressions.visitors import expression_evaluator, inclusive_projection, manifest_evaluator
    from pyiceberg.manifest import ManifestContent
    from pyiceberg.schema import Schema

    found = []
    for manifest in manifests:
        spec, schema = table.specs()[manifest.partition_spec_id], table.schema()
        # A table of another partitioning is refused before anything is replaced; here it only must not fail.
        known = {field.name for field in schema.fields} >= {field.name for field in spec.fields}
        wanted = inclusive_projection(schema, spec)(row_filter or AlwaysTrue()) if known else AlwaysTrue()
        if manifest.content != ManifestContent.DATA or not manifest_evaluator(spec, schema, wanted)(manifest):
            continue
        matches = expression_evaluator(Schema(*spec.partition_type(schema).fields), wanted, case_sensitive=True)
        entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
        found += [(one.sequence_number or 0, one.data_file) for one in entries if matches(one.data_file.partition)]
    return [file for _, file in sorted(found, key=lambda one: (one[0], one[1].file_path))]


def file_keys(table: Any, ref: PartitionRef, files: Iterable[Any]) -> dict[str, str]:
    """The keys of data files in their order, each with the Hive folder of its partition."""
    prefix = f"{table.location().rstrip('/')}/"
    found = {}
    for file in files:
        path = file.file_path
        key = f"{ref.table_folder}/{path.removeprefix(prefix)}" if path.startswith(prefix) else path
        names = [field.name for field in table.specs()[file.spec_id].fields]
        levels = [f"{name}={_render(name, file.partition[place])}" for place, name in enumerate(names)]
        found[key] = "/".join(levels)
    return found


def _render(name: str, value: Any) -> str:
    if isinstance(value, int):
        return f"{value:02d}" if name == "hour" else date.fromordinal(_EPOCH.toordinal() + value).isoformat()
    return str(value)


def has_columns(schema: Any, columns: pa.Schema) -> bool:
    """Whether a table has these columns already, in these types."""
    from pyiceberg.catalog import Catalog

    wanted = Catalog._convert_schema_if_needed(columns)  # noqa: SLF001 - the way of create_table
    # Ids of fields within others are part of a type's text, and are not known of columns that are to come.
    known = {field.name: _IDS.sub("", str(field.field_type)) for field in schema.fields}
    return all(known.get(field.name) == _IDS.sub("", str(field.field_type)) for field in wanted.fields)


def snapshots_since(table: Any, moment: datetime) -> list[Any]:
    """The snapshots that held at a moment or later, and those that a branch or a tag names."""
    history = table.history()
    before = [place for place, one in enumerate(history) if one.timestamp_ms <= moment.timestamp() * 1000]
    held = {one.snapshot_id for one in history[before[-1] if before else 0 :]}
    held |= {reference.snapshot_id for reference in table.metadata.refs.values()}
    return [one for one in table.snapshots() if one.snapshot_id in held]


def data_file(store: Store, metadata: Any, ref: PartitionRef, key: str, file: PublishedFile) -> Any:
    """What a snapshot says of a file.

    The columns of its Hive folders are not in it: Iceberg takes them from the partition, as it does for tables that came
    from Hive.
    """
    from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
    from pyiceberg.typedef import Record

    with store.open(key) as opened:
        statistics = _describe_columns(metadata, pq.read_metadata(opened))
    values = [
        (date.fromisoformat(value) - _EPOCH).days if name in ("date", "week") else value
        for name, value in partition_values(ref).items()
    ]
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=store.uri(key),
        file_format=FileFormat.PARQUET,
        partition=Record(*values),
        file_size_in_bytes=file.bytes,
        sort_order_id=None,
        spec_id=metadata.default_spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )


def _describe_columns(metadata: Any, footer: pq.FileMetaData) -> Any:
    """The sizes, nulls and ranges of a file's columns, by their ids."""
    from pyiceberg.io import pyarrow as library

    schema = metadata.schema()
    ids = library.parquet_path_to_id_mapping(schema)
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    columns = [group.column(place) for group in groups for place in range(footer.num_columns)]
    # We keep no statistics of text without an order, and the library warns of each such column.
    bare = {ids[column.path_in_schema] for column in columns if not column.is_stats_set}
    unknown = library.MetricsMode(library.MetricModeTypes.NONE)
    plan = library.compute_statistics_plan(schema, metadata.properties)
    return library.data_file_statistics_from_parquet_metadata(
        parquet_metadata=footer,
        stats_columns={name: replace(one, mode=unknown) if name in bare else one for name, one in plan.items()},
        parquet_column_mapping=ids,
    )

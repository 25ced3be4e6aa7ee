"""What an asset shows about its table: columns, lineage, the place in the dataset file, the outcome of a refresh."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import dagster as dg
import pyarrow as pa

from tempdata_dagster.core.errors import Where
from tempdata_dagster.spec.contract import ColumnContract, ForeignKey, TableContract

if TYPE_CHECKING:
    from tempdata_dagster.refresh import RefreshResult

_SHOWN_VALUES = 12
# Where a table goes, in the definition of its asset: how the IO manager finds it.
PUBLISH = "tempdata/publish"


def describe_columns(contract: TableContract) -> dg.TableSchema:
    """The columns with their Arrow types, descriptions and constraints."""
    references = {column: key for key in contract.foreign_keys for column in key.columns}
    columns = [_describe_column(column, contract.key, references.get(column.name)) for column in contract.columns]
    key = [f"key ({', '.join(contract.key)})"] if contract.key else []
    rules = [rule.sql for rule in contract.rules]
    return dg.TableSchema(columns=columns, constraints=dg.TableConstraints(other=[*key, *rules]))


def _describe_column(column: ColumnContract, key: tuple[str, ...], reference: ForeignKey | None) -> dg.TableColumn:
    other: list[str] = []
    if column.name in key:
        other.append("key")
    if reference:
        other.append(f"references {reference.parent}.{reference.parent_columns[reference.columns.index(column.name)]}")
    if column.minimum is not None:
        other.append(f">= {column.minimum}")
    if column.maximum is not None:
        other.append(f"<= {column.maximum}")
    if column.values is not None:
        shown = ", ".join(map(str, column.values[:_SHOWN_VALUES]))
        other.append(f"one of {shown}{', ...' if len(column.values) > _SHOWN_VALUES else ''}")
    if column.pattern is not None:
        other.append(f"matches {column.pattern}")
    unique = column.unique or key == (column.name,)
    return dg.TableColumn(
        name=column.name,
        type=_name_type(column.type),
        description=column.description or None,
        constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=unique, other=other),
        tags={"pii": ""} if column.pii else None,
    )


def _name_type(arrow: pa.DataType) -> str:
    """An Arrow type's name; a dictionary is how a column is stored, not what it holds."""
    return str(arrow.value_type if pa.types.is_dictionary(arrow) else arrow)


def trace_columns(contract: TableContract) -> dg.TableColumnLineage | None:
    """Which columns each column is computed from; None when none is."""
    lineage = {
        column.name: [dg.TableColumnDep(dg.AssetKey([contract.dataset, table]), name) for table, name in column.sources]
        for column in contract.columns
        if column.sources
    }
    return dg.TableColumnLineage(lineage) if lineage else None


def refer_to_line(where: Where | None, path: Path, label: str) -> dg.CodeReferencesMetadataValue:
    """The link from an asset to its line in the dataset file."""
    file = Path(where.file) if where else path
    line = where.line if where and where.line else None
    reference = dg.LocalFileCodeReference(file_path=str(file.resolve()), line_number=line, label=label)
    return dg.CodeReferencesMetadataValue(code_references=[reference])


def describe_refresh(result: RefreshResult) -> dict[str, Any]:
    """The metadata of a materialization: rows, bytes, files, hashes and time."""
    # Under the plain name Dagster would show a partition's rows as the whole table's.
    rows = "dagster/row_count" if result.partition is None else "dagster/partition_row_count"
    metadata: dict[str, Any] = {}
    if link := link_console(result.uri):
        metadata["tempdata/console"] = dg.MetadataValue.url(link)
    if len(result.delivered) > 1:
        lines = [f"- **{one.name}** ({one.format}): {one.status}, `{one.uri}`" for one in result.delivered]
        metadata["tempdata/destinations"] = dg.MetadataValue.md("\n".join(lines))
    return metadata | {
        rows: result.rows,
        "dagster/uri": result.uri,
        "tempdata/status": result.status,
        "tempdata/bytes": result.bytes,
        "tempdata/files": result.files,
        "tempdata/seconds": round(result.seconds, 3),
        "tempdata/content_hash": result.content_hash,
        "tempdata/fingerprint": result.fingerprint,
    }


def link_console(uri: str) -> str | None:
    """The page of the provider's console that shows a place; None where there is none."""
    scheme, _, rest = uri.partition("://")
    bucket, _, path = rest.partition("/")
    folder = quote(f"{path.rstrip('/')}/")
    if scheme == "s3":
        return f"https://s3.console.aws.amazon.com/s3/buckets/{bucket}?prefix={folder}"
    if scheme in ("gs", "gcs"):
        return f"https://console.cloud.google.com/storage/browser/{bucket}/{folder}"
    return None

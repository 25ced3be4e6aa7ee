"""Stored reference tables: CSV or Parquet files whose rows are a relation like any other."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

_INFERRED = (
    (r"^(?:true|false)$", pa.bool_()),
    (r"^-?(?:0|[1-9]\d{0,17})$", pa.int64()),
    (r"^-?(?:0|[1-9]\d*)\.\d+$", pa.float64()),
    (r"^\d{4}-\d{2}-\d{2}$", pa.date32()),
)
MAX_BYTES = 256 * 1024 * 1024


def read_reference_file(path: Path) -> pa.Table:
    """The table that a file holds. CSV is UTF-8 with a header; empty cells are null; types are inferred, text stays text.

    Raises:
        ValueError: It cannot be read, or is too large; the message says why.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise pa.ArrowInvalid(f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
        return _read(path)
    except (OSError, pa.ArrowException) as error:
        raise ValueError(str(error).split("\n")[0][:200]) from error


def _read(path: Path) -> pa.Table:
    stored = parquet.read_table(path).combine_chunks() if path.suffix == ".parquet" else _read_csv(path)
    if len(set(stored.column_names)) < stored.num_columns:
        raise pa.ArrowInvalid("two of its columns have one name")
    return stored


def _read_csv(path: Path) -> pa.Table:
    with path.open("rb") as source:
        header = csv.read_csv(source, read_options=csv.ReadOptions(block_size=1 << 20)).column_names
    options = csv.ConvertOptions(
        column_types={name: pa.string() for name in header}, strings_can_be_null=True, null_values=[""]
    )
    raw = csv.read_csv(path, convert_options=options).combine_chunks()
    return pa.table([_infer(column) for column in raw.columns], names=header)


def _infer(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The narrowest type whose text form is the cells' own: `007` stays text."""
    for pattern, target in _INFERRED:
        if column.null_count < len(column) and pc.all(pc.match_substring_regex(column, pattern)).as_py():
            return column.cast(target)
    return column


def digest_file(path: Path) -> str:
    """The blake2b-128 digest of a file's bytes, in hex."""
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()

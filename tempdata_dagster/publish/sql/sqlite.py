"""SQLite, whose columns have an affinity rather than a type."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from tempdata_dagster.publish.sql.base import DIALECTS, Dialect, Namespace


@DIALECTS.register("sqlite")
class SQLite(Dialect):
    """Decimals, and integers over 2^63 - 1, are text: any numeric affinity would make floats of them.

    Columns of floats have no type at all: with the affinity REAL the file keeps whole numbers as integers, and -0.0 would
    become 0.0. Dates and moments are ISO text; those with a zone are in UTC and end in `+00:00`.
    """

    longest = 1_000
    inline_foreign_keys = True
    deferrable = " DEFERRABLE INITIALLY DEFERRED"
    types: ClassVar = {
        "bool": "BOOLEAN", "integer": "INTEGER", "uint64": "TEXT", "float": "", "float32": "", "decimal": "TEXT", "text": "TEXT",
        "blob": "BLOB", "date": "DATE", "time": "TIME", "timestamp": "DATETIME", "timestamptz": "TEXT", "list": "TEXT",
        "struct": "TEXT", "map": "TEXT", "null": "TEXT",
    }  # fmt: skip

    def type_of(self, kind: pa.DataType, key_columns: int = 0) -> str:
        """As `Dialect.type_of`."""
        # An empty name is a type here, which for all others means that there is none.
        return "" if pa.types.is_floating(kind) else super().type_of(kind, key_columns)

    def decimal(self, kind: pa.DataType) -> str:  # noqa: ARG002 - as the others
        """Text, with as many digits after the point as the type has."""
        return self.types["decimal"]

    def drop_not_null(self, space: Namespace, table: str, column: str, kind: pa.DataType) -> str:  # noqa: ARG002 - as the others
        """SQLite changes no columns."""
        return ""

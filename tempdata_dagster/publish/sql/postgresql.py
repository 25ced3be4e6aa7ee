"""PostgreSQL, of version 12 or later."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from tempdata_dagster.publish.sql.base import DIALECTS, LISTS, Dialect, family_of, plain_type

_NESTED = ("list", "struct", "map")


@DIALECTS.register("postgresql")
class PostgreSQL(Dialect):
    """Names of 63 bytes; unsigned types one size up; arrays of scalars, `jsonb` for what is deeper."""

    deferrable = " DEFERRABLE INITIALLY IMMEDIATE"
    types: ClassVar = {
        "bool": "boolean", "int8": "smallint", "int16": "smallint", "int32": "integer", "int64": "bigint",
        "uint8": "smallint", "uint16": "integer", "uint32": "bigint", "uint64": "numeric(20, 0)", "float": "double precision",
        "float32": "real", "decimal": "numeric", "text": "text", "blob": "bytea", "date": "date", "time": "time",
        "timestamp": "timestamp", "timestamptz": "timestamptz", "struct": "jsonb", "map": "jsonb", "list": "jsonb", "null": "text",
    }  # fmt: skip

    def type_of(self, kind: pa.DataType, key_columns: int = 0) -> str:
        """As `Dialect.type_of`; a list of scalars is an array."""
        kind = plain_type(kind)
        # An array of arrays must be a full rectangle, which lists within lists need not be.
        if any(test(kind) for test in LISTS) and family_of(kind.value_type) not in (*_NESTED, "null"):
            return f"{super().type_of(kind.value_type)}[]"
        return super().type_of(kind, key_columns)

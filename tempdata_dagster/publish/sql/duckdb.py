"""DuckDB, which has nearly every type that Arrow has."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.sql.base import DIALECTS, LISTS, Dialect, Namespace, plain_type

_MOST_DIGITS = 38


@DIALECTS.register("duckdb")
class DuckDB(Dialect):
    """Foreign keys are checked row by row and can neither be deferred nor added later."""

    longest = 1_000
    inline_foreign_keys = True
    types: ClassVar = {
        "bool": "BOOLEAN", "int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT", "uint8": "UTINYINT",
        "uint16": "USMALLINT", "uint32": "UINTEGER", "uint64": "UBIGINT", "float": "DOUBLE", "float32": "FLOAT",
        "decimal": "DECIMAL", "text": "VARCHAR", "blob": "BLOB", "date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP",
        "timestamptz": "TIMESTAMPTZ", "timestamp[ns]": "TIMESTAMP_NS", "null": "VARCHAR",
    }  # fmt: skip

    def type_of(self, kind: pa.DataType, key_columns: int = 0) -> str:
        """As `Dialect.type_of`; lists, structs and maps of any depth are DuckDB's own."""
        kind = plain_type(kind)
        if any(test(kind) for test in LISTS):
            return f"{self.type_of(kind.value_type)}[]"
        if pa.types.is_struct(kind):
            return f"STRUCT({', '.join(f'{self.quote(field.name)} {self.type_of(field.type)}' for field in kind)})"
        if pa.types.is_map(kind):
            return f"MAP({self.type_of(kind.key_type)}, {self.type_of(kind.item_type)})"
        return super().type_of(kind, key_columns)

    def drop_not_null(self, space: Namespace, table: str, column: str, kind: pa.DataType) -> str:  # noqa: ARG002 - as the others
        """DuckDB changes no columns of a table that has an index."""
        return ""

    def decimal(self, kind: pa.DataType) -> str:
        """The type of a decimal.

        Raises:
            InputError: TD3061 beyond 38 digits.
        """
        if kind.precision > _MOST_DIGITS:
            raise InputError(
                "TD3061", f"DuckDB has no type for {kind}", f"its decimals have at most {_MOST_DIGITS} digits"
            )
        return super().decimal(kind)

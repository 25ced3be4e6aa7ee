"""The SQL of the standard, for databases that have no dialect here."""

from __future__ import annotations

from typing import ClassVar

from tempdata_dagster.publish.sql.base import DIALECTS, Dialect


@DIALECTS.register("ansi")
class Ansi(Dialect):
    """SQL:2003, with types that most databases take; nested values are JSON text."""

    longest = 128
    longest_in = "characters"
    types: ClassVar = {
        "bool": "BOOLEAN", "int8": "SMALLINT", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT", "uint8": "SMALLINT",
        "uint16": "INTEGER", "uint32": "BIGINT", "uint64": "DECIMAL(20, 0)", "float": "DOUBLE PRECISION", "float32": "REAL",
        "decimal": "DECIMAL", "text": "CHARACTER LARGE OBJECT", "blob": "BINARY LARGE OBJECT", "date": "DATE", "time": "TIME(6)",
        "timestamp": "TIMESTAMP(6)", "timestamptz": "TIMESTAMP(6) WITH TIME ZONE", "list": "CHARACTER LARGE OBJECT",
        "struct": "CHARACTER LARGE OBJECT", "map": "CHARACTER LARGE OBJECT", "null": "CHARACTER LARGE OBJECT",
    }  # fmt: skip

    def create_schema(self, name: str) -> str:
        """The standard has no IF NOT EXISTS."""
        return f"CREATE SCHEMA {self.quote(name)}"

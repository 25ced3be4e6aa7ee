"""MySQL, of version 8 or later, and MariaDB, of version 10.6 or later."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.sql.base import DIALECTS, Dialect, Namespace, family_of, plain_type

# InnoDB's limit of a key; a character of utf8mb4 takes up to 4 bytes.
KEY_BYTES = 3_072
_LONGEST_KEY = 255
_MOST_DIGITS, _MOST_AFTER_POINT = 65, 30


@DIALECTS.register("mysql")
class MySQL(Dialect):
    """Names of 64 characters in backticks; text in a key has a length; moments with a zone are kept in UTC.

    `FLOAT` is not used: the server prints it with six digits.
    """

    quotes = "`"
    longest = 64
    longest_in = "characters"
    types: ClassVar = {
        "bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "uint8": "tinyint unsigned",
        "uint16": "smallint unsigned", "uint32": "int unsigned", "uint64": "bigint unsigned", "float": "double", "float32": "double",
        "decimal": "decimal", "text": "longtext", "blob": "longblob", "date": "date", "time": "time(6)", "timestamp": "datetime(6)",
        "timestamptz": "datetime(6)", "list": "json", "struct": "json", "map": "json", "null": "longtext",
    }  # fmt: skip

    def __init__(self, table_options: str = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin") -> None:
        super().__init__(table_options)

    def quote(self, name: str) -> str:
        """As `Dialect.quote`; no letters beyond the Basic Multilingual Plane, and no blank at the end."""
        if name != name.rstrip(" \t\n\v\f\r") or any(letter > "\uffff" for letter in name):
            raise InputError("TD3060", f"{name[:80]!r} cannot be a name in MySQL", "use letters, digits and _")
        return super().quote(name)

    def type_of(self, kind: pa.DataType, key_columns: int = 0) -> str:
        """As `Dialect.type_of`; text and bytes that are in a key get a length.

        Raises:
            InputError: TD3061 for decimals of more than 65 digits, as in `Dialect.type_of`; those of more than 30 after the
                point are text.
        """
        family = family_of(kind)
        if key_columns and family in ("text", "blob"):
            length = key_length(key_columns)
            return f"varchar({length})" if family == "text" else f"varbinary({length})"
        return super().type_of(kind, key_columns)

    def decimal(self, kind: pa.DataType) -> str:
        """The type of a decimal, or text for what is finer than it can be."""
        kind = plain_type(kind)
        if kind.precision > _MOST_DIGITS:
            raise InputError(
                "TD3061", f"MySQL has no type for {kind}", f"its decimals have at most {_MOST_DIGITS} digits"
            )
        return super().decimal(kind) if kind.scale <= _MOST_AFTER_POINT else f"varchar({kind.precision + 3})"

    def create_schema(self, name: str) -> str:
        """What other databases call a schema is a database here."""
        return f"CREATE DATABASE IF NOT EXISTS {self.quote(name)}"

    def drop_not_null(self, space: Namespace, table: str, column: str, kind: pa.DataType) -> str:
        """MySQL says the whole column anew."""
        return f"ALTER TABLE {self.table_name(space, table)} MODIFY {self.quote(column)} {self.type_of(kind)} NULL"

    def drop_foreign_key(self, space: Namespace, table: str, name: str) -> str:
        """MySQL says FOREIGN KEY where others say CONSTRAINT."""
        return f"ALTER TABLE {self.table_name(space, table)} DROP FOREIGN KEY {self.quote(name)}"


def key_length(key_columns: int) -> int:
    """How many characters a text column may have in a key of so many columns."""
    return min(_LONGEST_KEY, KEY_BYTES // 4 // key_columns)

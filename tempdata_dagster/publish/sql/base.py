"""What the dialects of SQL have in common: names that are always quoted, types, and DDL with keys and indexes.

Written out rather than left to SQLAlchemy's compiler, which knows neither DuckDB nor what an Arrow type becomes, quotes a
name only where it thinks it must, and takes longer to import than a small table to publish.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import Registry
from tempdata_dagster.publish.keys import NO_KEYS, ForeignKeyFacts, TableKeys

TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
BLOBS = (
    pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary,
)  # fmt: skip
LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
# In order: the first that holds names the family of a type.
_FAMILIES: tuple[tuple[str, tuple[Callable[[pa.DataType], bool], ...]], ...] = (
    ("bool", (pa.types.is_boolean,)),
    ("integer", (pa.types.is_integer,)),
    ("float", (pa.types.is_floating,)),
    ("decimal", (pa.types.is_decimal,)),
    ("text", TEXTS),
    ("blob", BLOBS),
    ("date", (pa.types.is_date,)),
    ("time", (pa.types.is_time,)),
    ("timestamp", (pa.types.is_timestamp,)),
    ("list", LISTS),
    ("struct", (pa.types.is_struct,)),
    ("map", (pa.types.is_map,)),
    ("null", (pa.types.is_null,)),
)


def family_of(kind: pa.DataType) -> str:
    """The family of a type (`integer`, `text`, `list` ...); that of the values for a dictionary, "" for any other."""
    if pa.types.is_dictionary(kind):
        return family_of(kind.value_type)
    return next((name for name, tests in _FAMILIES if any(test(kind) for test in tests)), "")


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values of a dictionary; any other type as it is."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


@dataclass(frozen=True)
class Namespace:
    """Where the tables of a dataset lie in a database.

    Attributes:
        schema: The schema that holds them; None for the connection's own, or where there are no schemas.
        prefix: What the names of the tables begin with.
    """

    schema: str | None = None
    prefix: str = ""


class Dialect:
    """The SQL of one kind of database.

    Attributes:
        quotes: The quotation mark of names.
        longest: Of a name, in bytes of UTF-8 (`longest_in` says "bytes") or in characters.
        inline_foreign_keys: Foreign keys can only be given within CREATE TABLE.
        deferrable: Written after a foreign key, so that it is checked at commit; empty where that cannot be.
        table_options: Written after CREATE TABLE.
        types: The names of types by family, and by Arrow's own name where it matters (`int8`).
    """

    quotes: ClassVar[str] = '"'
    longest: ClassVar[int] = 63
    longest_in: ClassVar[str] = "bytes"
    inline_foreign_keys: ClassVar[bool] = False
    deferrable: ClassVar[str] = ""
    types: ClassVar[Mapping[str, str]] = {}

    def __init__(self, table_options: str = "") -> None:
        self.table_options = table_options

    def quote(self, name: str) -> str:
        """A name as it stands in a statement: quoted always, so that no name is a reserved word or changes its case.

        Raises:
            InputError: TD3060 when no such name can be: empty, too long, or with a NUL.
        """
        length = len(name.encode("utf-8", "surrogatepass")) if self.longest_in == "bytes" else len(name)
        if not name or "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
            raise InputError("TD3060", f"{name[:80]!r} cannot be a name in a database", "use letters, digits and _")
        if length > self.longest:
            # PostgreSQL would cut it without a word, and two names might become one.
            hint = f"a name has at most {self.longest} {self.longest_in}, its prefix included"
            raise InputError("TD3060", f"'{name[:80]}' is too long for a name in the database", hint)
        return self.quotes + name.replace(self.quotes, self.quotes * 2) + self.quotes

    def quote_all(self, names: Sequence[str]) -> str:
        """Names as a list, with commas."""
        return ", ".join(map(self.quote, names))

    def table_name(self, space: Namespace, table: str) -> str:
        """The quoted name of a table, with its schema."""
        name = self.quote(space.prefix + table)
        return f"{self.quote(space.schema)}.{name}" if space.schema else name

    def short_name(self, *parts: str) -> str:
        """A name for a constraint or an index, of the right length: always the same for the same parts, and no other's."""
        name = "_".join(parts)
        # Two parts may be cut elsewhere and make the same text (`a_b`, `c` and `a`, `b_c`).
        digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=4).hexdigest()
        room = self.longest - len(digest) - 1
        while len(name.encode()) > room:
            name = name[:-1]
        return f"{name}_{digest}"

    def type_of(self, kind: pa.DataType, key_columns: int = 0) -> str:  # noqa: ARG002 - MySQL needs it
        """The type of a column.

        Args:
            kind: The Arrow type.
            key_columns: How many columns the widest key or index has that the column is part of; 0 when it is in none.

        Raises:
            InputError: TD3061 when the database has no such type.
        """
        kind = plain_type(kind)
        family = family_of(kind)
        written = self.types.get(str(kind)) or self.types.get(family)
        if family == "timestamp" and kind.tz is not None:
            written = self.types["timestamptz"]
        if family == "float" and kind.bit_width < 64:
            written = self.types["float32"]
        if family == "decimal" and written is not None:
            written = self.decimal(kind)
        if written is None:
            raise InputError("TD3061", f"the database has no type for {kind}", "cast the column to a plain type")
        return written

    def decimal(self, kind: pa.DataType) -> str:
        """The type of a decimal."""
        return f"{self.types['decimal']}({kind.precision}, {kind.scale})"

    def create_schema(self, name: str) -> str:
        """The statement that creates a schema where it is missing."""
        return f"CREATE SCHEMA IF NOT EXISTS {self.quote(name)}"

    def create_table(
        self,
        space: Namespace,
        table: str,
        schema: pa.Schema,
        keys: TableKeys | None = None,
        foreign_keys: bool = True,
        partition_columns: Sequence[str] = (),
    ) -> str:
        """The statement that creates a table: columns, NOT NULL, primary key, unique columns.

        Foreign keys are within it only where they cannot be added later (`inline_foreign_keys`), and then for parents
        that may not exist yet.

        Args:
            space: Where the table lies.
            table: Its name, without the prefix.
            schema: Its columns; those of the primary key are NOT NULL whatever their fields say.
            keys: Its keys.
            foreign_keys: Whether to write foreign keys at all.
            partition_columns: Those that get an index together, which some databases must know of.
        """
        keys = keys or NO_KEYS
        lines = [self._column(field, keys, partition_columns) for field in schema]
        if keys.primary:
            lines.append(f"PRIMARY KEY ({self.quote_all(keys.primary)})")
        lines += [f"UNIQUE ({self.quote(name)})" for name in keys.unique if (name,) != keys.primary]
        if foreign_keys and self.inline_foreign_keys:
            lines += [self._references(space, one) for one in keys.foreign]
        body = ",\n  ".join(lines)
        return f"CREATE TABLE {self.table_name(space, table)} (\n  {body}\n){self.table_options}"

    def _column(self, field: pa.Field, keys: TableKeys, partition_columns: Sequence[str]) -> str:
        needed = " NOT NULL" if field.name in keys.primary or not field.nullable else ""
        width = max(widest_key(field.name, keys), len(partition_columns) if field.name in partition_columns else 0)
        return f"{self.quote(field.name)} {self.type_of(field.type, width)}{needed}"

    def _references(self, space: Namespace, key: ForeignKeyFacts) -> str:
        parent = f"{self.table_name(space, key.parent)} ({self.quote_all(key.parent_columns)})"
        return f"FOREIGN KEY ({self.quote_all(key.columns)}) REFERENCES {parent}{self.deferrable}"

    def drop_not_null(self, space: Namespace, table: str, column: str, kind: pa.DataType) -> str:  # noqa: ARG002 - MySQL needs it
        """The statement that lets a column be null; empty where that cannot be changed."""
        return f"ALTER TABLE {self.table_name(space, table)} ALTER COLUMN {self.quote(column)} DROP NOT NULL"

    def foreign_key_name(self, space: Namespace, table: str, key: ForeignKeyFacts) -> str:
        """The name of the constraint of a foreign key, not quoted."""
        return self.short_name("fk", space.prefix + table, *key.columns)

    def foreign_keys(self, space: Namespace, table: str, keys: TableKeys) -> list[str]:
        """The statements that add a table's foreign keys, for when all parents exist; none where they are inline."""
        if self.inline_foreign_keys:
            return []
        return [self.foreign_key(space, table, key) for key in keys.foreign]

    def foreign_key(self, space: Namespace, table: str, key: ForeignKeyFacts) -> str:
        """The statement that adds one foreign key."""
        name = self.quote(self.foreign_key_name(space, table, key))
        return f"ALTER TABLE {self.table_name(space, table)} ADD CONSTRAINT {name} {self._references(space, key)}"

    def drop_foreign_key(self, space: Namespace, table: str, name: str) -> str:
        """The statement that removes a foreign key by its constraint's name."""
        return f"ALTER TABLE {self.table_name(space, table)} DROP CONSTRAINT {self.quote(name)}"

    def indexes(
        self, space: Namespace, table: str, keys: TableKeys, partition_columns: Sequence[str] = ()
    ) -> list[str]:
        """The statements that create an index on each foreign key and on the partition's columns.

        None that the primary key already is: columns that it begins with.
        """
        wanted = dict.fromkeys([*(key.columns for key in keys.foreign), tuple(partition_columns)])
        return [
            f"CREATE INDEX {self.quote(self.short_name('ix', space.prefix + table, *columns))} "
            f"ON {self.table_name(space, table)} ({self.quote_all(columns)})"
            for columns in wanted
            if columns
            and keys.primary[: len(columns)] != columns
            and not (len(columns) == 1 and columns[0] in keys.unique)
        ]


def widest_key(column: str, keys: TableKeys) -> int:
    """How many columns the widest key of `keys` has that `column` is part of; 0 when it is in none."""
    found: list[Any] = [keys.primary, *((name,) for name in keys.unique), *(key.columns for key in keys.foreign)]
    return max((len(columns) for columns in found if column in columns), default=0)


DIALECTS: Registry[Dialect] = Registry("SQL dialect", "tempdata_dagster.publish.sql")

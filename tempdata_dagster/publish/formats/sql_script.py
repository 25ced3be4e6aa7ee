"""What stands around the rows of an SQL file: the session's settings, the transaction, DDL with keys."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.formats.base import FileLabel
from tempdata_dagster.publish.keys import TableKeys
from tempdata_dagster.publish.sql import DIALECTS, Dialect, Namespace
from tempdata_dagster.publish.sql.mysql import MySQL

# What a table is called whose name is not known, as where rows are written without a dataset.
NAMELESS = "rows"


class _InlineMySQL(MySQL):
    """MySQL with foreign keys within CREATE TABLE, which makes their indexes as well: all of it `IF NOT EXISTS` then."""

    inline_foreign_keys = True


@dataclass(frozen=True)
class Script:
    """The statements before and after the rows of a file.

    Attributes:
        dialect: The name of the dialect.
        table: The quoted name of the table.
        begin: What comes before the rows.
        end: What comes after them.
    """

    dialect: str
    table: str
    begin: str
    end: str


def open_dialect(name: str) -> Dialect:
    """The dialect of a file: as databases have it, but for what a file has to say at once."""
    return _InlineMySQL() if name == "mysql" else DIALECTS.get(name)()


def compose(
    name: str, schema: pa.Schema, label: FileLabel, namespace: str | None, *, ddl: bool, transaction: bool
) -> Script:
    """The script of one file.

    Args:
        name: The dialect's name.
        schema: The table's columns.
        label: The table's name and keys; which part of the partition the file is.
        namespace: The schema that the table lies in.
        ddl: Whether part 0 creates the table where it is missing.
        transaction: Whether the file is loaded as a whole or not at all.

    Raises:
        InputError: TD3060 for a name, TD3061 for a type that the dialect does not have.
    """
    dialect, space = open_dialect(name), Namespace(namespace)
    table = label.table or NAMELESS
    for one in (table, namespace or "", *schema.names):
        if "\r" in one:
            # The clients of MariaDB and SQLite make a line feed of CR LF, also within quotes.
            raise InputError("TD3060", f"{one[:80]!r} cannot be a name in an SQL file", "use letters, digits and _")
    begin = [f"-- {key}: {_plain(text)}" for key, text in label.properties.items()]
    begin += _SETTINGS.get(name, [])
    if transaction:
        begin.append(_BEGIN[name])
    end = ["COMMIT;"] if transaction else []
    if transaction and name == "postgresql":
        begin.append("SET CONSTRAINTS ALL DEFERRED;")
    if ddl and label.part == 0:
        begin += _ddl(name, dialect, space, table, schema, label.keys)
        end += _later(dialect, space, table, label.keys)
    quoted = dialect.table_name(space, table)
    return Script(name, quoted, "".join(f"{line}\n" for line in begin), "".join(f"{line}\n" for line in end))


_BEGIN = {"ansi": "START TRANSACTION;", "postgresql": "BEGIN;", "mysql": "START TRANSACTION;", "sqlite": "BEGIN;"}
_SETTINGS = {
    "postgresql": ["SET client_encoding = 'UTF8';", "SET standard_conforming_strings = on;"],
    "mysql": [
        "SET NAMES utf8mb4;",
        "SET sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO';",
        # Rows of a parent may come in a later file.
        "SET foreign_key_checks = 0;",
    ],
}


def _plain(text: str) -> str:
    """Text that cannot end its comment."""
    return text.encode("unicode_escape").decode("ascii")


def _ddl(name: str, dialect: Dialect, space: Namespace, table: str, schema: pa.Schema, keys: TableKeys) -> list[str]:
    """The statements that create the table, its keys and indexes where they are missing: each partition has a part 0."""
    statements = [dialect.create_schema(space.schema)] if space.schema else []
    create = dialect.create_table(space, table, schema, keys)
    indexes = dialect.indexes(space, table, keys)
    if name == "ansi":
        # The standard has no IF NOT EXISTS: such files are for a database that is empty.
        statements += [create, *_foreign_keys(dialect, space, table, keys, closing=False), *indexes]
    elif name == "postgresql":
        inner = [create, *_foreign_keys(dialect, space, table, keys, closing=False), *indexes]
        statements.append(_unless_exists(dialect.table_name(space, table), inner))
    else:
        statements.append(create.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1))
        if name == "sqlite":
            statements += [one.replace("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ", 1) for one in indexes]
    return [f"{statement};" for statement in statements]


def _unless_exists(table: str, statements: list[str]) -> str:
    body = "".join(f"{statement};\n" for statement in statements)
    literal = table.replace("'", "''")
    tag, number = "$tempdata$", 0
    while tag in body + literal:
        number += 1
        tag = f"$tempdata{number}$"
    return f"DO {tag} BEGIN IF to_regclass('{literal}') IS NULL THEN\n{body}END IF; END {tag}"


def _foreign_keys(dialect: Dialect, space: Namespace, table: str, keys: TableKeys, *, closing: bool) -> list[str]:
    """Foreign keys to tables that are loaded before this one; those that close a cycle among tables when `closing`."""
    chosen = [key for key in keys.foreign if (key.cyclic and key.parent != table) == closing]
    return dialect.foreign_keys(space, table, TableKeys(foreign=tuple(chosen)))


def _later(dialect: Dialect, space: Namespace, table: str, keys: TableKeys) -> list[str]:
    """What can only be run when all tables exist, as comments."""
    late = _foreign_keys(dialect, space, table, keys, closing=True)
    # A name may have a line end, which would end the comment.
    lines = [
        _plain(f"{statement};") if "\n" in statement or "\r" in statement else f"{statement};" for statement in late
    ]
    return (
        ["-- A cycle of foreign keys; run this when all tables are loaded:", *(f"-- {line}" for line in lines)]
        if late
        else []
    )

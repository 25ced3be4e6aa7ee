from __future__ import annotations

import sqlite3

import duckdb
import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.keys import ForeignKeyFacts, TableKeys
from tempdata_dagster.publish.sql import DIALECTS, Namespace
from tests.unit.publish.nasty import nasty_table

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("order", pa.string()),
        pa.field("amount", pa.decimal128(12, 2)),
        pa.field("share", pa.float64()),
    ]
)
PARENT = ForeignKeyFacts(columns=("order",), parent="orders", parent_columns=("id",), nullable=True)
KEYS = TableKeys(primary=("id",), foreign=(PARENT,), unique=("amount",))
HERE = Namespace()
HOSTILE = [
    "select", "Order", "a b", "a.b", "a`b", 'a"b', "a'b", "a;b", '"; drop table x; --', "`; drop table x; --", "x') --", "--", "/*", "a\\b",
    "%s", "%", "{0}", "$1", ":x", "?", "a\nb", "日本", "é", "e\u0301", "\u202ex", "1", "1e5", "_", "-", "(", ")", "[x]", "a" * 63, "é" * 31,
]  # fmt: skip


@pytest.mark.parametrize("name", list(DIALECTS))
def test_every_type_has_a_name_or_is_refused(name):
    dialect = DIALECTS.get(name)()
    for field in nasty_table().schema:
        assert dialect.type_of(field.type) or (name, pa.types.is_floating(field.type)) == ("sqlite", True)
    with pytest.raises(InputError, match="TD3061"):
        dialect.type_of(pa.duration("us"))


def test_postgresql():
    dialect = DIALECTS.get("postgresql")()
    space = Namespace("shop", "x_")
    assert dialect.create_table(space, "items", SCHEMA, KEYS) == (
        'CREATE TABLE "shop"."x_items" (\n  "id" bigint NOT NULL,\n  "order" text,\n  "amount" numeric(12, 2),\n'
        '  "share" double precision,\n  PRIMARY KEY ("id"),\n  UNIQUE ("amount")\n)'
    )
    (key,) = dialect.foreign_keys(space, "items", KEYS)
    assert key.startswith('ALTER TABLE "shop"."x_items" ADD CONSTRAINT "fk_x_items_order_')
    assert key.endswith('FOREIGN KEY ("order") REFERENCES "shop"."x_orders" ("id") DEFERRABLE INITIALLY IMMEDIATE')


def test_mysql_gives_text_in_keys_a_length():
    dialect = DIALECTS.get("mysql")()
    statement = dialect.create_table(HERE, "items", SCHEMA, KEYS)
    assert "`order` varchar(255)," in statement
    assert statement.endswith("COLLATE=utf8mb4_bin")
    assert dialect.type_of(pa.string(), key_columns=4) == "varchar(192)"
    assert dialect.type_of(pa.string()) == "longtext"


def test_lists_of_scalars_are_arrays_where_they_can_be():
    scalars, deep = pa.list_(pa.string()), pa.list_(pa.list_(pa.int8()))
    assert [DIALECTS.get("postgresql")().type_of(kind) for kind in (scalars, deep)] == ["text[]", "jsonb"]
    assert DIALECTS.get("duckdb")().type_of(deep) == "TINYINT[][]"


def test_an_index_is_made_for_each_foreign_key_that_the_primary_key_does_not_begin_with():
    dialect = DIALECTS.get("ansi")()
    within = TableKeys(primary=("id", "order"), foreign=(PARENT, PARENT.model_copy(update={"columns": ("id",)})))
    statements = dialect.indexes(HERE, "items", within, ["date", "hour"])
    assert [text.partition(" ON ")[2] for text in statements] == ['"items" ("order")', '"items" ("date", "hour")']


def test_short_names_have_the_right_length_and_differ():
    dialect = DIALECTS.get("postgresql")()
    names = {dialect.short_name("fk", "é" * 40, "a", "b_c"), dialect.short_name("fk", "é" * 40, "a_b", "c")}
    assert len(names) == 2
    assert all(len(name.encode()) <= 63 for name in names)


@pytest.mark.parametrize("bad", ["", "a\0b", "\ud800", "x" * 1_001])
@pytest.mark.parametrize("name", list(DIALECTS))
def test_a_name_that_cannot_be_is_refused(name, bad):
    with pytest.raises(InputError, match="TD3060"):
        DIALECTS.get(name)().quote(bad)


@pytest.mark.parametrize("bad", ["x ", "😀", "x" * 65])
def test_a_name_that_mysql_cannot_have_is_refused(bad):
    with pytest.raises(InputError, match="TD3060"):
        DIALECTS.get("mysql")().quote(bad)


@pytest.mark.parametrize(
    ("name", "connect"), [("sqlite", sqlite3.connect), ("duckdb", duckdb.connect)], ids=["sqlite", "duckdb"]
)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_name_is_nothing_but_a_name(name, connect, hostile):
    dialect = DIALECTS.get(name)()
    schema = pa.schema([pa.field(hostile, pa.int64(), nullable=False), pa.field("other", pa.string())])
    itself = ForeignKeyFacts(columns=("other",), parent=hostile, parent_columns=(hostile,))
    keys = TableKeys(primary=(hostile,), foreign=(itself,))
    with connect(":memory:") as database:
        database.execute(dialect.create_table(HERE, hostile, schema, TableKeys(primary=(hostile,))))
        for statement in dialect.indexes(HERE, hostile, keys):
            database.execute(statement)
        tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
        assert database.execute(tables).fetchall() == [(hostile,)]
        found = database.execute(f"SELECT * FROM {dialect.quote(hostile)}").description
    assert [column[0] for column in found] == [hostile, "other"]


def test_references_are_part_of_the_table_where_they_cannot_be_added():
    dialect = DIALECTS.get("sqlite")()
    statement = dialect.create_table(HERE, "items", SCHEMA, KEYS)
    assert dialect.foreign_keys(HERE, "items", KEYS) == []
    assert 'FOREIGN KEY ("order") REFERENCES "orders" ("id") DEFERRABLE INITIALLY DEFERRED' in statement
    assert "FOREIGN" not in dialect.create_table(HERE, "items", SCHEMA, KEYS, foreign_keys=False)
    sqlite3.connect(":memory:").execute(statement)

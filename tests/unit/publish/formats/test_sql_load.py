"""SQL files are loaded by the databases' own clients, and hold what was written, and do nothing else."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.formats import FileLabel
from tempdata_dagster.publish.keys import ForeignKeyFacts, TableKeys
from tests.unit.publish.formats.files import File
from tests.unit.publish.formats.hostile import NAMES
from tests.unit.publish.formats.servers import MariaDB, PostgreSQL, start_mariadb, start_postgresql
from tests.unit.publish.formats.spelling import as_json, spell
from tests.unit.publish.formats.storable import storable
from tests.unit.publish.nasty import nasty_table

LABEL = FileLabel({"fingerprint": "f1"}, dataset="retail", table="orders")
VICTIM = pa.table({"n": [1]})


@pytest.fixture(scope="module")
def postgresql():
    with start_postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory):
    with start_mariadb(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


def numbered(dialect: str) -> pa.Table:
    table = storable(nasty_table(), dialect)
    return table.add_column(0, "row", pa.array(range(len(table))))


def bits(value: Any, kind: pa.DataType) -> bytes | None:
    """A float as its bits: -0.0 and the last digit count, NaN is one value."""
    return None if value is None else kind.to_pandas_dtype()(value).tobytes() if value == value else b"NaN"  # noqa: PLR0124 - NaN


def as_told(value: Any, kind: pa.DataType) -> Any:
    """A cell as psycopg tells it."""
    if pa.types.is_dictionary(kind):
        return as_told(value, kind.value_type)
    if value is None or pa.types.is_floating(kind):
        return bits(value, kind) if pa.types.is_floating(kind) else None
    if pa.types.is_timestamp(kind) and kind.tz:
        return value.astimezone(UTC)
    if pa.types.is_struct(kind) or (pa.types.is_list(kind) and pa.types.is_nested(kind.value_type)):
        return as_json(value, kind)
    return [as_told(one, kind.value_type) for one in value] if isinstance(value, list) else value


def check_postgresql(server: PostgreSQL, name: str, table: pa.Table) -> None:
    found = list(zip(*server.query(f'select * from {name} order by "row"'), strict=True))
    for index, field in enumerate(table.schema):
        told = found[index]
        if pa.types.is_floating(field.type):
            told = [bits(value, field.type) for value in told]
        elif field.name == "uint64":
            told = [None if value is None else int(value) for value in told]
        elif field.name == "floats":
            told = [value and [bits(one, pa.float64()) for one in value] for value in told]
        expected = [as_told(value, field.type) for value in table[field.name].to_pylist()]
        if pa.types.is_nested(field.type):
            assert list(told) == expected, field.name  # jsonb has an order of keys of its own
        else:
            assert repr(list(told)) == repr(expected), field.name


def test_postgresql_holds_every_cell(postgresql, tmp_path):
    table = numbered("postgresql")
    path = tmp_path / "orders.sql"
    path.write_bytes(File("sql", table, None, LABEL, rows_per_statement=7).data)
    postgresql.load(path)
    check_postgresql(postgresql, "orders", table)


def test_postgresql_copies_csv_of_its_dialect(postgresql, tmp_path):
    # Lists of plain values are arrays there, whose text is not JSON.
    table = numbered("postgresql").drop_columns(["numbers", "floats", "texts"])
    rows, script = tmp_path / "rows.csv", tmp_path / "copy.sql"
    rows.write_bytes(File("csv", table, dialect="postgres").data)
    empty = File("sql", table.slice(0, 0), None, FileLabel({}, table="copied"))
    script.write_bytes(empty.data + f"\\copy copied from '{rows}' with (format csv, header)\n".encode())
    postgresql.load(script)
    check_postgresql(postgresql, "copied", table)


def check_text(told: str | None, value: Any, kind: pa.DataType, *, zone: str) -> None:
    """A cell that a database wrote as text."""
    if told is None or value is None:
        assert told is None
        assert value is None
    elif pa.types.is_dictionary(kind):
        check_text(told, value, kind.value_type, zone=zone)
    elif pa.types.is_floating(kind):
        # Float32 lies in a column of doubles, as the fewest digits that lead back to it.
        assert bits(float(told), kind) == bits(value, kind)
    elif pa.types.is_nested(kind):
        assert json.loads(told) == as_json(value, kind)
    elif pa.types.is_boolean(kind):
        assert told == str(int(value))
    elif pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        written = spell(value, kind).replace("T", " ").replace("Z", zone)
        assert re.sub(r"\.0*$", "", told) == re.sub(r"\.0*$", "", written) or told.rstrip("0") == written.rstrip("0")
    else:
        assert told == spell(value, kind)


def check_mariadb(server: MariaDB, name: str, table: pa.Table) -> None:
    blobs = {"blob", "fixed_blob"}
    cells = ", ".join(f"hex(`{one}`)" if one in blobs else f"hex(cast(`{one}` as char))" for one in table.column_names)
    found = list(zip(*server.query(f"select {cells} from {name} order by `row`"), strict=True))
    for index, field in enumerate(table.schema):
        for told, value in zip(found[index], table[field.name].to_pylist(), strict=True):
            if field.name in blobs:
                assert told == value
            else:
                # MariaDB knows no -0.0, not even as text.
                held = 0.0 if value == 0 and isinstance(value, float) else value
                check_text(None if told is None else told.decode(), held, field.type, zone="")


def test_mariadb_holds_every_cell(mariadb, tmp_path):
    table = numbered("mysql")
    path = tmp_path / "orders.sql"
    path.write_bytes(File("sql", table, None, LABEL, dialect="mysql", rows_per_statement=7).data)
    mariadb.load(path)
    check_mariadb(mariadb, "orders", table)


def test_mariadb_loads_csv_of_its_dialect(mariadb, tmp_path):
    table = numbered("mysql").drop_columns(["blob", "fixed_blob"])  # LOAD DATA would have to be told of base64
    rows, script = tmp_path / "rows.csv", tmp_path / "load.sql"
    rows.write_bytes(File("csv", table, dialect="mysql").data)
    empty = File("sql", table.slice(0, 0), None, FileLabel({}, table="copied"), dialect="mysql")
    load = (
        f"LOAD DATA INFILE '{rows}' INTO TABLE copied CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'"
        " ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' IGNORE 1 LINES;\n"
    )
    script.write_bytes(empty.data + load.encode())
    mariadb.load(script)
    check_mariadb(mariadb, "copied", table)


def test_sqlite_holds_every_cell():
    table = numbered("sqlite")
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(File("sql", table, None, LABEL, dialect="sqlite", rows_per_statement=7).data.decode())
        found = list(zip(*database.execute('select * from orders order by "row"'), strict=True))
    for index, field in enumerate(table.schema):
        for told, value in zip(found[index], table[field.name].to_pylist(), strict=True):
            assert isinstance(told, (bytes, float)) == isinstance(value, (bytes, float))
            if isinstance(value, bytes):
                assert told == value
            else:
                check_text(None if told is None else str(told), value, field.type, zone="+00:00")


def allowed(dialect: str) -> list[str]:
    """The names that a database can have, one of those that differ in case only."""
    names = {}
    for name in NAMES:
        try:
            File("sql", pa.table({name: [1]}), None, FileLabel({}, table=name), dialect=dialect)
        except InputError:
            continue
        names.setdefault(name.lower(), name)
    return list(names.values())


def hostile_script(dialect: str, names: list[str]) -> bytes:
    """A victim, a table of every name, and one that has all names as its columns."""
    keys = {name: TableKeys(primary=(name,)) for name in names}
    files = [File("sql", VICTIM, None, FileLabel({}, table="x"), dialect=dialect)]
    files += [
        File("sql", pa.table({name: [7]}), None, FileLabel({"note": name}, keys[name], table=name), dialect=dialect)
        for name in names
    ]
    files += [File("sql", pa.table({name: [7] for name in names}), None, FileLabel({}, table="wide"), dialect=dialect)]
    return b"".join(file.data for file in files)


def test_names_inject_nothing_into_postgresql(postgresql, tmp_path):
    names = allowed("postgresql")
    path = tmp_path / "hostile.sql"
    path.write_bytes(b"CREATE SCHEMA hostile; SET search_path = hostile;\n" + hostile_script("postgresql", names))
    postgresql.load(path)
    found = {name for (name,) in postgresql.query("select tablename from pg_tables where schemaname = 'hostile'")}
    assert found == {*names, "x", "wide"}
    wide = "select column_name from information_schema.columns where table_name = 'wide' order by ordinal_position"
    assert [name for (name,) in postgresql.query(wide)] == names
    assert postgresql.query("select n from hostile.x") == [(1,)]
    assert len(names) > 180


def test_names_inject_nothing_into_mariadb(mariadb, tmp_path):
    names = allowed("mysql")
    path = tmp_path / "hostile.sql"
    path.write_bytes(b"CREATE DATABASE hostile; USE hostile;\n" + hostile_script("mysql", names))
    mariadb.load(path)
    tables = mariadb.query("select hex(table_name) from information_schema.tables where table_schema = 'hostile'")
    assert {name.decode() for (name,) in tables} == {*names, "x", "wide"}
    wide = "select hex(column_name) from information_schema.columns where table_schema = 'hostile' and table_name = 'wide' order by ordinal_position"
    assert [name.decode() for (name,) in mariadb.query(wide)] == names
    assert mariadb.query("select hex(cast(n as char)) from hostile.x") == [[b"1"]]
    assert len(names) > 150


def test_names_inject_nothing_into_sqlite():
    names = allowed("sqlite")
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(hostile_script("sqlite", names).decode())
        found = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
        assert found == {*names, "x", "wide"}
        assert [row[1] for row in database.execute("pragma table_info(wide)")] == names
        assert database.execute("select n from x").fetchall() == [(1,)]
    assert len(names) > 180


NODES = pa.table(
    {"id": [1, 2], "parent": [2, None]}, pa.schema([pa.field("id", pa.int64(), nullable=False), ("parent", pa.int64())])
)
LEAVES = pa.table(
    {"id": [1], "node": [2]},
    pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("node", pa.int64(), nullable=False)]),
)
TREE = TableKeys(
    primary=("id",),
    foreign=(ForeignKeyFacts(columns=("parent",), parent="nodes", parent_columns=("id",), nullable=True, cyclic=True),),
)
LEAF = TableKeys(primary=("id",), foreign=(ForeignKeyFacts(columns=("node",), parent="nodes", parent_columns=("id",)),))


def tree_script(dialect: str, part: int = 0, start: int = 0) -> bytes:
    """Two tables, of which one refers to itself before the row is there."""
    files = []
    for name, table, keys in (("nodes", NODES, TREE), ("leaves", LEAVES, LEAF)):
        moved = pa.table(
            {
                column: np.array([v + start if v else -1 for v in table[column].to_pylist()])
                for column in table.column_names
            }
        )
        cells = moved.set_column(
            1, table.schema.field(1), pa.array([v if v > 0 else None for v in moved[1].to_pylist()], pa.int64())
        )
        files.append(
            File(
                "sql",
                cells.cast(table.schema),
                None,
                FileLabel({}, keys, table=name, part=part),
                dialect=dialect,
                rows_per_statement=1,
            )
        )
    return b"".join(file.data for file in files)


def test_keys_of_postgresql(postgresql, tmp_path):
    path = tmp_path / "tree.sql"
    # A second partition has a first part as well, which finds the table in place.
    path.write_bytes(
        b"CREATE SCHEMA tree; SET search_path = tree;\n"
        + tree_script("postgresql")
        + tree_script("postgresql", 0, 10)
        + tree_script("postgresql", 1, 20)
    )
    postgresql.load(path)
    assert postgresql.query("select count(*) from tree.nodes") == [(6,)]
    kinds = postgresql.query(
        "select contype::text, count(*) from pg_constraint where connamespace = 'tree'::regnamespace and contype <> 'n' group by 1 order by 1"
    )
    assert kinds == [("f", 2), ("p", 2)]
    with pytest.raises(Exception, match="foreign key"):
        postgresql.query("insert into tree.leaves values (5, 99)")


def test_keys_of_mariadb(mariadb, tmp_path):
    path = tmp_path / "tree.sql"
    path.write_bytes(
        b"CREATE DATABASE tree; USE tree;\n"
        + tree_script("mysql")
        + tree_script("mysql", 0, 10)
        + tree_script("mysql", 1, 20)
    )
    mariadb.load(path)
    assert mariadb.query("select hex(cast(count(*) as char)) from tree.nodes") == [[b"6"]]
    with pytest.raises(AssertionError, match="foreign key"):
        mariadb.query("insert into tree.leaves values (5, 99)")
    with pytest.raises(AssertionError, match="Duplicate entry"):
        mariadb.query("insert into tree.nodes values (1, null)")


def test_keys_of_sqlite():
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("pragma foreign_keys = on")
        for part, start in ((0, 0), (0, 10), (1, 20)):
            database.executescript(tree_script("sqlite", part, start).decode())
        assert database.execute("select count(*) from nodes").fetchall() == [(6,)]
        assert database.execute("pragma foreign_key_check").fetchall() == []
        indexes = {
            name
            for (name,) in database.execute(
                "select tbl_name from sqlite_master where type = 'index' and sql is not null"
            )
        }
        assert indexes == {"nodes", "leaves"}
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            database.execute("insert into leaves values (5, 99)").connection.commit()


def test_a_cycle_among_tables_is_closed_by_hand(postgresql, tmp_path):
    def keys(column: str, parent: str) -> TableKeys:
        edge = ForeignKeyFacts(columns=(column,), parent=parent, parent_columns=("id",), cyclic=True)
        return TableKeys(primary=("id",), foreign=(edge,))

    heads = File(
        "sql", LEAVES.rename_columns(["id", "tail"]), None, FileLabel({}, keys("tail", "tails"), table="heads")
    )
    tails = File(
        "sql", LEAVES.rename_columns(["id", "head"]), None, FileLabel({}, keys("head", "heads"), table="tails")
    )
    path = tmp_path / "cycle.sql"
    path.write_bytes(b"CREATE SCHEMA cycle; SET search_path = cycle;\n" + heads.data + tails.data)
    postgresql.load(path)
    late = [line[3:] for line in (heads.data + tails.data).decode().split("\n") if line.startswith("-- ALTER TABLE")]
    assert len(late) == 2
    assert differing_rows(heads) == []
    path.write_bytes(
        b"SET search_path = cycle; UPDATE heads SET tail = 1; UPDATE tails SET head = 1;\n" + "\n".join(late).encode()
    )
    postgresql.load(path)


def differing_rows(file: File) -> list[str]:
    return [] if file.read().num_rows == file.written.rows else ["rows"]


def test_a_file_that_fails_leaves_nothing(postgresql, tmp_path):
    table = pa.table({"id": [1, 1]}, pa.schema([pa.field("id", pa.int64(), nullable=False)]))
    path = tmp_path / "twice.sql"
    path.write_bytes(
        File("sql", table, None, FileLabel({}, TableKeys(primary=("id",)), table="twice"), rows_per_statement=1).data
    )
    with pytest.raises(AssertionError, match="duplicate key"):
        postgresql.load(path)
    assert postgresql.query("select to_regclass('twice')") == [(None,)]

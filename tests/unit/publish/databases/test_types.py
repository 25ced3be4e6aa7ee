"""Every type with the nastiest values goes in and comes out equal, or is refused with its column and row."""

from __future__ import annotations

import sqlite3
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from math import copysign, inf, nan

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import GenerationError, InputError
from tests.unit.publish.databases.shop import hash_content, numbers
from tests.unit.publish.nasty import nasty_table, plain_table

NASTY = nasty_table()
NULS = {"text", "large_text", "category", "texts", "record", "records"}
# What each cannot hold: all else must come back.
REFUSED = {
    "sqlite": {"float32", "float64"}, "duckdb": set[str](), "postgresql": NULS, "mysql": {"float32", "float64"},
}  # fmt: skip


def test_plain_rows_of_every_type_come_back(shop):
    rows = plain_table(2_500)
    shop.publish("rows", rows)
    found = shop.read("rows").sort_by("id")
    assert found.schema.equals(rows.schema)
    assert hash_content(found) == hash_content(rows)


def test_the_nastiest_values_come_back_or_are_refused(shop):
    refused: dict[str, str] = {}
    for name in NASTY.column_names:
        rows = NASTY.select([name]).append_column("row", pa.array(range(len(NASTY))))
        try:
            shop.publish(name, rows)
        except GenerationError as error:
            refused[name] = str(error)
            continue
        found = shop.read(name).sort_by("row")
        assert found.schema.equals(rows.schema), name
        assert hash_content(found) == hash_content(rows), name
    assert set(refused) == REFUSED[shop.kind]
    assert [text for name, text in refused.items() if not text.startswith(f"TD3045 column '{name}', row ")] == []
    assert not any(shop.database.published_keys(shop.dataset, name) for name in refused)


def test_floats_come_back_to_the_last_bit(shop):
    values = [0.0, 5e-324, 1.7976931348623157e308, 0.1, 1 / 3, 1e22, 2.0**53 + 2, None]
    values += [] if shop.kind == "mysql" else [-0.0, inf, -inf]
    values += [nan] if shop.kind in ("duckdb", "postgresql") else []
    singles = [3.4028234663852886e38 if value == 1.7976931348623157e308 else value for value in values]
    rows = numbers(0, len(values), double=pa.array(values), single=pa.array(singles, pa.float32()))
    shop.publish("floats", rows)
    assert hash_content(shop.read("floats").sort_by("id")) == hash_content(rows)


@pytest.mark.parametrize("value", [nan, inf, -inf, -0.0])
def test_the_first_row_that_cannot_be_held_is_named(my_shop, value):
    rows = numbers(0, 3_000, x=pa.array([1.0] * 2_345 + [value] * 655))
    with pytest.raises(GenerationError, match="TD3045 column 'x', row 2345"):
        my_shop.publish("floats", rows)
    assert my_shop.query("SELECT count(*) FROM {floats}")[0][0] in (0, "0")


def test_nanoseconds_are_kept_or_refused(shop):
    whole = pa.array([1_000, -1_000, None], pa.timestamp("ns"))
    shop.publish("whole", numbers(0, 3, at=whole))
    assert shop.read("whole").sort_by("id")["at"].combine_chunks().equals(whole)
    split = numbers(0, 2, at=pa.array([1_000, 1_001], pa.timestamp("ns")))
    if shop.kind == "duckdb":
        shop.publish("split", split)
        assert hash_content(shop.read("split").sort_by("id")) == hash_content(split)
        return
    with pytest.raises(GenerationError, match="TD3045 column 'at', row 1: nanoseconds"):
        shop.publish("split", split)


def test_a_type_that_no_database_has_is_refused_before_anything_is_made(shop):
    with pytest.raises(InputError, match="TD3061"):
        shop.publish("spans", numbers(0, 1, span=pa.array([1], pa.duration("us"))))
    assert shop.dataset not in shop.database.datasets()


def test_a_null_where_none_may_be_is_refused(shop):
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False)])
    rows = pa.Table.from_batches([pa.record_batch([pa.array([1, None])], schema=schema)])
    with pytest.raises(GenerationError, match="TD3045 column 'id', row 1: is null"):
        shop.publish("rows", rows)


def test_texts_that_differ_by_blanks_or_case_are_different_keys(shop):
    from tempdata_dagster.publish.keys import TableKeys

    rows = pa.table({"id": ["a", "A", "a ", "ä", "a\u0308", ""]})
    shop.publish("texts", rows, keys=TableKeys(primary=("id",)))
    assert sorted(shop.read("texts")["id"].to_pylist()) == sorted(rows["id"].to_pylist())


def test_text_that_is_too_long_for_a_key_of_mysql_is_refused(my_shop):
    from tempdata_dagster.publish.keys import TableKeys

    with pytest.raises(GenerationError, match="TD3045 column 'id', row 1"):
        my_shop.publish("texts", pa.table({"id": ["a", "b" * 256]}), keys=TableKeys(primary=("id",)))


def test_sqlite_reads_what_was_written_as_its_own_functions_do(lite_shop):
    lite_shop.publish("rows", exact_rows())
    with sqlite3.connect(lite_shop.database.address.path) as other:
        sql = 'SELECT typeof(x), x, d, at, strftime("%Y", at), unixepoch(at), json_extract(l, "$[1]"), big FROM rows'
        found = other.execute(sql).fetchone()
    assert found[0] == "real"
    assert copysign(1, found[1]) == -1
    assert found[2:] == (
        "12345678901234567890.10",
        "2024-02-29 12:00:00.000001+00:00",
        "2024",
        1709208000,
        2**63 - 1,
        2**53 + 1,
    )


def test_psql_reads_what_was_written(pg_shop, postgresql):
    pg_shop.publish("rows", exact_rows())
    psql = postgresql.programs / "psql"
    sql = f"SET timezone = 'UTC'; SELECT x, d, at, l[2], big, pg_typeof(l) FROM {pg_shop.dataset}.rows"
    command = [str(psql), "-h", str(postgresql.host), "-U", "postgres", "-d", "postgres", "-qAtc", sql]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert said == f"-0|12345678901234567890.10|2024-02-29 12:00:00.000001+00|{2**63 - 1}|{2**53 + 1}|bigint[]"


def test_the_mariadb_client_reads_what_was_written(my_shop, mariadb):
    my_shop.publish("rows", exact_rows().drop(["x"]))
    sql = "SELECT d, at, json_extract(l, '$[1]'), big FROM `rows`"
    command = [
        "mariadb",
        "--no-defaults",
        "-uroot",
        f"-S{mariadb.folder / 'socket'}",
        "-Ne",
        sql,
        my_shop.database.address.path,
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert said == f"12345678901234567890.10\t2024-02-29 12:00:00.000001\t{2**63 - 1}\t{2**53 + 1}"


def exact_rows() -> pa.Table:
    return pa.table(
        {
            "x": pa.array([-0.0]),
            "d": pa.array([Decimal("12345678901234567890.10")], pa.decimal128(38, 2)),
            "at": pa.array([datetime(2024, 2, 29, 12, 0, 0, 1, UTC)], pa.timestamp("us", "UTC")),
            "l": pa.array([[0, 2**63 - 1]], pa.list_(pa.int64())),
            "big": pa.array([2**53 + 1]),
        }
    )

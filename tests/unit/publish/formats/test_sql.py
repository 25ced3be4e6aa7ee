from __future__ import annotations

import random
import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempdata_dagster.core.errors import GenerationError, InputError
from tempdata_dagster.publish.formats import FileLabel
from tempdata_dagster.publish.keys import TableKeys
from tests.unit.publish.formats.files import File, content, differing
from tests.unit.publish.formats.hostile import NAMES
from tests.unit.publish.formats.storable import storable
from tests.unit.publish.nasty import nasty_table, plain_table

DIALECTS = ["ansi", "mysql", "postgresql", "sqlite"]
LABEL = FileLabel({"fingerprint": "f1"}, dataset="retail", table="orders")


@pytest.mark.parametrize(
    "options",
    [{}, {"rows_per_statement": 1, "compression": "gzip", "ddl": False}, {"transaction": False, "compression": "zstd"}],
    ids=str,
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_cell_comes_back(dialect, options):
    table = storable(nasty_table(), dialect)
    file = File("sql", table, 17, LABEL, dialect=dialect, **options)
    assert differing(file.read(), table) == []
    assert file.inspect() == len(table)


@pytest.mark.parametrize(
    ("dialect", "column", "row", "what"),
    [
        ("postgresql", "text", 22, "NUL in text of PostgreSQL"),
        ("postgresql", "category", 22, "NUL in text of PostgreSQL"),
        ("postgresql", "texts", 4, "NUL in text of PostgreSQL"),
        ("postgresql", "record", 23, "NUL in jsonb of PostgreSQL"),
        ("ansi", "text", 22, "NUL in text of SQL"),
        ("mysql", "float64", 2, "NaN or an infinity of MySQL"),
        ("ansi", "float32", 2, "NaN or an infinity of SQL"),
        ("sqlite", "float64", 2, "NaN of SQLite"),
    ],
)
def test_what_a_database_cannot_hold_is_refused_with_its_row(dialect, column, row, what):
    table = nasty_table().select([column])
    with pytest.raises(GenerationError, match=rf"TD3045 column '{column}', row \d+: sql cannot hold {what}") as caught:
        File("sql", table, dialect=dialect)
    told = int(re.search(r"row (\d+)", caught.value.message)[1])
    first = table[column].to_pylist()[told]
    assert "\\x00" in repr(first) or repr(first) == "nan"
    assert row <= told <= row + 1
    earlier = repr(table[column].to_pylist()[:told])
    assert "\\x00" not in earlier
    assert "nan" not in earlier or "float" not in column


def test_what_a_small_file_looks_like():
    table = pa.table(
        {"id": [1, 2, 3], "note": ["it's", None, "back\\slash"]},
        pa.schema([pa.field("id", pa.int64(), nullable=False), ("note", pa.string())]),
    )
    label = FileLabel({"fingerprint": "f\n1"}, keys=TableKeys(primary=("id",)), table="notes")
    assert File("sql", table, label=label, rows_per_statement=2).data.decode() == (
        "-- tempdata.synthetic: true\n-- tempdata.fingerprint: f\\n1\n"
        "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nBEGIN;\nSET CONSTRAINTS ALL DEFERRED;\n"
        "DO $tempdata$ BEGIN IF to_regclass('\"notes\"') IS NULL THEN\n"
        'CREATE TABLE "notes" (\n  "id" bigint NOT NULL,\n  "note" text,\n  PRIMARY KEY ("id")\n);\nEND IF; END $tempdata$;\n'
        'INSERT INTO "notes" ("id", "note") VALUES\n(1, \'it\'\'s\'),\n(2, NULL);\n'
        'INSERT INTO "notes" ("id", "note") VALUES\n(3, \'back\\slash\');\n'
        "COMMIT;\n-- rows: 3\n"
    )
    small = File(
        "sql", table, label=FileLabel({}, part=1), dialect="mysql", transaction=False, namespace="lake"
    ).data.decode()
    assert small.split("foreign_key_checks = 0;\n")[1] == (
        "INSERT INTO `lake`.`rows` (`id`, `note`) VALUES\n(1, 'it''s'),\n(2, NULL),\n(3, 'back\\\\slash');\n-- rows: 3\n"
    )


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows(dialect, rows):
    table = storable(nasty_table().slice(3, rows), dialect)
    file = File("sql", table, None, LABEL, dialect=dialect)
    assert file.written.rows == file.inspect() == rows
    assert differing(file.read(), table) == []


@given(st.integers(1, 200), st.sampled_from(DIALECTS), st.integers(1, 60))
@settings(max_examples=10, deadline=None)
def test_the_bytes_do_not_know_how_rows_were_cut(cut, dialect, size):
    table = storable(nasty_table(), dialect)
    options = {"dialect": dialect, "rows_per_statement": size}
    assert File("sql", table, cut, **options).data == File("sql", table, **options).data


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_bytes_do_not_know_the_chunks(dialect, monkeypatch):
    from tempdata_dagster.publish.formats import base

    table = storable(nasty_table(), dialect)
    whole = File("sql", table, dialect=dialect, rows_per_statement=10).data
    monkeypatch.setattr(base, "CHUNK_ROWS", 7)
    assert File("sql", table, 11, dialect=dialect, rows_per_statement=10).data == whole


@given(
    st.lists(st.none() | st.text("'\"\\`$;,()\n\r\x1aN- é:CASTX", max_size=8), min_size=1, max_size=20),
    st.sampled_from(DIALECTS),
)
@settings(max_examples=150, deadline=None)
def test_any_text_comes_back(texts, dialect):
    table = pa.table({"a": pa.array(texts, pa.string()), "b": pa.array([texts, None] * len(texts))[: len(texts)]})
    file = File("sql", table, None, LABEL, dialect=dialect)
    assert differing(file.read(), table) == []


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_file_that_was_cut_off_is_damaged(dialect, compression):
    file = File("sql", plain_table(50), None, LABEL, dialect=dialect, compression=compression)
    for end in {*random.Random(3).sample(range(len(file.data) - 1), 40), 0, len(file.data) - 1}:
        for way in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                way(file.data[:end])


def test_what_was_added_or_taken_away_is_damage():
    file = File("sql", plain_table(8), None, LABEL)
    rows = file.data.split(b"\n")
    for data in (
        file.data + b"drop table x;\n",
        file.data.replace(b"(3, ", b"(3.5, "),
        file.data.replace(b"(3, ", b"(now(), "),
        b"\n".join(line for line in rows if not line.startswith(b"(3, ")),
        file.data.replace(b'"uint8"', b'"uint9"'),
        file.data.replace(b"'it''s'", b"'it's'"),
    ):
        with pytest.raises(pa.ArrowInvalid):
            file.read(data)


def test_blocks_that_end_anywhere(monkeypatch):
    from tempdata_dagster.publish.formats import sql_reading

    table = plain_table(20)
    for dialect in DIALECTS:
        file = File("sql", table, None, LABEL, dialect=dialect, rows_per_statement=3)
        for size in (1_000, 37, 5):
            monkeypatch.setattr(sql_reading, "_BLOCK", size)
            assert differing(file.read(), table) == []
            assert file.inspect() == 20


@pytest.mark.parametrize("dialect", DIALECTS)
def test_names_stay_names(dialect):
    """Our own reader tells whole statements; that databases do too, `test_sql_load` shows."""
    refused = 0
    for name in NAMES:
        table = pa.table({name: [1, None], "n": [1, 2]})
        label = FileLabel({}, keys=TableKeys(unique=(name,)), table=name)
        try:
            file = File("sql", table, None, label, dialect=dialect, rows_per_statement=1)
        except InputError as error:
            refused += error.code == "TD3060"
        else:
            assert content(file.read()) == content(table)
    assert 6 <= refused < 25


def test_options_that_cannot_be():
    with pytest.raises(InputError, match=r"TD3004.*SQLite has no schemas"):
        File("sql", plain_table(1), dialect="sqlite", namespace="lake")
    with pytest.raises(InputError, match=r"TD3004.*rows_per_statement"):
        File("sql", plain_table(1), rows_per_statement=0)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_memory_does_not_grow_with_rows(dialect):
    from tempdata_dagster.publish.formats.sql import Sql

    batch = plain_table(2_000).select(["id", "float64", "moment_utc", "text"])
    batch = pa.concat_tables([batch] * 10).combine_chunks().to_batches()[0]

    class Peak:
        peak = 0

        def write(self, data):
            self.peak = max(self.peak, pa.total_allocated_bytes() - before)
            return len(data)

        def commit(self):
            pass

    peaks = []
    for count in (8, 24):
        before, sink = pa.total_allocated_bytes(), Peak()
        Sql({"dialect": dialect}).write(sink, batch.schema, (batch for _ in range(count)), {})
        peaks.append(sink.peak)
    assert peaks[1] < 1.2 * peaks[0]

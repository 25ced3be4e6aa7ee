"""What a user would otherwise write: the same twelve columns with Faker, Mimesis and DuckDB's SQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import is_missing

FILE = "customers.parquet"
Told = dict[str, Any]
Calls = dict[str, Callable[[], object]]


def make_faker() -> Calls:
    """Faker's closest method for each kind that it has one for."""
    from faker import Faker

    fake = Faker("en_US")
    fake.seed_instance(1)
    return {
        "boolean": fake.boolean,
        "choice": lambda: fake.random_element(("paid", "open", "closed")),
        "date": fake.date_object,
        "email": fake.email,
        "faker": fake.company,
        "first_name": fake.first_name,
        "full_name": fake.name,
        "integer": lambda: fake.pyint(1, 1000),
        "last_name": fake.last_name,
        "number": lambda: fake.pyfloat(right_digits=2, min_value=1, max_value=900),
        "pattern": lambda: fake.bothify("??-####"),
        "sample": lambda: fake.random_elements(("red", "green", "blue", "grey"), length=3, unique=True),
        "text": lambda: fake.text(43),
        "timestamp": fake.date_time,
        "uuid": fake.uuid4,
    }


def make_mimesis() -> Calls:
    """Mimesis' closest method for each kind that it has one for; none when it is not installed."""
    if is_missing("mimesis"):
        return {}
    from mimesis import Generic
    from mimesis.locales import Locale

    generic = Generic(Locale.EN, seed=1)
    person, numeric, moment = generic.person, generic.numeric, generic.datetime
    return {
        "boolean": generic.development.boolean,
        "choice": lambda: generic.choice(("paid", "open", "closed")),
        "date": moment.date,
        "email": person.email,
        "faker": generic.finance.company,
        "first_name": person.first_name,
        "full_name": person.full_name,
        "integer": lambda: numeric.integer_number(1, 1000),
        "last_name": person.last_name,
        "number": lambda: numeric.float_number(1, 900, precision=2),
        "pattern": lambda: generic.code.pin("@@-####"),
        "text": generic.text.sentence,
        "timestamp": moment.datetime,
        "uuid": generic.cryptographic.uuid,
    }


def draw_faker(rows: int) -> Told:
    """One call per cell, which is the only way that Faker has; with the settings that it has of itself."""
    from faker import Faker

    fake = Faker("en_US")
    fake.seed_instance(1)
    start = time.process_time()
    drawn = [
        {
            "id": fake.uuid4(),
            "first_name": fake.first_name(),
            "last_name": fake.last_name(),
            "full_name": fake.name(),
            "email": fake.unique.email(),
            "phone": fake.phone_number(),
            "company": fake.company(),
            "city": fake.city(),
            "postcode": fake.postcode(),
            "created_at": fake.date_time_between("-5y"),
            "updated_at": fake.date_time_between("-5y"),
            "balance": fake.pydecimal(right_digits=2, min_value=1, max_value=100_000),
        }
        for _ in range(rows)
    ]
    pq.write_table(pa.Table.from_pylist(drawn), FILE)
    return {"rows": rows, "work": time.process_time() - start}


def draw_mimesis(rows: int) -> Told:
    """Its providers by hand, which is faster than its schemas."""
    from mimesis import Generic
    from mimesis.locales import Locale

    generic = Generic(Locale.EN)  # its unique addresses need a generator without a seed
    person, address, moment = generic.person, generic.address, generic.datetime
    start = time.process_time()
    drawn = [
        {
            "id": str(generic.cryptographic.uuid()),
            "first_name": person.first_name(),
            "last_name": person.last_name(),
            "full_name": person.full_name(),
            "email": person.email(unique=True),
            "phone": person.phone_number(),
            "company": generic.finance.company(),
            "city": address.city(),
            "postcode": address.postal_code(),
            "created_at": moment.datetime(2020, 2025),
            "updated_at": moment.datetime(2020, 2025),
            "balance": Decimal(generic.numeric.integer_number(100, 10_000_000)) / 100,
        }
        for _ in range(rows)
    ]
    pq.write_table(pa.Table.from_pylist(drawn), FILE)
    return {"rows": rows, "work": time.process_time() - start}


def _pick(words: str, lane: str) -> str:
    listed = ", ".join(f"'{word}'" for word in words.split())
    return f"(ARRAY[{listed}])[1 + CAST(floor({lane} * {len(words.split())}) AS INTEGER)]"


def draw_duckdb(rows: int, stored: bool) -> Told:
    """SQL over `range()`: ten words to choose from per column, an e-mail address with the row's number in it."""
    import duckdb

    names = "James Mary Robert Patricia John Jennifer Michael Linda David Susan"
    surnames = "Smith Johnson Williams Brown Jones Garcia Miller Davis Wilson Moore"
    cities = "Springfield Franklin Clinton Georgetown Salem Madison Arlington Ashland Dover Oxford"
    query = f"""
        SELECT uuid() AS id, {_pick(names, "a")} AS first_name, {_pick(surnames, "b")} AS last_name,
            concat({_pick(names, "c")}, ' ', {_pick(surnames, "d")}) AS full_name,
            concat(lower({_pick(names, "c")}), '.', lower({_pick(surnames, "d")}), '.', i, '@example.com') AS email,
            printf('(%03d) %03d-%04d', CAST(200 + e * 799 AS INTEGER), CAST(f * 999 AS INTEGER), CAST(g * 9999 AS INTEGER))
                AS phone,
            concat({_pick(surnames, "h")}, ' ', {_pick("Inc LLC Group PLC Ltd", "e")}) AS company,
            {_pick(cities, "f")} AS city, lpad(CAST(CAST(g * 99999 AS INTEGER) AS VARCHAR), 5, '0') AS postcode,
            TIMESTAMP '2020-01-01' + to_seconds(CAST(a * 157766400 AS BIGINT)) AS created_at,
            TIMESTAMP '2020-01-01' + to_seconds(CAST((a + b / 5) * 157766400 AS BIGINT)) AS updated_at,
            CAST(exp(4.8 + 2 * (c + d + e - 1.5)) AS DECIMAL(18, 2)) AS balance
        FROM (SELECT range AS i, random() AS a, random() AS b, random() AS c, random() AS d, random() AS e, random() AS f,
            random() AS g, random() AS h FROM range({rows}))
    """
    connection = duckdb.connect(config={"threads": 1})
    start = time.process_time()
    if stored:
        connection.execute(f"COPY ({query}) TO '{FILE}' (FORMAT parquet, COMPRESSION snappy)").fetchall()
    else:
        connection.sql(query).to_arrow_table()
    return {"rows": rows, "work": time.process_time() - start}

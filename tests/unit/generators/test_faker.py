from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest


def test_values_come_from_the_locales_provider(build):
    table = build(
        "c: {kind: faker, provider: city, locale: fr_FR}\nd: {kind: faker, provider: company}", head="locale: de_DE"
    )
    assert any(value.endswith("-sur-Mer") for value in table["c"].to_pylist())
    assert any(value.endswith(("GmbH", "AG", "KG")) for value in table["d"].to_pylist())
    assert table["c"].type == pa.dictionary(pa.int32(), pa.string())
    assert len(table["c"].chunk(0).dictionary) > 500


@pytest.mark.parametrize(
    ("provider", "kind", "value"),
    [
        ("random_int, args: {min: 3, max: 3}", pa.int64(), 3),
        ("pybool, args: {truth_probability: 100}", pa.bool_(), True),
        ("pyfloat, args: {min_value: 1, max_value: 2, right_digits: 1}", pa.float64(), None),
        ("pydecimal, args: {left_digits: 2, right_digits: 2, positive: true}", None, None),
        ("random_element, args: {elements: [2020-02-29]}", pa.date32(), dt.date(2020, 2, 29)),
        ("numerify, args: {text: abc}", pa.dictionary(pa.int32(), pa.string()), "abc"),
    ],
)
def test_python_values_have_their_arrow_type(build, provider, kind, value):
    column = build(f"a: {{kind: faker, provider: {provider}, size: 50}}", rows=20)["a"]
    assert kind is None or column.type == kind
    assert kind is not None or (pa.types.is_decimal(column.type) and isinstance(column[0].as_py(), Decimal))
    assert value is None or set(column.to_pylist()) == {value}


def test_frequencies_are_the_providers_own(build):
    values = build("a: {kind: faker, provider: pybool, args: {truth_probability: 10}, size: 5000}", rows=20_000)[
        "a"
    ].to_pylist()
    assert sum(values) / len(values) == pytest.approx(0.1, abs=0.02)


def test_unique_takes_each_value_once(build):
    values = build("a: {kind: faker, provider: company, size: 2000, unique: true}", rows=1_500)["a"].to_pylist()
    assert len(set(values)) == 1_500


def test_a_pool_that_is_too_small_is_a_problem(problems):
    [(code, message, hint)] = problems("a: {kind: faker, provider: company, size: 500, unique: true}")
    assert (code, message.split(",")[0]) == ("TD2004", "unique needs 1")
    assert "raise size" in hint


@pytest.mark.parametrize(
    ("settings", "code", "hint"),
    [
        ("provider: compny", "TD2045", "'company'"),
        ("provider: seed_instance", "TD2045", ""),
        ("provider: add_provider", "TD2045", ""),
        ("provider: city, locale: de_DX", "TD2041", "'de_DE'"),
        ("provider: random_int, args: {foo: 1}", "TD2046", ""),
        ("provider: random_int, args: {min: 9, max: 3}", "TD2046", ""),
        ("provider: pystr, args: {max_chars: 1000000000}", "TD2046", "1,000"),
        ("provider: date_of_birth", "TD2047", "date or timestamp"),
        ("provider: date_this_year", "TD2047", ""),
        ("provider: future_datetime", "TD2047", ""),
        ("provider: credit_card_expire", "TD2047", ""),
        ("provider: ssn, locale: no_NO", "TD2047", ""),
        ("provider: iso8601", "TD2047", ""),
        ("provider: latlng", "TD2048", "text"),
        ("provider: simple_profile", "TD2048", ""),
        ("provider: binary, args: {length: 10}", "TD2048", ""),
        ("provider: pyint, args: {min_value: 99999999999999999999, max_value: 99999999999999999999999}", "TD2048", ""),
    ],
)
def test_what_does_not_work_says_so(problems, settings, code, hint):
    found = problems(f"a: {{kind: faker, {settings}}}")
    assert [one[0] for one in found] == [code]
    assert hint in found[0][2]


def test_a_provider_without_the_clock_is_fine(build):
    assert all("/" in value for value in build("a: {kind: faker, provider: timezone}", rows=50)["a"].to_pylist())


def test_the_pool_is_in_the_fingerprint(compile_columns, monkeypatch):
    from faker.providers.company.de_DE import Provider

    from tempdata_dagster.locales.pools import draw_pool

    columns = "a: {kind: faker, provider: company_suffix, locale: de_DE, size: 50}"
    more = "  u:\n    rows: 5\n    columns:\n      b: {kind: faker, provider: city, locale: de_DE, size: 50}"
    before = compile_columns(columns, more=more)
    monkeypatch.setattr(Provider, "company_suffixes", (*Provider.company_suffixes, "SE"))
    draw_pool.cache_clear()
    after = compile_columns(columns, more=more)
    draw_pool.cache_clear()
    assert [after.fingerprint(t) == before.fingerprint(t) for t in ("t", "u")] == [False, True]


def test_blocks_do_not_show(build):
    columns = """
        c: {kind: choice, values: {US: 2, JP: 1, ES: 1}}
        n: {kind: full_name, country: c}
        e: {kind: email, name: n, unique: true}
        k: {kind: key, prefix: "Zoë "}
        f: {kind: email, name: k}
        p: {kind: faker, provider: city, size: 300}
    """
    whole = build(columns, rows=1_000)
    for block_rows in (7, 1_000):
        assert build(columns, rows=1_000, block_rows=block_rows).to_pylist() == whole.to_pylist()

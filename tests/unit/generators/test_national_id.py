from __future__ import annotations

from datetime import date
from importlib import import_module

import pytest

from tempdata_dagster.locales.national_ids import SCHEMES, find_facts

PERSON = "s: {kind: sex}\nb: {kind: birth_date, min_age: 0, max_age: 105}\n"
# Where the sex stands, by python-stdnum's or the office's word: the character that is odd, or below 5, for men.
ODD_FOR_MEN = {"DK": -1, "FI": 9, "UA": 8, "KR": 6, "CN": 16, "LT": 0, "RO": 0, "FR": 0, "MY": -1}


@pytest.mark.parametrize("country", SCHEMES)
def test_numbers_are_right_and_agree_with_the_person(build, country):
    rows = build(f"{PERSON}n: {{kind: national_id, country: {country!r}}}", rows=1_000).to_pylist()
    checker = import_module(f"stdnum.{SCHEMES[country][0]}")
    assert [row["n"] for row in rows if not checker.is_valid(row["n"])] == []
    assert len({row["n"] for row in rows}) > 990
    if hasattr(checker, "get_gender"):
        assert [row for row in rows if checker.get_gender(row["n"]) != row["s"]] == []
    if country in ODD_FOR_MEN:
        assert [row for row in rows if int(row["n"][ODD_FOR_MEN[country]]) % 2 != (row["s"] == "M")] == []
    if hasattr(checker, "get_birth_date") and country != "LV":  # whose numbers hold none since 2017
        days = [(f"{checker.get_birth_date(row['n']):%y%m%d}", f"{row['b']:%y%m%d}") for row in rows]
        assert [pair for pair in days if pair[0] != pair[1]] == []


@pytest.mark.parametrize("country", ["BE", "DK", "SE", "PL", "NO", "BG", "RO", "EE", "KR", "CN", "CZ", "SI"])
def test_the_century_is_told_apart(build, country):
    rows = build(f"{PERSON}n: {{kind: national_id, country: {country!r}}}", rows=2_000).to_pylist()
    checker = import_module(f"stdnum.{SCHEMES[country][0]}")
    wrong = [row for row in rows if checker.get_birth_date(row["n"]) != row["b"]]
    # A Belgian number of a child can be that of a centenarian, too: both keys are right by chance.
    assert len(wrong) <= (20 if country == "BE" else 0), wrong[:3]
    assert min(row["b"] for row in rows) < date(1940, 1, 1)


def test_countries_without_a_number_have_null(build):
    rows = build(
        "c: {kind: choice, values: {SE: 1, SA: 1, ZZ: 1}, nulls: 10%}\nn: {kind: national_id, country: c}"
    ).to_pylist()
    assert all((row["n"] is None) == (row["c"] != "SE") for row in rows)


def test_a_number_does_not_depend_on_other_countries(build):
    alone = build("n: {kind: national_id, country: IT}")["n"].to_pylist()
    rows = build("c: {kind: choice, values: {IT: 1, FR: 1}}\nn: {kind: national_id, country: c}").to_pylist()
    assert [row["n"] for row in rows if row["c"] == "IT"] == [
        n for n, row in zip(alone, rows, strict=True) if row["c"] == "IT"
    ]


def test_void_numbers_are_left_out(build):
    numbers = build("n: {kind: national_id, country: US}", rows=50_000)["n"].to_pylist()
    assert not [n for n in numbers if n[:3] in {"000", "666"} or n[0] == "9" or n[3:5] == "00" or n[5:] == "0000"]


def test_lists_of_places_count_as_facts():
    assert [len(find_facts(country)) > 0 for country in ("CN", "ID", "MX", "FR")] == [True, True, True, False]


def test_problems(problems):
    assert problems("n: {kind: national_id, country: SA}")[0][0] == "TD2043"

from __future__ import annotations

from importlib import import_module

import pytest


def lists_of(locale: str, lists: str) -> dict[str, set[str]]:
    provider = import_module(f"faker.providers.person.{locale}").Provider
    return {sex: set(getattr(provider, f"{lists}_{word}")) for sex, word in (("F", "female"), ("M", "male"))}


@pytest.mark.parametrize(
    "locale", ["en_US", "de_DE", "it_IT", "cs_CZ", "ru_RU", "ja_JP", "zh_CN", "en_IN", "el_GR", "pl_PL"]
)
def test_first_names_agree_with_the_sex(build, locale):
    rows = build("s: {kind: sex}\nf: {kind: first_name}", rows=10_000, head=f"locale: {locale}").to_pylist()
    known = lists_of(locale, "first_names")
    assert all(row["f"] in known[row["s"]] or set(row["f"].split("-")) <= known[row["s"]] for row in rows)


@pytest.mark.parametrize("locale", ["cs_CZ", "ru_RU", "bg_BG", "el_GR"])
def test_last_names_agree_where_the_language_makes_them(build, locale):
    rows = build("s: {kind: sex}\nl: {kind: last_name}", rows=10_000, head=f"locale: {locale}").to_pylist()
    known = lists_of(locale, "last_names")
    assert all(row["l"] in known[row["s"]] for row in rows)


def test_the_share_holds_for_all_columns_of_the_person(build):
    columns = "s: {kind: sex, share: 80%, as: {F: she, M: he}}\nt: {kind: sex}\nf: {kind: first_name}\no: {kind: sex, person: o}"
    table = build(columns, rows=50_000, head="locale: it_IT")
    women = table["s"].cast("string").to_pylist().count("she") / 50_000
    assert abs(women - 0.8) < 0.01
    assert [one == "she" for one in table["s"].to_pylist()] == [one == "F" for one in table["t"].to_pylist()]
    known = lists_of("it_IT", "first_names")
    assert all(row["f"] in known[row["t"]] for row in table.to_pylist())
    assert abs(table["o"].cast("string").to_pylist().count("F") / 50_000 - 0.5) < 0.01


def test_a_sex_column_without_a_share_moves_nothing(build):
    alone = build("f: {kind: first_name}")["f"]
    assert build("s: {kind: sex}\nf: {kind: first_name}")["f"] == alone


def test_problems(problems):
    found = problems("a: {kind: sex, share: 20%}\nb: {kind: sex, share: 30%}")
    assert found[0][:2] == ("TD2055", "columns 'a', 'b' say different shares of women for one person")
    assert "a word for F" in problems("a: {kind: sex, as: {F: f}}")[0][1]


def test_one_column_says_the_country_of_a_person(build):
    columns = """
        c: {kind: choice, values: {IT: 1, JP: 1, US: 1}}
        n: {kind: full_name, country: c}
        f: {kind: first_name}
        p: {kind: phone}
        i: {kind: national_id, person: other, country: c}
        q: {kind: phone, person: other}
        g: {kind: full_name, locale: de_DE}
    """
    rows = build(columns, rows=2_000).to_pylist()
    codes = {"IT": "+39", "JP": "+81", "US": "+1"}
    assert all(row["f"] in row["n"] for row in rows)
    assert all(row["p"].startswith(codes[row["c"]]) and row["q"].startswith(codes[row["c"]]) for row in rows)
    assert not [row for row in rows if row["g"].startswith("\u9234")]


def test_two_countries_of_one_person_are_a_problem_for_a_third_column(problems):
    found = problems("a: {kind: phone, country: FR}\nb: {kind: job, country: DE}\nc: {kind: first_name}")
    assert found[0][:2] == ("TD2058", "other columns of this person have country 'DE' and 'FR'")

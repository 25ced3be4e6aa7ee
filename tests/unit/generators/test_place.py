from __future__ import annotations

import json

import pyarrow as pa
import pytest

from tempdata_dagster.locales.choosing import read_countries

ALL = """
code: {kind: country}
city: {kind: city}
state: {kind: state}
postcode: {kind: postcode}
zone: {kind: time_zone}
latitude: {kind: latitude}
longitude: {kind: longitude}
address: {kind: address}
street: {kind: street_address}
point: {kind: geometry}
name: {kind: poi_name}
"""


def texts(column) -> list[str | None]:
    return column.cast(pa.string()).to_pylist()


def test_columns_of_a_place_agree_with_each_other(build):
    table = build(ALL, head="locale: fr_FR", rows=500)
    for row in table.to_pylist():
        assert row["code"] == "FR"
        assert row["address"] == f"{row['street']}, {row['postcode']} {row['city']}"
        assert json.loads(row["point"])["coordinates"] == [row["longitude"], row["latitude"]]


def test_each_column_is_the_same_without_the_others(build):
    together = build(ALL, head="locale: es_MX", rows=300)
    for line in ALL.strip().splitlines():
        name = line.partition(":")[0]
        alone = build(line.replace(name, "other", 1), head="locale: es_MX", rows=300)
        assert alone["other"].to_pylist() == together[name].to_pylist()


def test_places_with_names_are_independent(build):
    table = build("a: {kind: city, place: home}\nb: {kind: city, place: work}\nc: {kind: city}", head="locale: de_DE")
    for one, other in (("a", "b"), ("b", "c"), ("a", "c")):
        same = sum(x == y for x, y in zip(texts(table[one]), texts(table[other]), strict=True))
        assert same < 0.05 * len(table)


def test_the_country_of_one_column_is_that_of_the_place(build):
    table = build("a: {kind: country, country: Japan}\nb: {kind: time_zone}", head="locale: de_DE", rows=20)
    assert set(texts(table["a"])) == {"JP"}
    assert set(texts(table["b"])) == {"Asia/Tokyo"}


def test_a_column_of_codes_can_be_of_the_very_place(build):
    codes = "code: {kind: country, country: global}\n"
    direct = build(codes + "city: {kind: city}", rows=200)
    named = build(codes + "city: {kind: city, country: code}", rows=200)
    assert texts(direct["city"]) == texts(named["city"])


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("DE", "DE"), ("DEU", "DE"), ("germany", "DE"), ("Netherlands", "NL"), ("The Netherlands", "NL"), ("Türkiye", "TR"),
        ("Turkey", "TR"), ("UK", "GB"), ("Ivory Coast", "CI"),
    ],
)  # fmt: skip
def test_a_country_can_be_written_in_several_ways(build, written, code):
    assert set(texts(build(f"a: {{kind: country, country: {written}}}", rows=5)["a"])) == {code}


def test_the_names_of_all_countries_lead_back_to_them(build):
    columns = "code: {kind: country, country: global}\nname: {kind: country, country: global, as: name}\n"
    table = build(columns + "again: {kind: country, place: other, country: name}", rows=20_000)
    assert texts(table["again"]) == texts(table["code"])
    assert len(set(texts(table["code"]))) > 100


def test_a_row_of_an_unknown_country_has_no_place(build):
    columns = "land: {kind: choice, values: [DE, XX], nulls: 20%}\n" + ALL.strip().replace("}", ", country: land}")
    table = build(columns, rows=400)
    for row in table.to_pylist():
        known = row.pop("land") == "DE"
        assert {value is not None for value in row.values()} == {known}


def test_the_world_is_a_mix_by_population(build):
    codes = texts(build("a: {kind: country, country: global}", rows=100_000)["a"])
    total = sum(country.population for country in read_countries().values())
    for code in ("IN", "CN", "US", "NG", "DE"):
        assert codes.count(code) / len(codes) == pytest.approx(read_countries()[code].population / total, rel=0.1)


def test_a_place_near_another_is_in_its_city(build):
    table = build(
        "a: {kind: city, place: home, country: IT}\nb: {kind: city, place: work, near: home}\n"
        "c: {kind: postcode, place: work}\nd: {kind: postcode, place: home}\ne: {kind: address, place: work}\n"
        "f: {kind: address, place: home}"
    )
    assert texts(table["a"]) == texts(table["b"])
    assert all(c[:2] == d[:2] for c, d in zip(table["c"].to_pylist(), table["d"].to_pylist(), strict=True))
    assert sum(e == f for e, f in zip(table["e"].to_pylist(), table["f"].to_pylist(), strict=True)) == 0


@pytest.mark.parametrize(
    ("columns", "code", "message"),
    [
        ("a: {kind: city, country: Atlantis}", "TD2043", "'Atlantis' is no column and no country that kind city knows"),
        ("a: {kind: city, country: DE}\nb: {kind: state, country: FR}", "TD2050", "'DE' and 'FR'"),
        (
            "a: {kind: poi_name, types: [park]}\nb: {kind: poi_type, types: [shop]}",
            "TD2050",
            "the columns of one place have different types",
        ),
        ("a: {kind: city, place: x, near: x}", "TD2051", "place 'x' is near itself"),
        (
            "a: {kind: city, place: x, near: y}\nb: {kind: city, place: y, near: x}",
            "TD2051",
            "is near itself",
        ),
        ("a: {kind: city, place: x, near: y, country: DE}\nb: {kind: city, place: y}", "TD2051", "a country of its own"),
        ("a: {kind: city, place: x, near: yy}", "TD2052", "no column of 't' is of place 'yy'"),
        ("a: {kind: city}\nn: {kind: integer, max: 3, min: 1}\nb: {kind: city, place: x, country: n}", "TD2043", "holds no countries"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_an_error(problems, columns, code, message):
    found = problems(columns)
    assert {one[0] for one in found} == {code}
    assert any(message in one[1] for one in found)
    assert all(one[2] for one in found)

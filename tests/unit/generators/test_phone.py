from __future__ import annotations

import re

import phonenumbers
import pytest

from tempdata_dagster.locales.phone_plans import known_regions, read_plan, write_heads

LAYOUTS = {
    "international": phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    "national": phonenumbers.PhoneNumberFormat.NATIONAL,
}


@pytest.mark.slow
def test_every_region_has_valid_numbers_of_both_lines(figure):
    """The first, a middle and the last number of every head's digits."""
    shown = 0
    for region in sorted(known_regions()):
        for line in ("mobile", "fixed_line"):
            plan = read_plan(region, line, 4)
            heads = list(zip(write_heads(plan, "e164"), plan.free, strict=True))
            for (head, _), free in heads[:: max(len(heads) // 10, 1)]:
                for digit in "059":
                    parsed = phonenumbers.parse(head + digit * free)
                    assert phonenumbers.is_valid_number_for_region(parsed, region), (region, line, head, free)
                    shown += 1
    figure(f"phones of {len(known_regions())} regions: 100 % of {shown:,} valid")


@pytest.mark.parametrize("line", ["mobile", "fixed_line"])
def test_formats_are_libphonenumbers_own(build, torture, line):
    columns = "\n".join(
        f"{layout}: {{kind: phone, country: c, format: {layout}, line: {line}}}" for layout in (*LAYOUTS, "e164")
    )
    regions = ", ".join(
        f"'{region}': 1"
        for region in sorted(known_regions())[:: 1 if torture else 4]
        if region not in {"AC", "TA", "XK"}
    )
    rows = build(f"c: {{kind: choice, values: {{{regions}}}}}\n{columns}", rows=2_000).to_pylist()
    for row in rows:
        parsed = phonenumbers.parse(row["e164"])
        for layout, number in LAYOUTS.items():
            assert row[layout] == phonenumbers.format_number(parsed, number), row


def test_unique_numbers_of_many_countries(build):
    columns = "c: {kind: choice, values: {US: 1, CA: 1, GB: 1, IM: 1, RU: 1, KZ: 1, FI: 1, AX: 1}}\np: {kind: phone, country: c, unique: true}"
    rows = build(columns, rows=100_000).to_pylist()
    assert len({row["p"] for row in rows}) == len(rows)
    wrong = [
        row
        for row in rows[:5_000]
        if not phonenumbers.is_valid_number_for_region(phonenumbers.parse(row["p"]), row["c"])
    ]
    assert wrong == []


def test_numbers_of_a_type_are_of_it(build):
    rows = build("m: {kind: phone, country: DE}\nf: {kind: phone, country: DE, line: fixed_line}").to_pylist()
    assert all(
        phonenumbers.number_type(phonenumbers.parse(row["m"])) == phonenumbers.PhoneNumberType.MOBILE for row in rows
    )
    assert all(
        phonenumbers.number_type(phonenumbers.parse(row["f"])) == phonenumbers.PhoneNumberType.FIXED_LINE
        for row in rows
    )


def test_numbers_are_spread(build):
    numbers = build("m: {kind: phone, country: US}", rows=20_000)["m"].to_pylist()
    assert len({number[2:5] for number in numbers}) > 300
    assert len(set(numbers)) > 19_900
    assert all(re.fullmatch(r"\+1\d{10}", number) for number in numbers)


def test_a_row_without_a_country_has_no_number(build):
    table = build("c: {kind: choice, values: {FR: 1, ZZ: 1}, nulls: 20%}\np: {kind: phone, country: c}")
    known = [country == "FR" for country in table["c"].to_pylist()]
    assert table["p"].is_valid().to_pylist() == known


def test_problems(problems):
    assert problems("a: {kind: phone, country: Atlantis}")[0][0] == "TD2043"
    columns = "c: {kind: choice, values: {FR: 1, DE: 1}}\np: {kind: phone, country: c, unique: true, format: national}"
    assert problems(columns)[0][0] == "TD2056"
    assert problems("p: {kind: phone, country: TK, unique: true}", rows=10_000)[0][0] == "TD2004"

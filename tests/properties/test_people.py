"""People of fifty countries: what is written of them is right there, and its columns agree."""

from __future__ import annotations

import re
import unicodedata
from importlib import import_module

import phonenumbers
import pyarrow.compute as pc
import pytest

from tempdata_dagster.engine.plan import compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.catalogue import find_names
from tempdata_dagster.locales.countries import LOCALES
from tempdata_dagster.locales.names import read_names
from tempdata_dagster.locales.national_ids import SCHEMES
from tempdata_dagster.spec.load import load_dataset

CODES = """
    US CA MX BR AR CL CO GB IE DE FR ES IT NL BE CH AT SE NO DK FI PL PT CZ GR TR UA IL SA AE EG NG KE ZA IN PK BD CN JP KR
    ID PH VN TH MY SG AU NZ HU RO
"""
ADDRESS = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*@example\.(?:com|org|net)")
COLUMNS = """
      country: {kind: constant, value: "%s"}
      sex: {kind: sex}
      first_name: {kind: first_name, country: country}
      last_name: {kind: last_name, country: country}
      full_name: {kind: full_name, country: country}
      latin: {kind: full_name, country: country, script: latin}
      email: {kind: email, name: full_name, unique: true}
      username: {kind: username, name: full_name, unique: true}
      born: {kind: birth_date}
      mobile: {kind: phone, country: country}
      home: {kind: phone, country: country, line: fixed_line, format: international}
      work: {kind: phone, country: country, unique: true}
"""


def make_people(tmp_path, country: str, rows: int) -> list[dict[str, object]]:
    number = "      number: {kind: national_id, country: country}\n" if country in SCHEMES else ""
    text = f"dataset: people\nseed: 3\ntables:\n  people:\n    rows: {rows}\n    columns:{COLUMNS % country}{number}"
    (tmp_path / "people.yaml").write_text(text, encoding="utf-8")
    plan = compile_plan(load_dataset(tmp_path / "people.yaml", KINDS))
    return [row for part in plan.parts("people", None) for batch in plan.batches(part) for row in batch.to_pylist()]


@pytest.mark.parametrize("country", CODES.split())
def test_people_of_a_country(tmp_path, figure, torture, country):
    people = make_people(tmp_path, country, 10_000 if torture else 300)
    count = len(people)
    phones = [person[line] for person in people for line in ("mobile", "home", "work")]
    wrong = [p for p in phones if not phonenumbers.is_valid_number_for_region(phonenumbers.parse(str(p)), country)]
    assert wrong == []
    assert len({person["work"] for person in people}) == count
    shown = (
        f"{country}: {count:,} people, 100 % of {len(phones):,} phones valid, names of {find_names(LOCALES[country])}"
    )
    if country in SCHEMES:
        checker = import_module(f"stdnum.{SCHEMES[country][0]}")
        assert [person["number"] for person in people if not checker.is_valid(person["number"])] == []
        shown += f", 100 % of numbers right ({SCHEMES[country][0]})"
    check_names(people, country)
    for column in ("email", "username"):
        assert len({person[column] for person in people}) == count
    assert all(ADDRESS.fullmatch(str(person["email"])) for person in people)
    assert not [person for person in people if str(person["email"]).startswith("user.")]
    figure(shown)


def check_names(people: list[dict[str, object]], country: str) -> None:
    """Every word is one of the locale's for that sex; a Hungarian wife's name may end in -né."""
    model = read_names(find_names(LOCALES[country]))
    words = {
        sex: {t: set(model.words[t].texts) for p in model.patterns if p.sex == sex for t, _ in p.tokens}
        for sex in ("female", "male")
    }
    for person in people:
        first, last, full = (str(person[name]) for name in ("first_name", "last_name", "full_name"))
        sex = "female" if person["sex"] == "F" else "male"
        assert made_of(first, set().union(*(w for token, w in words[sex].items() if not token.startswith("last"))))
        assert made_of(
            last.replace("né ", " "), set().union(*(w for token, w in words[sex].items() if token.startswith("last")))
        )
        assert all(part in full for part in (first.split(" ")[0], last))
        letters = [letter for letter in str(person["latin"]) if letter.isalpha()]
        assert all(unicodedata.name(letter).startswith("LATIN") for letter in letters)


def made_of(name: str, words: set[str]) -> bool:
    """Whether a name is one or several of the words with blanks or hyphens between them."""
    cuts = [match.start() for match in re.finditer(r"[ -]", name)]
    return name in words or any(name[:cut] in words and made_of(name[cut + 1 :], words) for cut in cuts)


def test_ten_thousand_addresses_are_ascii_over_all_countries(tmp_path):
    values = ", ".join(f'"{country}"' for country in CODES.split())
    columns = f"c: {{kind: choice, values: [{values}]}}\n      e: {{kind: email, country: c, unique: true}}"
    text = f"dataset: people\nseed: 3\ntables:\n  people:\n    rows: 10000\n    columns:\n      {columns}\n"
    (tmp_path / "people.yaml").write_text(text, encoding="utf-8")
    plan = compile_plan(load_dataset(tmp_path / "people.yaml", KINDS))
    [batch] = [batch for part in plan.parts("people", None) for batch in plan.batches(part)]
    assert len(pc.unique(batch["e"])) == 10_000
    assert all(ADDRESS.fullmatch(address) for address in batch["e"].to_pylist())

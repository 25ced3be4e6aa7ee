from __future__ import annotations

from importlib import import_module


def test_last_names_follow_gender_where_the_language_does(build):
    names = build("name: {kind: last_name, locale: cs_CZ}", rows=20_000)["name"].to_pylist()
    provider = import_module("faker.providers.person.cs_CZ").Provider
    assert set(names) == {*provider.last_names_male, *provider.last_names_female}


def test_a_whole_name_agrees_in_gender(build):
    names = build("name: {kind: full_name, locale: cs_CZ}", rows=20_000)["name"].to_pylist()
    provider = import_module("faker.providers.person.cs_CZ").Provider
    women = {(first, last) for first in provider.first_names_female for last in provider.last_names_female}
    men = {(first, last) for first in provider.first_names_male for last in provider.last_names_male}
    assert {tuple(name.split(" ")) for name in names} <= women | men

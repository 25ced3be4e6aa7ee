from __future__ import annotations

from importlib import import_module


def test_first_names_are_the_locales_own(build):
    names = build("name: {kind: first_name, locale: fr_FR}", rows=20_000)["name"].to_pylist()
    provider = import_module("faker.providers.person.fr_FR").Provider
    assert {word for name in names for word in (name, *name.split("-"))} >= set(provider.first_names)
    known = {word for name in provider.first_names for word in name.split("-")}
    assert {word for name in names for word in name.split("-")} <= known


def test_men_and_women_are_as_many_as_the_patterns_say(build):
    names = build("name: {kind: first_name, locale: it_IT}", rows=50_000)["name"].to_pylist()
    provider = import_module("faker.providers.person.it_IT").Provider
    women = set(provider.first_names_female) - set(provider.first_names_male)
    assert abs(sum(name in women for name in names) / len(names) - 0.5) < 0.02

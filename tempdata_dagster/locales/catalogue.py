"""Which locales there are, and which one stands in for another."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.locales.countries import LOCALES

_PLACEHOLDERS = frozenset({"es"})  # has nobody but John and Jane Doe
_FIRST_OF_LANGUAGE = ("en_US", "de_DE", "es_ES", "fr_FR", "ar_AA", "pt_PT")


@lru_cache(maxsize=1)
def known_locales() -> tuple[str, ...]:
    """Every locale that Faker has, sorted."""
    from faker.config import AVAILABLE_LOCALES

    return tuple(sorted(AVAILABLE_LOCALES))


@lru_cache(maxsize=1)
def named_locales() -> tuple[str, ...]:
    """The locales that have names of people of their own, sorted."""
    import faker.providers.person as provider

    return tuple(sorted({module.name for module in pkgutil.iter_modules(provider.__path__)} - _PLACEHOLDERS))


def check_locale(locale: str) -> None:
    """Accept a locale that Faker has.

    Raises:
        InputError: TD2041 when there is no such locale.
    """
    if locale not in known_locales():
        raise InputError("TD2041", f"there is no locale '{locale}'", closest(locale, list(known_locales())))


@lru_cache(maxsize=256)
def find_names(locale: str) -> str:
    """The locale itself when it has names of people, else one of the same language that has.

    Raises:
        InputError: TD2041 when there is no such locale; TD2042 when no locale of its language has names.
    """
    check_locale(locale)
    named, language = named_locales(), locale.partition("_")[0]
    same = [one for one in (*_FIRST_OF_LANGUAGE, *named) if one in named and one.partition("_")[0] == language]
    if locale in named:
        return locale
    if not same:
        raise InputError(
            "TD2042", f"no names of people are known for locale '{locale}'", "give the column another locale"
        )
    return same[0]


@lru_cache(maxsize=512)
def find_words(country: str, sort: str) -> tuple[str, ...]:
    """The locales whose words a country could have, of a sort that Faker has by language, such as `job`; best first.

    Its own of its largest language, another country's of that language, its own of others, English.

    Args:
        country: ISO 3166-1 alpha-2, one of `countries.LOCALES`.
        sort: A package of Faker's providers.
    """
    provider = import_module(f"faker.providers.{sort}")
    have = {module.name for module in pkgutil.iter_modules(provider.__path__)} & set(known_locales())
    spoken = LOCALES[country]
    language = spoken.partition("_")[0]
    own = sorted(one for one in have if one.endswith(f"_{country}"))
    same = [one for one in (*_FIRST_OF_LANGUAGE, *sorted(have)) if one in have and one.partition("_")[0] == language]
    theirs = [one for one in own if one.startswith(f"{language}_")]
    return tuple(dict.fromkeys([*theirs, *(one for one in [spoken] if one in have), *same, *own, "en_US"]))

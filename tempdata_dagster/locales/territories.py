"""What CLDR says of countries: their names, money and languages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tempdata_dagster.locales.choosing import read_countries

_OFFICIAL = ("official", "de_facto_official")


@dataclass(frozen=True)
class Territory:
    """A country.

    Attributes:
        name: In English.
        native: In its main language.
        language: The main language: of its official ones, that of most people; `de` or `zh`.
        language_name: In English.
        language_native: In itself.
        currency: ISO 4217; empty if it has none.
        currency_name: In English.
        symbol: As its people write it.
    """

    name: str
    native: str
    language: str
    language_name: str
    language_native: str
    currency: str
    currency_name: str
    symbol: str


def find_name(country: str) -> str:
    """The English name of a country."""
    from babel import Locale

    return Locale("en").territories.get(country) or read_countries()[country].name


@lru_cache(maxsize=512)
def read_territory(country: str) -> Territory:
    """The country of an ISO 3166-1 alpha-2 code."""
    from babel import Locale, UnknownLocaleError
    from babel.numbers import get_currency_name, get_currency_symbol

    english, language = Locale("en"), find_language(country)
    try:
        local = Locale.parse(f"{language}_{country}") if language else english
    except (UnknownLocaleError, ValueError):
        try:
            local = Locale.parse(language)
        except (UnknownLocaleError, ValueError):
            local = english
    name = find_name(country)
    currency = find_currency(country)
    return Territory(
        name=name,
        native=local.territories.get(country, name),
        language=language,
        language_name=english.languages.get(language, language),
        language_native=local.languages.get(language) or english.languages.get(language, language),
        currency=currency,
        currency_name=get_currency_name(currency, locale=english) if currency else "",
        symbol=get_currency_symbol(currency, locale=local) if currency else "",
    )


def find_currency(country: str) -> str:
    """The currency that is tender now and has been the shortest; empty if there is none.

    No date of today comes in: what is tender now is what has no end in this version of CLDR.
    """
    from babel.core import get_global

    known = get_global("territory_currencies").get(country, ())
    tender = [(begin or (0, 0, 0), code) for code, begin, end, is_tender in known if is_tender and end is None]
    return max(tender)[1] if tender else ""


def find_language(country: str) -> str:
    """The official language that most people speak, else the one that most speak; empty if none is known."""
    from babel.core import get_global

    known = get_global("territory_languages").get(country, {})
    official = {code: data for code, data in known.items() if data.get("official_status") in _OFFICIAL}
    spoken = sorted((official or known).items(), key=lambda pair: -pair[1]["population_percent"])
    return spoken[0][0] if spoken else ""

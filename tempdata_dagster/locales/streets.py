"""Streets of a country in Latin letters, and how a house number stands beside one.

The names are drawn once from Faker's provider of the country, and romanised where it writes Greek, Cyrillic, Chinese or Korean.
Where Faker has no streets of a country, they are named after its people; where the script cannot be romanised well (Arabic,
Hebrew, Thai), they have numbers, as many do there.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.locales.countries import LOCALES
from tempdata_dagster.locales.states import is_latin

_DRAWS = 600
_PROVIDERS = ("faker.providers.person", "faker.providers.address")
_ARMENIAN = 0x590  # beyond the Armenian block come scripts without vowels or spaces
_NUMBERED = 120
_SHORT, _LONG = 220, 9_900
_CAPITAL = re.compile(r"(?<=[a-z]{3})(?=[A-Z])")  # Bengali streets come as `FulLane`
_ENGLISH = ("{} Road", "{} Street", "{} Avenue", "{} Close", "{} Lane")


@dataclass(frozen=True)
class _Source:
    """Where streets come from.

    Attributes:
        form: `@` is the house number, `*` the street.
        locale: Faker's; empty for numbered streets.
        provider: Of the names.
        names: What is made of each; the n-th name takes the n-th of them, in turn.
        numbers: The greatest house number.
    """

    form: str
    locale: str
    provider: str = "street_name"
    names: tuple[str, ...] = ("{}",)
    numbers: int = _SHORT


# The places of number and street are those of the countries' postal services, as Faker's formats have them where it has any.
_SOURCES = MappingProxyType({
    "US": _Source("@ *", "en_US", numbers=_LONG),
    "CA": _Source("@ *", "en_CA", numbers=_LONG),
    "MX": _Source("* @", "es_MX"),
    "BR": _Source("*, @", "pt_BR", numbers=2_000),
    "AR": _Source("* @", "es_AR", numbers=6_000),
    "CL": _Source("* @", "es_CL", numbers=3_000),
    "CO": _Source("* # @-@", "es_CO", numbers=120),
    "GB": _Source("@ *", "en_GB"),
    "IE": _Source("@ *", "en_IE"),
    "FR": _Source("@ *", "fr_FR"),
    "ES": _Source("*, @", "es_ES"),
    "IT": _Source("*, @", "it_IT"),
    "BE": _Source("* @", "nl_BE"),
    "CH": _Source("* @", "de_CH"),
    "PL": _Source("ul. * @", "pl_PL"),
    "PT": _Source("*, @", "pt_PT"),
    "UA": _Source("vul. *, @", "uk_UA"),
    "TR": _Source("* No: @", "tr_TR", "last_name", ("{} Sokak", "{} Caddesi", "{} Bulvarı")),  # noqa: RUF001 - Turkish
    "NG": _Source("@ *", "en_NG", "last_name", _ENGLISH),
    "KE": _Source("@ *", "en_KE", "last_name", _ENGLISH),
    "PK": _Source("House @, *", "en_PK", "last_name", _ENGLISH),
    "GH": _Source("@ *", "en_GB", "last_name", _ENGLISH),
    "SG": _Source("@ *", "en_GB", "last_name", _ENGLISH),
    "ZA": _Source("@ *", "zu_ZA", names=_ENGLISH[:3]),
    "IN": _Source("@, *", "en_IN"),
    "BD": _Source("House @, *", "en_BD"),
    "CN": _Source("* @ Hao", "zh_CN"),
    "JP": _Source("@-@-@ *", "ja_JP", "last_romanized_name", ("{}-cho", "{}-machi", "{}-dai"), 30),
    "KR": _Source("@ *-ro", "ko_KR"),
    "ID": _Source("* No. @", "id_ID"),
    "MY": _Source("@, *", "id_ID"),
    "PH": _Source("@ *", "en_PH"),
    "VN": _Source("@ *", "vi_VN", names=("Đường {}",)),
    "AU": _Source("@ *", "en_AU"),
    "NZ": _Source("@ *", "en_NZ"),
    "TH": _Source("@ Soi *", ""),
})  # fmt: skip
_NUMBERS = _Source("@, Street *", "")


@dataclass(frozen=True)
class Streets:
    """The streets of a country.

    Attributes:
        names: Each once.
        form: How an address has it: `@` is a number, `*` the name.
        numbers: The greatest house number.
        digest: Hash of all of it.
    """

    names: tuple[str, ...]
    form: str
    numbers: int
    digest: str


@lru_cache(maxsize=512)
def read_streets(country: str) -> Streets:
    """The streets of any country."""
    source = _SOURCES.get(country) or _find_source(country)
    names = _draw_names(source, country) if source.locale else tuple(str(n) for n in range(1, _NUMBERED + 1))
    return Streets(names, source.form, source.numbers, fingerprint([source.form, source.numbers, "\n".join(names)]))


def _find_source(country: str) -> _Source:
    """Streets of the locale of the country's names, if Faker has them in letters that can be romanised."""
    from importlib.util import find_spec

    locale = LOCALES.get(country, "")
    if not locale or find_spec(f"faker.providers.address.{locale}") is None:
        return _NUMBERS
    sample = "".join(_draw(locale, "street_name", 1))
    return _Source("* @", locale) if ord(max(sample)) < _ARMENIAN else _NUMBERS


def _draw(locale: str, provider: str, count: int) -> list[str]:
    """Values of a Faker provider, each once."""
    from faker.factory import Factory

    # With few providers Faker is there ten times as soon; the Philippine streets, for one, are named after more than people.
    for providers in (list(_PROVIDERS), None):
        generator = Factory.create(locale, providers=providers, use_weighting=False)
        generator.seed_instance(f"{locale} {provider}")
        with suppress(AttributeError):
            return list(dict.fromkeys(str(generator.format(provider)) for _ in range(count)))
    raise InputError("TD2045", f"Faker has no provider '{provider}' for {locale}", "report it")


def _draw_names(source: _Source, country: str) -> tuple[str, ...]:
    drawn = _draw(source.locale, source.provider, _DRAWS)
    words = [" ".join(_CAPITAL.sub(" ", _romanise(str(one))).split()) for one in drawn]
    if country == "MY":
        words = [f"Jalan {word.partition(' ')[2] or word}" for word in words]
    return tuple(
        dict.fromkeys(source.names[i % len(source.names)].format(word) for i, word in enumerate(words) if word)
    )


def _romanise(text: str) -> str:
    """Latin letters; Chinese syllables, which come as `XingChengLu`, as one word."""
    if is_latin(text):
        return text
    from anyascii import anyascii

    apart = text.replace("路", " 路").replace("街", " 街")
    return " ".join(word.capitalize() for word in anyascii(apart).replace("'", "").split())

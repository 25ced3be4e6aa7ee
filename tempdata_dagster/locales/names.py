"""The names of people of one locale: how they are put together, of which words, and how often each.

Read from the word lists and patterns of Faker's person providers, with their weights; titles ("Dr.", "Jr.") and
patterns for lists ("Miller, Anna") and without a first or a last name are left out. Every pattern is of one sex: those that
say none become two, with the words of either sex where the provider knows them apart. Words that a provider makes by a method
of its own instead of a list, such as Icelandic patronymics, are drawn once from that method.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.locales.slugs import make_slug

Part = Literal["full", "first", "last"]
Sex = Literal["female", "male"]
SEXES: tuple[Sex, ...] = ("female", "male")
MAX_WORDS = 4
_DRAWS = 512
_TOKEN = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_TITLES = ("prefix", "suffix")
OF_PART = MappingProxyType({"full": ("",), "first": ("first_name", "given_name"), "last": ("last_name",)})
_SLUG_LENGTH = 48
_LAST_FIRST = frozenset({"vi_VN"})  # whose names Faker writes the other way round
_ODD = "x"
Tokens = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Words:
    """Words of one sort, such as women's first names.

    Attributes:
        texts: The words, each once.
        weights: How often each occurs, positive.
        slugs: Each in lower-case ASCII, for e-mail addresses.
        romanised: Each as the provider writes it in Latin letters, where it does; else as it is.
    """

    texts: tuple[str, ...]
    weights: tuple[float, ...]
    slugs: tuple[str, ...]
    romanised: tuple[str, ...]


@dataclass(frozen=True)
class Pattern:
    """One way to put a name together.

    Attributes:
        weight: How often it occurs among those of its sex.
        sex: Whose name it is.
        tokens: The sorts of its words, with the text that follows each.
    """

    weight: float
    sex: Sex
    tokens: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class NameModel:
    """The names of one locale.

    Attributes:
        patterns: Ways to put them together, of at most `MAX_WORDS` words.
        words: The words of each sort that the patterns use.
        digest: Hash of all of it.
    """

    locale: str
    patterns: tuple[Pattern, ...]
    words: Mapping[str, Words]
    digest: str


@lru_cache(maxsize=256)
def read_names(locale: str) -> NameModel:
    """The names of a locale that has names (see `catalogue.find_names`).

    Args:
        locale: Such as `de_DE`.
    """
    provider = import_module(f"faker.providers.person.{locale}").Provider
    patterns = _merge(_read_patterns(provider, provider.formats, 1.0), provider)
    longest = max(len(pattern.tokens) for pattern in patterns)
    tokens = sorted({token for pattern in patterns for token, _ in pattern.tokens})
    words = {token: _read_words(provider, locale, token, _SLUG_LENGTH // longest) for token in tokens}
    parts = [[p.weight, p.sex, p.tokens] for p in patterns]
    return NameModel(locale, patterns, words, fingerprint([parts, {t: _lines(w) for t, w in words.items()}]))


def _lines(words: Words) -> list[str]:
    """The words as few long texts, whose hash takes a tenth of the time of many short ones'."""
    return [
        "\n".join(words.texts),
        "\n".join(map(repr, words.weights)),
        "\n".join(words.slugs),
        "\n".join(words.romanised),
    ]


def _weigh(elements: Any) -> dict[str, float]:
    """Faker's word lists as words and weights: mappings hold weights, and repeats in a list count."""
    if isinstance(elements, (set, frozenset)):
        elements = sorted(elements)
    weights: dict[str, float] = {}
    for word, weight in (elements if isinstance(elements, Mapping) else Counter(elements)).items():
        if weight > 0:
            clean = " ".join(str(word).split())  # some lists have blanks at their words' ends
            weights[clean] = weights.get(clean, 0.0) + float(weight)
    return weights


def _read_patterns(provider: Any, formats: Any, share: float) -> list[tuple[float, Tokens]]:
    weights, found = _weigh(formats), []
    total = sum(weights.values())
    for text, weight in weights.items():
        if not _TOKEN.search(text):
            found += _read_patterns(provider, getattr(provider, text), share * weight / total)
        else:
            last_first = provider.__module__.rpartition(".")[2] in _LAST_FIRST
            found.append((share * weight / total, _parse(text, last_first=last_first)))
    return found


def _parse(text: str, *, last_first: bool) -> Tokens:
    pieces = _TOKEN.split(text)
    pairs = [(t, re.sub(r"\s+", " ", after)) for t, after in zip(pieces[1::2], pieces[2::2], strict=True)]
    kept = [(token, after) for token, after in pairs if not token.startswith(_TITLES)]
    if last_first:
        kept = list(zip(sorted((t for t, _ in kept), key=_rank), (after for _, after in kept), strict=True))
    return tuple((token, after if i + 1 < len(kept) else after.rstrip(" ,")) for i, (token, after) in enumerate(kept))


def _rank(token: str) -> int:
    """The place of a word in names that begin with the last name: first names come after middle ones."""
    return ("last", "middle", "first").index(token.partition("_")[0])


def _merge(patterns: Iterable[tuple[float, Tokens]], provider: Any) -> tuple[Pattern, ...]:
    weights: dict[tuple[Sex, Tokens], float] = {}
    for weight, tokens in patterns:
        listed = any("," in after for _, after in tokens)
        whole = all(any(token.startswith(OF_PART[part]) for token, _ in tokens) for part in ("first", "last"))
        said = [sex for sex in SEXES if any(f"_{sex}" in token for token, _ in tokens)] or SEXES
        mixed = len(said) > 1 and said is not SEXES
        if not whole or listed or mixed or len(tokens) > MAX_WORDS:
            continue
        for sex in said:
            own = tuple((_of_sex(token, sex, provider), after) for token, after in tokens)
            weights[sex, own] = weights.get((sex, own), 0.0) + weight
    return tuple(Pattern(weight, sex, tokens) for (sex, tokens), weight in weights.items())


def _of_sex(token: str, sex: Sex, provider: Any) -> str:
    """The token for words of one sex, where it names no sex and the provider has such words."""
    from faker.providers.person import Provider as Base

    sort, name, rest = token.partition("_name")
    lists = f"{sort}_names_{sex}{rest}"
    if any(f"_{one}" in token for one in SEXES) or not getattr(provider, lists, ()):
        return token
    return token if getattr(provider, lists) is getattr(Base, lists, None) else f"{sort}{name}_{sex}{rest}"


def _read_words(provider: Any, locale: str, token: str, length: int) -> Words:
    weights = _list_words(provider, token) or _draw_words(locale, token)
    romanised = _romanise(provider, token, list(weights)) or list(weights)
    slugs = [_shorten(make_slug(word, locale[:2]), length) or _ODD for word in romanised]
    return Words(tuple(weights), tuple(weights.values()), tuple(slugs), tuple(romanised))


def _shorten(slug: str, length: int) -> str:
    cut = slug[:length]
    return cut if len(slug) <= length else cut.rpartition("-")[0] or cut


def _list_words(provider: Any, token: str) -> dict[str, float]:
    """The list that a token's words come from; empty when the provider makes them by a method of its own."""
    from faker.providers.person import Provider as Base

    for name in (token, re.sub(r"(?<=_name)_.*", "", token)):
        if not hasattr(Base, name) or getattr(provider, name) is not getattr(Base, name):
            return {}
        lists = name.replace("_name", "_names", 1)
        listed = getattr(provider, lists, None)
        if listed is not None and listed is getattr(Base, lists, None):
            # Faker's own placeholder ("John", "Jane"), in a locale that has lists by gender only.
            gendered = [getattr(provider, f"{lists}_{gender}", ()) for gender in ("male", "female")]
            return {word: weight for words in gendered for word, weight in _weigh(words).items()}
        if listed is not None:
            return _weigh(listed)
    return {}


def _draw_words(locale: str, token: str) -> dict[str, float]:
    from faker.factory import Factory

    generator = Factory.create(locale)
    generator.seed_instance(token)
    return _weigh([generator.format(token) for _ in range(_DRAWS)])


def _romanise(provider: Any, token: str, words: list[str]) -> list[str]:
    """The words in Latin letters by the provider's own lists, where these go word by word; else empty."""
    sort = token.partition("_")[0]
    romanised = list(getattr(provider, f"{sort}_romanized_names", ()))
    original = list(getattr(provider, f"{sort}_names")) if romanised else []
    if len(original) != len(romanised):
        return []
    same = dict(zip(original, romanised, strict=True))
    return [same.get(word, word) for word in words]

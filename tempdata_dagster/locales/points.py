"""Names of points of interest, such as `Hotel Moreau` and `Lyon Central Station`.

The patterns are English: no package says how the world names its restaurants. People's names in them are those of the country.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from tempdata_dagster.locales.countries import LOCALES
from tempdata_dagster.locales.name_table import spread
from tempdata_dagster.locales.names import OF_PART, read_names
from tempdata_dagster.locales.slugs import to_latin

_DRAW_BITS = 10
# `*` is the city, `@` a last name.
PATTERNS = MappingProxyType({
    "restaurant": ("Restaurant @", "@ Grill", "Café @", "Bistro @", "The @ Kitchen", "* Diner"),
    "hotel": ("Hotel @", "Grand Hotel *", "* Plaza Hotel", "@ Inn", "Park Hotel *"),
    "school": ("* Primary School", "@ School", "* High School", "@ Academy"),
    "hospital": ("* General Hospital", "@ Clinic", "* University Hospital", "@ Memorial Hospital"),
    "station": ("* Central Station", "* North Station", "* South Station", "* East Station", "* West Station"),
    "shop": ("@ Store", "@ & Sons", "* Market", "@ Bakery", "@ Books"),
    "park": ("* City Park", "@ Park", "@ Gardens", "* Botanical Garden"),
    "museum": ("* City Museum", "* Museum of Art", "@ Museum", "* History Museum"),
})  # fmt: skip
WEIGHTS = MappingProxyType({
    "restaurant": 30.0, "shop": 34.0, "school": 12.0, "hotel": 8.0, "park": 7.0, "station": 4.0, "hospital": 3.0, "museum": 2.0,
})  # fmt: skip


@lru_cache(maxsize=512)
def read_last_names(country: str) -> tuple[str, ...]:
    """Last names of a country in Latin letters, those that are common more than once; English ones if it has none of its own."""
    words = read_names(LOCALES.get(country, "en_GB")).words
    token = min(one for one in words if one.startswith(OF_PART["last"]))
    found = words[token]
    latin = [to_latin(name) for name in found.romanised]
    return tuple(latin[i] for i in spread(found.weights, _DRAW_BITS).tolist() if latin[i])

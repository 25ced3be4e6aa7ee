"""International bank account numbers."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from pydantic import Field

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.codes.bank_digits import RULES, Rule
from tempdata_dagster.engine.codes.characters import (
    DIGITS,
    LETTERS,
    MAX_CAPACITY,
    Layout,
    bind_codes,
    to_digit,
    value_table,
)
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.choosing import draw_countries, read_countries

_RUN = re.compile(r"(\d+)!([nac])")
# Letters and digits are all digits in most countries' account numbers.
_ALPHABETS = MappingProxyType({"n": DIGITS, "c": DIGITS, "a": LETTERS})
# Where a letter says something: the account's currency, the sort of account and its first owner.
_ENDINGS = MappingProxyType({"MU": "000MUR", "SC": "SCR", "BR": "C1"})
# Countries whose banks' codes python-stdnum lists, and how many digits they have.
_BANKS = MappingProxyType({"BE": ("be/banks", 3), "CZ": ("cz/banks", 4)})


@lru_cache(maxsize=1)
def read_structures() -> dict[str, str]:
    """The structure of each country's account numbers, such as `4!a6!n8!n`, from python-stdnum's copy of SWIFT's registry."""
    from stdnum import numdb

    registry = numdb.get("iban")
    found = {code: registry.info(f"{code}00")[0][1].get("bban") for code in read_countries()}
    return {code: structure for code, structure in found.items() if structure}


class IbanWriter:
    """The IBANs of one country.

    Args:
        country: Its code.
        structure: Of its account numbers, as in the registry.

    Attributes:
        width: Characters of an IBAN.
        capacity: How many numbers stand for different accounts.
        banks: The codes of the country's banks, where there is a list.
        rule: Writes the country's own check digits, where it has some.
    """

    def __init__(self, country: str, structure: str) -> None:
        self._country = country
        rule: tuple[Rule | None, tuple[int, ...]] = RULES.get(country, (None, ()))
        self.rule, checks = rule
        places = [_ALPHABETS[kind] for count, kind in _RUN.findall(structure) for _ in range(int(count))]
        ending = _ENDINGS.get(country, "")
        places[len(places) - len(ending) :] = ending
        if places[0] == DIGITS:
            places[0] = DIGITS[1:]  # software takes Norwegian accounts that begin with four zeros for shorter ones
        for check in checks:
            places[check] = "0"
        self.width = len(places) + 4
        self.banks = _read_banks(country)
        first, capacity = len(places), 1
        while first > self.banks.shape[1] and capacity * len(places[first - 1]) <= MAX_CAPACITY:
            first -= 1
            capacity *= len(places[first])
        self.capacity, self._first = capacity, first
        self._head, self._tail = _to_layout(places[:first]), _to_layout(places[first:])
        # Italy's check digit is a letter.
        letters = [place in LETTERS or (country in {"IT", "SM"} and number == 0) for number, place in enumerate(places)]
        self._weights = _weigh(letters, country)

    def write(self, target: np.ndarray, numbers: np.ndarray, bits: np.ndarray) -> None:
        """The account number, the country's own check digits, and those of ISO 13616."""
        target[:, :2] = np.frombuffer(self._country.encode(), dtype=np.uint8)
        bban = target[:, 4:]
        self._tail.write(bban[:, self._first :], numbers)
        if self._first:
            self._head.write(bban[:, : self._first], (bits >> np.uint64(2)).astype(np.int64))
        if len(self.banks):
            bban[:, : self.banks.shape[1]] = self.banks[below(bits, len(self.banks))]
        if self.rule is not None:
            self.rule(bban)
        self.sign(target)

    def sign(self, target: np.ndarray) -> None:
        """Write the check digits of ISO 13616."""
        weights, constant = self._weights
        total, values = np.full(len(target), constant, dtype=np.int32), value_table()
        for place, weight in enumerate(weights):
            total += (values * weight)[target[:, place + 4]]
        check = 98 - total % 97
        target[:, 2], target[:, 3] = to_digit(check // 10), to_digit(check % 10)


def _read_banks(country: str) -> np.ndarray:
    """The codes of a country's banks as ASCII digits, uint8 of shape `(n, width)`; empty where python-stdnum has no list."""
    if country not in _BANKS:
        return np.empty((0, 0), dtype=np.uint8)
    from stdnum import numdb

    banks, width = numdb.get(_BANKS[country][0]), _BANKS[country][1]
    codes = [code for code in (str(n).zfill(width) for n in range(10**width)) if banks.info(code)[0][1].get("bank")]
    return np.frombuffer("".join(codes).encode(), dtype=np.uint8).reshape(-1, width)


def _to_layout(places: list[str]) -> Layout:
    runs: list[tuple[str, int]] = []
    for place in places:
        if runs and runs[-1][0] == place:
            runs[-1] = (place, runs[-1][1] + 1)
        else:
            runs.append((place, 1))
    return Layout(tuple(runs))


def _weigh(letters: list[bool], country: str) -> tuple[list[int], int]:
    """For each place what its value counts modulo 97, and what the country counts; a letter is two digits wide."""
    weight, weights = 10**6, []
    for is_letter in reversed(letters):
        weights.append(weight % 97)
        weight *= 100 if is_letter else 10
    first, second = (LETTERS.index(letter) + 10 for letter in country)
    return weights[::-1], (first * 100 + second) * 100 % 97


@KINDS.register("iban")
class Iban(Kind):
    """An IBAN in its country's form, with the check digits of ISO 13616 and within it those of the country where it has such.

    Rows in countries without IBANs, such as the US, have null. The accounts are made up; a bank's own code is drawn too.

    Example: {kind: iban, country: DE}
    """

    country: str | None = Field(default=None, description="a column, a code such as DE, or global; else the locale's")

    def bind(self, scope: Scope) -> Binding:
        """Digits by number, one layout for each country."""
        structures = read_structures()
        draw = draw_countries(scope, self.country, structures.keys())
        scope.add_fact("structures of IBANs", fingerprint([[code, structures[code]] for code in draw.codes]))
        writers = [IbanWriter(code, structures[code]) for code in draw.codes]
        for code in set(draw.codes) & set(_BANKS):
            scope.add_fact(f"banks of {code}", fingerprint(writers[draw.codes.index(code)].banks.tobytes().hex()))
        pattern = "[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}"
        return bind_codes(scope, writers, draw.index, nullable=not draw.sure, pattern=pattern)

"""National check digits within account numbers, for the countries whose rule is published and covers all banks.

Each function gets the BBAN's ASCII digits, uint8 of shape `(n, width)`, and writes its check places. A test holds every rule
against an example account of its country.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np

from tempdata_dagster.engine.codes.characters import luhn_digit, to_digit, weigh_digits

Rule = Callable[[np.ndarray], None]
_SPANISH = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
_BASIC_11 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_ITALIAN_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)


def powers(width: int, modulus: int = 97) -> list[int]:
    """10**(width - 1), ..., 10, 1 modulo a number."""
    return [pow(10, width - 1 - place, modulus) for place in range(width)]


def _write_two(target: np.ndarray, values: np.ndarray) -> None:
    target[:, 0], target[:, 1] = to_digit(values // 10), to_digit(values % 10)


def _mod_97_10(bban: np.ndarray) -> None:
    body = weigh_digits(bban, [weight * 100 % 97 for weight in powers(bban.shape[1] - 2)])
    _write_two(bban[:, -2:], 98 - body % 97)


def _belgian(bban: np.ndarray) -> None:
    rest = weigh_digits(bban, powers(10)) % 97
    _write_two(bban[:, 10:], np.where(rest == 0, 97, rest))


def _spanish(bban: np.ndarray) -> None:
    for place, part, weights in ((8, bban[:, :8], _SPANISH[2:]), (9, bban[:, 10:], _SPANISH)):
        rest = 11 - weigh_digits(part, weights) % 11
        bban[:, place] = to_digit(np.select([rest == 10, rest == 11], [1, 0], rest))


def _french(bban: np.ndarray) -> None:
    rest = (
        89 * (weigh_digits(bban[:, :5], powers(5)) % 97)
        + 15 * (weigh_digits(bban[:, 5:10], powers(5)) % 97)
        + 3 * (weigh_digits(bban[:, 10:21], powers(11)) % 97)
    )
    _write_two(bban[:, 21:], 97 - rest % 97)


def _italian(bban: np.ndarray) -> None:
    odd, total = np.array(_ITALIAN_ODD, dtype=np.int32), np.zeros(len(bban), dtype=np.int32)
    for place in range(1, bban.shape[1]):
        digit = bban[:, place] - ord("0")
        total += odd[digit] if place % 2 else digit
    bban[:, 0] = (total % 26 + ord("A")).astype(np.uint8)


def _norwegian(bban: np.ndarray) -> None:
    rest = weigh_digits(bban, _BASIC_11) % 11
    # No digit stands for 10: the last digit before it, whose weight is 2, moves on.
    bad = rest == 1
    bban[bad, 9] = ord("0") + (bban[bad, 9] - ord("0") + 1) % 10
    rest = weigh_digits(bban, _BASIC_11) % 11
    bban[:, 10] = to_digit((11 - rest) % 11)


def _weighted_10(places: slice, weights: Sequence[int], check: int) -> Rule:
    def write(bban: np.ndarray) -> None:
        bban[:, check] = to_digit((10 - weigh_digits(bban[:, places], weights) % 10) % 10)

    return write


def _hungarian(bban: np.ndarray) -> None:
    _weighted_10(slice(0, 7), (9, 7, 3, 1, 9, 7, 3), 7)(bban)
    _weighted_10(slice(8, 23), (9, 7, 3, 1) * 3 + (9, 7, 3), 23)(bban)


def _finnish(bban: np.ndarray) -> None:
    bban[:, 13] = luhn_digit(bban[:, :13])


def _mod_11_10(part: np.ndarray) -> np.ndarray:
    """The check digit of ISO 7064 MOD 11,10."""
    state = np.full(len(part), 10, dtype=np.int32)
    for place in range(part.shape[1]):
        state = (state + (part[:, place] - ord("0"))) % 10
        state = np.where(state == 0, 10, state) * 2 % 11
    return to_digit((11 - state) % 10)


def _croatian(bban: np.ndarray) -> None:
    bban[:, 6], bban[:, 16] = _mod_11_10(bban[:, :6]), _mod_11_10(bban[:, 7:16])


mod_11_10 = _mod_11_10
# For each country: the rule, the places of its check digits, and digits that the rule may move on.
RULES = MappingProxyType({
    "BE": (_belgian, (10, 11)), "ES": (_spanish, (8, 9)), "FR": (_french, (21, 22)), "MC": (_french, (21, 22)),
    "IT": (_italian, (0,)), "SM": (_italian, (0,)), "NO": (_norwegian, (9, 10)), "FI": (_finnish, (13,)),
    "HU": (_hungarian, (7, 23)), "HR": (_croatian, (6, 16)),
    "PL": (_weighted_10(slice(0, 7), (3, 9, 7, 1, 3, 9, 7), 7), (7,)),
    "EE": (_weighted_10(slice(2, 15), (7, 1, 3) * 4 + (7,), 15), (15,)),
    "PT": (_mod_97_10, (19, 20)), "ME": (_mod_97_10, (16, 17)), "RS": (_mod_97_10, (16, 17)),
    "BA": (_mod_97_10, (14, 15)), "MK": (_mod_97_10, (13, 14)), "SI": (_mod_97_10, (13, 14)),
    "XK": (_mod_97_10, (14, 15)), "TL": (_mod_97_10, (17, 18)),
})  # fmt: skip

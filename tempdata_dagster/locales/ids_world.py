"""National numbers of people in the Americas, Africa, Asia and Oceania, as python-stdnum checks them."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import numpy as np

from tempdata_dagster.locales.id_numbers import CONSONANTS, LETTERS, Number, People, luhn, verhoeff

_REFUSED = (78_05_1120, 219_09_9999, 457_55_5462)  # printed in advertisements, and void since


def argentina(p: People) -> Number:
    """DNI: eight digits."""
    n = Number(len(p.year), 8)
    n.put(p.below(47_000_000) + 10_000_000, 8)
    return n


def brazil(p: People) -> Number:
    """CPF: nine digits and two check digits modulo 11."""
    n = Number(len(p.year), 11)
    n.put(p.below(10**9 - 1) + 1, 9)
    for first in (10, 11):
        n.put(-n.weigh(range(first, 1, -1)) % 11 % 10, 1)
    return n


def canada(p: People) -> Number:
    """Social insurance number: eight digits and one by Luhn."""
    n = Number(len(p.year), 9)
    n.put(p.below(70_000_000) + 10_000_000, 8)
    n.put(luhn(n), 1)
    return n


def chile(p: People) -> Number:
    """RUT: eight digits and a check character modulo 11."""
    n = Number(len(p.year), 9)
    n.put(p.below(16_000_000) + 10_000_000, 8)
    n.put_letter("0123456789K", -n.weigh((3, 2, 7, 6, 5, 4, 3, 2)) % 11)
    return n


def colombia(p: People) -> Number:
    """NIT of a person: the number of the cédula and a check digit."""
    n = Number(len(p.year), 11)
    n.put(p.below(200_000_000) + 1_000_000_000, 10)
    rest = n.weigh((43, 41, 37, 29, 23, 19, 17, 13, 7, 3)) % 11
    n.put(np.where(rest < 2, rest, 11 - rest), 1)
    return n


def mexico(p: People) -> Number:
    """CURP: letters for the names, the day of birth, the sex, a state, consonants, the century, and a check digit."""
    states = read_states()
    n = Number(len(p.year), 18)
    for alphabet in (CONSONANTS, "AEIOU", CONSONANTS, CONSONANTS):
        n.put_letter(alphabet, p.below(len(alphabet)))
    n.put_birth(p, "ymd")
    n.put_letter("HM", p.female.astype(np.int64))
    state = p.below(len(states))
    for place in (0, 1):
        n.put_letter("".join(one[place] for one in states), state)
    for _ in range(3):
        n.put_letter(CONSONANTS, p.below(len(CONSONANTS)))
    n.put_letter("0A", p.millennial.astype(np.int64))
    values = np.zeros(128, dtype=np.int64)
    values[np.frombuffer(b"0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ", dtype=np.uint8)] = np.arange(37)
    total = sum(values[n.text[:, i]] * (18 - i) for i in range(17))
    n.put(-total % 10, 1)
    return n


def united_states(p: People) -> Number:
    """Social security number: an area, a group and a serial, none of them void."""
    n = Number(len(p.year), 9)
    area = p.below(898) + 1
    number = ((area + (area >= 666)) * 100 + p.below(99) + 1) * 10_000 + p.below(9_998) + 1
    n.put(number + np.isin(number, _REFUSED), 9)
    return n


def south_africa(p: People) -> Number:
    """Identity number: the day of birth, a serial, 5000 and more for men, a citizen, and a check digit by Luhn."""
    n = Number(len(p.year), 13)
    n.put_birth(p, "ymd")
    n.put(p.below(5_000) + 5_000 * ~p.female, 4)
    n.put_text("08")
    n.put(luhn(n), 1)
    return n


def kenya(p: People) -> Number:
    """KRA PIN of a person: A, nine digits, a letter."""
    n = Number(len(p.year), 11)
    n.put_text("A0")
    n.put(p.below(10**8), 8)
    n.put_letter(LETTERS, p.below(26))
    return n


def israel(p: People) -> Number:
    """Mispar zehut: eight digits and one by Luhn."""
    n = Number(len(p.year), 9)
    n.put(p.below(40_000_000) + 1, 8)
    n.put(luhn(n), 1)
    return n


def india(p: People) -> Number:
    """Aadhaar: eleven digits and a check digit by Verhoeff."""
    n = Number(len(p.year), 12)
    n.put(p.below(8) + 2, 1)
    place = n.put(p.below(10**10), 10)

    def is_palindrome(n: Number, _: np.ndarray) -> np.ndarray:
        whole = np.column_stack([n.digits(), verhoeff(n)])
        return np.asarray((whole == whole[:, ::-1]).all(axis=1))

    n.settle(place, 10, is_palindrome)
    n.put(verhoeff(n), 1)
    return n


def pakistan(p: People) -> Number:
    """CNIC: a province and a district, a family, and a digit that is odd for men."""
    n = Number(len(p.year), 13)
    n.put(p.below(7) + 1, 1)
    n.put(p.below(10_000), 4)
    n.put(p.below(10**7), 7)
    n.put(p.below(4) * 2 + np.where(p.female, 2, 1), 1)
    return n


def china(p: People) -> Number:
    """Resident identity number: a county, the day of birth, a serial, odd for men, and a check character modulo 11."""
    counties = np.array(read_counties())
    n = Number(len(p.year), 18)
    n.put(counties[p.below(len(counties))], 6)
    n.put_birth(p, "Ymd")
    n.put(p.serial(1000), 3)
    n.put_letter("10X98765432", n.weigh([2**i % 11 for i in range(17, 0, -1)]) % 11)
    return n


def japan(p: People) -> Number:
    """My Number: eleven digits and a check digit."""
    n = Number(len(p.year), 12)
    n.put(p.below(10**11), 11)
    n.put(-n.weigh((6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11 % 10, 1)
    return n


def south_korea(p: People) -> Number:
    """Resident registration number: the day of birth, sex and century, a place, a serial, and a check digit."""
    n = Number(len(p.year), 13)
    n.put_birth(p, "ymd")
    n.put(1 + p.female + 2 * p.millennial, 1)
    n.put(p.below(96), 2)
    n.put(p.below(1000), 3)
    n.put((11 - n.weigh((2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10, 1)
    return n


def indonesia(p: People) -> Number:
    """NIK: a regency and a district, the day of birth, 40 more for women, and a serial."""
    regencies = np.array(read_regencies())
    n = Number(len(p.year), 16)
    n.put(regencies[p.below(len(regencies))], 4)
    n.put(p.below(30) + 1, 2)
    n.put(p.day + 40 * p.female, 2)
    n.put_birth(p, "my")
    n.put(p.below(9_999) + 1, 4)
    return n


def thailand(p: People) -> Number:
    """Identity card number: twelve digits and a check digit modulo 11."""
    n = Number(len(p.year), 13)
    n.put(p.below(8) + 1, 1)
    n.put(p.below(10**11), 11)
    n.put((11 - n.weigh(range(13, 1, -1)) % 11) % 10, 1)
    return n


def malaysia(p: People) -> Number:
    """NRIC: the day of birth, a state, and a serial, odd for men."""
    n = Number(len(p.year), 12)
    n.put_birth(p, "ymd")
    n.put(p.below(16) + 1, 2)
    n.put(p.serial(10_000), 4)
    return n


def australia(p: People) -> Number:
    """Tax file number: nine digits that weigh a multiple of 11."""
    n = Number(len(p.year), 9)
    place = n.put(p.below(90_000_000) + 10_000_000, 8)
    weights = (1, 4, 3, 7, 5, 8, 6, 9)
    n.settle(place, 8, lambda n, _: n.weigh(weights) % 11 == 10)
    n.put(n.weigh(weights) % 11, 1)
    return n


def new_zealand(p: People) -> Number:
    """IRD number: eight digits and one modulo 11, by other weights where the first have none."""
    n = Number(len(p.year), 9)
    place = n.put(p.below(5_000_000) + 10_000_000, 8)

    def check(n: Number) -> np.ndarray:
        first, second = (-n.weigh(w) % 11 for w in ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6)))
        return np.where(first == 10, second, first)

    n.settle(place, 8, lambda n, _: check(n) == 10, low=10_000_000, high=15_000_000)
    n.put(check(n), 1)
    return n


@lru_cache(maxsize=1)
def read_states() -> tuple[str, ...]:
    """The two letters of each state of Mexico."""
    from stdnum.mx import curp

    return tuple(sorted(curp._valid_states))  # noqa: SLF001 - the package has no public name for them


@lru_cache(maxsize=1)
def read_counties() -> tuple[int, ...]:
    """The codes of China's counties that held at all times."""
    return _read_places("cn", 6)


@lru_cache(maxsize=1)
def read_regencies() -> tuple[int, ...]:
    """The codes of Indonesia's cities and regencies."""
    return _read_places("id", 4)


def _read_places(country: str, digits: int) -> tuple[int, ...]:
    """The codes of python-stdnum's list, but for those of whole provinces and cities, and those of some years."""
    text = resources.files("stdnum").joinpath(country, "loc.dat").read_text(encoding="utf-8")
    found, above = [], ""
    for line in text.splitlines():
        match = re.match(r"( *)(\d+) (\w+=\"(.*?)\")?", line)
        if match and not match[1]:
            above = match[2]
        elif match and len(above + match[2]) == digits and "[" not in (match[4] or "") and not match[2].endswith("00"):
            found.append(int(above + match[2]))
    return tuple(sorted(set(found)))

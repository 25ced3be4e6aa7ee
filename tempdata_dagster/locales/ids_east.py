"""National numbers of people in eastern and southern Europe, as their offices publish them and python-stdnum checks them."""

from __future__ import annotations

import numpy as np

from tempdata_dagster.locales.id_numbers import Number, People, luhn, mod_11_10


def bulgaria(p: People) -> Number:
    """EGN: the day of birth, 40 months more since 2000, a serial whose ninth digit is odd for women, a check digit."""
    n = Number(len(p.year), 10)
    n.put(p.year % 100, 2)
    n.put(p.month + 40 * p.millennial, 2)
    n.put(p.day, 2)
    n.put(p.serial(1000, odd=p.female), 3)
    n.put(n.weigh((2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10, 1)
    return n


def czechia(p: People) -> Number:
    """Rodné číslo: the day of birth, 50 months more for women, a serial, and since 1954 a check digit modulo 11."""
    n = Number(len(p.year), 10)
    n.put(p.year % 100, 2)
    n.put(p.month + 50 * p.female, 2)
    n.put(p.day, 2)
    place = n.put(p.below(999) + 1, 3)
    n.settle(place, 3, lambda n, _: n.remainder(11) == 10, low=1)
    n.put(n.remainder(11), 1)
    n.text[p.year < 1954, 9] = 0
    return n


def estonia(p: People) -> Number:
    """Isikukood, and the asmens kodas of Lithuania: sex and century, the day of birth, a serial, a check digit."""
    n = Number(len(p.year), 11)
    n.put(3 + p.female + 2 * p.millennial, 1)
    n.put_birth(p, "ymd")
    n.put(p.below(1000), 3)
    first, second = n.weigh((1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11, n.weigh((3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11
    n.put(np.where(first == 10, second % 10, first), 1)
    return n


def greece(p: People) -> Number:
    """AMKA: the day of birth, a serial, odd for men, and a check digit by Luhn."""
    n = Number(len(p.year), 11)
    n.put_birth(p, "dmy")
    n.put(p.serial(10_000), 4)
    n.put(luhn(n), 1)
    return n


def croatia(p: People) -> Number:
    """OIB: ten digits and a check digit."""
    n = Number(len(p.year), 11)
    n.put(p.below(10**10), 10)
    n.put(mod_11_10(n), 1)
    return n


def latvia(p: People) -> Number:
    """Personas kods without a day of birth, as since 2017: 32, eight digits, a check digit."""
    n = Number(len(p.year), 11)
    n.put_text("32")
    n.put(p.below(10**8), 8)
    n.put((1 + n.weigh((10, 5, 8, 4, 2, 1, 6, 3, 7, 9))) % 11 % 10, 1)
    return n


def poland(p: People) -> Number:
    """PESEL: the day of birth, 20 months more since 2000, a serial, odd for men, and a check digit."""
    n = Number(len(p.year), 11)
    n.put(p.year % 100, 2)
    n.put(p.month + 20 * p.millennial, 2)
    n.put(p.day, 2)
    n.put(p.serial(10_000), 4)
    n.put(-n.weigh((1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10, 1)
    return n


def romania(p: People) -> Number:
    """CNP: sex and century, the day of birth, a county, a serial, and a check digit."""
    n = Number(len(p.year), 13)
    n.put(1 + p.female + 4 * p.millennial, 1)
    n.put_birth(p, "ymd")
    n.put(p.below(46) + 1, 2)
    n.put(p.below(999) + 1, 3)
    check = n.weigh((2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    n.put(np.where(check == 10, 1, check), 1)
    return n


def russia(p: People) -> Number:
    """INN of a person: a region, ten digits, two check digits."""
    n = Number(len(p.year), 12)
    n.put(p.below(79) + 1, 2)
    n.put(p.below(10**8), 8)
    for weights in ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)):
        n.put(n.weigh(weights) % 11 % 10, 1)
    return n


def slovenia(p: People) -> Number:
    """EMŠO: the day of birth, the region, a serial, 500 and more for women, and a check digit."""
    n = Number(len(p.year), 13)
    n.put_birth(p, "dm")
    n.put(p.year % 1000, 3)
    n.put_text("50")
    n.put(p.below(500) + 500 * p.female, 3)
    n.put(-n.weigh((7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11 % 10, 1)
    return n


def turkey(p: People) -> Number:
    """T.C. kimlik: nine digits and two check digits."""
    n = Number(len(p.year), 11)
    n.put(p.below(900_000_000) + 100_000_000, 9)
    n.put(-n.weigh((3, 1, 3, 1, 3, 1, 3, 1, 3)) % 10, 1)
    n.put(n.weigh((1,) * 10) % 10, 1)
    return n


def ukraine(p: People) -> Number:
    """RNTRC: days since the end of 1899, a serial, odd for men, and a check digit."""
    n = Number(len(p.year), 10)
    born = (p.year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (p.month - 1)
    days = born.astype("datetime64[D]").astype(np.int64) + p.day - 1
    n.put(days - int(np.datetime64("1899-12-31", "D").astype(np.int64)), 5)
    n.put(p.serial(10_000), 4)
    n.put(n.weigh((-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10, 1)
    return n

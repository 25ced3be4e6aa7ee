"""National numbers of people in western and northern Europe, as their offices publish them and python-stdnum checks them."""

from __future__ import annotations

import numpy as np

from tempdata_dagster.locales.id_numbers import CONSONANTS, LETTERS, Number, People, luhn, mod_11_10


def austria(p: People) -> Number:
    """Versicherungsnummer: a serial, a check digit, the day of birth."""
    n = Number(len(p.year), 10)
    place = n.put(p.below(900) + 100, 3)
    n.put(0, 1)
    n.put_birth(p, "dmy")
    weights = (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)
    n.settle(place, 3, lambda n, _: n.weigh(weights) % 11 == 10, low=100)
    check = n.weigh(weights) % 11
    n.end = 3
    n.put(check, 1)
    return n


def belgium(p: People) -> Number:
    """Rijksregisternummer: the day of birth, a serial, odd for men, and two digits modulo 97."""
    n = Number(len(p.year), 11)
    n.put_birth(p, "ymd")
    n.put(p.serial(996, odd=np.zeros(1, dtype=bool)) + np.where(p.female, 2, 1), 3)
    n.put(97 - n.remainder(97, first=np.where(p.millennial, 2, 0)), 2)
    return n


def switzerland(p: People) -> Number:
    """AHV-Nummer: 756, nine digits, and the check digit of EAN."""
    n = Number(len(p.year), 13)
    n.put_text("756")
    n.put(p.below(10**9), 9)
    n.put(-n.weigh((1, 3) * 6) % 10, 1)
    return n


def germany(p: People) -> Number:
    """Steuerliche Identifikationsnummer: ten digits of which one stands twice, and a check digit."""
    rows, rest = np.arange(len(p.year)), p.below(3_628_800)
    digits = np.tile(np.arange(10), (len(rows), 1))
    for last in range(9, 0, -1):
        other = rest % (last + 1)
        rest = rest // (last + 1)
        digits[rows, last], digits[rows, other] = digits[rows, other], digits[rows, last]
    pair = p.below(90)
    first, second = pair // 9, pair % 9
    digits[rows, first] = digits[rows, second + (second >= first)]
    zero = np.flatnonzero(digits[:, 0] == 0)
    other = np.where(digits[zero, 5] == 0, 6, 5)
    digits[zero, 0], digits[zero, other] = digits[zero, other], 0
    n = Number(len(rows), 11)
    for place in range(10):
        n.put(digits[:, place], 1)
    n.put(mod_11_10(n), 1)
    return n


def denmark(p: People) -> Number:
    """CPR-nummer: the day of birth, a digit for the century, a serial, odd for men; modulo 11 as before 2007."""
    n = Number(len(p.year), 10)
    n.put_birth(p, "dmy")
    n.put(np.where(p.millennial, 4 + p.below(6), p.below(4)), 1)
    place = n.put(p.below(100), 2)

    def check(n: Number) -> np.ndarray:
        return np.asarray(-n.weigh((4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11)

    n.settle(place, 2, lambda n, rows: (check(n) == 10) | (check(n) % 2 == p.female[rows]))
    n.put(check(n), 1)
    return n


def spain(p: People) -> Number:
    """DNI: eight digits and a letter modulo 23."""
    n = Number(len(p.year), 9)
    number = p.below(90_000_000) + 1_000_000
    n.put(number, 8)
    n.put_letter("TRWAGMYFPDXBNJZSQVHLCKE", number % 23)
    return n


def finland(p: People) -> Number:
    """Henkilötunnus: the day of birth, a sign for the century, a serial, odd for men, and a character modulo 31."""
    n = Number(len(p.year), 11)
    n.put_birth(p, "dmy")
    birth = n.remainder(31)
    n.put_letter("-A", p.millennial.astype(np.int64))
    serial = p.serial(898) + 2
    n.put(serial, 3)
    n.put_letter("0123456789ABCDEFHJKLMNPRSTUVWXY", (birth * 1000 + serial) % 31)
    return n


def france(p: People) -> Number:
    """NIR: the sex, year and month of birth, a department of the mainland and a commune, a serial, and a key modulo 97."""
    n = Number(len(p.year), 15)
    n.put(np.where(p.female, 2, 1), 1)
    n.put_birth(p, "ym")
    department = p.below(94) + 1
    n.put(department + (department >= 20), 2)
    n.put(p.below(500) + 1, 3)
    n.put(p.below(999) + 1, 3)
    n.put(97 - n.remainder(97), 2)
    return n


def united_kingdom(p: People) -> Number:
    """NHS number: nine digits and a check digit modulo 11."""
    n = Number(len(p.year), 10)
    place = n.put(p.below(300_000_000) + 400_000_000, 9)
    weights = range(10, 1, -1)
    n.settle(place, 9, lambda n, _: n.weigh(weights) % 11 == 1)
    n.put(-n.weigh(weights) % 11, 1)
    return n


def ireland(p: People) -> Number:
    """PPS number: seven digits, a letter modulo 23, and an A."""
    n = Number(len(p.year), 9)
    n.put(p.below(10**7), 7)
    n.put_letter("WABCDEFGHIJKLMNOPQRSTUV", (n.weigh(range(8, 1, -1)) + 9) % 23)
    n.put_text("A")
    return n


def iceland(p: People) -> Number:
    """Kennitala: the day of birth, a serial, a check digit, the century."""
    n = Number(len(p.year), 10)
    n.put_birth(p, "dmy")
    place = n.put(p.below(80) + 20, 2)
    weights = (3, 2, 7, 6, 5, 4, 3, 2)
    n.settle(place, 2, lambda n, _: n.weigh(weights) % 11 == 1, low=20)
    n.put(-n.weigh(weights) % 11, 1)
    n.put(np.where(p.millennial, 0, 9), 1)
    return n


def italy(p: People) -> Number:
    """Codice fiscale: consonants for the names, the day of birth, 40 more for women, a municipality, and a letter."""
    n = Number(len(p.year), 16)
    for _ in range(6):
        n.put_letter(CONSONANTS, p.below(len(CONSONANTS)))
    n.put_birth(p, "y")
    n.put_letter("ABCDEHLMPRST", p.month - 1)
    n.put(p.day + 40 * p.female, 2)
    n.put_letter("ABCDEFGHIL", p.below(10))
    n.put(p.below(999) + 1, 3)
    odd = np.array((1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23))
    total = np.zeros(len(p.year), dtype=np.int64)
    for place in range(15):
        code = n.text[:, place].astype(np.int64)
        value = np.where(code >= ord("A"), code - ord("A"), code - ord("0"))
        total += value if place % 2 else odd[value]
    n.put_letter(LETTERS, total % 26)
    return n


def netherlands(p: People) -> Number:
    """Burgerservicenummer: nine digits that meet the eleven test."""
    n = Number(len(p.year), 9)
    place = n.put(p.below(89_000_000) + 10_000_000, 8)
    weights = range(9, 1, -1)
    n.settle(place, 8, lambda n, _: n.weigh(weights) % 11 == 10)
    n.put(n.weigh(weights) % 11, 1)
    return n


def norway(p: People) -> Number:
    """Fødselsnummer: the day of birth, a serial by century, odd for men, and two check digits modulo 11."""
    n = Number(len(p.year), 11)
    n.put_birth(p, "dmy")
    place = n.put(p.serial(500) + 500 * p.millennial, 3)
    first, second = (3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3)

    def checks(n: Number) -> tuple[np.ndarray, np.ndarray]:
        one = -n.weigh(first) % 11
        return one, np.asarray(-(n.weigh(second) + 2 * one) % 11)

    # Within the hundreds of the serial, which say the century.
    n.settle(place + 1, 2, lambda n, _: np.maximum(*checks(n)) == 10, step=2)
    for check in checks(n):
        n.put(check, 1)
    return n


def portugal(p: People) -> Number:
    """Número de identificação fiscal of a person: nine digits, the last modulo 11."""
    n = Number(len(p.year), 9)
    n.put(p.below(20_000_000) + 10_000_000, 8)
    n.put(-n.weigh(range(9, 1, -1)) % 11 % 10, 1)
    return n


def sweden(p: People) -> Number:
    """Personnummer: the day of birth, a serial, odd for men, and a check digit by Luhn."""
    n = Number(len(p.year), 13)
    n.put_birth(p, "Ymd")
    n.put(p.serial(1000), 3)
    check = luhn(n, 2)
    serial = n.text[:, 8:11].copy()
    n.end = 8
    n.put_text("-")
    n.text[:, 9:12] = serial
    n.end = 12
    n.put(check, 1)
    return n

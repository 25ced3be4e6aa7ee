"""Payment cards: the number, and the base of what else is on a card."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from pydantic import Field

from tempdata_dagster.engine.arrays import write_digits
from tempdata_dagster.engine.cells import Index, choose_term
from tempdata_dagster.engine.codes.characters import bind_codes, luhn_digit
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS

_PREFIX = 6


@dataclass(frozen=True)
class Brand:
    """What the cards of a brand have in common.

    Attributes:
        name: As people write it.
        ranges: First six digits, from and to, of the ranges of ISO/IEC 7812 that the brand's issuers have.
        tests: First six digits of the numbers that payment services publish for tests.
        digits: Of the card's number.
        code_digits: Of the security code.
        weight: Its share of cards, our own rough estimate of those in use outside China.
    """

    name: str
    ranges: tuple[tuple[int, int], ...]
    tests: tuple[int, ...]
    digits: int = 16
    code_digits: int = 3
    weight: float = 1.0


BRANDS = MappingProxyType({
    "visa": Brand("Visa", ((400_000, 499_999),), (411_111, 424_242, 401_288, 400_005, 444_433), weight=52),
    "mastercard": Brand("Mastercard", ((510_000, 559_999), (222_100, 272_099)), (555_555, 510_510, 222_300, 545_454), weight=33),
    "amex": Brand("American Express", ((340_000, 349_999), (370_000, 379_999)), (378_282, 371_449, 378_734), 15, 4, 6),
    "discover": Brand("Discover", ((601_100, 601_103), (601_105, 601_109), (644_000, 659_999)), (601_111, 601_100), weight=3),
    "diners": Brand("Diners Club", ((300_000, 305_999), (360_000, 369_999), (380_000, 399_999)), (305_693, 385_200, 362_272), 14),
    "jcb": Brand("JCB", ((352_800, 358_999),), (353_011, 356_600), weight=3),
    "unionpay": Brand("UnionPay", ((622_126, 622_925),), (620_000,), weight=2),
})  # fmt: skip


@dataclass(frozen=True)
class _Writer:
    """Numbers of one brand: a prefix, digits, and Luhn's digit."""

    prefixes: np.ndarray
    width: int

    @property
    def capacity(self) -> int:
        """How many numbers there are."""
        return int(len(self.prefixes) * 10 ** (self.width - _PREFIX - 1))

    def write(self, target: np.ndarray, numbers: np.ndarray, bits: np.ndarray) -> None:
        """The prefix is the number's upper part."""
        del bits
        within = 10 ** (self.width - _PREFIX - 1)
        prefix = numbers // within
        write_digits(target[:, _PREFIX:-1], numbers - prefix * within)
        write_digits(target[:, :_PREFIX], self.prefixes[prefix])
        target[:, -1] = luhn_digit(target[:, :-1])


class Card(Kind):
    """What the kinds of a payment card share: which card of the row it is, and its brand.

    Columns of one `card` agree: the number, the brand, the expiry and the security code of a row are those of one card.
    """

    card: str = Field(default="", max_length=60, description="which card, where a row has several")
    brand: str | None = Field(default=None, description="a column, or one of visa, mastercard, amex ...; else drawn")

    def choose_brand(self, scope: Scope) -> tuple[Index, bool]:
        """The place in `BRANDS` of each row's brand, -1 where it is not known; and whether all are."""
        if self.brand is not None:
            terms = {
                text.lower(): place for place, (key, brand) in enumerate(BRANDS.items()) for text in (key, brand.name)
            }
            return choose_term(scope, self.brand, "brand", terms, "brand of cards")
        table, stream = (
            DiscreteTable([brand.weight for brand in BRANDS.values()]),
            scope.shared_stream("card", self.card),
        )
        return lambda frame: table.look_up(stream.bits(frame.rows)), True


@KINDS.register("credit_card")
class CreditCard(Card):
    """The number of a payment card, digits only: in its brand's ranges, as long as the brand's, with Luhn's digit at the end.

    A number in a brand's range may be somebody's; with `test: true` all begin as those that payment services publish for tests.

    Example: {kind: credit_card, brand: visa}
    """

    test: bool = Field(default=False, description="only the ranges of well-known test numbers")

    def bind(self, scope: Scope) -> Binding:
        """Digits by number, one writer for each brand."""
        choose, sure = self.choose_brand(scope)
        writers = [_Writer(self._prefixes(brand), brand.digits) for brand in BRANDS.values()]
        return bind_codes(
            scope, writers, choose, nullable=not sure, pattern="[0-9]{14,16}", draw=f"card number {self.card}"
        )

    def _prefixes(self, brand: Brand) -> np.ndarray:
        if self.test:
            return np.array(brand.tests, dtype=np.int64)
        return np.concatenate([np.arange(low, high + 1, dtype=np.int64) for low, high in brand.ranges])


__all__ = ["BRANDS", "Brand", "Card", "CreditCard"]

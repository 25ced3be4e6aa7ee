"""Article numbers with their check digit: EAN, UPC, GTIN."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from tempdata_dagster.engine.codes.characters import DIGITS, Layout, bind_codes, to_digit, weigh_digits
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS

_WIDTHS = MappingProxyType({"ean13": 13, "ean8": 8, "upc": 12, "gtin14": 14})
# Prefixes of GS1's own list that numbering organisations hand out to companies: none for shops' own labels, coupons or books.
_COMPANIES = ((0, 19), (30, 39), (60, 139), (300, 379), (400, 440), (450, 459), (490, 499), (500, 509), (540, 549),
              (570, 579), (640, 649), (690, 699), (730, 739), (754, 755), (760, 769), (789, 790), (800, 839),
              (840, 849), (870, 879), (890, 890), (900, 919), (930, 939))  # fmt: skip


@dataclass(frozen=True)
class _Writer:
    """Digits after a prefix, and the check digit of ISO/IEC 15420; without a prefix, one of companies' own."""

    width: int
    prefix: str
    companies: np.ndarray

    @property
    def _free(self) -> int:
        return self.width - 1 - len(self.prefix)

    @property
    def capacity(self) -> int:
        return int(len(self.companies) * 10 ** (self._free - 3) if len(self.companies) else 10**self._free)

    def write(self, target: np.ndarray, numbers: np.ndarray, bits: np.ndarray) -> None:
        if len(self.companies):
            within = 10 ** (self._free - 3)
            company = numbers // within
            numbers = self.companies[company] * within + (numbers - company * within)
        Layout.of(self.prefix, (DIGITS, self._free)).write(target[:, :-1], numbers, bits)
        weights = [3 - 2 * (place % 2) for place in range(self.width - 1)][::-1]
        target[:, -1] = to_digit((10 - weigh_digits(target, weights) % 10) % 10)


@KINDS.register("ean")
class Ean(Kind):
    """An article number with its check digit: EAN-13, EAN-8, UPC-A or GTIN-14, as text.

    Without a `prefix` it begins as those of companies do, so it may be that of a real article; numbers with the prefix 20 to 29
    are for a shop's own use and belong to no article elsewhere.

    Example: {kind: ean, format: ean13, prefix: "200"}
    """

    format: Literal["ean13", "ean8", "upc", "gtin14"] = "ean13"
    prefix: str = Field(default="", pattern=r"^\d{0,9}$", description="the first digits, such as those of a company")

    @model_validator(mode="after")
    def _fits(self) -> Ean:
        if len(self.prefix) > _WIDTHS[self.format] - 3:
            raise ValueError(f"the prefix leaves too few of {_WIDTHS[self.format]} digits")
        return self

    def bind(self, scope: Scope) -> Binding:
        """Digits by number, the last one by their weighted sum."""
        drawn = not self.prefix and self.format != "upc"
        companies = [number for low, high in _COMPANIES for number in range(low, high + 1)] if drawn else []
        # The digit before a GTIN-14's company says how many articles a case holds; UPC-A's first one is 0, 1, 6 to 8 likewise.
        width = _WIDTHS[self.format]
        prefix = self.prefix or ("1" if self.format == "gtin14" else "0" if self.format == "upc" else "")
        writer = _Writer(width, prefix, np.array(companies, dtype=np.int64))
        return bind_codes(scope, [writer], pattern=f"[0-9]{{{width}}}")

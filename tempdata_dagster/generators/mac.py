"""MAC addresses of network cards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.arrays import from_matrix
from tempdata_dagster.engine.codes.characters import CodeSet
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS

_BLOCK = re.compile(r"^[0-9A-F]{6}(?:-[0-9A-F]{6})?(?:,[0-9A-F]{6}(?:-[0-9A-F]{6})?)*(?= )", re.MULTILINE)
_DEVICE_BITS = 24


@lru_cache(maxsize=1)
def read_vendors() -> np.ndarray:
    """The first three bytes that IEEE gave to vendors of cards as a whole, from python-stdnum's copy; int64, sorted."""
    from importlib.resources import files

    text = files("stdnum").joinpath("oui.dat").read_text(encoding="utf-8")
    found: set[int] = set()
    for line in _BLOCK.findall(text):
        for block in line.split(","):
            low, _, high = block.partition("-")
            found.update(range(int(low, 16), int(high or low, 16) + 1))
    return np.array(sorted(number for number in found if number >> 16 & 3 == 0), dtype=np.int64)


@dataclass(frozen=True)
class _Address:
    """The 48 bits of an address, as 16-bit numbers in the order of their writing."""

    vendors: np.ndarray
    width: int = 12

    @property
    def capacity(self) -> int:
        """How many addresses there are."""
        return len(self.vendors) << _DEVICE_BITS

    def write(self, target: np.ndarray, numbers: np.ndarray, bits: np.ndarray) -> None:
        """Hexadecimal digits."""
        del bits
        address = (self.vendors[numbers >> _DEVICE_BITS] << _DEVICE_BITS) | (numbers & ((1 << _DEVICE_BITS) - 1))
        digits = _digit_pairs()
        for place in range(6):
            target[:, 2 * place : 2 * place + 2].view(np.uint16)[:, 0] = digits[(address >> (40 - 8 * place)) & 255]


@lru_cache(maxsize=1)
def _digit_pairs() -> np.ndarray:
    pairs = "".join(f"{byte:02x}" for byte in range(256)).encode()
    return np.frombuffer(pairs, dtype=np.uint16)


@KINDS.register("mac")
class Mac(Kind):
    """A MAC address of one card: first three bytes that belong to a vendor, and three of the card.

    Addresses with `local: true` are of the range that everybody may give to cards themselves, as virtual machines have them.

    Example: {kind: mac, separator: "-"}
    """

    separator: Literal[":", "-", ""] = ":"
    local: bool = Field(default=False, description="locally administered addresses, which no vendor has")

    def bind(self, scope: Scope) -> Binding:
        """Twelve digits by number, and what stands between them."""
        vendors = read_vendors()
        if self.local:
            # The second lowest bit of the first byte marks an address as local, the lowest one as that of a group.
            vendors = np.arange(1 << 22, dtype=np.int64)
            vendors = (vendors >> 16 << 18) | (vendors & 0xFFFF) | 0x020000
        else:
            scope.add_fact("vendors of network cards", fingerprint(" ".join(map(str, vendors.tolist()))))
        codes, gap = CodeSet(scope, [_Address(vendors)]), self.separator

        def fill(frame: Frame) -> pa.Array:
            written = codes.write(frame)
            if not gap:
                return from_matrix(written)
            characters = np.full((len(frame), 17), ord(gap), dtype=np.uint8)
            for place in range(6):
                characters[:, 3 * place : 3 * place + 2] = written[:, 2 * place : 2 * place + 2]
            return from_matrix(characters)

        pattern = f"[0-9a-f]{{2}}({gap}[0-9a-f]{{2}}){{5}}"
        return Binding(pa.string(), fill, pattern=pattern, distinct=self.unique)

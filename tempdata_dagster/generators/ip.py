"""IP addresses that can be met on the Internet."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network, collapse_addresses
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.pieces import Pieces

# IANA's IPv4 special-purpose address registry (RFC 6890 and later), multicast and what is reserved.
_SPECIAL = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
)  # fmt: skip
_HOSTS = 254  # of 256 addresses of a network of 24 bits the first is its own and the last its broadcast
# The /12 blocks that IANA gave to the five regional registries.
_REGIONS = (0x2400, 0x2600, 0x2800, 0x2A00, 0x2C00)
_REGION_BITS = 4
# Groups of 16 bits that are not 0, of which the first of an interface takes fewer, so that all fit into 62 bits.
_GROUPS, _FIRST_BITS = 65_535, 13
_V4 = r"(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}"
_V6 = "[1-9a-f][0-9a-f]{0,3}(:[1-9a-f][0-9a-f]{0,3}){7}"


def _public_networks() -> tuple[np.ndarray, np.ndarray]:
    """How many public networks of 24 bits lie before each gap, and what is to be added to a number between two gaps."""
    special = sorted(collapse_addresses(IPv4Network(network) for network in _SPECIAL))
    starts = np.array([int(network.network_address) >> 8 for network in special])
    sizes = np.array([max(network.num_addresses >> 8, 1) for network in special])
    skipped = np.cumsum(sizes)
    return starts - (skipped - sizes), skipped


@KINDS.register("ip")
class Ip(Kind):
    """A public IP address: a host of IPv4 outside all special ranges, or a global unicast address of IPv6.

    Example: {kind: ip, version: 4}
    """

    protocol: Literal[4, 6] = Field(default=4, alias="version", description="4 or 6")

    def bind(self, scope: Scope) -> Binding:
        """Octets or hextets by number, glued."""
        index, stock, pattern = self._bind_4(scope) if self.protocol == 4 else self._bind_6(scope)
        return Binding(pa.string(), lambda frame: stock.glue(index(frame)), pattern=pattern, distinct=self.unique)

    def _bind_4(self, scope: Scope) -> tuple[Callable[[Frame], np.ndarray], Pieces, str]:
        gaps, skipped = _public_networks()
        size = int(gaps[-1]) * _HOSTS
        number, stream = scope.enumerate_rows(size) if self.unique else None, scope.stream()

        def index(frame: Frame) -> np.ndarray:
            chosen = number(frame) if number else below(stream.bits(frame.rows), size)
            network = chosen // _HOSTS
            host = chosen - network * _HOSTS + 1
            network += skipped[np.searchsorted(gaps, network, side="right") - 1]
            found = np.empty((len(frame), 4), dtype=np.int32)
            found[:, 0], found[:, 1], found[:, 2] = network >> 16, (network >> 8) & 255, network & 255
            found[:, 3] = host + 256
            return found

        return index, Pieces(pa.array([*(f"{octet}." for octet in range(256)), *map(str, range(256))])), _V4

    def _bind_6(self, scope: Scope) -> tuple[Callable[[Frame], np.ndarray], Pieces, str]:
        number = scope.enumerate_rows(_GROUPS**3 << _FIRST_BITS) if self.unique else None
        high, low = scope.stream(), scope.stream("interface")
        groups = [f"{group:x}" for group in range(1 << 16)]
        stock = Pieces(pa.array([*(f"{group}:" for group in groups), *groups]))

        def index(frame: Frame) -> np.ndarray:
            bits, rest = high.bits(frame.rows), low.bits(frame.rows)
            found = np.empty((len(frame), 8), dtype=np.int32)
            regions = np.array(_REGIONS)[below(bits << np.uint64(48), len(_REGIONS))]
            found[:, 0] = regions + (bits & np.uint64((1 << _REGION_BITS) - 1)).astype(np.int64)
            found[:, 1:4] = bits.astype("<u8", copy=False).view("<u2").reshape(-1, 4)[:, :0:-1]
            found[:, 4:] = rest.astype("<u8", copy=False).view("<u2").reshape(-1, 4)[:, ::-1]
            if number:
                _write_groups(found[:, 4:], number(frame))
            np.copyto(found, 1, where=found == 0)  # no group is 0, so that no zeros are to be left out
            found[:, 7] += 1 << 16
            return found

        return index, stock, _V6


def _write_groups(target: np.ndarray, numbers: np.ndarray) -> None:
    """A number as four groups from 1 to 65,535 each."""
    rest = numbers
    for place in (3, 2, 1):
        following = rest // _GROUPS
        target[:, place] = rest - following * _GROUPS + 1
        rest = following
    target[:, 0] = rest + 1

"""Pictures that stand for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import from_matrix
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.sex import Personal
from tempdata_dagster.locales.pieces import Pieces

_BASE = "https://avatars.example.com/"
_HEAD = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 5 5'%3E%3Cpath fill='%23"
_SIDE, _HALVES = 5, 8
_COLOURS = 4096


@KINDS.register("avatar")
class Avatar(Personal):
    """The address of a person's picture, the same for as long as the person is; or the picture itself, as a pattern of squares.

    The addresses are at a domain that is reserved for examples. A picture is a `data:` address, which browsers show.

    Example: {kind: avatar}
    """

    form: Literal["url", "svg"] = Field(
        default="url", description="url: an address; svg: a data: address with the picture"
    )

    def bind(self, scope: Scope) -> Binding:
        """By the person's own bits."""
        stream = scope.shared_stream("person", f"{self.person}/avatar")
        write, pattern = (
            (_write_urls, _BASE.replace(".", r"\.") + r"[0-9a-f]{16}\.svg") if self.form == "url" else (_draw(), None)
        )
        return Binding(pa.string(), lambda frame: write(stream.bits(frame.rows)), pattern=pattern)


def _write_urls(bits: np.ndarray) -> pa.Array:
    text = np.frombuffer(f"{_BASE}{'0' * 16}.svg".encode(), dtype=np.uint8)
    urls = np.empty((len(bits), len(text)), dtype=np.uint8)
    urls[:] = text
    pairs = np.array([f"{byte:02x}".encode() for byte in range(256)]).view(np.uint16)
    urls[:, len(_BASE) : len(_BASE) + 16] = pairs[bits.astype(">u8").view(np.uint8)].view(np.uint8).reshape(-1, 16)
    return from_matrix(urls)


def _draw() -> Callable[[np.ndarray], pa.Array]:
    """Five rows of five squares, the right side as the left: 15 bits and a colour."""
    stock = [f"{_HEAD}{colour:03x}' d='" for colour in range(_COLOURS)]
    for row in range(_SIDE):
        end = "'/%3E%3C/svg%3E" if row == _SIDE - 1 else ""
        for half in range(_HALVES):
            filled = [column for column in range(_SIDE) if half >> min(column, _SIDE - 1 - column) & 1]
            stock.append("".join(f"M{column} {row}h1v1h-1z" for column in filled) + end)
    pieces = Pieces(pa.array(stock))

    def write(bits: np.ndarray) -> pa.Array:
        index = np.empty((len(bits), _SIDE + 1), dtype=np.int32)
        index[:, 0] = bits & np.uint64(_COLOURS - 1)
        for row in range(_SIDE):
            half = (bits >> np.uint64(12 + 3 * row)) & np.uint64(_HALVES - 1)
            index[:, row + 1] = half.astype(np.int32) + np.int32(_COLOURS + row * _HALVES)
        return pieces.glue(index)

    return write

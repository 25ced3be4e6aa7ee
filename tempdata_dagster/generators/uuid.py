"""UUIDs: random ones, those of a name, and those of a moment."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal
from uuid import NAMESPACE_DNS, NAMESPACE_OID, NAMESPACE_URL, NAMESPACE_X500, UUID

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from tempdata_dagster.engine.arrays import from_matrix, is_null, plain, set_null, unwrap
from tempdata_dagster.engine.cells import is_text
from tempdata_dagster.engine.codes.sha1 import hash_texts
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.layout import root_of
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Identifier

_U = np.uint64
_PATTERN = "[0-9a-f]{{8}}-[0-9a-f]{{4}}-{}[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}}"
_NAMESPACES = MappingProxyType(
    {"dns": NAMESPACE_DNS, "url": NAMESPACE_URL, "oid": NAMESPACE_OID, "x500": NAMESPACE_X500}
)
_PER_MILLISECOND = MappingProxyType({"s": (1000, 1), "ms": (1, 1), "us": (1, 1000), "ns": (1, 1_000_000)})
_DAY_MS = 86_400_000
Halves = tuple[np.ndarray, np.ndarray]
_LOW_BITS, _HIGH_BITS = 62, 60
_LOW, _HIGH, _SHORT = _U((1 << _LOW_BITS) - 1), _U((1 << _HIGH_BITS) - 1), _U((1 << 32) - 1)
_M1, _M2, _M3 = _U(0xBF58476D1CE4E5B9), _U(0x94D049BB133111EB), _U(0xFF51AFD7ED558CCD)
_VERSION, _VARIANT = _U(0x4000), _U(1 << 63)
# Where the four digits of each 16 bits stand in the text, for both halves from their highest bits down.
_PLACES = ((0, 4, 9, 14), (19, 24, 28, 32))
_WIDTH, _DASHES = 36, (8, 13, 18, 23)


@KINDS.register("uuid")
class Uuid(Kind):
    """A UUID in lower case, such as `7b2c0a52-6cc1-4d5e-9d0c-0f1e2d3c4b5a`.

    Those of version 4 are random, and no two rows of a column have the same. Those of version 5 are a function of the text or the
    number in the column `name`, the same in every system that knows the namespace. Those of version 7 begin with the moment in
    the column `at`, so that they sort by it.

    Example: {kind: uuid}
    """

    form: Literal[4, 5, 7] = Field(default=4, alias="version", description="4, 5 or 7")
    name: Identifier | None = Field(default=None, description="of version 5: the column that names the thing")
    namespace: str = Field(default="url", description="of version 5: dns, url, oid, x500, or any UUID")
    at: Identifier | None = Field(default=None, description="of version 7: a moment of this table")

    @field_validator("namespace")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in _NAMESPACES:
            try:
                UUID(value)
            except ValueError:
                raise ValueError(f"'{value[:60]}' is no namespace: write dns, url, oid, x500 or a UUID") from None
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Uuid:
        for field, form in (("name", 5), ("at", 7)):
            if (getattr(self, field) is not None) != (self.form == form):
                raise ValueError(f"'{field}' belongs to version {form}, and version {form} needs it")
        return self

    def bind(self, scope: Scope) -> Binding:
        """The halves of 64 bits by version, written by a table of hexadecimal digits."""
        digits = _make_digits()
        if self.form == 5:
            return self._bind_name(scope, self.name or "", digits)
        if self.form == 7:
            return self._bind_moment(scope, self.at or "", digits)
        stream = scope.stream()

        def fill(frame: Frame) -> pa.Array:
            return from_matrix(_write(make_words(stream, frame), digits))

        return Binding(pa.string(), fill, pattern=_PATTERN.format(4), distinct=True)

    def _bind_name(self, scope: Scope, name: str, digits: np.ndarray) -> Binding:
        column = scope.column(name, "name")
        if not (is_text(column.type) or pa.types.is_integer(column.type)):
            hint = "name a column of text or whole numbers"
            scope.fail("TD2060", f"'{name}' is a {column.type} and names nothing", "name", hint=hint)
        space = (_NAMESPACES.get(self.namespace) or UUID(self.namespace)).bytes

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(name)
            texts = plain(cells).cast(pa.string()).fill_null("")
            words = hash_texts(space, texts).astype(np.uint64)
            high, low = (words[0] << _U(32)) | words[1], (words[2] << _U(32)) | words[3]
            high = (high & ~_U(0xF000)) | _U(0x5000)
            return set_null(from_matrix(_write((high, (low & _LOW) | _VARIANT), digits)), is_null(cells))

        return Binding(
            pa.string(), fill, nullable=column.nullable, pattern=_PATTERN.format(5), distinct=column.distinct
        )

    def _bind_moment(self, scope: Scope, name: str, digits: np.ndarray) -> Binding:
        column = scope.column(name, "at")
        if not (pa.types.is_timestamp(column.type) or pa.types.is_date32(column.type)):
            scope.fail("TD2026", f"'{name}' is no moment", "at", hint="name a timestamp or a date")
        days = pa.types.is_date32(column.type)
        times, parts = (_DAY_MS, 1) if days else _PER_MILLISECOND[column.type.unit]
        tail, distinct = self._draw_tail(scope, column)

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(name)
            null = is_null(cells)
            moments = np.where(null, 0, unwrap(cells)).astype(np.int64) * times // parts
            some, low = tail(frame)
            high = (moments.view(np.uint64) << _U(16)) | _U(0x7000) | (some & _U(0xFFF))
            return set_null(from_matrix(_write((high, low | _VARIANT), digits)), null)

        return Binding(pa.string(), fill, nullable=column.nullable, pattern=_PATTERN.format(7), distinct=distinct)

    def _draw_tail(self, scope: Scope, column: Binding) -> tuple[Callable[[Frame], Halves], bool]:
        """Random bits, of which the second 62 are a permutation of the row's number, and whether that makes UUIDs distinct."""
        stream, rest = scope.stream(), scope.stream("rest")
        if self.unique:
            number = scope.enumerate_rows((1 << _LOW_BITS) - 1)
            return lambda frame: (rest.bits(frame.rows), number(frame).view(np.uint64)), True
        # Rows of one ordinal in two partitions differ in their moments, if those lie in the partitions.
        once = root_of(scope.relation).layout.period is None or column.reach == 0

        def draw(frame: Frame) -> Halves:
            low = _permute_ordinal(frame.rows.ordinal.astype(np.uint64), _U(stream.low), _U(stream.high))
            return rest.bits(frame.rows), low

        return draw, once and not column.nullable


def make_words(stream: Stream, frame: Frame) -> Halves:
    """The two halves of each row's UUID, uint64 of shape `(n,)`.

    The second half is a permutation of the ordinal over 62 bits. The first is, for each second half, another permutation
    of the partition over 60 bits. So two rows that agree in both halves have one ordinal and one partition.
    """
    low = _permute_ordinal(frame.rows.ordinal.astype(np.uint64), _U(stream.low), _U(stream.high))
    partition = np.asarray(frame.rows.partition, dtype=np.int64).view(np.uint64) & _SHORT
    high = _permute_partition(partition, low, _U(stream.high))
    tail = high & _U(0xFFF)
    high >>= _U(12)
    high <<= _U(16)
    high |= tail
    high |= _VERSION
    low |= _VARIANT
    return high, low


def _permute_ordinal(z: np.ndarray, first: np.uint64, second: np.uint64) -> np.ndarray:
    """Odd multiplications, xors with a key and xor-shifts, each of them one-to-one modulo 2**62; in place."""
    with np.errstate(over="ignore"):
        z += first
        z &= _LOW
        for shift, key, factor in ((32, _U(0), _M1), (29, second & _LOW, _M2), (32, _U(0), _M3)):
            z ^= z >> _U(shift)
            z ^= key
            z *= factor
            z &= _LOW
        z ^= z >> _U(29)
    return z


def _permute_partition(partition: np.ndarray, low: np.ndarray, key: np.uint64) -> np.ndarray:
    """For each `low` a permutation of 60 bits, of which the partition fills 32."""
    with np.errstate(over="ignore"):
        z = (low + key) * _M3
        z ^= z >> _U(32)
        z += partition
        z &= _HIGH
        for shift, factor in ((30, _M1), (31, _M2)):
            z *= factor
            z &= _HIGH
            z ^= z >> _U(shift)
    return z


def _make_digits() -> np.ndarray:
    """The four hexadecimal digits of every 16-bit number as they lie in memory, uint32 of shape `(65536,)`."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    number = np.arange(1 << 16)
    return np.stack([digits[(number >> shift) & 15] for shift in (12, 8, 4, 0)], axis=-1).view(np.uint32)[:, 0]


def _write(halves: Halves, digits: np.ndarray) -> np.ndarray:
    """The text as a byte matrix, uint8 of shape `(n, 36)`."""
    characters = np.empty((len(halves[0]), _WIDTH), dtype=np.uint8)
    for half, places in zip(halves, _PLACES, strict=True):
        parts = half.astype("<u8", copy=False).view("<u2").reshape(-1, 4)
        for index, place in enumerate(places):
            characters[:, place : place + 4].view(np.uint32)[:, 0] = digits[parts[:, 3 - index]]
    for dash in _DASHES:
        characters[:, dash] = ord("-")
    return characters

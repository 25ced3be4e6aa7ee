"""A versioned hash of plain values that is equal exactly when the values are equal.

Every value is written with its type and length before it is hashed, so that `1`, `1.0`, `true` and `"1"` differ and
no two structures share one text. Mappings are hashed in the order of their encoded keys, lists in their own order. A
type that is not listed here is an error rather than a guess by `repr`, which could change between runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from typing import Any

VERSION = "td1"
_BYTES = 20


def fingerprint(value: Any) -> str:
    """`td1:` and 40 hex digits (blake2b-160) of None, bools, numbers, text, dates, lists, sets and mappings of these.

    Raises:
        TypeError: Something within is of another type.
        ValueError: Something within is not equal to itself (NaN).
    """
    return f"{VERSION}:{blake2b(_encode(value), digest_size=_BYTES, person=VERSION.encode()).hexdigest()}"


def _encode(value: Any) -> bytes:
    if isinstance(value, Enum):
        return _encode(value.value)
    if isinstance(value, Mapping):
        pairs = sorted((_encode(key), _encode(item)) for key, item in value.items())
        return _frame(b"M", [part for pair in pairs for part in pair])
    if isinstance(value, (list, tuple)):
        return _frame(b"L", map(_encode, value))
    if isinstance(value, (set, frozenset)):
        return _frame(b"S", sorted(map(_encode, value)))
    return _encode_scalar(value)


def _encode_scalar(value: Any) -> bytes:
    if value is None:
        return b"N"
    for kind, tag, write in _SCALARS:
        if isinstance(value, kind):
            return _text(tag, write(value))
    message = f"a {type(value).__name__} has no fingerprint: give plain values"
    raise TypeError(message)


def _frame(tag: bytes, parts: Iterable[bytes]) -> bytes:
    body = list(parts)
    return b"%b%d:" % (tag, len(body)) + b"".join(b"%d:" % len(part) + part for part in body)


def _text(tag: bytes, text: str) -> bytes:
    encoded = text.encode("utf-8", "surrogatepass")
    return b"%b%d:" % (tag, len(encoded)) + encoded


def _float_text(value: float) -> str:
    if math.isnan(value):
        raise ValueError("NaN has no fingerprint: it does not equal itself")
    # -0.0 equals 0.0: adding zero gives both one text.
    return repr(value + 0.0)


def _moment_text(value: datetime) -> str:
    # One moment told in two zones is equal, so it has one text.
    return (value.astimezone(UTC) if value.tzinfo else value).isoformat()


def _decimal_text(value: Decimal) -> str:
    if value.is_nan():
        raise ValueError("NaN has no fingerprint: it does not equal itself")
    # Equal decimals (1.0 and 1.00) have one text; normalize() would round to the context's precision.
    sign, digits, exponent = value.as_tuple()
    number = "".join(map(str, digits)).lstrip("0")
    stripped = number.rstrip("0")
    if not isinstance(exponent, int) or not stripped:
        return str(exponent) if not isinstance(exponent, int) else "0"
    return f"{'-' if sign else ''}{stripped}e{exponent + len(number) - len(stripped)}"


# The first type that fits decides: a bool is also an int, a datetime also a date.
_SCALARS: tuple[tuple[type, bytes, Callable[[Any], str]], ...] = (
    (bool, b"B", str),
    (str, b"s", str),
    (bytes, b"b", bytes.hex),
    (int, b"i", hex),
    (float, b"f", _float_text),
    (Decimal, b"d", _decimal_text),
    (datetime, b"t", _moment_text),
    (date, b"D", date.isoformat),
    (time, b"c", time.isoformat),
    (timedelta, b"e", lambda value: str(value // timedelta(microseconds=1))),
)

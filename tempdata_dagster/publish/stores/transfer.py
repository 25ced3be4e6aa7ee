"""How objects travel: the store options that hold for every object storage."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.stores.retry import Retry

MIB = 1 << 20
Number = TypeVar("Number", int, float)
_SIZE = re.compile(r"(\d+)\s*(B|KB|MB|GB|KiB|MiB|GiB)?")
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_NAMES = ("retries", "retry_seconds", "part_size", "concurrency", "timeout")
# S3 takes no smaller parts and no larger ones.
_PART_SIZES = (5 * MIB, 5 << 30)
# GCS keeps whole blocks of an upload, but for its end.
BLOCK = 256 << 10


def parse_size(value: object) -> int:
    """Bytes, from a number or from text such as `16MiB`.

    Raises:
        ValueError: It is neither.
    """
    match = _SIZE.fullmatch(str(value).strip())
    if match is None or isinstance(value, bool):
        raise ValueError(f"{value!r} is no size; write it as 16MiB")
    return int(match[1]) * _UNITS[match[2] or "B"]


@dataclass(frozen=True)
class Transfer:
    """The settings of an object storage that do not depend on whose it is.

    Attributes:
        retry: When a call that failed is tried again.
        part_size: Bytes of one part of an upload; smaller objects are sent whole. 5 MiB to 5 GiB.
        concurrency: How many parts, copies or removals are under way at a time; an upload holds as many parts in memory, and
            one that is being filled.
        timeout: Seconds to wait for a connection, and for each answer.
    """

    retry: Retry = field(default_factory=Retry)
    part_size: int = 16 * MIB
    concurrency: int = 4
    timeout: float = 60.0

    @classmethod
    def split(cls, options: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """The settings in a storage's options, and the options that are left for its client.

        Raises:
            InputError: TD3004 for a value that is out of range.
        """
        ours = {name: options[name] for name in _NAMES if name in options}
        rest = {name: value for name, value in options.items() if name not in ours}
        retry = Retry(
            retries=_read(ours, "retries", int, Retry.retries, (0, 100)),
            seconds=_read(ours, "retry_seconds", float, Retry.seconds, (0.0, 86_400.0)),
        )
        return cls(
            retry=retry,
            part_size=_read(ours, "part_size", parse_size, cls.part_size, _PART_SIZES) // BLOCK * BLOCK,
            concurrency=_read(ours, "concurrency", int, cls.concurrency, (1, 64)),
            timeout=_read(ours, "timeout", float, cls.timeout, (0.01, 86_400.0)),
        ), rest


def _read(
    options: Mapping[str, Any],
    name: str,
    parse: Callable[[Any], Number],
    default: Number,
    bounds: tuple[Number, Number],
) -> Number:
    if name not in options:
        return default
    try:
        value = parse(options[name])
    except (TypeError, ValueError) as error:
        raise InputError("TD3004", f"option '{name}' cannot be read ({error})") from error
    lowest, highest = bounds
    if not lowest <= value <= highest:
        raise InputError("TD3004", f"option '{name}' must be between {lowest} and {highest}, not {value}")
    return value

"""Pools: values of any Faker provider, drawn once and frozen, for rows to choose from.

A pool depends on the locale, the provider, its arguments and the size, never on the dataset's seed or the day: it is drawn by a
generator of its own with a fixed seed, and a provider that reads the clock is refused. Its content hash goes into the fingerprints
of the tables that use it, so that another version of Faker shows as a change.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from types import FrameType
from typing import Any

import numpy as np
import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.types import TIMESTAMP
from tempdata_dagster.locales.catalogue import check_locale

_WATCHED = 128
_BLANKS = re.compile("[ \u00a0]+")
_MAX_TEXT = 10_000
_MAX_COUNT = 1_000
_COUNTS = re.compile(r"(^|_)(length|nb|num|digits|count|size|chars|words|sentences|paragraphs|rows)(_|$)")
_CLOCK = frozenset({"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime"})
_TYPES = (
    (str, pa.string()), (bool, pa.bool_()), (int, pa.int64()), (float, pa.float64()), (Decimal, None),
    (datetime, TIMESTAMP), (date, pa.date32()),
)  # fmt: skip


@dataclass(frozen=True)
class PoolRequest:
    """What a pool is made of.

    Attributes:
        locale: Such as `de_DE`.
        provider: The name of a Faker provider's method, such as `company`.
        size: How many values are drawn.
        arguments: Keyword arguments of the method.
        key: Hash of the arguments, which stands for them in comparisons.
    """

    locale: str
    provider: str
    size: int
    arguments: Mapping[str, Any] = field(compare=False)
    key: str


@dataclass(frozen=True)
class Pool:
    """Frozen values.

    Attributes:
        values: The distinct ones in the order in which they were drawn first.
        draws: The index of each drawn value, int32 of shape `(size,)`: choosing among them keeps the provider's frequencies.
        digest: Hash of the values and how often each was drawn.
    """

    values: pa.Array
    draws: np.ndarray
    digest: str


def request_pool(locale: str, provider: str, arguments: Mapping[str, Any], size: int) -> Pool:
    """The pool of these settings; drawn once in a process.

    Raises:
        InputError: TD2041 unknown locale, TD2045 unknown provider, TD2046 its arguments, TD2047 it depends on today's date,
            TD2048 its values fit no column.
    """
    return draw_pool(PoolRequest(locale, provider, size, arguments, fingerprint(arguments)))


@lru_cache(maxsize=512)
def draw_pool(request: PoolRequest) -> Pool:
    """Draw a pool; see `request_pool`."""
    check_locale(request.locale)
    _check_counts(request)
    method = _find_method(request)
    try:
        drawn = _draw(method, request)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - providers raise whatever their arguments lead to
        detail = str(error).split("\n")[0][:200]
        message = f"provider '{request.provider}' fails with these args: {type(error).__name__}: {detail}"
        raise InputError("TD2046", message, "see the provider's parameters in Faker's documentation") from None
    firsts = {value: i for i, value in enumerate(dict.fromkeys(drawn))}
    draws = np.fromiter((firsts[value] for value in drawn), dtype=np.int32, count=len(drawn))
    counts = np.bincount(draws).tolist()
    return Pool(_to_arrow(list(firsts), request.provider), draws, fingerprint([list(firsts), counts]))


def _find_method(request: PoolRequest) -> Callable[..., Any]:
    from faker.factory import Factory

    # Without the weights of its word lists Faker draws up to thirty times faster, and names have kinds of their own.
    generator = Factory.create(request.locale, use_weighting=False)
    generator.seed_instance(f"{request.locale} {request.provider} {request.key}")
    methods: dict[str, Callable[..., Any]] = {
        name: method
        for provider in reversed(generator.get_providers())
        for name in dir(provider)
        if not name.startswith("_") and callable(method := getattr(provider, name))
    }
    if request.provider not in methods:
        hint = closest(request.provider, sorted(methods))
        raise InputError("TD2045", f"Faker has no provider '{request.provider}' for {request.locale}", hint)
    return methods[request.provider]


def _check_counts(request: PoolRequest) -> None:
    for name, value in request.arguments.items():
        if _COUNTS.search(name) and isinstance(value, int) and abs(value) > _MAX_COUNT:
            message = f"{name} of provider '{request.provider}' is {value:,}"
            raise InputError("TD2046", message, f"at most {_MAX_COUNT:,} within a value")


def _draw(method: Callable[..., Any], request: PoolRequest) -> list[Any]:
    values = (_check_value(method(**request.arguments), request) for _ in range(request.size))
    with _watch_clock() as seen:
        drawn = list(islice(values, _WATCHED))
    if seen:
        message = f"provider '{request.provider}' depends on today's date ({min(seen)})"
        raise InputError("TD2047", message, "use the kinds date or timestamp, whose values stay the same every day")
    return [*drawn, *values]


@contextmanager
def _watch_clock() -> Iterator[set[str]]:
    """Collects the names of the clock functions that this thread calls, at any depth."""
    seen: set[str] = set()

    def note(frame: FrameType, event: str, called: Any) -> None:
        del frame
        if event == "c_call" and called.__name__ in _CLOCK:
            seen.add(called.__name__)

    before = sys.getprofile()
    if before is not None:  # somebody is profiling: their hook stays
        yield seen
        return
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)


def _check_value(value: Any, request: PoolRequest) -> Any:
    if not isinstance(value, tuple(kind for kind, _ in _TYPES)):
        message = f"provider '{request.provider}' gives a {type(value).__name__}, which fits no column"
        raise InputError("TD2048", message, "choose one that gives text, a number, a bool, a decimal or a date")
    if isinstance(value, str) and len(value) > _MAX_TEXT:
        message = f"provider '{request.provider}' gives texts of {len(value):,} characters"
        raise InputError("TD2048", message, f"at most {_MAX_TEXT:,}")
    return _BLANKS.sub(" ", value).strip() if isinstance(value, str) else value


def _to_arrow(values: list[Any], provider: str) -> pa.Array:
    kinds = {next(kind for kind, _ in _TYPES if isinstance(value, kind)) for value in values}
    if kinds == {int, float}:
        kinds = {float}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise InputError(
            "TD2048", f"provider '{provider}' gives values of several types: {names}", "choose another one"
        )
    try:
        return pa.array(values, dict(_TYPES)[kinds.pop()])
    except (pa.ArrowInvalid, OverflowError):
        raise InputError(
            "TD2048", f"provider '{provider}' gives numbers that fit no column", "lower its range"
        ) from None

"""The small value types of a dataset file: identifiers, durations, shares, periods."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tempdata_dagster.core.partition import Period

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_UNITS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
# At most 20 digits: float makes infinity of 400 of them, which no whole number is, and 200 years of `us` have 16.
_DURATION = re.compile(r"(\d{1,20}(?:\.\d{1,6})?)\s*(us|ms|s|min|h|d|w)")
_HOURS = 24
MAX_WEIGHT = 1e12
_MAX_DURATION = 200 * 366 * _UNITS["d"]


class Settings(BaseModel):
    """Base of every model: strict, frozen, and no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def check_identifier(name: str) -> str:
    """`name`, if it can be a dataset, table or column name everywhere (files, SQL, Dagster).

    Raises:
        ValueError: It cannot.
    """
    if not IDENTIFIER.fullmatch(name):
        raise ValueError(f"'{name[:80]}' is not a name: letters, digits and _, a letter first, at most 63")
    return name


def parse_duration(text: Any) -> int:
    """Microseconds of `90s`, `10min`, `1.5h`, `2d`, `1w`; whole numbers pass as microseconds.

    Raises:
        ValueError: It is no duration, or it is over 200 years.
    """
    # A bool is an int to Python: `history: true` would be a microsecond.
    if isinstance(text, bool) or not isinstance(text, (str, int)):
        raise ValueError("not a duration: write a number and a unit (us, ms, s, min, h, d, w), such as 10min")
    if isinstance(text, int):
        micros = text
    else:
        match = _DURATION.fullmatch(text.strip())
        if not match:
            raise ValueError(f"'{text[:40]}' is not a duration: write a number and a unit, such as 10min or 2d")
        micros = round(float(match[1]) * _UNITS[match[2]])
    if not 0 <= micros <= _MAX_DURATION:
        raise ValueError("a duration is between 0 and 200 years")
    return micros


def parse_hours(value: Any) -> tuple[float, ...]:
    """24 weights of `{9-17: 3, 18-22: 5}`: both hours included, the hours that are not named weigh 1.

    Raises:
        ValueError: It names no hours, or a weight is negative or all are 0.
    """
    if isinstance(value, (tuple, list)) and len(value) == _HOURS:
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        raise ValueError("hours is a mapping such as {9-17: 3, 18-22: 5}")
    weights, named = [1.0] * _HOURS, set[int]()
    for name, weight in value.items():
        match = re.fullmatch(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", str(name))
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if not 0 <= first <= last < _HOURS:
            raise ValueError(f"'{name}' is not a range of hours between 0 and 23, such as 9-17")
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight <= MAX_WEIGHT:
            raise ValueError(f"the weight of hours '{name}' is between 0 and {MAX_WEIGHT:g}")
        if named & set(range(first, last + 1)):
            raise ValueError(f"hours '{name}' overlap with another range")
        named.update(range(first, last + 1))
        weights[first : last + 1] = [float(weight)] * (last + 1 - first)
    if not any(weights):
        raise ValueError("the hours' weights are all 0")
    return tuple(weights)


def parse_share(value: Any) -> float:
    """A share between 0 and 1 of `0.05` or `5%`.

    Raises:
        ValueError: It is no share.
    """
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?\s*%", value):
        value = float(value.rstrip("% ")) / 100
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError("a share is between 0 and 1, or between 0% and 100%")
    return float(value)


__all__ = ["Duration", "Hours", "Identifier", "Names", "OneOrMoreNames", "Period", "Settings", "Share"]

Hours = Annotated[tuple[float, ...], BeforeValidator(parse_hours, json_schema_input_type=dict[str, float])]
Identifier = Annotated[str, AfterValidator(check_identifier)]
Duration = Annotated[int, BeforeValidator(parse_duration, json_schema_input_type=str | int)]
Share = Annotated[float, BeforeValidator(parse_share, json_schema_input_type=float | str)]
# YAML gives lists, and a strict model takes tuples alone.
Names = Annotated[tuple[Identifier, ...], Field(strict=False)]


def to_names(value: Any) -> Any:
    """A list of names from one name or a list."""
    return [value] if isinstance(value, str) else value


OneOrMoreNames = Annotated[Names, BeforeValidator(to_names, json_schema_input_type=str | list[str])]

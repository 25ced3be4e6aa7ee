"""Strict five-field cron: minute, hour, day of month, month, day of week."""

from __future__ import annotations

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    # Sunday is 0 and 7.
    ("day of week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)
# February's 29th counts: a schedule for it fires, if seldom.
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def check_cron(text: str) -> str:
    """`text`, if it is a cron schedule that will ever fire.

    Raises:
        ValueError: It is not, with the reason.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS):
        message = f"a cron schedule has 5 fields (minute hour day month weekday), not {len(fields)}"
        raise ValueError(message)
    _, _, days, months, _ = [_parse_field(field, *rule) for field, rule in zip(fields, _FIELDS, strict=True)]
    # Cron fires on either of two restricted day fields, so a weekday always finds a day.
    if fields[4] == "*" and not any(min(days) <= _LONGEST[month - 1] for month in months):
        raise ValueError(f"cron '{text}' never fires: no such month has a day {min(days)}")
    return text


def _parse_field(field: str, name: str, low: int, high: int, words: dict[str, int]) -> set[int]:
    values: set[int] = set()
    for part in field.split(","):
        match = re.fullmatch(r"(\*|(\w+)(?:-(\w+))?)(?:/(\d{1,3}))?", part, re.ASCII)
        if not match:
            raise ValueError(f"cron {name} '{part[:20]}' is none of *, a number, a range or a step such as */10")
        step = int(match[4]) if match[4] else 1
        if step < 1 or (match[4] and match[2] and not match[3]):
            raise ValueError(f"cron {name} '{part[:20]}' has a step that fits no range")
        first = low if match[1] == "*" else _parse_value(match[2], name, low, high, words)
        last = high if match[1] == "*" else _parse_value(match[3] or match[2], name, low, high, words)
        if last < first:
            raise ValueError(f"cron {name} '{part[:20]}' ends before it begins")
        values.update(range(first, last + 1, step))
    return values


def _parse_value(text: str, name: str, low: int, high: int, words: dict[str, int]) -> int:
    if text.lower() in words:
        return words[text.lower()]
    if not (text.isdigit() and len(text) <= 2 and low <= int(text) <= high):
        raise ValueError(f"cron {name} '{text[:20]}' is not between {low} and {high}")
    return int(text)

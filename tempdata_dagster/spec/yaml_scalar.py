"""What an unquoted YAML scalar means: the YAML 1.2 core types and dates, with the traps of older YAML refused."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

from tempdata_dagster.core.errors import Problem
from tempdata_dagster.core.limits import DEFAULT_LIMITS

_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WORDS = {spelling for word in ("yes", "no", "on", "off") for spelling in (word, word.title(), word.upper())}
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*(?:_[0-9]+)*)")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_CLOCK = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_OTHER_NUMBER = re.compile(r"[-+]?0b[01_]+|[-+]?0x[0-9a-fA-F_]*_[0-9a-fA-F_]*|[-+]?[0-9]+_[0-9_]*")


class ScalarError(ValueError):
    """A scalar that means different things to different YAML readers, or nothing at all."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, hint=hint)


def resolve_scalar(text: str) -> Any:
    """The value of an unquoted scalar: None, a bool, an int, a float, a date, or the text itself.

    Raises:
        ScalarError: TD1017 when it is ambiguous, TD1018 when it is an impossible date or number.
    """
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text in _WORDS:
        quote = f"write '{text}' in quotes for the text, or true or false"
        raise ScalarError("TD1017", f"unquoted {text} is a truth value to some YAML readers and text to others", quote)
    if not (text[0].isdigit() or text[0] in "+-."):
        return text
    return _resolve_number(text)


def _resolve_number(text: str) -> Any:
    # Before any is parsed: Python refuses whole numbers of more than 4,300 digits by an error of its own.
    if sum(map(str.isdigit, text)) > DEFAULT_LIMITS.spec_digits and (_FLOAT.fullmatch(text)):
        hint = f"at most {DEFAULT_LIMITS.spec_digits}; quote it if it is text"
        raise ScalarError("TD1018", f"a number with {len(text):,} digits", hint)
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _LEADING_ZERO.fullmatch(text):
        hint = f"quote it ('{text}') to keep the zero, or write 0o for octal"
        raise ScalarError("TD1017", f"{text} is octal to some YAML readers and decimal to others", hint)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if match := _DATE.fullmatch(text):
        return _to_date(text, *map(int, match.groups()))
    if _FLOAT.fullmatch(text):
        return _to_float(text)
    _refuse_traps(text)
    return text


def _refuse_traps(text: str) -> None:
    if _NOT_FINITE.fullmatch(text):
        raise ScalarError("TD1018", f"{text} is no number that a setting can have", "leave it out if unbounded")
    if _CLOCK.fullmatch(text):
        hint = f"write it in quotes: '{text}'"
        raise ScalarError("TD1017", f"{text} is a number in base 60 to some YAML readers", hint)
    if _OTHER_NUMBER.fullmatch(text):
        raise ScalarError("TD1017", f"{text} is a number to some YAML readers and text to others", "quote it")


def _to_date(text: str, year: int, month: int, day: int) -> date:
    try:
        value = date(year, month, day)
    except ValueError:
        raise ScalarError("TD1018", f"there is no day {text}", "dates are written as 2024-01-31") from None
    if value.isoformat() != text:
        raise ScalarError("TD1017", f"{text} is a date to some YAML readers and text to others", f"write {value}")
    return value


def _to_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ScalarError("TD1018", f"{text} is too large for a number", "the largest is about 1.8e308")
    return value

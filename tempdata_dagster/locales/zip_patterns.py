"""Regular expressions of postcodes as templates: sequences of sets of characters."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

Template = tuple[frozenset[str], ...]
_DIGITS = frozenset("0123456789")
_CAPITALS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_PRINTABLE = frozenset(map(chr, range(32, 127)))
_MOST = 4_096


class _Reader:
    """Reads characters, classes, groups, alternatives and bounded repetitions."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def read(self) -> list[Template]:
        found = self._alternatives()
        if self._at < len(self._text):
            raise ValueError(f"a bracket too many in {self._text}")
        return found

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _alternatives(self) -> list[Template]:
        found = self._sequence()
        while self._peek() == "|":
            self._next()
            found += self._sequence()
        return list(dict.fromkeys(found))

    def _sequence(self) -> list[Template]:
        found: list[Template] = [()]
        while self._peek() not in ("", "|", ")"):
            item = self._repeated(self._item())
            found = [(*a, *b) for a, b in product(found, item)]
            if len(found) > _MOST:
                raise ValueError(f"too many forms in {self._text}")
        return found

    def _repeated(self, item: list[Template]) -> list[Template]:
        low, high = 1, 1
        if self._peek() and self._peek() in "?*+":
            # What repeats without end is only ever blank space: none, or one.
            low, high = (1, 1) if self._next() == "+" else (0, 1)
        elif self._peek() == "{":
            bounds = re.compile(r"\{(\d+)(?:,(\d+))?\}").match(self._text, self._at)
            if bounds is None:
                raise ValueError(f"no bounds in {self._text}")
            self._at, low, high = bounds.end(), int(bounds[1]), int(bounds[2] or bounds[1])
        repeated = [product(item, repeat=count) for count in range(low, high + 1)]
        return [tuple(piece for part in parts for piece in part) for each in repeated for parts in each]

    def _item(self) -> list[Template]:
        letter = self._next()
        if letter == "(":
            if self._text.startswith("?:", self._at):
                self._at += 2
            found = self._alternatives()
            if self._peek() != ")":
                raise ValueError(f"an open bracket in {self._text}")
            self._next()
            return found
        if letter == "[":
            return [(self._characters(),)]
        if letter in "^$":
            return [()]
        return [(self._escape() if letter == "\\" else _PRINTABLE if letter == "." else frozenset(letter),)]

    def _escape(self) -> frozenset[str]:
        letter = self._next()
        return {"d": _DIGITS, "s": frozenset(" "), "w": _DIGITS | _CAPITALS}.get(letter, frozenset(letter))

    def _characters(self) -> frozenset[str]:
        found: set[str] = set()
        while (letter := self._next()) != "]":
            if letter == "\\":
                found |= self._escape()
            elif self._peek() == "-" and self._text[self._at + 1] != "]":
                self._next()
                found |= set(map(chr, range(ord(letter), ord(self._next()) + 1)))
            else:
                found.add(letter)
        return frozenset(found)


@lru_cache(maxsize=4096)
def read_templates(pattern: str) -> tuple[Template, ...]:
    """All forms that a pattern has: `X0[EG]?` has two.

    Raises:
        ValueError: It has something else than characters, classes, groups, alternatives and repetitions, or too many forms.
    """
    try:
        return tuple(_Reader(pattern).read())
    except IndexError:
        raise ValueError(f"the pattern ends too early: {pattern}") from None


def intersect(whole: Template, start: Template) -> Template | None:
    """The texts of `whole` that begin by one of `start`; None when there are none."""
    if len(start) > len(whole):
        return None
    both = tuple(a & b for a, b in zip(whole, start, strict=False)) + whole[len(start) :]
    return both if all(both) else None


def count_texts(template: Template) -> int:
    """How many texts a template has."""
    size = 1
    for letters in template:
        size *= len(letters)
    return size


def shape_of(text: str) -> str:
    """`SW1A 1AA` as `AA9A 9AA`."""
    return re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", text))


def fits_shape(template: Template, shape: str) -> Template | None:
    """The texts of a template that have a shape; None when there are none."""
    letters = {"9": _DIGITS, "A": _CAPITALS}
    wanted = tuple(letters.get(one, frozenset(one)) for one in shape)
    return intersect(template, wanted) if len(wanted) == len(template) else None

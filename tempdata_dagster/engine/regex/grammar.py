"""Regular expressions as generators: a bounded subset, parsed into a tree of characters, sequences, choices and repeats.

What is taken means the same to RE2, so that the text is also what the audit checks with. What has no end, or matches
without generating, is refused with a hint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

MAX_CHARACTERS = 1_000
_MAX_PATTERN, _MAX_DEPTH, _MAX_COUNT_DIGITS = 2_000, 20, 4
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
_DIGITS = "0123456789"
_WORD = _DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_SETS = {"d": _DIGITS, "w": _WORD, "s": " "}
_COUNT = re.compile(r"\{(\d+)(,?)(\d*)\}")
# The last $, unless an odd number of backslashes makes it a character.
_ANCHOR = re.compile(r"((?<!\\)(?:\\\\)*)\$\Z")


class RegexError(ValueError):
    """A pattern that cannot be generated.

    Attributes:
        hint: What to write instead.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Characters:
    """One of a set of characters, each once and in order."""

    choices: str

    @property
    def width(self) -> int:
        """Characters at most."""
        return 1

    @property
    def least(self) -> int:
        """Characters at least."""
        return 1

    @property
    def count(self) -> int:
        """How many ways there are to generate it."""
        return len(self.choices)


@dataclass(frozen=True)
class Sequence:
    """Parts one after another."""

    parts: tuple[Node, ...]

    @cached_property
    def width(self) -> int:
        """Characters at most."""
        return sum(part.width for part in self.parts)

    @cached_property
    def least(self) -> int:
        """Characters at least."""
        return sum(part.least for part in self.parts)

    @cached_property
    def count(self) -> int:
        """How many ways there are to generate it."""
        total = 1
        for part in self.parts:
            total *= part.count
        return total


@dataclass(frozen=True)
class Choice:
    """One of several alternatives."""

    options: tuple[Node, ...]

    @cached_property
    def width(self) -> int:
        """Characters of the longest; the options stand side by side while they are generated."""
        return sum(option.width for option in self.options)

    @cached_property
    def least(self) -> int:
        """Characters at least."""
        return min(option.least for option in self.options)

    @cached_property
    def count(self) -> int:
        """How many ways there are to generate it."""
        return sum(option.count for option in self.options)


@dataclass(frozen=True)
class Repeat:
    """A part between `low` and `high` times."""

    part: Node
    low: int
    high: int

    @cached_property
    def width(self) -> int:
        """Characters at most."""
        return self.part.width * self.high

    @cached_property
    def least(self) -> int:
        """Characters at least."""
        return self.part.least * self.low

    @cached_property
    def count(self) -> int:
        """How many ways there are to generate it."""
        return sum(self.part.count**times for times in range(self.low, self.high + 1))


Node = Characters | Sequence | Choice | Repeat


def parse_regex(pattern: str) -> Node:
    """The tree of a pattern.

    Raises:
        RegexError: It has no end, is longer than 1,000 characters, or says something that generates no text.
    """
    if not pattern:
        raise RegexError("the pattern is empty", "write what the text looks like, such as [A-Z]{2}-\\d{4}")
    if len(pattern) > _MAX_PATTERN:
        raise RegexError(f"the pattern has {len(pattern):,} characters", f"at most {_MAX_PATTERN:,}")
    if any(one < " " or one == "\x7f" for one in pattern):
        raise RegexError("the pattern has control characters", "leave out tabs and line ends")
    body = _ANCHOR.sub(r"\1", pattern.removeprefix("^"))
    parser = _Parser(body)
    node = parser.read_choice(0)
    if parser.place < len(body):
        raise RegexError("a ')' without its '('", "write \\) for the character")
    if not node.width:
        raise RegexError("the pattern generates no text", "use the kind constant for a fixed text")
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def read_choice(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise RegexError(f"groups are nested more than {_MAX_DEPTH} deep", "use fewer groups")
        options = [self._read_sequence(depth)]
        while self._take("|"):
            options.append(self._read_sequence(depth))
        return options[0] if len(options) == 1 else _bounded(Choice(tuple(options)))

    def _read_sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.place < len(self.text) and self.text[self.place] not in "|)":
            parts.append(self._read_repeat(self._read_one(depth)))
        return parts[0] if len(parts) == 1 else _bounded(Sequence(tuple(parts)))

    def _read_one(self, depth: int) -> Node:
        character = self.text[self.place]
        self.place += 1
        if character == "(":
            return self._read_group(depth)
        if character == "[":
            return Characters(self._read_class())
        if character == "\\":
            return Characters(self._read_escape())
        if character == ".":
            return Characters(_PRINTABLE)
        if character in "*+?{":
            raise RegexError(f"'{character}' repeats nothing", f"write \\{character} for the character")
        if character in "^$":
            raise RegexError(f"'{character}' within the pattern", f"write \\{character} for the character")
        return Characters(character)

    def _read_group(self, depth: int) -> Node:
        if self._take("?") and not self._take(":"):
            hint = "groups are (...) or (?:...); look-around, names and flags generate nothing"
            raise RegexError(f"the group '(?{self.text[self.place : self.place + 2]}' cannot be generated", hint)
        node = self.read_choice(depth + 1)
        if not self._take(")"):
            raise RegexError("a '(' without its ')'", "write \\( for the character")
        return node

    def _read_repeat(self, node: Node) -> Node:
        rest = self.text[self.place : self.place + 1]
        if rest and rest in "*+":
            hint = f"write how often, such as {{{0 if rest == '*' else 1},10}}"
            raise RegexError(f"'{rest}' has no end", hint)
        if self._take("?"):
            low, high = 0, 1
        elif rest == "{":
            low, high = self._read_count()
        else:
            return node
        if self.text[self.place : self.place + 1] in tuple("*+?{"):
            raise RegexError("a repeat of a repeat", "put the inner one into a group")
        if not node.width:
            raise RegexError("a repeat of nothing", "repeat a character, a class or a group")
        if node.width * high > MAX_CHARACTERS:
            _refuse_length(node.width * high)
        return Repeat(node, low, high)

    def _read_count(self) -> tuple[int, int]:
        match = _COUNT.match(self.text, self.place)
        if not match:
            raise RegexError("a '{' that says no count", "write {3} or {2,5}, or \\{ for the character")
        low, comma, high = match.groups()
        if comma and not high:
            raise RegexError(
                f"'{match[0]}' has no end", f"write a greatest count too, such as {{{low[:6]},{int(low[:6]) + 10}}}"
            )
        if max(len(low), len(high)) > _MAX_COUNT_DIGITS:
            _refuse_length(int(max(low, high, key=len)[:20]))
        bounds = int(low), int(high or low)
        if bounds[1] < bounds[0]:
            raise RegexError(f"'{match[0]}' counts down", f"write {{{bounds[1]},{bounds[0]}}}")
        self.place = match.end()
        return bounds

    def _read_escape(self) -> str:
        character = self.text[self.place : self.place + 1]
        self.place += 1
        if character in _SETS:
            return _SETS[character]
        if character.lower() in _SETS and character:
            return _without(_SETS[character.lower()])
        if not character or character.isalnum():
            hint = "known are \\d, \\w, \\s, \\D, \\W, \\S and escaped punctuation"
            raise RegexError(f"'\\{character}' cannot be generated", hint)
        return character

    def _read_class(self) -> str:
        negated = self._take("^")
        chosen: set[str] = set()
        while not self._take("]"):
            if self.place >= len(self.text):
                raise RegexError("a '[' without its ']'", "write \\[ for the character")
            if self.text.startswith("[:", self.place):
                raise RegexError("named classes cannot be generated", "write the range, such as a-z")
            chosen |= self._read_range()
        found = _without("".join(chosen)) if negated else "".join(sorted(chosen))
        if not (chosen and found):
            raise RegexError("a class without characters", "write \\] for the character within one")
        return found

    def _read_range(self) -> set[str]:
        first = self._read_member()
        if self.text[self.place : self.place + 1] != "-" or self.text[self.place + 1 : self.place + 2] in ("]", ""):
            return set(first)
        self.place += 1
        last = self._read_member()
        if len(first) > 1 or len(last) > 1 or last < first:
            raise RegexError(f"'{first[:1]}-{last[:1]}' is no range", "the lower character first, such as a-z")
        if ord(last) - ord(first) > MAX_CHARACTERS:
            raise RegexError(f"the range {first}-{last} has more than {MAX_CHARACTERS:,} characters", "narrow it")
        return set(map(chr, range(ord(first), ord(last) + 1)))

    def _read_member(self) -> str:
        character = self.text[self.place : self.place + 1]
        self.place += 1
        return self._read_escape() if character == "\\" else character

    def _take(self, character: str) -> bool:
        found = self.text.startswith(character, self.place)
        self.place += found
        return found


def _without(characters: str) -> str:
    return "".join(one for one in _PRINTABLE if one not in characters)


def _bounded(node: Node) -> Node:
    if node.width > MAX_CHARACTERS:
        _refuse_length(node.width)
    return node


def _refuse_length(width: int) -> NoReturn:
    raise RegexError(f"the pattern spans {width:,} characters", f"at most {MAX_CHARACTERS:,}: repeat less often")

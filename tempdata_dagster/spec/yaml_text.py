"""From a file's bytes to text that YAML can be parsed from, and the parser's complaints in plain words."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import yaml

from tempdata_dagster.core.errors import Problem, Where
from tempdata_dagster.core.limits import Limits

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\xef\xbb\xbf": "UTF-8 with a byte order mark"}
_PLAIN_WORDS = {
    "mapping values are not allowed": (
        "a ':' stands where no key can be",
        "quote text that holds ': ', and check the indentation",
    ),
    "cannot start any token": ("a character that cannot begin a value", "indent by spaces; quote text that begins so"),
    "did not find expected key": (
        "the indentation or the quotes do not fit the lines above",
        "line the keys up; quote the whole text",
    ),
    "expected <block end>": (
        "the indentation or the quotes do not fit the lines above",
        "line the keys up; quote the whole text",
    ),
    "could not find expected ':'": ("a line without ':'", "write 'key: value'"),
    "found unknown escape character": ("an unknown escape in double quotes", "use single quotes or double the \\"),
    "invalid Unicode character escape": ("an escape that is no character", "use single quotes or double the \\"),
    "undefined alias": ("aliases are not allowed", "write the value out"),
}


class UnreadableError(Exception):
    """A file of which nothing can be used; carries the one problem to report."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_text(path: Path, limits: Limits) -> str:
    """The text of a regular UTF-8 file.

    Raises:
        UnreadableError: TD1010 when it cannot be read, TD1011 when it is too large, TD1013 when it is no UTF-8 text.
    """
    raw = _read_bytes(path, limits)
    file = str(path)
    for mark, name in _MARKS.items():
        if raw.startswith(mark):
            problem = Problem("TD1013", f"the file is written as {name}", hint="save it as plain UTF-8")
            raise UnreadableError(problem.at(Where(file, 1, 1)))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _place_of(raw[: error.start].decode("utf-8", "replace"), file)
        problem = Problem("TD1013", "the file is not UTF-8 text", hint="save it as UTF-8", where=place)
        raise UnreadableError(problem) from None
    if match := _CONTROL.search(text):
        message = f"the file holds the control character {ord(match[0]):#04x}"
        raise UnreadableError(
            Problem("TD1013", message, hint="remove it", where=_place_of(text[: match.start()], file))
        )
    return text


def _read_bytes(path: Path, limits: Limits) -> bytes:
    place = Where(str(path))
    try:
        mode = path.stat().st_mode
        # A pipe or a device would be waited for, or never end.
        if not stat.S_ISREG(mode):
            found = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise UnreadableError(Problem("TD1010", f"{found} stands where a file is expected", where=place))
        with path.open("rb") as file:
            # One byte more than allowed tells that it is too large, without reading all of it.
            raw = file.read(limits.spec_bytes + 1)
    except FileNotFoundError:
        raise UnreadableError(Problem("TD1010", "there is no such file", hint="check the path", where=place)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(Problem("TD1010", f"the file cannot be read: {reason}", where=place)) from None
    if len(raw) > limits.spec_bytes:
        message = f"the file is larger than {limits.spec_bytes:,} bytes"
        hint = "move rows into a reference file (rows: {file: ...})"
        raise UnreadableError(Problem("TD1011", message, hint=hint, where=place))
    return raw


def explain_syntax(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """The problem (TD1012) that a parser's error means, with its place."""
    mark = getattr(error, "problem_mark", None)
    start = getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or error).split("\n")[0]
    # Told where the open value begins: its end, where the parser gave up, is the end of the file.
    if mark is not None and _at_end(mark, text):
        begin = _last_place(text, file) if start is None or _at_end(start, text) else _place_at(start, file)
        message = "the file ends in the middle of a value"
        hint = "close the quotes and brackets; if it is still being written, save it whole"
        return Problem("TD1012", message, hint=hint, where=begin)
    place = _place_at(mark, file) if mark is not None else Where(file, 1, 1)
    if mark is not None and _line_of(text, mark.line)[mark.column : mark.column + 1] == "\t":
        return Problem("TD1012", "a tab stands where spaces are expected", hint="indent by spaces", where=place)
    for words, (message, hint) in _PLAIN_WORDS.items():
        if words in said:
            return Problem("TD1012", f"not valid YAML: {message}", hint=hint, where=place)
    return Problem("TD1012", f"not valid YAML: {said[:200]}", where=place)


def _at_end(mark: yaml.Mark, text: str) -> bool:
    lines = text.rstrip().split("\n")
    return mark.line >= len(lines) or (mark.line == len(lines) - 1 and mark.column >= len(lines[-1]))


def _place_at(mark: yaml.Mark, file: str) -> Where:
    return Where(file, mark.line + 1, mark.column + 1)


def _last_place(text: str, file: str) -> Where:
    return _place_of(text.rstrip()[:-1], file)


def _line_of(text: str, line: int) -> str:
    lines = text.split("\n")
    return lines[line] if line < len(lines) else ""


def _place_of(before: str, file: str) -> Where:
    return Where(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)

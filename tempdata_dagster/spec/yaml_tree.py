"""Strict, bounded YAML that keeps the line and column of every key and value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tempdata_dagster.core.errors import Problem, Where
from tempdata_dagster.core.limits import DEFAULT_LIMITS, Limits
from tempdata_dagster.spec.yaml_scalar import ScalarError, resolve_scalar
from tempdata_dagster.spec.yaml_text import UnreadableError, explain_syntax, read_text

DocumentPath = tuple[str | int, ...]
# libyaml's parser is 14 times faster than the pure Python one (300,000 events: 0.56 s against 7.8 s).
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Bytes like these are refused earlier; escapes in double quotes ("\x00") bring them in once more.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Tree:
    """A document as plain values, and where each of them stands.

    Attributes:
        value: Mappings, lists and scalars.
        file: The file, as places name it.
        keys: Line and column (from 0) of each mapping's key, by document path.
        values: Line and column (from 0) of each value, by document path.
        scalars: The paths whose value is neither a mapping nor a list.
        parts: The files of the tables that stand in a file of their own, by document path.
    """

    value: Any
    file: str
    keys: dict[DocumentPath, tuple[int, int]] = field(default_factory=dict)
    values: dict[DocumentPath, tuple[int, int]] = field(default_factory=dict)
    scalars: set[DocumentPath] = field(default_factory=set)
    parts: dict[DocumentPath, str] = field(default_factory=dict)

    def where(self, path: DocumentPath) -> Where:
        """The nearest known place of `path`: a scalar's own place, else its key's, else its parent's."""
        for length in range(len(path), -1, -1):
            known = path[:length]
            at_key = known in self.keys and known not in self.scalars
            place = self.keys[known] if at_key else self.values.get(known)
            if place is not None:
                return self._at(known, place)
        return Where(self.file)

    def where_key(self, path: DocumentPath) -> Where:
        """The place of the key itself; the nearest known place when there is none."""
        return self._at(path, self.keys[path]) if path in self.keys else self.where(path)

    def add_part(self, path: DocumentPath, file: str, part: Tree | None) -> None:
        """Take in the places of a file that holds what stands at `path`; None when it could not be read."""
        self.parts[path] = file
        self.keys[path] = part.values[()] if part is not None else (0, 0)
        if part is not None:
            self.keys.update({(*path, *inner): place for inner, place in part.keys.items()})
            self.values.update({(*path, *inner): place for inner, place in part.values.items()})
            self.scalars.update((*path, *inner) for inner in part.scalars)

    def _at(self, path: DocumentPath, place: tuple[int, int]) -> Where:
        return Where(self.parts.get(path[:2], self.file), place[0] + 1, place[1] + 1)


def read_tree(path: Path, problems: list[Problem], limits: Limits = DEFAULT_LIMITS) -> Tree | None:
    """The tree of a YAML file; None when it cannot be read at all. Whatever is wrong is added to `problems`."""
    try:
        return parse_tree(read_text(path, limits), str(path), problems, limits)
    except UnreadableError as error:
        problems.append(error.problem)
        return None


def parse_tree(text: str, file: str, problems: list[Problem], limits: Limits = DEFAULT_LIMITS) -> Tree | None:
    """The tree of a YAML text, as `read_tree` gives it."""
    builder = _Builder(text, file, problems, limits)
    try:
        return builder.build_document()
    except UnreadableError as error:
        problems.append(error.problem)
    except yaml.YAMLError as error:
        problems.append(explain_syntax(error, text, file))
    return None


class _Builder:
    """Builds a tree from parser events, so that neither depth nor size is ever trusted to the parser's own stack."""

    def __init__(self, text: str, file: str, problems: list[Problem], limits: Limits) -> None:
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self._file = file
        self._problems = problems
        self._limits = limits
        self._nodes = 0
        self._tree = Tree({}, file)

    def build_document(self) -> Tree:
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            hint = "a dataset file begins with 'dataset: <name>'"
            raise UnreadableError(Problem("TD1014", "the file is empty", hint=hint, where=Where(self._file, 1, 1)))
        value = self._build(next(self._events), ())
        next(self._events)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            self._report(event, (), "TD1014", "a second document begins here", "keep one document per file")
        if not isinstance(value, dict):
            found = "a list" if isinstance(value, list) else "a single value"
            problem = Problem("TD1014", f"the file holds {found}, not a mapping", hint="write 'key: value' lines")
            raise UnreadableError(problem.at(self._tree.where(())))
        return replace(self._tree, value=value)

    def _build(self, event: Any, path: DocumentPath) -> Any:
        self._count(event, path)
        mark = event.start_mark
        self._tree.values[path] = (mark.line, mark.column)
        self._refuse_references(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._build_mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._build_list(path)
        self._tree.scalars.add(path)
        return None if isinstance(event, yaml.AliasEvent) else self._build_scalar(event, path)

    def _build_mapping(self, path: DocumentPath) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            mark = event.start_mark
            key = self._build_key(event, path)
            # Its value is read all the same: events come in one stream, and its problems count too.
            if key is None:
                self._build(next(self._events), (*path, "?"))
                continue
            if key in mapping:
                first = self._tree.keys[*path, key]
                hint = f"it is first on line {first[0] + 1}; remove one of the two"
                self._report(event, (*path, key), "TD1015", f"key '{_shorten(key)}' is there twice", hint)
                self._build(next(self._events), (*path, "?"))
                continue
            self._tree.keys[*path, key] = (mark.line, mark.column)
            mapping[key] = self._build(next(self._events), (*path, key))
        return mapping

    def _build_list(self, path: DocumentPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._build(event, (*path, len(items))))
        return items

    def _build_key(self, event: Any, path: DocumentPath) -> Any:
        """The key's value; None when it can be no key (which has then been reported)."""
        if not isinstance(event, yaml.ScalarEvent):
            self._build(event, (*path, "?"))
            self._report(event, path, "TD1019", "a key is a single word, not a list, a mapping or an alias", "")
            return None
        self._count(event, path)
        self._refuse_references(event, path)
        # In quotes it is a key like any other.
        if event.implicit[0] and event.value == "<<":
            self._report(event, path, "TD1016", "merge keys (<<) are not allowed", "write the settings out")
            return None
        key = self._build_scalar(event, path)
        if key is None:
            self._report(event, path, "TD1019", "a key is missing or null", "write 'key: value', or quote it")
        return key

    def _build_scalar(self, event: Any, path: DocumentPath) -> Any:
        text = event.value
        if match := _UNPRINTABLE.search(text):
            self._report(event, path, "TD1013", f"the text holds the character {ord(match[0]):#06x}", "remove it")
            # Something usable goes on, so that the problems behind it are found too.
            return _UNPRINTABLE.sub("", text)
        # Quotes or a tag make it text, whatever it looks like.
        if not event.implicit[0]:
            return text
        try:
            return resolve_scalar(text)
        except ScalarError as error:
            problem = error.problem
            self._report(event, path, problem.code, problem.message, problem.hint)
            return text[:100]

    def _refuse_references(self, event: Any, path: DocumentPath) -> None:
        if isinstance(event, yaml.AliasEvent):
            message = f"aliases (*{_shorten(event.anchor)}) are not allowed"
            self._report(event, path, "TD1016", message, "write the value out")
            return
        if event.anchor is not None:
            self._report(event, path, "TD1016", f"anchors (&{_shorten(event.anchor)}) are not allowed", "remove it")
        if event.tag is not None:
            self._report(event, path, "TD1016", f"tags ({_shorten(event.tag)}) are not allowed", "remove it")

    def _count(self, event: Any, path: DocumentPath) -> None:
        self._nodes += 1
        # Counted here, before Python's own stack or memory has to tell.
        if len(path) > self._limits.spec_depth:
            message = f"more than {self._limits.spec_depth} levels of nesting"
            raise UnreadableError(Problem("TD1011", message, where=self._place(event)))
        if self._nodes > self._limits.spec_nodes:
            message = f"more than {self._limits.spec_nodes:,} values in one file"
            hint = "split the dataset into a folder with a file per table"
            raise UnreadableError(Problem("TD1011", message, hint=hint, where=self._place(event)))

    def _place(self, event: Any) -> Where:
        return Where(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _report(self, event: Any, path: DocumentPath, code: str, message: str, hint: str) -> None:
        self._problems.append(Problem(code, message, path, hint, self._place(event)))


def _shorten(key: Any) -> str:
    return str(key)[:60]

"""One registry class for everything that can be added by writing one file: kinds, modifiers, formats, stores, checks."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from tempdata_dagster.core.errors import InputError

Entry = TypeVar("Entry")


def closest(name: str, known: list[str]) -> str:
    """A "did you mean" hint: the known names nearest to `name`, or all of them when there are few."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(f"'{one}'" for one in near) + "?"
    return "known: " + ", ".join(sorted(known)[:30]) if known else ""


class Registry(Generic[Entry]):
    """Names mapped to classes; each class adds itself by the decorator `register`.

    Args:
        what: What the entries are, for messages ("kind").
        package: The package whose modules hold the built-in entries; imported on first look-up.
    """

    def __init__(self, what: str, package: str) -> None:
        self.what = what
        self._package = package
        self._entries: dict[str, type[Entry]] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[type[Entry]], type[Entry]]:
        """The decorator that adds a class under `name`.

        Raises:
            InputError: TD1002 when the name is taken.
        """

        def add(entry: type[Entry]) -> type[Entry]:
            if name in self._entries:
                raise InputError("TD1002", f"{self.what} '{name}' is registered twice", "rename one of the two")
            self._entries[name] = entry
            return entry

        return add

    def get(self, name: str) -> type[Entry]:
        """The class registered under `name`.

        Raises:
            InputError: TD1001 when there is none; the hint names the closest matches.
        """
        self._load_one(name)
        if name not in self._entries:
            self._load()
        if name not in self._entries:
            raise InputError("TD1001", f"unknown {self.what} '{name}'", closest(name, list(self._entries)))
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._entries))

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._entries

    def _load_one(self, name: str) -> None:
        """Import the module that is named after an entry, and none of the others: a dataset uses a few of a hundred kinds."""
        if self._loaded or not name.isidentifier():
            return
        module = f"{self._package}.{name}"
        if module not in sys.modules and importlib.util.find_spec(module) is not None:
            importlib.import_module(module)

    def _load(self) -> None:
        if self._loaded:
            return
        # Set first: what is imported below may look something up, which leads here again.
        self._loaded = True
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")

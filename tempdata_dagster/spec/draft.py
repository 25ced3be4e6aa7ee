"""Builds the models of a document piece by piece, so that one broken setting hides no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

from pydantic import BaseModel

from tempdata_dagster.core.errors import InputError, Problem
from tempdata_dagster.core.limits import Limits
from tempdata_dagster.core.registry import closest
from tempdata_dagster.spec.fields import field_names
from tempdata_dagster.spec.graph import Draft
from tempdata_dagster.spec.models import ColumnSettings, Dataset, ModifierSettings, Schedule, Table
from tempdata_dagster.spec.problems import Model, describe, validate
from tempdata_dagster.spec.rows import RowSource, StaticRows, choose_rows
from tempdata_dagster.spec.yaml_tree import DocumentPath, Tree

_LEVELS: tuple[tuple[int, type[BaseModel], str], ...] = (
    (1, Dataset, "the top of the file"),
    (3, Table, "a table"),
    (5, ColumnSettings, "a column"),
)
_STAND_IN = StaticRows(count=1)


class Modifiers(Protocol):
    """The modifiers, as their registry gives them."""

    def get(self, name: str) -> type[ModifierSettings]:
        """The class of a modifier; an unknown one is an InputError with a hint."""

    def __iter__(self) -> Iterator[str]: ...


class Kinds(Protocol):
    """The column kinds, as the registry of kinds gives them; it may have `modifiers`, the registry of these."""

    def get(self, name: str) -> type[ColumnSettings]:
        """The class of a kind; an unknown one is an InputError with a hint."""

    def __iter__(self) -> Iterator[str]: ...


class Drafter:
    """Reads one document.

    Attributes:
        problems: What the models say, placed.
        tables: The tables; a broken one stands in with what could be read of it.
        schedule: The schedule, if there is one and it could be read.
    """

    def __init__(self, tree: Tree, kinds: Kinds, limits: Limits) -> None:
        self.problems: list[Problem] = []
        self.tables: dict[str, Table] = {}
        self.schedule: Schedule | None = None
        self._tree = tree
        self._kinds = kinds
        self._limits = limits
        self._columns: dict[str, tuple[str, ...] | None] = {}
        self._rows_known: set[str] = set()

    def read_dataset(self) -> Dataset | None:
        """The dataset; None when its own settings, those of its tables aside, are broken."""
        raw = dict(self._tree.value)
        tables = raw.get("tables")
        if isinstance(tables, dict):
            for name, table in tables.items():
                self._read_table(str(name), table, ("tables", name))
            # A name that is no text stays as it is, for the model to refuse.
            raw["tables"] = {name: self.tables[str(name)] for name in tables}
        if isinstance(raw.get("schedule"), dict):
            self.schedule = raw["schedule"] = self._validate(Schedule, raw["schedule"], ("schedule",))
        return self._validate(Dataset, raw, ())

    def draft(self) -> Draft:
        """The tables as far as they could be read, for the checks between them."""
        return Draft(self.tables, self._columns, frozenset(self._rows_known))

    def _read_table(self, name: str, raw: Any, path: DocumentPath) -> None:
        # Before anything else: a broken table still is one that others may name as their parent.
        stand_in = Table.model_construct(rows=_STAND_IN)
        self.tables[name], self._columns[name] = stand_in, None
        if not isinstance(raw, dict):
            self._report("TD1022", f"table '{name[:60]}' is a mapping, not {describe(raw)}", path, "write its 'rows:'")
            return
        raw = dict(raw)
        if "rows" in raw:
            rows = self._read_rows(raw["rows"], (*path, "rows"))
            raw["rows"] = rows or _STAND_IN
            self._rows_known |= {name} if rows else set()
        if isinstance(raw.get("columns"), dict):
            self._columns[name] = tuple(str(column) for column in raw["columns"])
            raw["columns"] = self._read_columns(raw["columns"], (*path, "columns"))
        table = self._validate(Table, raw, path)
        if table is None:
            # Not validated: what is wrong is told already, and what could be read is checked against the other tables.
            table = Table.model_construct(rows=raw.get("rows", _STAND_IN), columns=_columns_in(raw))
        self.tables[name] = table

    def _read_rows(self, raw: Any, path: DocumentPath) -> RowSource | None:
        try:
            model, settings = choose_rows(raw)
        except (ValueError, TypeError) as error:
            self._report("TD1026", str(error), path, "such as 'rows: 1000' or 'rows: {per: day, mean: 100}'")
            return None
        found: list[Problem] = []
        rows: Any = validate(model, settings, path, self._tree, found)
        if not isinstance(raw, dict):
            # The file says `rows: -1`; it knows nothing of a setting called count.
            found = [replace(one, path=path, message=one.message.replace("'count'", "'rows'")) for one in found]
        self.problems.extend(found)
        return rows  # type: ignore[no-any-return]

    def _read_columns(self, raw: dict[Any, Any], path: DocumentPath) -> dict[Any, ColumnSettings]:
        if len(raw) > self._limits.table_columns:
            self._report("TD1011", f"a table has at most {self._limits.table_columns:,} columns", path, "")
            return {}
        columns = {}
        for name, raw_column in raw.items():
            # Hints are searched for, which takes time: beyond what is reported anyway, nothing is looked at.
            if len(self.problems) > self._limits.spec_problems * 2:
                break
            if (column := self._read_column(raw_column, (*path, name))) is not None:
                columns[name] = column
        return columns

    def _read_column(self, raw: Any, path: DocumentPath) -> ColumnSettings | None:
        if not isinstance(raw, dict):
            message = f"a column is a mapping, not {describe(raw)}"
            self._report("TD1022", message, path, "write it as {kind: integer, min: 1, max: 6}")
            return None
        if not isinstance(kind := raw.get("kind"), str):
            message = f"'kind' is a name, not {describe(kind)}" if "kind" in raw else "'kind' is missing"
            hint = closest("", list(self._kinds))
            self._report("TD1022" if "kind" in raw else "TD1021", message, (*path, "kind"), hint)
            return None
        try:
            model = self._kinds.get(kind)
        except InputError as error:
            self._report(error.code, error.message, (*path, "kind"), error.hint)
            return None
        if isinstance(raw.get("modifiers"), list):
            modifiers = [self._read_modifier(one, (*path, "modifiers", i)) for i, one in enumerate(raw["modifiers"])]
            raw = {**raw, "modifiers": [one for one in modifiers if one is not None]}
        return self._validate(model, raw, path)

    def _read_modifier(self, raw: Any, path: DocumentPath) -> ModifierSettings | None:
        modifiers = modifiers_of(self._kinds)
        if not isinstance(raw, dict) or not isinstance(kind := raw.get("kind"), str):
            message = (
                "a modifier is a mapping with a 'kind'"
                if isinstance(raw, dict)
                else f"a modifier is a mapping, not {describe(raw)}"
            )
            self._report("TD1022", message, path, "write it as {kind: multiply, by: 1.1}")
            return None
        if modifiers is None:
            self._report("TD1001", f"unknown modifier '{kind}'", (*path, "kind"), "there are none")
            return None
        try:
            model = modifiers.get(kind)
        except InputError as error:
            self._report(error.code, error.message, (*path, "kind"), error.hint)
            return None
        return self._validate(model, raw, path)

    def _validate(self, model: type[Model], raw: Any, path: DocumentPath) -> Model | None:
        found: list[Problem] = []
        value = validate(model, raw, path, self._tree, found)
        self.problems.extend(map(_say_where_it_belongs, found))
        return value

    def _report(self, code: str, message: str, path: DocumentPath, hint: str) -> None:
        self.problems.append(Problem(code, message, path, hint, self._tree.where(path)))


def modifiers_of(kinds: Kinds) -> Modifiers | None:
    """The modifiers that columns of these kinds take; None when there are none."""
    modifiers: Modifiers | None = getattr(kinds, "modifiers", None)
    return modifiers


def _columns_in(raw: dict[str, Any]) -> dict[str, ColumnSettings]:
    columns = raw.get("columns")
    return {str(name): column for name, column in columns.items()} if isinstance(columns, dict) else {}


def _say_where_it_belongs(problem: Problem) -> Problem:
    """A hint for a key that is known, but at another level of the file."""
    if problem.code != "TD1020" or "did you mean" in problem.hint:
        return problem
    depth = min(len(problem.path), 5)
    for level, model, place in _LEVELS:
        if problem.path[-1] in field_names(model) and level != depth:
            hint = f"'{problem.path[-1]}' belongs to {place}"
            return Problem(problem.code, problem.message, problem.path, hint, problem.where)
    return problem

"""Binds a dataset: layouts first, then columns on demand, so that recursion is the dependency graph and a cycle is seen."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from tempdata_dagster.core.errors import GenerationError, InputError, Problem
from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.casting import cast_binding
from tempdata_dagster.engine.expressions import ExpressionError, parse_expression
from tempdata_dagster.engine.keyed import key_by
from tempdata_dagster.engine.kind import Kind, Node, Scope, UnboundError
from tempdata_dagster.engine.layout import ChildLayout, GridLayout, root_of
from tempdata_dagster.engine.layouts import make_layout
from tempdata_dagster.engine.modifier import modify
from tempdata_dagster.engine.reference_file import read_reference_file
from tempdata_dagster.engine.references.stock import Shelf, keep_stock
from tempdata_dagster.engine.relation import Binding, Frame, Located, Relation
from tempdata_dagster.engine.types import integer_range, parse_type
from tempdata_dagster.spec.load import LoadedDataset
from tempdata_dagster.spec.models import ColumnSettings, Dataset
from tempdata_dagster.spec.rows import ChildRows, FileRows, GridRows
from tempdata_dagster.spec.values import IDENTIFIER

MAX_ADDRESS_BITS = 62


@dataclass
class Binder:
    """The work in progress of compiling one dataset.

    Attributes:
        loaded: The dataset and its places.
        problems: What was found wrong so far.
        relations: The tables; their columns fill up while they are bound.
        needs: The columns and row sources that each bound one is computed from.
        facts: What each depends on outside the file.
    """

    loaded: LoadedDataset
    problems: list[Problem] = field(default_factory=list)
    relations: dict[str, Relation] = field(default_factory=dict)
    needs: dict[Node, set[Node]] = field(default_factory=dict)
    facts: dict[Node, dict[str, str]] = field(default_factory=dict)
    _stack: list[Node] = field(default_factory=list)
    _failed: set[Node] = field(default_factory=set)
    _extra: dict[str, dict[str, ColumnSettings]] = field(default_factory=dict)
    _stored: dict[str, pa.Table] = field(default_factory=dict)
    _shelf: Shelf = field(default_factory=Shelf)

    @property
    def dataset(self) -> Dataset:
        """The dataset."""
        return self.loaded.dataset

    def columns_of(self, table: str) -> dict[str, ColumnSettings]:
        """The columns of a table: the file's, or those of its reference file when the dataset file names none."""
        return self._extra.get(table) or self.dataset.tables[table].columns

    def reference_table(self, table: str) -> pa.Table:
        """The stored rows of a table with `rows: {file: ...}`, read once; none, and a problem, if they cannot be read."""
        path = self.loaded.reference_file(table)
        if path is None:
            raise TypeError(f"table {table} has no reference file")
        if table not in self._stored:
            try:
                self._stored[table] = read_reference_file(path)
            except ValueError as error:
                where = ("tables", table, "rows", "file")
                self.problems.append(Problem("TD2010", f"the reference file cannot be read: {error}", where))
                self._stored[table] = pa.table({})
        return self._stored[table]

    def bind_all(self) -> None:
        """Bind every table; problems are collected in `problems`."""
        for table in self.dataset.tables:
            self._make_relation(table)
        for table in self.relations:
            with suppress(UnboundError):
                self.bind_rows(table)
            for column in self.columns_of(table):
                with suppress(UnboundError):
                    self.bind_column(table, column, (), None)
            self._check_rules(table)

    def bind_column(self, table: str, name: str, path: tuple[str | int, ...], asker: Scope | None) -> Binding:
        """The binding of a column; bound now if it was not yet.

        Raises:
            UnboundError: It could not be bound, or it is computed from itself.
        """
        node = (table, name)
        bound = self.relations[table].columns.get(name)
        if bound is not None:
            return bound
        if node in self._failed:
            raise UnboundError
        if node in self._stack:
            cycle = " -> ".join(_show(n) for n in [*self._stack[self._stack.index(node) :], node])
            where = asker or Scope(self, table, name, self.columns_of(table)[name])
            where.fail("TD2001", f"columns are computed from each other: {cycle}", *path, hint="break the cycle")
        scope = Scope(self, table, name, self.columns_of(table)[name])
        self._stack.append(node)
        try:
            binding = finish(scope)
        except UnboundError:
            self._failed.add(node)
            raise
        finally:
            self._stack.pop()
        self.relations[table].columns[name] = binding
        self.needs[node], self.facts[node] = scope.needs, scope.facts
        return binding

    def bind_rows(self, table: str) -> None:
        """Bind the columns that the table's row source is computed from."""
        node = (table, "")
        if node in self.needs or node in self._stack:
            if node in self._stack and self._stack[-1] != node:
                cycle = " -> ".join(_show(n) for n in [*self._stack[self._stack.index(node) :], node])
                path = ("tables", table, "rows")
                self.problems.append(Problem("TD2001", f"rows are computed from themselves: {cycle}", path))
                raise UnboundError
            return
        self._stack.append(node)
        needs: set[Node] = set()
        try:
            self._bind_rows(table, needs)
        finally:
            self._stack.pop()
        self.needs[node] = needs

    def _bind_rows(self, table: str, needs: set[Node]) -> None:
        rows, layout = self.dataset.tables[table].rows, self.relations[table].layout
        if layout.parent is not None:
            needs.add((layout.parent.name, ""))
            self.bind_rows(layout.parent.name)
        if isinstance(rows, ChildRows) and isinstance(layout, ChildLayout):
            scope = RowsScope(self, table, "", ColumnSettings(kind=""), needs)
            for name, values in rows.when.items():
                _check_cases(scope, name, scope.column_of(rows.per, name, "when").type, values)
            if rows.partition_by:
                self._bind_moment(table, rows.partition_by, layout, scope)

    def _bind_moment(self, table: str, name: str, layout: ChildLayout, scope: Scope) -> None:
        binding = scope.column(name, "partition_by")
        if layout.period is None:
            scope.fail("TD2005", f"'{table}' is not partitioned: its parents are static", "partition_by")
        if isinstance(root_of(layout.parent).layout, GridLayout):
            scope.fail("TD2005", "children of a grid are published with their parents", "partition_by")
        if binding.reach is None or binding.nullable or not pa.types.is_temporal(binding.type):
            hint = f"make '{name}' a timestamp `after:` a moment of its parent, with a `max` lag and no nulls"
            scope.fail("TD2006", f"how late '{name}' can be is not known", "partition_by", hint=hint)
        layout.moment, layout.reach = name, binding.reach

    def _check_rules(self, table: str) -> None:
        bound = self.relations[table].columns
        written = [name for name, column in self.columns_of(table).items() if not column.drop]
        for index, rule in enumerate(self.dataset.tables[table].rules):
            path = ("tables", table, "rules", index)
            try:
                parsed = parse_expression(rule.sql, written)
                if not set(parsed.columns) <= set(bound):
                    continue
                result = parsed.result_type({name: bound[name].type for name in parsed.columns})
            except ExpressionError as error:
                self.problems.append(Problem("TD2036", str(error), path, error.hint))
                continue
            if not pa.types.is_boolean(result):
                message = f"the rule gives a {result}, not true or false"
                self.problems.append(Problem("TD2036", message, path, "write a condition, such as a >= b"))

    def _make_relation(self, table: str) -> None:
        if table in self.relations:
            return
        parent = self.dataset.tables[table].parent
        if parent:
            self._make_relation(parent)
            if isinstance(self.dataset.tables[table].rows, GridRows) and isinstance(
                root_of(self.relations[parent]).layout, GridLayout
            ):
                hint = "take the table of that grid's parents"
                message = f"'{parent}' is a grid: its rows have no grids of their own"
                self.problems.append(Problem("TD2024", message, ("tables", table, "rows", "per"), hint))
        relation = Relation(table, make_layout(self, table))
        keep_stock(relation, self._shelf)
        self.relations[table] = relation
        if isinstance(self.dataset.tables[table].rows, FileRows) and not self.dataset.tables[table].columns:
            self._add_file_columns(table)
        if relation.layout.capacity_bits() > MAX_ADDRESS_BITS:
            message = f"the rows of '{table}' need {relation.layout.capacity_bits()} address bits of {MAX_ADDRESS_BITS}"
            self.problems.append(
                Problem("TD2007", message, ("tables", table, "rows"), "lower max or the parents' rows")
            )

    def _add_file_columns(self, table: str) -> None:
        """All columns of a reference file, for a table that the dataset file names none of."""
        model, columns = self.loaded.kinds.get("file"), {}
        for name in self.reference_table(table).column_names:
            if IDENTIFIER.fullmatch(name):
                columns[name] = model.model_validate({"kind": "file", "column": name})
            else:
                hint = "name the table's columns, such as {iso2: {kind: file, column: 'ISO 2'}}"
                message = f"column '{name[:60]}' of the file is no name for a column"
                self.problems.append(Problem("TD2010", message, ("tables", table, "rows", "file"), hint))
        self._extra[table] = columns
        for name in self.dataset.tables[table].key:
            if columns and name not in columns:
                hint = closest(name, list(columns))
                message = f"the file of table '{table}' has no column '{name}'"
                self.problems.append(Problem("TD2002", message, ("tables", table, "key"), hint))


class RowsScope(Scope):
    """The plan as a table's row source sees it."""

    def fail(self, code: str, message: str, *path: str | int, hint: str = "") -> None:  # type: ignore[override]
        """Note a problem of the row source and stop binding it."""
        self.binder.problems.append(Problem(code, message, ("tables", self.table, "rows", *path), hint))
        raise UnboundError


def _check_cases(scope: Scope, name: str, kind: pa.DataType, values: tuple[str | int | bool, ...]) -> None:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    try:
        pa.array(values, type=kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError):
        scope.fail("TD2032", f"the values of 'when' are none of '{name}', which is a {kind}", "when", name)


def _show(node: Node) -> str:
    return f"{node[0]}.{node[1]}" if node[1] else f"{node[0]} (rows)"


def finish(scope: Scope) -> Binding:
    """Bind a kind and add what every column may carry: nulls, `unique` and a type.

    Raises:
        UnboundError: The settings make no sense.
    """
    settings = scope.settings
    if not isinstance(settings, Kind):
        raise TypeError(f"{type(settings).__name__} of {scope.table}.{scope.name} is no kind")
    try:
        binding = settings.bind(scope)
    except InputError as error:
        scope.fail(error.code, error.message, hint=error.hint)
    if settings.unique and not binding.distinct:
        hint = "kinds with a countable domain can: key, uuid, pattern, integer, email, faker, choice, date, timestamp"
        scope.fail("TD2008", f"a column of kind '{settings.kind}' cannot be unique", "unique", hint=hint)
    if settings.keyed_by:
        if settings.unique or not settings.keyable:
            which = "that is unique" if settings.unique else f"of kind '{settings.kind}'"
            hint = (
                "kinds that are drawn by themselves can: choice, number, integer, boolean, text, pattern, names, places"
            )
            scope.fail("TD2070", f"a column {which} cannot go by a key", "keyed_by", hint=hint)
        binding = key_by(scope, binding, settings.keyed_by)
    if settings.modifiers:
        binding = modify(scope, binding)
        if settings.unique and not binding.distinct:
            hint = "drop unique, or keep to the modifier nulls"
            scope.fail("TD2008", "values that differ may become the same by these modifiers", "modifiers", hint=hint)
    if settings.nulls:
        binding = _with_nulls(binding, scope, settings.nulls)
    if settings.type:
        binding = _with_type(binding, scope, settings.type)
    if settings.unique and not binding.distinct:
        scope.fail("TD2008", f"different values may become the same as {settings.type}", "type")
    return binding


def _with_nulls(binding: Binding, scope: Scope, share: float) -> Binding:
    stream = scope.stream("null")

    def null(frame: Frame) -> np.ndarray:
        return stream.uniform(frame.rows) < share

    fill = binding.fill
    bound = replace(binding, fill=lambda frame: set_null(fill(frame), null(frame)), nullable=True)
    inner = binding.locate
    if inner is None:
        return bound

    def locate(frame: Frame) -> Located:
        found = inner(frame)
        missing = null(frame) if found.missing is None else null(frame) | found.missing
        return Located(found.frame, missing)

    return replace(bound, locate=locate)


def _with_type(binding: Binding, scope: Scope, text: str) -> Binding:
    try:
        target = parse_type(text)
        pa.nulls(1, binding.type).cast(target)
    except ValueError as error:
        scope.fail("TD2009", str(error).split("\n")[0], "type")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        scope.fail("TD2009", f"a {binding.type} cannot become a {target}", "type")
    if pa.types.is_integer(target):
        low, high = integer_range(target)
        for bound in (binding.minimum, binding.maximum):
            if isinstance(bound, int) and not low <= bound <= high:
                scope.fail("TD2009", f"{bound} does not fit {text}, which ends at {low} and {high}", "type")
    try:
        return cast_binding(binding, target, f"{scope.table}.{scope.name}")
    except GenerationError as error:
        scope.fail("TD2009", error.message, "type", hint=error.hint)

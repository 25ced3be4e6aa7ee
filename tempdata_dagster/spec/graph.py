"""What the tables of a dataset say of each other: parents, periods, keys, names, and cycles among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tempdata_dagster.core.errors import Problem
from tempdata_dagster.core.names import find_clashes, fold
from tempdata_dagster.core.partition import Period, folder_names
from tempdata_dagster.core.registry import closest
from tempdata_dagster.spec.models import Table
from tempdata_dagster.spec.rows import ChildRows, FileRows, GridRows, PeriodRows


@dataclass(frozen=True)
class Draft:
    """The tables of a dataset before they are known to fit together.

    Attributes:
        tables: The tables; those with problems of their own stand in with what could be read of them.
        columns: The names of each table's columns, broken ones too; None when they come from a reference file.
        rows_known: The tables whose `rows` could be read.
    """

    tables: Mapping[str, Table]
    columns: Mapping[str, tuple[str, ...] | None]
    rows_known: frozenset[str]


def check_graph(draft: Draft) -> Iterator[Problem]:
    """Every problem between and within the tables that needs no engine, not yet placed."""
    for first, later in find_clashes(draft.tables):
        yield Problem("TD1033", f"tables '{first}' and '{later}' differ only by case", ("tables", later))
    yield from _check_parents(draft)
    for name, table in draft.tables.items():
        yield from _check_columns(draft, name, table)
        yield from _check_key(draft, name, table)
        yield from _check_partition_column(draft, name, table)


def period_of(draft: Draft, name: str) -> Period | None:
    """The partition length of a table; None when it is static, or cannot be told because of other problems."""
    seen = set()
    # Parents may stand in a circle, which is a problem that is told elsewhere.
    while name in draft.tables and name not in seen:
        seen.add(name)
        rows = draft.tables[name].rows
        if isinstance(rows, PeriodRows):
            return rows.per
        if isinstance(rows, GridRows):
            return rows.partition
        if not isinstance(rows, ChildRows):
            return None
        name = rows.per
    return None


def find_parent_cycle(draft: Draft, name: str) -> list[str] | None:
    """The tables of the `per:` cycle that begins and ends with `name`, if there is one."""
    chain = [name]
    while (parent := draft.tables[chain[-1]].parent) is not None and parent in draft.tables:
        chain.append(parent)
        if parent == name:
            return chain
        if parent in chain[:-1]:
            return None
    return None


def _check_parents(draft: Draft) -> Iterator[Problem]:
    reported: set[str] = set()
    for name, table in draft.tables.items():
        if table.parent is None:
            continue
        path = ("tables", name, "rows", "per")
        if table.parent not in draft.tables:
            hint = closest(table.parent, [*draft.tables, *Period])
            yield Problem("TD1030", f"'{table.parent}' is neither a period nor a table", path, hint)
        # A circle is one problem, told at the first of its tables.
        elif name not in reported and (cycle := find_parent_cycle(draft, name)):
            reported.update(cycle)
            message = f"the tables hang on each other in a circle: {' -> '.join(cycle)}"
            yield Problem("TD1032", message, path, "give one of them rows of its own")


def _check_columns(draft: Draft, name: str, table: Table) -> Iterator[Problem]:
    columns = draft.columns[name]
    from_file = isinstance(table.rows, FileRows)
    if not columns:
        if name in draft.rows_known and not from_file:
            hint = "only a table with 'rows: {file: ...}' may leave them out"
            yield Problem("TD1037", f"table '{name}' has no columns", ("tables", name), hint)
        return
    for first, later in find_clashes(columns):
        path = ("tables", name, "columns", later)
        yield Problem("TD1033", f"columns '{first}' and '{later}' differ only by case", path, "rename one of the two")
    # A column and a folder of one name: each reader has its own idea which of them to show.
    levels = {fold(level) for level in folder_names(period_of(draft, name))}
    for column in table.written:
        if fold(column) in levels:
            message = f"column '{column}' has the name of a folder level ({column.lower()}=...) of its partitions"
            yield Problem("TD1033", message, ("tables", name, "columns", column), "rename it, or mark it 'drop: true'")
    if table.columns and len(table.columns) == len(columns) and not table.written:
        yield Problem("TD1037", f"table '{name}' writes no column: all are dropped", ("tables", name, "columns"))


def _check_key(draft: Draft, name: str, table: Table) -> Iterator[Problem]:
    columns = draft.columns[name]
    for index, column in enumerate(table.key):
        path: tuple[str | int, ...] = ("tables", name, "key", index)
        if column in table.key[:index]:
            yield Problem("TD1038", f"'{column}' is twice in the key", path, "name each column once")
        elif column in table.columns and table.columns[column].drop:
            yield Problem("TD1038", f"key column '{column}' is dropped", path, "remove its 'drop: true'")
        elif column in table.columns and table.columns[column].nulls:
            yield Problem("TD1038", f"key column '{column}' has nulls", path, "remove its 'nulls'")
        elif columns and column not in columns and not isinstance(table.rows, FileRows):
            hint = closest(column, list(columns))
            yield Problem("TD1031", f"table '{name}' has no column '{column}' for its key", path, hint)


def _check_partition_column(draft: Draft, name: str, table: Table) -> Iterator[Problem]:
    rows = table.rows
    if not isinstance(rows, ChildRows) or rows.partition_by is None:
        return
    path = ("tables", name, "rows", "partition_by")
    columns = draft.columns[name] or ()
    if rows.partition_by not in columns:
        hint = closest(rows.partition_by, list(columns))
        yield Problem("TD1031", f"table '{name}' has no column '{rows.partition_by}' to partition by", path, hint)
    root = _root_of(draft, name)
    if root is not None and root in draft.rows_known and period_of(draft, root) is None:
        hint = "remove 'partition_by', or give that table a 'per: day'"
        yield Problem("TD1038", f"'{root}' is static, so that '{name}' has no partitions to choose from", path, hint)


def _root_of(draft: Draft, name: str) -> str | None:
    seen = {name}
    while isinstance(rows := draft.tables[name].rows, ChildRows):
        name = rows.per
        if name in seen or name not in draft.tables:
            return None
        seen.add(name)
    return name

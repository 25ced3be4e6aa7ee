"""Turns bound tables into contracts: columns, foreign keys, and which of those close a cycle among tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tempdata_dagster.core.errors import Problem
from tempdata_dagster.spec.contract import ColumnContract, ForeignKey, TableContract

if TYPE_CHECKING:
    from tempdata_dagster.engine.binder import Binder


def describe_tables(binder: Binder) -> dict[str, TableContract]:
    """The contracts of all bound tables; problems are noted in the binder."""
    keys = mark_cycles({table: foreign_keys_of(binder, table) for table in binder.relations}, _parents(binder))
    return {table: _describe_table(binder, table, tuple(keys[table])) for table in binder.relations}


def _parents(binder: Binder) -> dict[str, str]:
    return {table: spec.parent for table, spec in binder.dataset.tables.items() if spec.parent}


def _describe_table(binder: Binder, table: str, keys: tuple[ForeignKey, ...]) -> TableContract:
    spec = binder.dataset.tables[table]
    written = [name for name, settings in binder.columns_of(table).items() if not settings.drop]
    if not written:
        binder.problems.append(Problem("TD2012", f"table '{table}' writes no column", ("tables", table), "drop fewer"))
    return TableContract(
        dataset=binder.dataset.dataset,
        table=table,
        period=binder.relations[table].layout.period,
        key=spec.key,
        columns=tuple(_describe_column(binder, table, name) for name in written),
        foreign_keys=keys,
        rules=spec.rules,
        expectations=spec.expectations,
        description=spec.description,
        owners=spec.owners,
        where=binder.loaded.where(("tables", table)),
    )


def _describe_column(binder: Binder, table: str, name: str) -> ColumnContract:
    settings = binder.columns_of(table)[name]
    binding = binder.relations[table].columns[name]
    key = binder.dataset.tables[table].key
    return ColumnContract(
        name=name,
        type=binding.type,
        nullable=binding.nullable,
        unique=settings.unique or key == (name,),
        description=settings.description,
        pii=settings.pii,
        minimum=binding.minimum,
        maximum=binding.maximum,
        values=binding.values,
        pattern=binding.pattern,
        sources=tuple(sorted(node for node in binder.needs[table, name] if node[1])),
        where=binder.loaded.where(("tables", table, "columns", name)),
    )


def foreign_keys_of(binder: Binder, table: str) -> list[ForeignKey]:
    """The foreign keys among a table's written columns, cycles not yet marked.

    Columns that copy all key columns of a parent through one reference are its foreign key. A column that copies another
    table's foreign key is one to that table's parent too: lineitem's part is a row of partsupp, and of part.
    """
    bindings = binder.relations[table].columns
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for name, settings in binder.columns_of(table).items():
        for via, parent, column in () if settings.drop else origins_of(binder, table, name):
            groups.setdefault((via, parent), {}).setdefault(column, name)
    keys: list[ForeignKey] = []
    for (via, parent), copies in groups.items():
        parent_key = binder.dataset.tables[parent].key
        if parent_key and set(parent_key) <= set(copies):
            columns = tuple(copies[column] for column in parent_key)
            nullable = any(bindings[column].nullable for column in columns)
            lag = max(binder.relations[table].layout.reach - binder.relations[parent].layout.reach, 0)
            name = "foreign_key_" + "_".join(columns)
            if name in {key.name for key in keys}:
                name = f"{name}_to_{parent}"
            path, timed = tuple(via.split(".")), binder.relations[parent].layout.period is not None
            as_of = timed and bindings[columns[0]].as_of
            keys.append(ForeignKey(name, columns, parent, parent_key, nullable, as_of=as_of, lag=lag, via=path))
    return keys


def origins_of(binder: Binder, table: str, column: str) -> list[tuple[str, str, str]]:
    """Where a column's values are copied from, nearest first: the path of references, the parent table, and its column."""
    copies = binder.relations[table].columns[column].copies
    if copies is None:
        return []
    via, parent, name = copies
    return [copies, *((f"{via}.{path}", far, own) for path, far, own in origins_of(binder, parent, name))]


def mark_cycles(keys: dict[str, list[ForeignKey]], parents: dict[str, str]) -> dict[str, list[ForeignKey]]:
    """Mark the foreign keys that close a cycle.

    Edges are taken one by one - those to the table that the rows hang on, then the others that are not nullable, then the
    nullable ones, each in the file's order - and an edge that would close a cycle among those taken gives way.

    Args:
        keys: The foreign keys of each table.
        parents: The table that each table's rows hang on.
    """
    edges = [(table, index, key) for table, own in keys.items() for index, key in enumerate(own)]
    edges.sort(key=lambda edge: (parents.get(edge[0]) != edge[2].parent, edge[2].nullable))
    taken: dict[str, set[str]] = {table: set() for table in keys}
    marked = {table: list(own) for table, own in keys.items()}
    for table, index, key in edges:
        if table in _upstream(key.parent, taken):
            marked[table][index] = replace(key, cyclic=True)
        else:
            taken[table].add(key.parent)
    return marked


def _upstream(table: str, taken: dict[str, set[str]]) -> set[str]:
    seen, pending = {table}, [table]
    while pending:
        more = taken[pending.pop()] - seen
        seen |= more
        pending += more
    return seen

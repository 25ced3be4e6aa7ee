"""The canonical hash of a table: everything that its data and audit depend on, and nothing else."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.kind import Kind
from tempdata_dagster.engine.modifier import Modifier
from tempdata_dagster.engine.reference_file import digest_file
from tempdata_dagster.engine.streams import STREAM_VERSION
from tempdata_dagster.spec.canonical import canonical_column, canonical_dataset, canonical_table
from tempdata_dagster.spec.rows import GridRows, PeriodRows

if TYPE_CHECKING:
    from tempdata_dagster.engine.binder import Binder
    from tempdata_dagster.engine.kind import Node

ENGINE_VERSION = 2


def fingerprint_tables(binder: Binder) -> dict[str, str]:
    """The fingerprint of every bound table.

    A table's own settings count, its columns' and its row source's, and those of every column and row source of other
    tables that they are computed from, at any depth. A column of a parent that nothing here is computed from does not.
    """

    @cache
    def of_node(node: Node) -> str:
        needs = sorted(binder.needs.get(node, ()))
        return fingerprint([_own(binder, node), binder.facts.get(node, {}), [[*need, of_node(need)] for need in needs]])

    def of_table(table: str) -> str:
        settings = canonical_table(binder.dataset.tables[table])
        del settings["columns"], settings["rows"]
        nodes = {name: of_node((table, name)) for name, column in binder.columns_of(table).items() if not column.drop}
        versions = [ENGINE_VERSION, STREAM_VERSION]
        # No byte of the data depends on it, and yet an edit of it asks for the table to be published anew.
        goes_to = [one.model_dump() for one in binder.dataset.publications_of(table)]
        own = [canonical_dataset(binder.dataset), table, settings, nodes, of_node((table, ""))]
        return fingerprint([versions, *own, *([goes_to] if goes_to else [])])

    return {table: of_table(table) for table in binder.relations}


def _own(binder: Binder, node: Node) -> Any:
    table, column = node
    if column:
        settings = binder.columns_of(table)[column]
        version = settings.version if isinstance(settings, Kind) else 0
        cells = canonical_column(settings)
        del cells["drop"]  # `written` says it of the table's own; to other tables' cells it is nothing
        return [cells, version, *([one.version for one in settings.modifiers if isinstance(one, Modifier)] or ())]
    rows = binder.dataset.tables[table].rows
    dated = isinstance(rows, (PeriodRows, GridRows))
    path = binder.loaded.reference_file(table)
    return [
        type(rows).__name__,
        rows.model_dump(),
        binder.dataset.start if dated else None,
        digest_file(path) if path else None,
    ]

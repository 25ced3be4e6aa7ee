"""What of a dataset bears on its data, as plain values to take a fingerprint of."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from tempdata_dagster.spec.models import ColumnSettings, Dataset, Table

# Settings that change no byte of any table, each with the reason. Everything else counts, named here or not.
EXCLUDED = MappingProxyType({
    "dataset": MappingProxyType({
        "description": "text for people",
        "tags": "labels in Dagster only",
        "schedule": "when to run, not what to make",
        "publish": "where tables go; a table's fingerprint takes what holds for it",
        "start": "which partitions exist; a partition's rows do not depend on it",
        "tables": "each has a fingerprint of its own",
    }),
    "table": MappingProxyType({
        "description": "text for people",
        "owners": "labels in Dagster only",
        "publish": "as the dataset's",
    }),
    "column": MappingProxyType({
        "description": "text for people",
        "pii": "what results may show, not what is written",
    }),
})  # fmt: skip


def canonical_dataset(dataset: Dataset) -> dict[str, Any]:
    """The settings of the dataset itself that bear on every table: its name, its seed, its locale."""
    return _dump(dataset, "dataset", skip=())


def canonical_table(table: Table) -> dict[str, Any]:
    """Everything of a table's own settings that bears on its data or on what it promises.

    Comments, formatting, the order of keys and defaults that are written out leave it as it is. The order of columns
    changes no cell but the file's schema: it counts as the list `written`.
    """
    settings = _dump(table, "table", skip=("columns", "rows"))
    settings["rows"] = {"source": type(table.rows).__name__, **table.rows.model_dump()}
    settings["columns"] = {name: canonical_column(column) for name, column in table.columns.items()}
    settings["written"] = list(table.written)
    return settings


def canonical_column(column: ColumnSettings) -> dict[str, Any]:
    """A column's settings, those of its kind among them."""
    return _dump(column, "column", skip=())


def _dump(model: Dataset | Table | ColumnSettings, level: str, skip: tuple[str, ...]) -> dict[str, Any]:
    return model.model_dump(exclude={*EXCLUDED[level], *skip})

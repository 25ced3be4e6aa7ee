"""A loaded dataset with another seed or scale."""

from __future__ import annotations

import math
from dataclasses import replace

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.spec.load import LoadedDataset
from tempdata_dagster.spec.models import MAX_SEED, Dataset, Table
from tempdata_dagster.spec.rows import MAX_ROWS, ChildRows, PeriodRows, StaticRows

MAX_SCALE = 1e6


def override(loaded: LoadedDataset, seed: int | None = None, scale: float = 1.0) -> LoadedDataset:
    """The same dataset with another seed, and with the rows of its root tables multiplied.

    Args:
        loaded: The dataset.
        seed: In place of the file's, if given.
        scale: Multiplies the rows of static tables (not those with `scale: false`), and rates and initial populations of
            partitioned ones. Children follow their parents. Of static rows and initial populations at least 1 stays, and of
            a static table as many as a reference `unique_within` a parent's rows chooses from it.

    Raises:
        InputError: TD1110 when one of them is out of range.
    """
    if seed is not None and not 0 <= seed <= MAX_SEED:
        raise InputError("TD1110", f"seed {seed} is not between 0 and 2**63 - 1", "choose another")
    if not 0 < scale <= MAX_SCALE:
        raise InputError("TD1110", f"scale {scale} is not above 0 and at most {MAX_SCALE:g}", "choose another")
    dataset = loaded.dataset
    changed = {} if seed is None else {"seed": seed}
    if scale != 1.0:
        least = _count_needed(dataset)
        changed["tables"] = {  # type: ignore[assignment]
            name: _scale(table, scale, least.get(name, 1)) for name, table in dataset.tables.items()
        }
    return replace(loaded, dataset=dataset.model_copy(update=changed))


def _count_needed(dataset: Dataset) -> dict[str, int]:
    """How many rows of a table the references without repeats of the others choose from it, at most."""
    needed: dict[str, int] = {}
    for table in dataset.tables.values():
        for column in table.columns.values():
            if isinstance(table.rows, ChildRows) and getattr(column, "unique_within", None):
                parent = str(getattr(column, "to", ""))
                needed[parent] = max(needed.get(parent, 1), _most_children(table.rows))
    return needed


def _most_children(rows: ChildRows) -> int:
    """The most children that one row has; where the tail is cut off by the engine, no less than that."""
    mean = rows.mean or 0.0
    if rows.max is not None:
        return rows.max
    return max(rows.min, math.ceil(mean)) if rows.distribution == "fixed" else math.ceil(30 * mean) + 14


def _scale(table: Table, scale: float, least: int) -> Table:
    rows = table.rows
    if isinstance(rows, StaticRows) and rows.scale and rows.count:
        rows = rows.model_copy(update={"count": max(round(rows.count * scale), min(least, rows.count), 1)})
    elif isinstance(rows, PeriodRows):
        initial = max(round(rows.initial * scale), min(rows.initial, 1))
        rows = rows.model_copy(update={"mean": rows.mean * scale, "initial": initial})
    if getattr(rows, "count", 0) > MAX_ROWS or getattr(rows, "initial", 0) > MAX_ROWS:
        raise InputError("TD1110", f"scale {scale} makes a table of over {MAX_ROWS:,} rows", "choose a smaller one")
    return table.model_copy(update={"rows": rows})

"""A loaded dataset with another seed or scale."""

from __future__ import annotations

from dataclasses import replace

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.spec.load import LoadedDataset
from tempdata_dagster.spec.models import MAX_SEED, Table
from tempdata_dagster.spec.rows import MAX_ROWS, PeriodRows, StaticRows

MAX_SCALE = 1e6


def override(loaded: LoadedDataset, seed: int | None = None, scale: float = 1.0) -> LoadedDataset:
    """The same dataset with another seed, and with the rows of its root tables multiplied.

    Args:
        loaded: The dataset.
        seed: In place of the file's, if given.
        scale: Multiplies the rows of static tables (at least 1 stays; not those with `scale: false`), and rates and initial
            populations of partitioned ones. Children follow their parents.

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
        changed["tables"] = {name: _scale(table, scale) for name, table in dataset.tables.items()}  # type: ignore[assignment]
    return replace(loaded, dataset=dataset.model_copy(update=changed))


def _scale(table: Table, scale: float) -> Table:
    rows = table.rows
    if isinstance(rows, StaticRows) and rows.scale and rows.count:
        rows = rows.model_copy(update={"count": max(round(rows.count * scale), 1)})
    elif isinstance(rows, PeriodRows):
        initial = round(rows.initial * scale)
        rows = rows.model_copy(update={"mean": rows.mean * scale, "initial": initial})
    if getattr(rows, "count", 0) > MAX_ROWS or getattr(rows, "initial", 0) > MAX_ROWS:
        raise InputError("TD1110", f"scale {scale} makes a table of over {MAX_ROWS:,} rows", "choose a smaller one")
    return table.model_copy(update={"rows": rows})

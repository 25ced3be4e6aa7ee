"""Print some rows of a table. Nothing is written; the rows are those that 'generate' would publish."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tempdata_dagster.cli.options import add_spec, parse_count
from tempdata_dagster.cli.report import Report
from tempdata_dagster.cli.surroundings import Surroundings
from tempdata_dagster.cli.text import format_table

if TYPE_CHECKING:
    import pyarrow as pa

    from tempdata_dagster.engine.plan import Plan

# A block is computed whole, and few rows are wanted.
BLOCK_ROWS = 1024
CELL_WIDTH = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """SPEC TABLE, how many rows and of which partition."""
    add_spec(parser)
    parser.add_argument("table", metavar="TABLE")
    parser.add_argument("-n", "--rows", type=parse_count, default=10, metavar="N", help="rows to show (default: 10)")
    parser.add_argument("--partition", metavar="KEY", help="such as 2025-01-31 (default: the first one)")


def run(options: argparse.Namespace) -> Report:
    """Computes the first rows of the partition."""
    plan = Surroundings.here().open_plan(options.spec, options.seed, options.scale)
    key = choose_key(plan, options.table, options.partition)
    rows = read_rows(plan, options.table, key, options.rows)
    columns = [{"name": column.name, "type": str(column.type)} for column in plan.contract(options.table).columns]
    document = {
        "dataset": plan.dataset.dataset, "table": options.table, "partition": key, "columns": columns,
        "rows": rows.to_pylist(),
    }  # fmt: skip
    return Report(_format(rows, key), document)


def choose_key(plan: Plan, table: str, key: str | None) -> str | None:
    """The partition that `key` names, or the table's first one; None for a static table.

    Raises:
        InputError: TD2003 for an unknown table, TD1003 or TD2011 for a key that is no partition of it, TD6003 for a static table.
    """
    from tempdata_dagster.core.errors import InputError
    from tempdata_dagster.core.partition import key_of

    period = plan.period(table)
    if period is None and key is not None:
        raise InputError("TD6003", f"table '{table}' is static: it has no partition '{key}'", "leave --partition out")
    if period is None or key is None:
        return None if period is None else key_of(period, plan.first_ordinal(table))
    return plan.partition_keys(table, key, key)[0]


def read_rows(plan: Plan, table: str, key: str | None, count: int) -> pa.Table:
    """The first `count` rows of a partition, or all when it has fewer."""
    import pyarrow as pa

    def take() -> Iterator[pa.RecordBatch]:
        wanted = count
        for part in plan.parts(table, key):
            for batch in plan.batches(part, max(BLOCK_ROWS, min(count, 65_536))):
                yield batch.slice(0, wanted)
                wanted -= min(wanted, batch.num_rows)
                if not wanted:
                    return

    return pa.Table.from_batches(take(), plan.contract(table).schema)


def _format(rows: pa.Table, key: str | None) -> list[str]:
    import pyarrow as pa

    numbers = [i for i, column in enumerate(rows.schema) if pa.types.is_integer(column.type) or _is_fraction(column)]
    cells = [[_show(value) for value in row.values()] for row in rows.to_pylist()]
    where = f" of partition {key}" if key else ""
    return [*format_table(rows.column_names, cells, numbers), f"({len(cells):,} rows{where})"]


def _is_fraction(column: pa.Field) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(column.type) or pa.types.is_decimal(column.type))


def _show(value: Any) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= CELL_WIDTH else text[: CELL_WIDTH - 1] + "\N{HORIZONTAL ELLIPSIS}"

"""The DuckDB connection of one audit: the staged rows as the table `staged`, everything else shut off."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tempdata_dagster.checks.literal import quote_name
from tempdata_dagster.checks.model import AuditContext
from tempdata_dagster.checks.spill import open_spill

if TYPE_CHECKING:
    import duckdb
    import pyarrow.dataset as ds

# A thread that groups half a million texts needs 25 MB of buffers that cannot be spilled.
THREAD_MB = 64


class Session:
    """Runs SQL over Arrow data for the checks of one table.

    Attributes:
        staged: The rows under audit; `staged` in SQL.
        rows: How many there are.
        slices: In how many steps queries go that hold a row for each key, so that each step needs less memory.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, staged: ds.Dataset, context: AuditContext, slices: int
    ) -> None:
        self.staged = staged
        self.context = context
        self.slices = slices
        # Files tell it by their footers.
        self.rows: int = staged.count_rows()
        self._connection = connection
        self._numbers = itertools.count()

    def row(self, sql: str) -> tuple[Any, ...]:
        """The only row of a query."""
        return self.all(sql)[0]

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        rows: list[tuple[Any, ...]] = self._connection.sql(sql).fetchall()
        return rows

    def conditions(self, names: Sequence[str]) -> list[str]:
        """One SQL condition for each slice: rows that are equal in these columns, as quoted in SQL, meet the same one."""
        if self.slices == 1:
            return ["true"]
        return [f"hash({', '.join(names)}) % {self.slices} = {number}" for number in range(self.slices)]

    @contextmanager
    def relation(self, data: ds.Dataset | pa.Table) -> Iterator[str]:
        """The name under which SQL can read `data`, for the time of the block."""
        name = f"relation_{next(self._numbers)}"
        self._connection.register(name, data)
        try:
            yield name
        finally:
            self._connection.unregister(name)

    @contextmanager
    def materialized(self, sql: str) -> Iterator[str]:
        """The name of a temporary table with the result of a query, for the time of the block."""
        name = f"materialized_{next(self._numbers)}"
        self._connection.execute(f"CREATE TEMP TABLE {name} AS {sql}").fetchall()
        try:
            yield name
        finally:
            self._connection.execute(f"DROP TABLE {name}").fetchall()

    def examples(self, columns: Sequence[str], condition: str, limit: int = 5) -> list[str]:
        """Some distinct staged values that meet a condition, as text; for audits that may show values."""
        value = ", ".join(map(quote_name, columns))
        shown = f"CAST(({value}) AS VARCHAR)"
        return [
            row[0]
            # Ordered, so that the same rows give the same examples.
            for row in self.all(f"SELECT DISTINCT {shown} FROM staged WHERE {condition} ORDER BY 1 LIMIT {limit}")
        ]


def fit_threads(context: AuditContext) -> int:
    """The threads that there is memory for."""
    return max(1, min(context.threads, context.memory_mb // THREAD_MB))


@contextmanager
def open_session(staged: ds.Dataset, context: AuditContext, slices: int = 1) -> Iterator[Session]:
    """A session whose SQL can read the staged rows and nothing else: no files, no network, no settings."""
    import duckdb

    with open_spill() as spill:
        connection = duckdb.connect(
            config={
                "threads": fit_threads(context),
                "memory_limit": f"{context.memory_mb}MB",
                "temp_directory": spill,
                # No check asks for an order, and keeping it takes memory.
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        try:
            # DuckDB reads a moment's hour, day and text in the session's zone: the same verdict on every machine.
            connection.execute("SET TimeZone = 'UTC'").fetchall()
            # DuckDB takes Arrow data for one row and would build its hash tables on whole parents: keep joins as written.
            connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'").fetchall()
            connection.execute("SET enable_external_access = false").fetchall()
            # Last: from here on no rule of a dataset file can undo what was set above.
            connection.execute("SET lock_configuration = true").fetchall()
            connection.register("staged", staged)
            yield Session(connection, staged, context, slices)
        finally:
            connection.close()

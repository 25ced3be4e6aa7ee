"""One connection to a database, as publishing and reading use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import pyarrow as pa

from tempdata_dagster.publish.sql import Namespace


class Session(Protocol):
    """A connection with at most one transaction. Raises what its driver raises: `failure` maps it."""

    def execute(self, sql: str) -> None:
        """Run a statement that gives no rows and has no parameters."""

    def write(self, sql: str, values: Sequence[Any]) -> None:
        """Run a statement with parameters: `?` in `sql`, which holds no names but our own."""

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query; parameters as in `write`."""

    def columns(self, space: Namespace, table: str) -> list[str]:
        """The names of a table's (or a view's) columns; none when there is no such table."""

    def homes(self, table: str) -> list[str | None]:
        """The schemas that have a table of this name; None stands for the only one, where there are no schemas."""

    def begin(self) -> None:
        """Begin the transaction in which a partition is replaced."""

    def lock(self, name: str, wait: float) -> None:
        """Wait until no other transaction holds the lock of this name, and hold it to the end of the transaction.

        Raises:
            TransientError: TD3031 after `wait` seconds.
        """

    def load(self, space: Namespace, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """Append rows, which are converted already."""

    def stream(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of a query with exactly these types, in bounded memory."""

    def commit(self) -> None:
        """Make the transaction's changes hold."""

    def rollback(self) -> None:
        """Undo them."""

    def close(self) -> None:
        """Give the connection back; what is not committed is undone."""


def keep_error(batches: Iterable[pa.RecordBatch], failed: list[BaseException]) -> Iterator[pa.RecordBatch]:
    """`batches`, keeping what they raise: a driver that pulls them through Arrow's C interface passes on its text alone."""
    try:
        yield from batches
    except BaseException as error:
        failed.append(error)
        raise

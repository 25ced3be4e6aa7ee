"""The people of a table's rows: what the columns of one label draw together."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.locales.name_table import PATTERN_BITS

if TYPE_CHECKING:
    from tempdata_dagster.engine.streams import Stream

K = TypeVar("K", bound=Kind)


def name_stream(scope: Scope, person: str) -> Stream:
    """The bits that choose the sex and the names of each row's person; see `name_table`."""
    return scope.shared_stream("person", f"{person}/name")


def birth_stream(scope: Scope, person: str) -> Stream:
    """The bits that choose the day of birth of each row's person."""
    return scope.shared_stream("person", f"{person}/birth")


def find_columns(scope: Scope, person: str, kind: type[K]) -> dict[str, K]:
    """The columns of a kind that say something of the same person in this table, by name."""
    columns = scope.binder.columns_of(scope.table)
    return {
        name: column
        for name, column in sorted(columns.items())
        if isinstance(column, kind) and getattr(column, "person", None) == person
    }


def count_women(share: float) -> int:
    """How many of the values of a name's top bits are women's."""
    return round(share * (1 << PATTERN_BITS))

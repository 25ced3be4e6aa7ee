"""Which rows of a parent table a reference may choose: those that exist, and live, at each row's moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tempdata_dagster.core.partition import start_of
from tempdata_dagster.engine.addresses import INITIAL, Addresses
from tempdata_dagster.engine.arrays import is_null, unwrap
from tempdata_dagster.engine.calendar import Pattern
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.layout import ChildLayout, PeriodLayout, lands_late, root_of
from tempdata_dagster.engine.references.parents import Accept, Sizes
from tempdata_dagster.engine.relation import Frame, Relation
from tempdata_dagster.spec.models import ColumnSettings
from tempdata_dagster.spec.rows import ChildRows

DAY_US = 86_400_000_000
FOREVER = 2**62
Moments = Callable[[Frame], np.ndarray]


@dataclass(frozen=True)
class Eligibility:
    """The conditions of one reference.

    Attributes:
        scope: The reference's column.
        parent: The table that it points to.
        as_of: A column of this table: the moment by which the parent existed.
        since: A column of the parent: its moment of creation.
        alive: A column of the parent: its moment of ending.
        where: A column of the parent that is true for the rows that may be chosen.
    """

    scope: Scope
    parent: Relation
    as_of: str | None
    since: str | None
    alive: str | None
    where: str | None

    @property
    def itself(self) -> bool:
        """Whether the table refers to its own rows: then only to earlier ones."""
        return self.parent.name == self.scope.table

    def bind_moments(self) -> Moments:
        """As of when each row refers, microseconds; the end of its root's partition unless `as_of` says so."""
        if self.as_of:
            column = self.as_of
            binding = self.scope.column(column, "as_of")
            if not pa.types.is_temporal(binding.type) or binding.nullable:
                hint = "name a timestamp or date"
                self.scope.fail("TD2026", f"'{column}' is no moment without nulls", "as_of", hint=hint)
            return self._until_published(column)
        period = self.scope.relation.layout.period
        if period is None:
            return lambda frame: np.full(len(frame), FOREVER, dtype=np.int64)
        root = root_of(self.scope.relation).layout
        first = root.clock.first if isinstance(root, PeriodLayout) else 0

        def ends(frame: Frame) -> np.ndarray:
            partition = frame.rows.partitions
            return start_of(period, np.where(partition == INITIAL, first - 1, partition) + 1) - 1

        return ends

    def _until_published(self, column: str) -> Moments:
        """The moments of a column; those to come when a row is published count as the end of its partition."""
        layout = self.scope.relation.layout
        period = layout.period
        if period is None or self._is_known():
            return lambda frame: read_moments(frame.column(column))
        self.scope.rows_of(self.scope.table)
        return lambda frame: np.minimum(
            read_moments(frame.column(column)), start_of(period, layout.landing(frame) + 1) - 1
        )

    def _is_known(self) -> bool:
        """Whether the moment of `as_of` is over when the row is published."""
        rows = self.scope.spec.rows
        if not self.as_of or self.scope.relation.layout.period is None:
            return True
        if isinstance(rows, ChildRows) and rows.partition_by == self.as_of:
            return True
        return self.scope.column(self.as_of, "as_of").reach == 0

    def bind_sizes(self, moments: Moments) -> Sizes | None:
        """How many of the parent's root rows each row may choose from; None for a whole static table."""
        if self.itself:
            return _earlier_rows(self.parent)
        root = root_of(self.parent).layout
        if not isinstance(root, PeriodLayout):
            return None
        if self.scope.relation.layout.period is None and not self.as_of:
            hint = "add as_of with a moment of this table, or partition this table too"
            message = f"'{self.parent.name}' is partitioned and '{self.scope.table}' is not"
            self.scope.fail("TD2027", message, "to", hint=hint)
        clock = root.clock
        hours = self._arrival_hours(root_of(self.parent).name)
        # Without as_of the moment is a partition's last: three microseconds more reach past it.
        reach = 0 if self.as_of else 3
        return lambda frame: clock.arrived(moments(frame) + reach, hours)

    def bind_tests(self) -> Accept | None:
        """Whether drawn candidates will do; None when all do."""
        tests: list[Accept] = []
        layout = self.parent.layout
        since = self.since or (self._creation_moment() if self.as_of else None)
        if since:
            tests.append(self._since_test(since))
        if lands_late(layout):
            tests.append(_published_by(self.parent))
        if self.alive:
            tests.append(self._alive_test(self.alive))
        if self.where:
            tests.append(self._where_test(self.where))
        if self.itself and isinstance(layout, ChildLayout):
            tests.append(_earlier)
        if not tests:
            return None
        return lambda rows, moments, found: np.logical_and.reduce([test(rows, moments, found) for test in tests])

    def _since_test(self, column: str) -> Accept:
        self._check_moment(column, "since")

        def exists(_: Addresses, moments: np.ndarray, found: Frame) -> np.ndarray:
            begins = found.column(column)
            return np.asarray(~is_null(begins) & (read_moments(begins) <= moments))

        return exists

    def _check_moment(self, column: str, setting: str) -> None:
        kind = self.scope.column_of(self.parent.name, column, setting).type
        if not (pa.types.is_timestamp(kind) or pa.types.is_date32(kind)):
            hint = "name a timestamp or date"
            self.scope.fail("TD2026", f"'{column}' of '{self.parent.name}' is no moment", setting, hint=hint)

    def _alive_test(self, column: str) -> Accept:
        self._check_moment(column, "alive")

        own, exact, as_of = self.scope.relation, self._is_known(), self.as_of or ""

        def lives(rows: Addresses, moments: np.ndarray, found: Frame) -> np.ndarray:
            ends = found.column(column)
            until = moments if exact else read_moments(own.at(rows).column(as_of))
            return np.asarray(is_null(ends) | (read_moments(ends) > until))

        return lives

    def _where_test(self, column: str) -> Accept:
        if not pa.types.is_boolean(self.scope.column_of(self.parent.name, column, "where").type):
            hint = "name a boolean, or an expression that is true or false"
            message = f"'{column}' of '{self.parent.name}' is not true or false"
            self.scope.fail("TD2026", message, "where", hint=hint)

        def holds(_: Addresses, __: np.ndarray, found: Frame) -> np.ndarray:
            cells = found.column(column)
            return np.asarray(unwrap(cells) & ~is_null(cells))

        return holds

    def _creation_moment(self) -> str | None:
        """The parent's first moment, unless its order of arrival says already who existed when."""
        name = self._first_moment()
        if name is None:
            return None
        arrives = isinstance(self.parent.layout, PeriodLayout) and _arrives(
            self.scope.binder.columns_of(self.parent.name)[name]
        )
        # The order of one's own rows says who was first, not who was there at some other moment.
        return None if arrives and (not self.itself or self.as_of == name) else name

    def _first_moment(self) -> str | None:
        """That of arrival, or else one that follows no other; of several the first by name: their order is nothing."""
        columns = self.scope.binder.columns_of(self.parent.name)
        known = [name for name in columns if _is_certain(columns, name)]
        return min(known, key=lambda name: (not _arrives(columns[name]), _follows(columns, name), name), default=None)

    def _arrival_hours(self, table: str) -> Pattern:
        """The hour pattern by which the rows of a periodic table arrive: that of its moment of creation."""
        columns = self.scope.binder.columns_of(table)
        arriving = sorted(name for name, settings in columns.items() if _arrives(settings))
        since = (self.since or self._first_moment()) if table == self.parent.name else None
        name = since if since in arriving else next(iter(arriving), None)
        if name is None:
            return None
        self.scope.needs.add((table, name))
        find_hours = getattr(columns[name], "find_hours", None)
        return find_hours(self.scope.dataset.tables[table].rows) if find_hours else None


def _arrives(settings: ColumnSettings) -> bool:
    """Whether a column of a periodic table is the moment at which its rows arrive."""
    ranged = any(getattr(settings, name, None) is not None for name in ("after", "start"))
    return settings.kind == "timestamp" and not ranged


def _follows(columns: Mapping[str, ColumnSettings], name: str) -> bool:
    """Whether a moment is computed from another one of its table."""
    before = columns.get(getattr(columns[name], "after", None) or getattr(columns[name], "of", None) or "")
    return before is not None and before.kind in ("timestamp", "date")


def _is_certain(columns: Mapping[str, ColumnSettings], name: str) -> bool:
    """Whether a column is a moment that every row has, as far as the moments that it follows tell."""
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        settings = columns.get(name)
        if settings is None or settings.nulls or settings.type not in (None, "date", "timestamp"):
            return False
        if settings.kind not in ("timestamp", "date"):
            return len(seen) > 1
        name = getattr(settings, "after", None) or getattr(settings, "of", None) or name
    return True


def read_moments(cells: pa.Array) -> np.ndarray:
    """Microseconds since 1970 of timestamps, or of the midnights of dates; int64 of shape `(n,)`."""
    values = unwrap(cells).astype(np.int64)
    return values * DAY_US if pa.types.is_date32(cells.type) else values


def _published_by(parent: Relation) -> Accept:
    """A row that is published late is there for those only whose partition is not over before."""
    layout, root = parent.layout, root_of(parent).layout
    period = layout.period
    if period is None or not isinstance(root, PeriodLayout):
        raise TypeError("only tables that arrive by a period publish late")
    # Nothing is published before the first partition, which has what happened earlier.
    floor = root.clock.start_us
    return lambda _, moments, found: start_of(period, layout.landing(found)) <= np.maximum(moments, floor)


def _earlier(mine: Addresses, moments: np.ndarray, found: Frame) -> np.ndarray:
    del moments
    theirs = found.rows
    same = theirs.partitions == mine.partitions
    return np.asarray((theirs.partitions < mine.partitions) | (same & (theirs.ordinal < mine.ordinal)))


def _earlier_rows(parent: Relation) -> Sizes:
    """How many root rows lie before each row's own (with it, where a root row has several rows)."""
    bits, relation = 0, parent
    while isinstance(relation.layout, ChildLayout):
        bits, relation = bits + relation.layout.bits, relation.layout.parent
    root, more = relation.layout, 1 if bits else 0

    def sizes(frame: Frame) -> np.ndarray:
        own = (frame.rows.ordinal >> bits) + more
        return root.clock.before(frame.rows.partitions) + own if isinstance(root, PeriodLayout) else own

    return sizes

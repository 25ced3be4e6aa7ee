"""Foreign keys: the address of a parent row is drawn, and the parent's key function evaluated there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from pydantic import BeforeValidator, Field, model_validator

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.core.partition import start_of
from tempdata_dagster.engine.addresses import INITIAL, STATIC, Addresses
from tempdata_dagster.engine.arrays import is_null, set_null, unwrap
from tempdata_dagster.engine.distinct import choose_distinct
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.layout import ChildLayout, GridLayout, PeriodLayout, root_of
from tempdata_dagster.engine.matching import MAX_ROWS, ValueIndex
from tempdata_dagster.engine.parents import Accept, Population
from tempdata_dagster.engine.relation import Binding, Frame, Located, Relation
from tempdata_dagster.engine.sampling import Chooser, Power, Skew, Uniform, Zipf
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Identifier, Settings

DAY_US = 86_400_000_000
_DRAWN = ("as_of", "since", "alive", "skew", "unique_within", "where")
Moments = Callable[[Frame], np.ndarray]


class SkewSettings(Settings):
    """How references spread over parents; one of the three.

    `zipf`: the i-th oldest parent weighs i ** -zipf. `pareto`: this share of the references goes to the oldest fifth.
    `recent`: this share goes to the newest fifth.
    """

    zipf: float | None = Field(default=None, gt=0, le=10)
    pareto: float | None = Field(default=None, gt=0.2, lt=1)
    recent: float | None = Field(default=None, gt=0.2, lt=1)

    def build(self) -> tuple[Skew, bool]:
        """The skew, and whether it counts from the newest."""
        if self.zipf is not None:
            return Zipf(self.zipf), False
        share = self.pareto if self.pareto is not None else self.recent
        return (Uniform() if share is None else Power(share)), self.recent is not None


def _uniform(value: Any) -> Any:
    return {} if value == "uniform" else value


@KINDS.register("reference")
class Reference(Kind):
    """A foreign key to any table: one that the rows hang on, one of its own rows that came earlier, or any other.

    Without further settings a reference to the table in `rows: {per: ...}` (or above it) is the parent row itself. Otherwise a
    row is drawn: of a static table any row; of a partitioned one a row of a partition up to this one's, or, with `as_of`, a row
    that existed at the moment in that column.

    With `match` the parent is the row (of a static table) whose key is the value of that column: `country: {kind: reference, to:
    countries, match: country_code}`.

    Example: {kind: reference, to: customers, as_of: ordered_at, skew: {zipf: 1.1}}
    """

    to: Identifier
    column: Identifier | None = Field(default=None, description="the parent's column to hold; by default its key")
    as_of: Identifier | None = Field(default=None, description="a moment of this table: the parent existed by then")
    since: Identifier | None = Field(default=None, description="the parent's moment of creation; by default its first")
    alive: Identifier | None = Field(default=None, description="the parent's moment of ending: null or later")
    skew: Annotated[SkewSettings | None, BeforeValidator(_uniform)] = None
    unique_within: Identifier | None = Field(
        default=None, description="no parent twice within the rows of this reference"
    )
    spread: bool = Field(
        default=False,
        description="with unique_within: the parents of a group lie at equal distances (fast; growth moves them)",
    )
    where: Identifier | None = Field(default=None, description="a true-or-false column of the parent: only true ones")
    match: Identifier | None = Field(
        default=None, description="a column of this table with the value that the parent's row has: found, not drawn"
    )

    @model_validator(mode="after")
    def _found_or_drawn(self) -> Reference:
        drawn = [name for name in _DRAWN if getattr(self, name) is not None]
        if self.match and drawn:
            raise ValueError(f"a parent that matches is found, not drawn: drop {' and '.join(drawn)}")
        if self.spread and (self.skew or not self.unique_within):
            raise ValueError("spread goes with unique_within, and without a skew")
        return self

    def bind(self, scope: Scope) -> Binding:
        """The parent's key function at drawn addresses."""
        drawn = any(getattr(self, name) is not None for name in _DRAWN) or self.match is not None
        structural = self.to in scope.ancestors() and not drawn
        parent = scope.relation if structural else scope.rows_of(self.to, "to")
        name = self._key_column(scope)
        key = scope.column_of(self.to, name, *(["column"] if self.column else ["to"]))
        found_by = self._match(scope, parent, name, key) if self.match else None
        locate = found_by or (_locate_ancestor(self.to) if structural else self._draw(scope, parent))
        matched = scope.column(self.match, "match") if self.match else None
        reach = key.reach if structural else None

        def fill(frame: Frame) -> pa.Array:
            found = frame.follow(scope.name)
            cells = found.frame.column(name)
            return cells if found.missing is None else set_null(cells, found.missing)

        return Binding(
            key.type, fill, nullable=key.nullable or (matched is not None and matched.nullable), minimum=key.minimum,
            maximum=key.maximum, pattern=key.pattern, values=(matched.values if matched else None) or key.values,
            target=self.to, locate=locate, copies=(scope.name, self.to, name),
            as_of=not structural and parent.layout.period is not None, reach=reach,
        )  # fmt: skip

    def _key_column(self, scope: Scope) -> str:
        key = scope.dataset.tables[self.to].key
        if self.column:
            return self.column
        if len(key) != 1:
            hint = "add `column:` with one of its key columns, and a lookup for each of the others"
            scope.fail("TD2023", f"'{self.to}' has {len(key) or 'no'} key columns", "to", hint=hint)
        return key[0]

    def _match(self, scope: Scope, parent: Relation, name: str, key: Binding) -> Callable[[Frame], Located]:
        own = scope.column(self.match or "", "match")
        if parent.layout.period is not None or parent.layout.parent is not None:
            scope.fail("TD2029", f"rows of '{self.to}' cannot be found by value", "match", hint="match a static table")
        if parent.layout.spans(STATIC)[0].stop > MAX_ROWS:
            scope.fail("TD2029", f"'{self.to}' has over {MAX_ROWS:,} rows to match", "match", hint="draw its rows")
        try:
            pa.nulls(1, own.type).cast(key.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            scope.fail("TD2029", f"a {own.type} never matches a {key.type}", "match")
        index, label = ValueIndex(parent, name), f"{scope.table}.{scope.name}"
        values = list(own.values or ())
        unknown = np.flatnonzero(index.find(pa.array(values)) < 0).tolist() if values else []
        if unknown:
            message = f"no row of '{self.to}' has the {name} '{values[unknown[0]]}'"
            scope.fail("TD2029", message, "match", hint="correct the value, or add its row")

        def locate(frame: Frame) -> Located:
            rows, missing = index.locate(frame.column(self.match or ""), label)
            return Located(Frame(parent, rows), missing)

        return locate

    def _draw(self, scope: Scope, parent: Relation) -> Callable[[Frame], Located]:
        if isinstance(root_of(parent).layout, GridLayout):
            hint = "refer to the table of the grid's parents, or make this table a child of the grid"
            scope.fail("TD2024", f"'{self.to}' is a grid: its rows cannot be drawn", "to", hint=hint)
        if (
            parent.layout.period is None
            and not any(span.stop for span in parent.layout.spans(STATIC))
            and not self.nulls
        ):
            scope.fail("TD2035", f"'{self.to}' has no rows to refer to", "to", hint="give it rows, or set nulls here")
        skew, newest = self.skew.build() if self.skew else (Uniform(), False)
        chooser = Chooser(skew, newest, scope.stream("parent"), scope.stream("fraction"))
        if self.unique_within:
            return self._draw_distinct(scope, parent, chooser)
        itself = self.to == scope.table
        moments = self._moments(scope)
        sizes = self._sizes(scope, parent, moments)
        accept = self._accept(scope, parent, itself)
        population = Population(parent, chooser, sizes, accept, scope.stream("position"))
        optional = self.nulls > 0
        name = f"{scope.table}.{scope.name}"

        def locate(frame: Frame) -> Located:
            rows, missing = population.choose(frame, moments(frame))
            if missing.any() and not optional:
                raise GenerationError(
                    "TD2102", f"{int(missing.sum())} rows of {name} find no parent in '{self.to}'",
                    "set nulls, give the parent an initial population, or relax as_of and alive",
                )  # fmt: skip
            return Located(Frame(parent, rows), missing if optional else None)

        if itself and not optional:
            scope.fail(
                "TD2025", "the first row has no earlier row to refer to", "to", hint="set nulls, such as nulls: 10%"
            )
        return locate

    def _moments(self, scope: Scope) -> Moments:
        """As of when each row refers, microseconds; the end of its root's partition unless `as_of` says so."""
        if self.as_of:
            binding = scope.column(self.as_of, "as_of")
            if not pa.types.is_temporal(binding.type) or binding.nullable:
                scope.fail(
                    "TD2026", f"'{self.as_of}' is no moment without nulls", "as_of", hint="name a timestamp or date"
                )
            column = self.as_of
            return lambda frame: read_moments(frame.column(column))
        layout = scope.relation.layout
        period = layout.period
        if period is None:
            return lambda frame: np.full(len(frame), 2**62, dtype=np.int64)
        root = root_of(scope.relation).layout
        first = root.clock.first if isinstance(root, PeriodLayout) else 0

        def ends(frame: Frame) -> np.ndarray:
            partition = frame.rows.partitions
            return start_of(period, np.where(partition == INITIAL, first - 1, partition) + 1) - 1

        return ends

    def _sizes(self, scope: Scope, parent: Relation, moments: Moments) -> Callable[[Frame], np.ndarray] | None:
        """How many of the parent's root rows each row may choose from; None for a whole static table."""
        root = root_of(parent).layout
        if self.to == scope.table:
            return _earlier_rows(parent)
        if not isinstance(root, PeriodLayout):
            return None
        if scope.relation.layout.period is None and not self.as_of:
            hint = "add as_of with a moment of this table, or partition this table too"
            scope.fail("TD2027", f"'{self.to}' is partitioned and '{scope.table}' is not", "to", hint=hint)
        clock = root.clock
        hours = _arrival_hours(scope, root_of(parent).name)

        def sizes(frame: Frame) -> np.ndarray:
            # Without as_of the moment is a partition's last: three microseconds more reach past it.
            return clock.arrived(moments(frame) + (0 if self.as_of else 3), hours)

        return sizes

    def _accept(self, scope: Scope, parent: Relation, itself: bool) -> Accept | None:
        tests: list[Accept] = []
        since = self.since or (self._creation_moment(scope, parent) if self.as_of else None)
        if since:
            scope.column_of(self.to, since, "since")
            tests.append(lambda _, moments, found: read_moments(found.column(since)) <= moments)
        if self.alive:
            alive = self.alive
            binding = scope.column_of(self.to, alive, "alive")
            if not pa.types.is_temporal(binding.type):
                scope.fail("TD2026", f"'{alive}' of '{self.to}' is no moment", "alive", hint="name a timestamp or date")
            tests.append(lambda _, moments, found: _alive(found.column(alive), moments))
        if self.where:
            where = self.where
            if not pa.types.is_boolean(scope.column_of(self.to, where, "where").type):
                hint = "name a boolean, or an expression that is true or false"
                scope.fail("TD2026", f"'{where}' of '{self.to}' is not true or false", "where", hint=hint)
            tests.append(lambda _, __, found: _holds(found.column(where)))
        if itself and isinstance(parent.layout, ChildLayout):
            tests.append(_earlier)
        if not tests:
            return None
        return lambda rows, moments, found: np.logical_and.reduce([test(rows, moments, found) for test in tests])

    def _creation_moment(self, scope: Scope, parent: Relation) -> str | None:
        """The parent's first moment, unless its order of arrival says already who existed when."""
        for name, settings in scope.binder.columns_of(self.to).items():
            if settings.kind in ("timestamp", "date") and not settings.nulls:
                arrival = isinstance(parent.layout, PeriodLayout) and getattr(settings, "after", None) is None
                return None if arrival and settings.kind == "timestamp" else name
        return None

    def _draw_distinct(self, scope: Scope, parent: Relation, chooser: Chooser) -> Callable[[Frame], Located]:
        group = scope.column(self.unique_within or "", "unique_within")
        layout = scope.relation.layout
        if not isinstance(layout, ChildLayout) or group.target != layout.parent.name:
            hint = f"make '{scope.table}' a child table (`rows: {{per: ...}}`) and name its reference to that parent"
            scope.fail("TD2028", f"'{self.unique_within}' is not the parent of these rows", "unique_within", hint=hint)
        if (
            parent.layout.period is not None
            or parent.layout.parent is not None
            or self.as_of
            or self.alive
            or self.where
        ):
            hint = f"'{self.to}' must be a static table, without as_of, alive and where"
            scope.fail(
                "TD2028", "rows without repeats can be drawn from static tables only", "unique_within", hint=hint
            )
        size = parent.layout.spans(STATIC)[0].stop
        if size < layout.largest:
            hint = f"lower the max of the rows to {size}, or add rows to '{self.to}'"
            message = f"up to {layout.largest} rows without repeats need more than the {size} rows of '{self.to}'"
            scope.fail("TD2004", message, "unique_within", hint=hint)
        spare, mask = scope.stream("spare"), (1 << layout.bits) - 1
        if self.spread:
            step = size // layout.largest

            def locate_spread(frame: Frame) -> Located:
                first = below(spare.bits(frame.rows.shift(layout.bits)), size)
                index = (first + (frame.rows.ordinal & mask) * step) % size
                return Located(Frame(parent, Addresses(STATIC, index)))

            return locate_spread

        def locate(frame: Frame) -> Located:
            position = frame.rows.ordinal & mask
            index = choose_distinct(chooser, spare, frame.rows.shift(layout.bits), position, size, layout.bits)
            return Located(Frame(parent, Addresses(STATIC, index)))

        return locate


def read_moments(cells: pa.Array) -> np.ndarray:
    """Microseconds since 1970 of timestamps, or of the midnights of dates; int64 of shape `(n,)`."""
    values = unwrap(cells).astype(np.int64)
    return values * DAY_US if pa.types.is_date32(cells.type) else values


def _alive(cells: pa.Array, moments: np.ndarray) -> np.ndarray:
    return np.asarray(is_null(cells) | (read_moments(cells) > moments))


def _holds(cells: pa.Array) -> np.ndarray:
    return np.asarray(unwrap(cells) & ~is_null(cells))


def _earlier(mine: Addresses, moments: np.ndarray, found: Frame) -> np.ndarray:
    del moments
    theirs = found.rows
    same = theirs.partitions == mine.partitions
    return np.asarray((theirs.partitions < mine.partitions) | (same & (theirs.ordinal < mine.ordinal)))


def _earlier_rows(parent: Relation) -> Callable[[Frame], np.ndarray]:
    root, bits = root_of(parent).layout, 0
    layout: Any = parent.layout
    while isinstance(layout, ChildLayout):
        bits, layout = bits + layout.bits, layout.parent.layout
    more = 1 if bits else 0

    def sizes(frame: Frame) -> np.ndarray:
        own = (frame.rows.ordinal >> bits) + more
        return root.clock.before(frame.rows.partitions) + own if isinstance(root, PeriodLayout) else own

    return sizes


def _arrival_hours(scope: Scope, table: str) -> tuple[float, ...] | None:
    """The hour pattern by which the rows of a periodic table arrive: that of its first timestamp."""
    for name, settings in scope.binder.columns_of(table).items():
        if settings.kind == "timestamp" and getattr(settings, "after", None) is None:
            scope.needs.add((table, name))
            return getattr(settings, "hours", None)
    return None


def _locate_ancestor(table: str) -> Callable[[Frame], Located]:
    def locate(frame: Frame) -> Located:
        while frame.relation.name != table:
            frame = frame.parent()
        return Located(frame)

    return locate

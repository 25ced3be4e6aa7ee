"""Foreign keys: the address of a parent row is drawn, and the parent's key function evaluated there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from pydantic import BeforeValidator, Field, model_validator

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.engine.addresses import STATIC, Addresses
from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.layout import ChildLayout, GridLayout, root_of
from tempdata_dagster.engine.references.distinct import choose_distinct
from tempdata_dagster.engine.references.eligibility import Eligibility
from tempdata_dagster.engine.references.matching import MAX_ROWS, ValueIndex
from tempdata_dagster.engine.references.parents import Population, chance_of
from tempdata_dagster.engine.references.sampling import Chooser, SkewSettings, Uniform
from tempdata_dagster.engine.relation import Binding, Frame, Located, Relation
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Identifier

_LEAST_CHANCE = 1 / 5_000
_DRAWN = ("as_of", "since", "alive", "skew", "unique_within", "where")


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
    since: Identifier | None = Field(default=None, description="the parent's moment of creation; by default of arrival")
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
        values, label = list(own.values or ()), f"{scope.table}.{scope.name}"
        try:
            index = ValueIndex(parent, name)
            unknown = np.flatnonzero(index.find(pa.array(values)) < 0).tolist() if values else []
        except GenerationError as error:
            scope.fail("TD2029", error.message, "match", hint=error.hint)
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
        if 0 < chance_of(parent) < _LEAST_CHANCE:
            hint = "set `max` in the rows of the tables in between, or refer to a table further up"
            scope.fail("TD2024", f"hardly any draw would meet a row of '{self.to}'", "to", hint=hint)
        static = parent.layout.period is None
        if static and not self.nulls and not any(span.stop for span in parent.layout.spans(STATIC)):
            scope.fail("TD2035", f"'{self.to}' has no rows to refer to", "to", hint="give it rows, or set nulls here")
        skew, newest = self.skew.build() if self.skew else (Uniform(), False)
        chooser = Chooser(skew, newest, scope.stream("parent"), scope.stream("fraction"))
        if self.unique_within:
            return self._draw_distinct(scope, parent, chooser)
        eligible = Eligibility(scope, parent, self.as_of, self.since, self.alive, self.where)
        moments = eligible.bind_moments()
        population = Population(
            parent, chooser, eligible.bind_sizes(moments), eligible.bind_tests(), scope.stream("position")
        )
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

        if self.to == scope.table and not optional:
            scope.fail(
                "TD2025", "the first row has no earlier row to refer to", "to", hint="set nulls, such as nulls: 10%"
            )
        return locate

    def _draw_distinct(self, scope: Scope, parent: Relation, chooser: Chooser) -> Callable[[Frame], Located]:
        group = scope.column(self.unique_within or "", "unique_within")
        layout = scope.relation.layout
        if not isinstance(layout, ChildLayout) or group.target != layout.parent.name:
            hint = f"make '{scope.table}' a child table (`rows: {{per: ...}}`) and name its reference to that parent"
            scope.fail("TD2028", f"'{self.unique_within}' is not the parent of these rows", "unique_within", hint=hint)
        static = parent.layout.period is None and parent.layout.parent is None
        if not static or self.as_of or self.alive or self.where:
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


def _locate_ancestor(table: str) -> Callable[[Frame], Located]:
    def locate(frame: Frame) -> Located:
        while frame.relation.name != table:
            frame = frame.parent()
        return Located(frame)

    return locate

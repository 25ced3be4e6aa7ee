"""The state of a life cycle as of a moment."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.core.partition import DAY_US
from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import is_null, set_null, unwrap, wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.layout import GridLayout
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.engine.timing.as_of import AsOf, bind_as_of
from tempdata_dagster.engine.timing.cycles import NEVER, Machine, StateOrFinal, find_faults
from tempdata_dagster.engine.types import TIMESTAMP
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Identifier

_NO_DATA = {"kind", "type", "nulls", "unique", "description", "pii", "drop"}


@KINDS.register("status")
class Status(Kind):
    """The state of a life cycle: a state machine that begins at the moment `since` and changes after dwell times.

    It is that as of the end of the row's partition, or of a moment (`as_of`); null before the beginning. In a grid
    (`rows: {per: orders, every: 1d}`) each row shows its parent's cycle, `since` is a column of the parent, and one day goes
    on where the other ended. A row changes its state 1,000 times at most. The kinds `status_since` and `transition` give the moments of the changes.

    Example: {kind: status, since: ordered_at, start: new, states: {new: {dwell: {max: 3d}, next: sent}, sent: final}}
    """

    since: Identifier = Field(description="the moment at which the cycle begins; in a grid a column of the parent")
    start: str = Field(max_length=60, description="the first state")
    states: dict[Annotated[str, Field(min_length=1, max_length=60)], StateOrFinal] = Field(min_length=1, max_length=60)
    as_of: AsOf = None
    cycle: Identifier | None = Field(default=None, description="the name of the cycle, where a row has several")

    @model_validator(mode="after")
    def _known(self) -> Status:
        if self.start not in self.states:
            raise ValueError(f"the start '{self.start}' is no state of: {', '.join(sorted(self.states))}")
        return self

    def bind(self, scope: Scope) -> Binding:
        """The number of the state as a dictionary."""
        hidden, names, nullable = self.bind_course(scope)
        values = pa.array(names)

        def fill(frame: Frame) -> pa.Array:
            course = frame.column(hidden)
            cells = pa.DictionaryArray.from_arrays(wrap(unwrap(course.field("state")), pa.int32()), values)
            return set_null(cells, is_null(course)) if course.null_count else cells

        return Binding(pa.dictionary(pa.int32(), pa.string()), fill, nullable=nullable, values=names)

    def bind_course(self, scope: Scope) -> tuple[str, tuple[str, ...], bool]:
        """The hidden column of all that rows have gone through, the states in its order, and whether rows may have none.

        Raises:
            UnboundError: The machine is illegal, or its moments are none; the problems are noted.
        """
        for name, message, hint in find_faults(self.states, self.start)[:1]:
            scope.fail("TD2079", message, "states", name, hint=hint)
        machine = Machine(self.states, self.start)
        cutoff, open_end = bind_as_of(scope, self.as_of)
        layout = scope.rows_of(scope.table).layout
        entity = layout.parent if isinstance(layout, GridLayout) else scope.relation
        since = scope.column_of(entity.name, self.since, "since") if entity.name != scope.table else None
        since = since or scope.column(self.since, "since")
        if not (pa.types.is_timestamp(since.type) or pa.types.is_date32(since.type)):
            scope.fail("TD2026", f"'{self.since}' is no moment", "since", hint="name a timestamp or a date")
        dataset, unit = scope.dataset, DAY_US if pa.types.is_date32(since.type) else 1
        stream = Stream.of(dataset.seed, dataset.dataset, entity.name, "", f"cycle/{self.cycle or ''}")
        fields = ["state", "since", *(f"first {name}" for name in machine.names)]
        kind = pa.struct([(name, pa.int32() if name == "state" else pa.int64()) for name in fields])

        def draw(frame: Frame) -> pa.Array:
            owner = frame.parent() if isinstance(layout, GridLayout) else frame
            born, (end, unknown) = owner.column(self.since), cutoff(frame)
            micros = unwrap(born).astype(np.int64) * unit
            null = is_null(born) | (micros >= end)
            if unknown is not None:
                null |= unknown
            course = machine.run(
                stream, (owner.rows.ordinal, owner.rows.partitions), micros, np.where(null, micros, end)
            )
            arrays = [wrap(course.state.astype(np.int32), pa.int32()), wrap(course.since, pa.int64())]
            arrays += [wrap(first, pa.int64()) for first in course.first]
            mask = pa.array(null) if null.any() else None
            return pa.StructArray.from_arrays(arrays, fields=list(kind), mask=mask)

        settings = fingerprint(self.model_dump(exclude=_NO_DATA))
        hidden = scope.share(f"course {settings}", lambda: Binding(kind, draw, nullable=True))
        certain = isinstance(layout, GridLayout) is False and self.as_of is None and since.reach == 0
        return hidden, machine.names, open_end or since.nullable or not certain


def find_status(scope: Scope, name: str) -> Status:
    """The settings of a column of statuses of the same table.

    Raises:
        UnboundError: There is none; the problem is noted.
    """
    scope.column(name, "of")
    found = scope.binder.columns_of(scope.table)[name]
    if not isinstance(found, Status):
        known = [one for one, column in scope.binder.columns_of(scope.table).items() if isinstance(column, Status)]
        scope.fail(
            "TD2084", f"'{name}' is no status", "of", hint=closest(name, known) or "name a column of kind status"
        )
    return found


def bind_moment(scope: Scope, of: str, field: str, nullable: bool) -> Binding:
    """A moment of the course of a column of statuses: null where it is not reached yet."""
    hidden, _, unborn = find_status(scope, of).bind_course(scope)

    def fill(frame: Frame) -> pa.Array:
        course = frame.column(hidden)
        micros = unwrap(course.field(field))
        null = micros == NEVER if nullable else np.zeros(len(frame), dtype=bool)
        if course.null_count:
            null = null | is_null(course)
        return set_null(wrap(micros, TIMESTAMP), null)

    return Binding(TIMESTAMP, fill, nullable=nullable or unborn)

"""When events happen that come in sessions."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.core.partition import DAY_US
from tempdata_dagster.engine.arrays import is_null, set_null, unwrap, wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.layout import ChildLayout
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.timing.lags import Lag
from tempdata_dagster.engine.timing.sessions import Rhythm, follow
from tempdata_dagster.engine.types import TIMESTAMP
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Duration, Identifier

_NO_DATA = {"kind", "type", "nulls", "unique", "description", "pii", "drop", "precision"}
_LONGEST = 1 << 60
_LONGEST_US = 50 * 366 * DAY_US


@KINDS.register("session_time")
class SessionTime(Kind):
    """The moment of an event of a parent, such as a click of a user: the events of a parent are in order, and in sessions.

    Two events of a session are a `gap` apart, two sessions a `pause`; a session has `events` of them on average. `after` is
    the moment of the parent from which on they happen. The kind `session_number` tells the sessions apart.

    Example: {kind: session_time, after: signed_up_at, gap: {max: 2min}, pause: {min: 1h, max: 3d}, events: 8}
    """

    after: Identifier = Field(description="a moment of the parent")
    gap: Lag = Field(description="between two events of a session")
    pause: Lag = Field(description="between two sessions")
    wait: Lag = Field(default=Lag(max=0), description="from the parent's moment to the first event")
    events: float = Field(default=10.0, ge=1, le=1e6, description="mean number of events of a session")
    precision: Duration = Field(default=1_000, ge=1, le=3_600_000_000)

    @model_validator(mode="after")
    def _timed(self) -> SessionTime:
        if any(lag.unit != "time" for lag in (self.gap, self.pause, self.wait)):
            raise ValueError("gaps and pauses are durations, such as {min: 1s, max: 2min}")
        return self

    def bind(self, scope: Scope) -> Binding:
        """The parent's moment and the sum of the gaps before the event."""
        hidden, parent = self.bind_events(scope)
        born = scope.column_of(parent, self.after, "after")
        is_date = pa.types.is_date32(born.type)
        if not (is_date or pa.types.is_timestamp(born.type)):
            scope.fail(
                "TD2026", f"'{self.after}' is no moment", "after", hint="name a timestamp or a date of the parent"
            )
        unit = DAY_US if is_date else 1

        def fill(frame: Frame) -> pa.Array:
            cells = frame.parent().column(self.after)
            begin = unwrap(cells).astype(np.int64) * unit
            moments = begin + unwrap(frame.column(hidden).field("passed"))
            moments = np.maximum(moments // self.precision * self.precision, begin)
            array = wrap(moments, TIMESTAMP)
            return set_null(array, is_null(cells)) if cells.null_count else array

        return Binding(TIMESTAMP, fill, nullable=born.nullable, reach=self._reach(scope, born.reach))

    def bind_events(self, scope: Scope) -> tuple[str, str]:
        """The hidden column of the time since the parent's moment and the session's number; and the parent.

        Raises:
            UnboundError: The rows are no events of a parent; the problem is noted.
        """
        layout = scope.relation.layout  # not its rows: they may be published by this very moment
        if not isinstance(layout, ChildLayout):
            hint = "make the table one of children: `rows: {per: <table>, mean: 20, distribution: poisson}`"
            scope.fail("TD2084", f"the rows of '{scope.table}' are no events of a parent", hint=hint)
        for name in ("gap", "pause", "wait"):
            getattr(self, name).check(scope, name)
        if layout.largest * max(self.gap.most, self.pause.most) >= _LONGEST:
            hint = "shorten the pauses, or give the rows a lower max"
            scope.fail("TD2031", "so many events so far apart have no end in time", "pause", hint=hint)
        settings = fingerprint(self.model_dump(exclude=_NO_DATA))
        samples = (self.wait.sampler(), self.gap.sampler(), self.pause.sampler())
        stream = scope.shared_stream("session")
        rhythm = Rhythm(layout.bits, stream, 1.0 / self.events, *samples)
        kind = pa.struct([("passed", pa.int64()), ("session", pa.int32())])

        def draw(frame: Frame) -> pa.Array:
            passed, session = follow(rhythm, frame.rows)
            arrays = [wrap(passed, pa.int64()), wrap(session.astype(np.int32), pa.int32())]
            return pa.StructArray.from_arrays(arrays, fields=list(kind))

        return scope.share(f"session {settings}", lambda: Binding(kind, draw)), layout.parent.name

    def _reach(self, scope: Scope, born: int | None) -> int | None:
        layout = scope.relation.layout
        if born is None or not isinstance(layout, ChildLayout):
            return None
        longest = born + self.wait.most + layout.largest * max(self.gap.most, self.pause.most)
        return longest if longest < _LONGEST_US else None

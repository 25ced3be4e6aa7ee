"""Which session of its parent an event belongs to."""

from __future__ import annotations

import pyarrow as pa

from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import is_null, set_null, unwrap, wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.session_time import SessionTime
from tempdata_dagster.spec.values import Identifier


@KINDS.register("session_number")
class SessionNumber(Kind):
    """The number of an event's session, from 1 on for each parent: that of a column of kind `session_time`.

    Example: {kind: session_number, of: clicked_at}
    """

    of: Identifier

    def bind(self, scope: Scope) -> Binding:
        """Counted along with the gaps."""
        moment = scope.column(self.of, "of")
        columns = scope.binder.columns_of(scope.table)
        found = columns[self.of]
        if not isinstance(found, SessionTime):
            known = [name for name, column in columns.items() if isinstance(column, SessionTime)]
            hint = closest(self.of, known) or "name a column of kind session_time"
            scope.fail("TD2084", f"'{self.of}' is no moment of events in sessions", "of", hint=hint)
        hidden, _ = found.bind_events(scope)

        def fill(frame: Frame) -> pa.Array:
            numbers = wrap(unwrap(frame.column(hidden).field("session")), pa.int32())
            return set_null(numbers, is_null(frame.column(self.of)))

        return Binding(pa.int32(), fill, nullable=moment.nullable, minimum=1)

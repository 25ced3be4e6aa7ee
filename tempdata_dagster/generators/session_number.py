"""Which session of its parent an event belongs to."""

from __future__ import annotations

import pyarrow as pa

from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import unwrap, wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
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
        scope.column(self.of, "of")
        columns = scope.binder.columns_of(scope.table)
        found = columns[self.of]
        if not isinstance(found, SessionTime):
            known = [name for name, column in columns.items() if isinstance(column, SessionTime)]
            hint = closest(self.of, known) or "name a column of kind session_time"
            scope.fail("TD2084", f"'{self.of}' is no moment of events in sessions", "of", hint=hint)
        hidden, _ = found.bind_events(scope)
        return Binding(
            pa.int32(), lambda frame: wrap(unwrap(frame.column(hidden).field("session")), pa.int32()), minimum=1
        )

"""When a life cycle came to a state."""

from __future__ import annotations

from pydantic import Field

from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.status import bind_moment, find_status
from tempdata_dagster.spec.values import Identifier


@KINDS.register("transition")
class Transition(Kind):
    """The moment at which a row of a column of kind `status` came to a state for the first time; null if it has not yet.

    Example: {kind: transition, of: status, to: shipped}
    """

    of: Identifier
    to: str = Field(min_length=1, max_length=60, description="a state")

    def bind(self, scope: Scope) -> Binding:
        """From the same course as the status."""
        status = find_status(scope, self.of)
        if self.to not in status.states:
            hint = closest(self.to, list(status.states))
            scope.fail("TD2084", f"'{self.to}' is no state of '{self.of}'", "to", hint=hint)
        return bind_moment(scope, self.of, f"first {self.to}", nullable=self.to != status.start)

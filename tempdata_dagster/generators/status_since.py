"""Since when a status lasts."""

from __future__ import annotations

from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.status import bind_moment
from tempdata_dagster.spec.values import Identifier


@KINDS.register("status_since")
class StatusSince(Kind):
    """The moment at which the present state of a column of kind `status` began.

    Example: {kind: status_since, of: status}
    """

    of: Identifier

    def bind(self, scope: Scope) -> Binding:
        """From the same course as the status."""
        return bind_moment(scope, self.of, "since", nullable=False)

"""A column of the parent that a reference points to."""

from __future__ import annotations

import pyarrow as pa

from tempdata_dagster.engine.arrays import set_null
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame, Located
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Identifier


@KINDS.register("lookup")
class Lookup(Kind):
    """The value of any column of the row that a reference (or a look-up of one) points to.

    Example: {kind: lookup, of: customer_id, column: country}
    """

    of: Identifier
    column: Identifier

    def bind(self, scope: Scope) -> Binding:
        """The parent's function at the reference's addresses."""
        reference = scope.column(self.of, "of")
        if reference.locate is None or reference.target is None:
            hint = "name a column of kind reference, or a lookup of one"
            scope.fail("TD2021", f"column '{self.of}' points to no table", "of", hint=hint)
        copied = scope.column_of(reference.target, self.column, "column")
        # Only the rows that these hang on: those that were drawn may be from long before.
        own = reference.target in scope.ancestors() and not reference.as_of
        return Binding(
            copied.type,
            self._fill,
            nullable=copied.nullable or reference.nullable,
            minimum=copied.minimum,
            maximum=copied.maximum,
            values=copied.values,
            pattern=copied.pattern,
            target=copied.target if copied.locate else reference.target,
            locate=self._locate_further if copied.locate else lambda frame: frame.follow(self.of),
            copies=(self.of, reference.target, self.column),
            as_of=reference.as_of or (copied.as_of and copied.locate is not None),
            reach=copied.reach if own else None,
        )

    def _fill(self, frame: Frame) -> pa.Array:
        found = frame.follow(self.of)
        cells = found.frame.column(self.column)
        return cells if found.missing is None else set_null(cells, found.missing)

    def _locate_further(self, frame: Frame) -> Located:
        first = frame.follow(self.of)
        second = first.frame.follow(self.column)
        if first.missing is None or second.missing is None:
            return Located(second.frame, second.missing if first.missing is None else first.missing)
        return Located(second.frame, first.missing | second.missing)

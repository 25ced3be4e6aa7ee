"""Cells of text that some rows have in another form, for modifiers of text."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from tempdata_dagster.engine.arrays import plain, wrap
from tempdata_dagster.engine.modifier import Modifier, ModifierScope, change
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.spec.values import Share

Form = Callable[[pa.Array], pa.Array]
_WHOLE = 2.0**64


class TextModifier(Modifier):
    """A modifier that gives a share of the texts one of several forms."""

    share: Share = Field(default=1.0, description="of the rows")

    @abstractmethod
    def forms(self) -> list[Form]:
        """The forms, each a function from texts to texts."""

    def bind(self, scope: ModifierScope, column: Binding) -> Binding:
        """Which rows by one stream, and which form by another; nulls stay."""
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not pa.types.is_string(kind):
            hint = "put it on a column of text"
            scope.fail("TD2066", f"'{self.kind}' changes text, and the column is a {column.type}", "kind", hint=hint)
        forms, where, which = self.forms(), scope.stream("where"), scope.stream("which")
        limit = np.uint64(min(self.share * _WHOLE, np.nextafter(_WHOLE, 0)))

        def fill(frame: Frame) -> pa.Array:
            cells = plain(column.fill(frame))
            if self.share == 1.0 and len(forms) == 1:
                return forms[0](cells)
            hit = where.bits(frame.rows) < limit if self.share < 1.0 else np.ones(len(frame), dtype=bool)
            chosen = np.where(hit, below(which.bits(frame.rows), len(forms)), -1)
            return give_forms(cells, chosen, forms)

        return change(column, fill, type=pa.string())


def give_forms(cells: pa.Array, chosen: np.ndarray, forms: list[Form]) -> pa.Array:
    """The texts, those with a number in the form of that number.

    Args:
        cells: Plain texts.
        chosen: The number of the form for each, int64 of shape `(n,)`; -1 for none.
        forms: The forms.
    """
    rows = [np.flatnonzero(chosen == number) for number in range(len(forms))]
    pieces = [cells, *(form(cells.take(wrap(some, pa.int64()))) for form, some in zip(forms, rows, strict=True))]
    place, first = np.arange(len(cells)), len(cells)
    for some in rows:
        place[some] = np.arange(first, first + len(some))
        first += len(some)
    return pa.concat_arrays(pieces).take(wrap(place, pa.int64()))


def glue(*pieces: pa.Array | str) -> pa.Array:
    """The pieces of each row glued together."""
    return pc.binary_join_element_wise(*pieces, "")

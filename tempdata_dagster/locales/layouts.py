"""Text whose parts stand in an order that depends on the row: addresses of several countries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.locales.pieces import Pieces


@dataclass(frozen=True)
class Field:
    """A part of a layout that differs from row to row.

    Attributes:
        name: Such as `city`.
    """

    name: str


Layout = tuple[Field | str, ...]


class Layouts:
    """Some layouts, and the stock of what can stand in their fields.

    Args:
        layouts: Each a sequence of fields and of text.
        stocks: What can stand in each field: a string array without nulls.
    """

    def __init__(self, layouts: Sequence[Layout], stocks: Mapping[str, pa.StringArray]) -> None:
        unique = list(dict.fromkeys(layouts))
        self._number = np.array([unique.index(layout) for layout in layouts])
        pieces = [_glue_text(layout) for layout in unique]
        width = max(map(len, pieces))
        names, texts, total = list(stocks), [pa.array([""])], 1
        found: dict[tuple[str, str], int] = {}
        # The field at each place of a layout, -1 for none; and where what can stand there begins in the stock.
        self._field = np.full((len(unique), width), -1, dtype=np.int8)
        self._first = np.zeros((len(unique), width), dtype=np.int32)
        for row, layout in enumerate(pieces):
            for place, (name, after) in enumerate(layout):
                if (name, after) not in found:
                    found[name, after] = total
                    stock = stocks[name] if name else pa.array([""])
                    texts.append(pc.binary_join_element_wise(stock, after, "") if after else stock)
                    total += len(stock)
                self._first[row, place] = found[name, after]
                self._field[row, place] = names.index(name) if name else -1
        self._names = names
        self._present = [[number for number in np.unique(column).tolist() if number >= 0] for column in self._field.T]
        self._pieces = Pieces(pa.concat_arrays(texts))

    def write(self, layout: np.ndarray, parts: Mapping[str, np.ndarray]) -> pa.StringArray:
        """Each row's text.

        Args:
            layout: Which one each row has, int64 of shape `(n,)`.
            parts: What stands in each field: places in its stock, of shape `(n,)`; those that a row's layout lacks may be anything.
        """
        single = len(self._first) == 1
        which = layout if single else self._number[layout]
        index = np.empty((len(layout), self._first.shape[1]), dtype=np.int32)
        for place, present in enumerate(self._present):
            column = self._first[0, place] if single else self._first[:, place][which]
            fields = self._field[:, place]
            if len(present) == 1 and (fields >= 0).all():
                index[:, place] = column + parts[self._names[present[0]]]
                continue
            index[:, place] = column
            for number in present:
                rows = np.flatnonzero((fields == number)[which])
                index[rows, place] += parts[self._names[number]][rows].astype(np.int32)
        return self._pieces.glue(index)


def _glue_text(layout: Layout) -> list[tuple[str, str]]:
    """The fields of a layout, each with the text that follows it; text at the beginning follows a field without a name."""
    pieces: list[tuple[str, str]] = []
    for part in layout:
        if isinstance(part, Field):
            pieces.append((part.name, ""))
        elif pieces:
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + part)
        else:
            pieces.append(("", part))
    return pieces

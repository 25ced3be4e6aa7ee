"""Coordinates as text, in decimal degrees with five digits."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa

from tempdata_dagster.locales.pieces import Pieces

_UNITS = 100_000
_WHOLE = 181


@lru_cache(maxsize=1)
def _number_stock() -> pa.StringArray:
    """Whole degrees with a point, once without a sign and once with it, and all fractions."""
    whole = [f"{sign}{degrees}." for sign in ("", "-") for degrees in range(_WHOLE)]
    return pa.array([*whole, *(f"{fraction:05d}" for fraction in range(_UNITS))], pa.string())


class CoordinateWriter:
    """Writes texts such as `POINT (13.40495 52.52001)`.

    Args:
        texts: What else can stand in them; piece i is `texts[i]`.
    """

    def __init__(self, texts: list[str]) -> None:
        self._first = len(texts)
        self._pieces = Pieces(pa.concat_arrays([pa.array(texts, pa.string()), _number_stock()]))

    def number(self, index: np.ndarray, units: np.ndarray) -> None:
        """Put the two pieces of a number in place.

        Args:
            index: The two columns of the pieces, int32 of shape `(n, 2)`; written.
            units: Hundred-thousandths of a degree, int64 of shape `(n,)`.
        """
        size = np.abs(units)
        whole = size // _UNITS
        index[:, 0] = whole + np.where(units < 0, _WHOLE, 0) + self._first
        index[:, 1] = size - whole * _UNITS + (self._first + 2 * _WHOLE)

    def glue(self, index: np.ndarray) -> pa.StringArray:
        """Each row's pieces as one text; see `Pieces.glue`."""
        return self._pieces.glue(index)

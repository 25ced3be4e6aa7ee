"""How many rows a run has made so far, its worker processes included."""

from __future__ import annotations

import os

_PLACES = 256


class RowCount:
    """A count that worker processes add to without waiting for each other.

    Each process has a place of its own in shared memory, by its id: no lock that a killed worker would keep for ever. Should
    two of them share a place, rows may be missing in the count, which is shown and never computed with.
    """

    def __init__(self) -> None:
        from multiprocessing.sharedctypes import RawArray

        self._places = RawArray("q", _PLACES)

    def add(self, rows: int) -> None:
        """Count rows that this process has made."""
        self._places[os.getpid() % _PLACES] += rows

    @property
    def total(self) -> int:
        """The rows of all processes."""
        return sum(self._places)

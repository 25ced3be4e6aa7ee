"""Which parent a row refers to: the candidates that exist, drawn and, where a condition asks for it, drawn again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tempdata_dagster.engine.addresses import STATIC, Addresses
from tempdata_dagster.engine.layout import ChildLayout, PeriodLayout, root_of
from tempdata_dagster.engine.references.sampling import Chooser
from tempdata_dagster.engine.relation import Frame, Relation
from tempdata_dagster.engine.streams import Stream, below

MAX_TRIALS = 2_000
# Few rows draw several times at once: it costs little more than drawing once.
_AT_ONCE = 16_384
# A row misses its parent this often in vain with a probability of e**-40.
_SURE = 40.0
Sizes = Callable[[Frame], np.ndarray]
Accept = Callable[[Addresses, np.ndarray, Frame], np.ndarray]


@dataclass(frozen=True)
class Population:
    """The rows of a parent table that a row may refer to, numbered from the oldest.

    Attributes:
        parent: The parent table.
        chooser: Draws among the root rows.
        sizes: How many root rows each row may choose from; None for all rows of a static root.
        accept: Whether each candidate will do, given the rows, their moments and the candidates; None accepts all.
        position: The stream of the positions among siblings, for parents that are children themselves.
    """

    parent: Relation
    chooser: Chooser
    sizes: Sizes | None
    accept: Accept | None
    position: Stream

    def choose(self, frame: Frame, moments: np.ndarray) -> tuple[Addresses, np.ndarray]:
        """A parent for each row.

        Args:
            frame: The rows.
            moments: The moment as of which each row refers; passed on to `accept`.

        Returns:
            Addresses of the parents, and which rows found none (bool); those have any address.
        """
        rows = frame.rows
        sizes = self.sizes(frame) if self.sizes else None
        total = 0 if sizes is not None else self._static_size()
        missing = np.full(len(rows), total == 0) if sizes is None else sizes <= 0
        pending = np.flatnonzero(~missing)
        partition = np.full(len(rows), STATIC, dtype=np.int64)
        ordinal = np.zeros(len(rows), dtype=np.int64)
        chance = chance_of(self.parent)
        trial, trials = 0, max(MAX_TRIALS, int(_SURE / chance)) if chance else 0
        while len(pending) and trial < trials:
            several = min(max(trial, 1), max(_AT_ONCE // len(pending), 1), trials - trial)
            own = np.repeat(pending, several) if several > 1 else pending
            numbers = np.tile(np.arange(trial, trial + several), len(pending)) if several > 1 else trial
            everyone = len(own) == len(rows) and several == 1
            drawing = rows if everyone else rows.take(own)
            limits = sizes if sizes is None or everyone else sizes[own]
            candidates, fine = self._draw(drawing, limits, total, numbers)
            self._test(rows, moments, own, candidates, fine)
            if everyone and fine.all():
                return self._at(candidates.partition, candidates.ordinal), missing
            fits = fine.reshape(-1, several)
            met = fits.any(axis=1)
            chosen = np.arange(len(pending)) * several + np.where(met, fits.argmax(axis=1), several - 1)
            partition[pending], ordinal[pending] = candidates.partitions[chosen], candidates.ordinal[chosen]
            pending, trial = pending[~met], trial + several
        missing[pending] = True
        return self._at(partition, ordinal), missing

    def _at(self, partition: np.ndarray | int, ordinal: np.ndarray) -> Addresses:
        return Addresses(STATIC if self.parent.layout.period is None else partition, ordinal)

    def _test(
        self, rows: Addresses, moments: np.ndarray, own: np.ndarray, candidates: Addresses, fine: np.ndarray
    ) -> None:
        """Clear `fine` where a candidate that exists is not accepted by the row that it was drawn for."""
        if self.accept is not None:
            found = np.flatnonzero(fine)
            some = own[found]
            fine[found] = self.accept(rows.take(some), moments[some], Frame(self.parent, candidates.take(found)))

    def _static_size(self) -> int:
        return root_of(self.parent).layout.spans(STATIC)[0].stop

    def _draw(
        self, rows: Addresses, sizes: np.ndarray | None, total: int, trial: np.ndarray | int
    ) -> tuple[Addresses, np.ndarray]:
        """Candidates for these rows, and which of them exist."""
        root = root_of(self.parent).layout
        if sizes is None:
            index = self.chooser.choose_stable(rows, total, trial)
        else:
            index = self.chooser.choose(rows, sizes, trial)
        if isinstance(root, PeriodLayout):
            candidates = Addresses(*root.clock.locate(index))
        else:
            candidates = Addresses(STATIC, index)
        return self._descend(self.parent, rows, candidates, trial)

    def _descend(
        self, relation: Relation, rows: Addresses, roots: Addresses, trial: np.ndarray | int
    ) -> tuple[Addresses, np.ndarray]:
        """Candidates among the descendants: a position is drawn below the largest number of children, and may be empty."""
        layout = relation.layout
        if not isinstance(layout, ChildLayout):
            return roots, np.ones(len(rows), dtype=bool)
        above, exists = self._descend(layout.parent, rows, roots, trial)
        # A lane for every level: with a shared one, siblings' positions would be equal all the way down.
        high = self.position.high ^ (layout.largest << 8) ^ len(relation.name) ^ (_depth(layout.parent) << 40)
        lane = Stream(self.position.low, high)
        position = below(lane.bits(rows, trial), layout.largest)
        ordinal = (above.ordinal << layout.bits) | position
        if exists.all():
            return Addresses(above.partition, ordinal), position < layout.count(Frame(layout.parent, above))
        found = np.flatnonzero(exists)
        counts = layout.count(Frame(layout.parent, above.take(found)))
        exists[found] = position[found] < counts
        return Addresses(above.partition, ordinal), exists


def chance_of(relation: Relation) -> float:
    """How likely a drawn position has a row: the mean of the children by their largest number, at every level."""
    layout = relation.layout
    if not isinstance(layout, ChildLayout):
        return 1.0
    return chance_of(layout.parent) * layout.mean / layout.largest


def _depth(relation: Relation) -> int:
    """How many tables the rows of a table hang on."""
    layout = relation.layout
    return 1 + _depth(layout.parent) if isinstance(layout, ChildLayout) else 0

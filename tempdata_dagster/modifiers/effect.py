"""Numbers that change while something is going on."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.engine.addresses import STATIC
from tempdata_dagster.engine.amounts import Change, Ends, NumberModifier, is_number, to_amounts
from tempdata_dagster.engine.arrays import is_null, plain
from tempdata_dagster.engine.cases import find_cases
from tempdata_dagster.engine.modifier import MODIFIERS, ModifierScope
from tempdata_dagster.engine.relation import Binding, Frame, Relation
from tempdata_dagster.engine.timing.moments import read_moments
from tempdata_dagster.spec.values import Identifier

_MOST_EVENTS = 20_000
_BLOCK = 65_536
Amount = float | Identifier


@MODIFIERS.register("effect")
class Effect(NumberModifier):
    """Each number is multiplied, or added to, while an event of another, static table is on; several at once all count.

    With `match: {store: store_id}` an event counts only for rows whose `store_id` is the event's `store`.

    Example: {kind: effect, of: promotions, start: begins_at, end: ends_at, at: ordered_at, multiply: 1.5}
    """

    of: Identifier = Field(description="the table of events, a static one")
    start: Identifier = Field(description="its column with the moment at which an event begins")
    end: Identifier = Field(description="its column with the moment at which it is over")
    at: Identifier = Field(description="the moment of a row of this table")
    multiply: Amount | None = Field(default=None, description="a factor, or the events' column that has it")
    add: Amount | None = Field(default=None, description="an amount, or the events' column that has it")
    match: dict[Identifier, Identifier] = Field(default={}, max_length=1, description="{events' column: this table's}")

    @model_validator(mode="after")
    def _one_way(self) -> Effect:
        if (self.multiply is None) == (self.add is None):
            raise ValueError("an effect needs 'multiply' or 'add', one of the two")
        return self

    def prepare(self, scope: ModifierScope, column: Binding) -> Change:
        """A search among the ends of events, which are read once."""
        del column
        read, size = read_moments(scope, self.at, "at"), self._bind_events(scope)
        events, multiplies = scope.binder.relations[self.of], self.multiply is not None
        bounds = [
            read_moments(scope, name, name_of, table=self.of)
            for name_of, name in (("start", self.start), ("end", self.end))
        ]
        ((theirs, ours),) = self.match.items() if self.match else (("", ""),)
        if self.match:
            self._check_match(scope, theirs, ours)

        @lru_cache(maxsize=1)
        def timeline() -> _Timeline:
            frames = list(events.layout.frames(events, events.layout.spans(STATIC), STATIC, _BLOCK))
            return _Timeline(frames, bounds, size, theirs, multiplies=multiplies)

        def apply(frame: Frame, amounts: np.ndarray) -> np.ndarray:
            micros, missing = read(frame)
            effect = timeline().find(micros, frame.column(ours) if ours else None)
            effect = np.where(missing, 1.0 if multiplies else 0.0, effect)
            return np.asarray(amounts * effect if multiplies else amounts + effect)

        return apply

    def _bind_events(self, scope: ModifierScope) -> Callable[[Frame], np.ndarray]:
        """The factor or the amount of events."""
        events, amount = scope.rows_of(self.of, "of"), self.multiply if self.add is None else self.add
        if events.layout.period is not None:
            scope.fail(
                "TD2067", f"the events of '{self.of}' are no static table", "of", hint="give it a fixed number of rows"
            )
        if _row_count(events) > _MOST_EVENTS:
            scope.fail("TD2067", f"'{self.of}' has more than {_MOST_EVENTS:,} events", "of", hint="make them fewer")
        if not isinstance(amount, str):
            known = float(amount or 0.0)
            return lambda frame: np.full(len(frame), known)
        setting = "add" if self.multiply is None else "multiply"
        binding = scope.column_of(self.of, amount, setting)
        if not is_number(binding.type) or binding.nullable:
            scope.fail(
                "TD2066",
                f"'{amount}' is a {binding.type}, not a number in every row",
                setting,
                hint="name a number without nulls",
            )
        return lambda frame: to_amounts(frame.column(amount))

    def _check_match(self, scope: ModifierScope, theirs: str, ours: str) -> None:
        kinds = [scope.column_of(self.of, theirs, "match").type, scope.column(ours, "match", theirs).type]
        first, second = (kind.value_type if pa.types.is_dictionary(kind) else kind for kind in kinds)
        if first != second:
            scope.fail(
                "TD2067", f"'{theirs}' is a {first} and '{ours}' a {second}", "match", hint="match columns of one type"
            )

    def move_ends(self, ends: Ends) -> Ends:
        """Unknown: how many events can be on at once is not known."""
        return super().move_ends(ends)


class _Timeline:
    """What all events together do at any moment, for every value of the matched column: constant between their ends."""

    def __init__(
        self,
        frames: list[Frame],
        bounds: list[Callable[[Frame], tuple[np.ndarray, np.ndarray]]],
        size: Callable[[Frame], np.ndarray],
        key: str,
        *,
        multiplies: bool,
    ) -> None:
        starts, ends = (
            np.concatenate([np.zeros(0, np.int64), *(read(frame)[0] for frame in frames)]) for read in bounds
        )
        lost = np.concatenate([np.zeros(0, bool), *(read(frame)[1] for read in bounds[:1] for frame in frames)])
        lost |= np.concatenate([np.zeros(0, bool), *(read(frame)[1] for read in bounds[1:] for frame in frames)])
        sizes = np.concatenate([np.zeros(0), *(size(frame) for frame in frames)])
        codes = np.zeros(len(starts), dtype=np.int64)
        self._known: pa.Array | None = None
        if key:
            cells = (
                pa.concat_arrays([plain(frame.column(key)) for frame in frames])
                if frames
                else pa.array([], pa.string())
            )
            self._known = cells.unique().drop_null()
            codes, lost = find_cases(cells, self._known).astype(np.int64), lost | is_null(cells)
        keep = np.flatnonzero(~lost & (ends > starts))
        self._times = np.unique(np.concatenate([starts[keep], ends[keep]]))
        self._width = len(self._times) + 1
        groups = 1 if self._known is None else len(self._known)
        first, last = np.searchsorted(self._times, starts[keep]) + 1, np.searchsorted(self._times, ends[keep]) + 1
        self._places, self._effects = self._sweep(codes[keep], first, last, sizes[keep], groups, multiplies=multiplies)
        self._none = 1.0 if multiplies else 0.0

    def _sweep(
        self,
        codes: np.ndarray,
        first: np.ndarray,
        last: np.ndarray,
        sizes: np.ndarray,
        groups: int,
        *,
        multiplies: bool,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The places (group and interval) at which the effect changes, and the effect from there on."""
        begin = np.arange(groups) * self._width
        places = np.unique(np.concatenate([begin, codes * self._width + first, codes * self._width + last]))
        effects = np.full(len(places), 1.0 if multiplies else 0.0)
        opens, closes = (
            np.searchsorted(places, codes * self._width + first),
            np.searchsorted(places, codes * self._width + last),
        )
        for low, high, size in zip(opens.tolist(), closes.tolist(), sizes.tolist(), strict=True):
            if multiplies:
                effects[low:high] *= size
            else:
                effects[low:high] += size
        return places, effects

    def find(self, micros: np.ndarray, cells: pa.Array | None) -> np.ndarray:
        """The effect at each moment."""
        place = np.searchsorted(self._times, micros, side="right")
        if cells is None or self._known is None:
            return np.asarray(self._effects[np.searchsorted(self._places, place, side="right") - 1])
        codes = find_cases(cells, self._known).astype(np.int64)
        found = np.searchsorted(self._places, np.maximum(codes, 0) * self._width + place, side="right") - 1
        return np.where(codes < 0, self._none, self._effects[found] if len(self._effects) else self._none)


def _row_count(events: Relation) -> float:
    spans = events.layout.spans(STATIC)
    return sum(span.stop - span.start for span in spans) * events.layout.fan_out

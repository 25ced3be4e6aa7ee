"""Life cycles: a state machine with dwell times, run for each row up to a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.engine.timing.lags import Lag
from tempdata_dagster.spec.values import Settings

NEVER = -(2**62)
# A row that has changed its state so often stays as it is.
MAX_TRANSITIONS = 1_000
_PRECISION = 1_000
Weight = Annotated[float, Field(gt=0, le=1e9)]


def parse_next(value: Any) -> Any:
    """A state, or a list of states, as weights."""
    if isinstance(value, str):
        return {value: 1.0}
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return dict.fromkeys(value, 1.0)
    return value


class State(Settings):
    """A state of a life cycle: how long it lasts, and what comes then. `final` is the last one."""

    dwell: Lag | None = Field(default=None, description="how long the state lasts")
    next: Annotated[dict[str, Weight], BeforeValidator(parse_next)] = Field(
        default={}, description="the states that follow: one, a list, or weights such as {paid: 9, cancelled: 1}"
    )
    final: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> State:
        if self.final and (self.next or self.dwell):
            raise ValueError("nothing comes after a final state")
        if self.next and self.dwell is None:
            raise ValueError("a state that others follow has a dwell time")
        if self.dwell is not None and self.dwell.unit != "time":
            raise ValueError("a dwell time is a duration, such as {min: 1h, max: 2d}")
        return self


def parse_state(value: Any) -> Any:
    """The word `final` as a state."""
    return {"final": True} if value == "final" else value


StateOrFinal = Annotated[State, BeforeValidator(parse_state)]


def find_faults(states: dict[str, State], start: str) -> list[tuple[str, str, str]]:
    """What is illegal in a machine: the state, what is wrong and what to do; states in the order of their names."""
    faults = []
    reached, ahead = set[str](), [start]
    while ahead:
        name = ahead.pop()
        if name in states and name not in reached:
            reached.add(name)
            ahead += states[name].next
    for name, state in sorted(states.items()):
        unknown = sorted(set(state.next) - set(states))
        if unknown:
            faults.append((name, f"'{unknown[0]}' follows state '{name}' and is no state", "describe it under states"))
        if name not in reached:
            faults.append(
                (name, f"state '{name}' is never reached from '{start}'", "let it follow a state, or remove it")
            )
        if not state.next and not state.final:
            hint = f"write `{name}: final` if nothing comes after it"
            faults.append((name, f"state '{name}' leads nowhere", hint))
    return faults


@dataclass(frozen=True)
class Course:
    """What rows have gone through.

    Attributes:
        state: The number of the present state, int64 of shape `(n,)`; of the first one where the row is not born yet.
        since: Microseconds at which it began, likewise.
        first: Microseconds at which each state began for the first time, shape `(states, n)`; `NEVER` where it did not.
    """

    state: np.ndarray
    since: np.ndarray
    first: np.ndarray


class Machine:
    """A state machine ready to run.

    Args:
        states: Its states; they are numbered in the order of their names.
        start: The first one.
    """

    def __init__(self, states: dict[str, State], start: str) -> None:
        self.names = tuple(sorted(states))
        self.start = self.names.index(start)
        self._final = np.array([states[name].final for name in self.names])
        self._steps = [self._compile(states[name]) for name in self.names]

    def _compile(self, state: State) -> tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]:
        if state.dwell is None:
            return lambda bits: np.full(len(bits), self.start), lambda bits: np.zeros(len(bits), dtype=np.int64)
        following = sorted(state.next)
        table = DiscreteTable([state.next[name] for name in following])
        places = np.array([self.names.index(name) for name in following])
        return lambda bits: places[table.look_up(bits)], state.dwell.sampler()

    def run(self, stream: Stream, rows: tuple[np.ndarray, np.ndarray], since: np.ndarray, cutoff: np.ndarray) -> Course:
        """Every row from its birth to a moment.

        Args:
            stream: The bits of the cycles.
            rows: Ordinal and partition of each row, int64 of shape `(n,)`.
            since: Microseconds at which the start state begins, likewise.
            cutoff: Microseconds up to which (excluded) states change, likewise.
        """
        state, entered = np.full(len(since), self.start), since.copy()
        first = np.full((len(self.names), len(since)), NEVER)
        first[self.start] = since
        live = np.flatnonzero(since < cutoff)
        for turn in range(MAX_TRANSITIONS):
            live = live[~self._final[state[live]]]
            if not len(live):
                break
            place = rows[0][live], rows[1][live]
            following, delay = self._step(state[live], stream.mix(*place, 2 * turn), stream.mix(*place, 2 * turn + 1))
            then = entered[live] + delay // _PRECISION * _PRECISION
            gone = then < cutoff[live]
            live, following, then = live[gone], following[gone], then[gone]
            state[live], entered[live] = following, then
            known = first[following, live]
            first[following, live] = np.where(known == NEVER, then, known)
        return Course(state, entered, first)

    def _step(self, state: np.ndarray, choice: np.ndarray, wait: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        following, delay = np.empty_like(state), np.empty(len(state), dtype=np.int64)
        for number in np.unique(state):
            choose, dwell = self._steps[number]
            some = np.flatnonzero(state == number)
            following[some], delay[some] = choose(choice[some]), dwell(wait[some])
        return following, delay

"""One of a set of values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import BeforeValidator, Field, model_validator

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.cases import Cases, check_when
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.scalars import check_scalar, scalar_type
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import MAX_WEIGHT, Identifier, Settings, Share

MAX_VALUES = 1_000_000
_CLOSED_SET = 1_000
Index = Callable[[Frame], np.ndarray]


def check_values(value: Any) -> Any:
    """A list of values, or values with weights, as they are; weights are sorted by value, so that their order is nothing.

    Raises:
        ValueError: It is neither, a weight makes no sense, or a value stands twice or has another type.
    """
    if not isinstance(value, (list, tuple, dict)):
        raise ValueError("values are a list such as [a, b], or values with weights such as {a: 3, b: 1}")
    if not value:
        raise ValueError("there is no value to choose from")
    if len(value) > MAX_VALUES:
        raise ValueError(f"{len(value):,} values are too many: keep them in a reference file")
    scalar_type(check_scalar(one) for one in value)
    if not isinstance(value, dict):
        if len(set(value)) < len(value):
            twice = next(one for index, one in enumerate(value) if one in value[:index])
            raise ValueError(f"'{twice}' stands twice among the values: give weights instead, such as {{a: 2, b: 1}}")
        return tuple(value)
    for one, weight in value.items():
        if isinstance(weight, bool) or not isinstance(weight, (int, float)):
            raise ValueError(f"the weight of '{one}' is a number")
        if math.isnan(weight) or not 0 <= weight <= MAX_WEIGHT:
            raise ValueError(f"the weight of '{one}' is between 0 and {MAX_WEIGHT:g}, not {weight}")
    if not any(value.values()):
        raise ValueError("the weights are all 0")
    return {one: float(value[one]) for one in sorted(value)}


def _check_values_or_parts(value: Any) -> Any:
    if isinstance(value, dict) and any(isinstance(part, (dict, list, tuple)) for part in value.values()):
        return {case: check_values(value[case]) for case in sorted(value)}
    return check_values(value)


_Input = list[str | int | float | bool] | dict[str, float | dict[str, float] | list[str | int | float | bool]]
Values = Annotated[Any, BeforeValidator(_check_values_or_parts, json_schema_input_type=_Input)]


class Head(Settings):
    """The first values of a list share a part of the rows evenly; the others share the rest."""

    count: int = Field(ge=1, description="how many values")
    share: Share = Field(description="of the rows")


When = Annotated[dict[Identifier, dict[Any, Any]], BeforeValidator(lambda value: check_when(value, check_values))]


@KINDS.register("choice")
class Choice(Kind):
    """One of a list of values, evenly or by `zipf` or `head`; or by weights; `when` by the value of another column.

    Text stays dictionary-encoded. The order of a list counts (for `zipf` and `head`, and for which rows move when it is
    edited), that of weights does not. An even choice can be `unique`.

    Example: {kind: choice, values: {US: 6, DE: 2, PK: 2}}
    """

    keyable: ClassVar[bool] = True
    values: Values = Field(default=(), description="a list, or values with weights; the rest of the cases of `when`")
    zipf: float | None = Field(default=None, gt=0, le=20, description="the i-th value of the list weighs i ** -zipf")
    head: Head | None = None
    when: When | None = Field(default=None, description="{column: {its value: values, ...}}")
    within: Identifier | None = Field(
        default=None, description="the column of which `values` are parts: {garden: {hose: 2, rake: 1}, toys: [doll]}"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Choice:
        if not self.values and not self.when:
            raise ValueError("'values' is missing")
        self._check_within()
        if self.zipf is not None and self.head is not None:
            raise ValueError("zipf and head exclude each other")
        if (self.zipf is not None or self.head is not None) and not isinstance(self.values, tuple):
            raise ValueError("zipf and head go by the order of values: write them as a list, without weights")
        if self.head is not None and self.head.count >= len(self.values):
            raise ValueError(f"the head's {self.head.count} values leave none of {len(self.values)} for the rest")
        scalar_type(self.domain())
        return self

    def _check_within(self) -> None:
        parts = isinstance(self.values, dict) and any(isinstance(one, (dict, tuple)) for one in self.values.values())
        if parts and self.within is None:
            raise ValueError("values of values are parts of another column's: name it with 'within'")
        if self.within is None:
            return
        if not parts:
            raise ValueError("within needs the values of each value: {garden: {hose: 2, rake: 1}, toys: [doll]}")
        if self.when or self.zipf is not None or self.head is not None or self.unique:
            raise ValueError("a choice within another column has no 'when', 'zipf', 'head' or 'unique'")

    def cases(self) -> dict[str, dict[Any, Any]]:
        """The values by those of another column: `when`, or the parts that are `within` it."""
        return {self.within: self.values} if self.within else self.when or {}

    def domain(self) -> tuple[Any, ...]:
        """All values that can come, each once: those of `values`, then those of the cases."""
        found = dict.fromkeys(() if self.within else self.values)
        for cases in self.cases().values():
            for values in cases.values():
                found.update(dict.fromkeys(values))
        return tuple(found)

    def bind(self, scope: Scope) -> Binding:
        """An index by one table look-up per row, as a dictionary for text."""
        domain = self.domain()
        kind = scalar_type(domain)
        index = self._index(scope, domain)
        closed = domain if len(domain) <= _CLOSED_SET else None
        array = pa.array(domain, type=kind)
        if pa.types.is_string(kind):
            fill = _as_dictionary(array, index)
            return Binding(pa.dictionary(pa.int32(), kind), fill, values=closed, distinct=self.unique)
        ends = (None, None) if pa.types.is_boolean(kind) else (min(domain), max(domain))
        fill = _as_values(array, index)
        return Binding(kind, fill, minimum=ends[0], maximum=ends[1], values=closed, distinct=self.unique)

    def _index(self, scope: Scope, domain: tuple[Any, ...]) -> Index:
        if self.unique:
            if self.when or self.zipf or self.head or not isinstance(self.values, tuple):
                hint = "only a list that is chosen from evenly can be unique"
                scope.fail("TD2008", "a choice by weights cannot be unique", "unique", hint=hint)
            number = scope.enumerate_rows(len(domain))
            return lambda frame: number(frame).astype(np.int32)
        stream = scope.stream()
        if self.cases():
            return self._index_by_case(scope, domain)
        if self._is_even():
            return lambda frame: below(stream.bits(frame.rows), len(domain)).astype(np.int32)
        table = DiscreteTable(self._weights())
        return lambda frame: table.look_up(stream.bits(frame.rows))

    def _is_even(self) -> bool:
        return isinstance(self.values, tuple) and self.zipf is None and self.head is None

    def _weights(self) -> np.ndarray:
        if isinstance(self.values, dict):
            return np.array(list(self.values.values()))
        places = len(self.values)
        if self.zipf is not None:
            return portable.power(np.arange(1.0, places + 1.0), -self.zipf)
        weights = np.ones(places)
        if self.head is not None:
            weights[: self.head.count] = self.head.share / self.head.count
            weights[self.head.count :] = (1.0 - self.head.share) / (places - self.head.count)
        return weights

    def _index_by_case(self, scope: Scope, domain: tuple[Any, ...]) -> Index:
        ((name, cases),) = self.cases().items()
        alone = self.within is not None or not self.values
        known = Cases.bind(scope, name, list(cases), covered=alone)
        place = {value: number for number, value in enumerate(domain)}
        draws = [_draw_from(values, place) for values in cases.values()]
        rest = _draw_from(self.values, place, self._weights()) if not alone else None
        stream = scope.stream()
        return lambda frame: known.pick(frame, stream.bits(frame.rows), draws, rest)


def _draw_from(
    values: Any, place: dict[Any, int], weights: np.ndarray | None = None
) -> Callable[[np.ndarray], np.ndarray]:
    places = np.array([place[value] for value in values], dtype=np.int32)
    if len(places) == 1:
        return lambda bits: np.full(len(bits), places[0])
    if weights is None:
        weights = np.array(list(values.values())) if isinstance(values, dict) else np.ones(len(places))
    table = DiscreteTable(weights)
    return lambda bits: places[table.look_up(bits)]


def _as_dictionary(values: pa.Array, index: Index) -> Callable[[Frame], pa.Array]:
    return lambda frame: pa.DictionaryArray.from_arrays(wrap(index(frame), pa.int32()), values)


def _as_values(values: pa.Array, index: Index) -> Callable[[Frame], pa.Array]:
    if pa.types.is_boolean(values.type):
        return lambda frame: values.take(wrap(index(frame), pa.int32()))
    numbers = values.to_numpy() if not pa.types.is_date32(values.type) else values.cast(pa.int32()).to_numpy()
    return lambda frame: wrap(numbers[index(frame)], values.type)

"""Values of any Faker provider, through pools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.engine.uniqueness import enumerate_rows
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.pools import Pool, request_pool

_MAX_SIZE = 100_000
_CLOSED_SET = 100


@KINDS.register("faker")
class Faker(Kind):
    """A value of a Faker provider: one of `size` values that were drawn once and are the same for every dataset.

    Names and e-mail addresses have kinds of their own, which are more varied and keep names and countries together.

    Example: {kind: faker, provider: company, locale: de_DE, size: 200}
    """

    keyable: ClassVar[bool] = True
    provider: str = Field(min_length=1, max_length=80, pattern=r"^[A-Za-z]\w*$")
    locale: str | None = None
    args: dict[str, Any] = Field(default={}, max_length=30, description="keyword arguments of the provider")
    size: int = Field(default=1_000, ge=1, le=_MAX_SIZE, description="how many values are drawn")

    def bind(self, scope: Scope) -> Binding:
        """Indexes into the pool."""
        pool = self._request(scope)
        scope.add_fact(f"pool of {self.provider}", pool.digest)
        choose = self._choose_distinct(scope, pool) if self.unique else _choose_drawn(scope, pool)
        text = pa.types.is_string(pool.values.type)

        def fill(frame: Frame) -> pa.Array:
            index = wrap(choose(frame), pa.int32())
            return pa.DictionaryArray.from_arrays(index, pool.values) if text else pool.values.take(index)

        ordered = sorted(pool.values.to_pylist())
        small = len(ordered) <= _CLOSED_SET
        return Binding(
            pa.dictionary(pa.int32(), pa.string()) if text else pool.values.type,
            fill,
            minimum=None if text else ordered[0],
            maximum=None if text else ordered[-1],
            values=tuple(ordered) if text and small else None,
            distinct=self.unique,
        )

    def _request(self, scope: Scope) -> Pool:
        try:
            return request_pool(self.locale or scope.dataset.locale, self.provider, self.args, self.size)
        except InputError as error:
            at = {"TD2041": "locale" if self.locale else "", "TD2045": "provider", "TD2046": "args"}.get(error.code, "")
            scope.fail(error.code, error.message, *([at] if at else []), hint=error.hint)
        except (TypeError, ValueError) as error:
            scope.fail("TD2046", f"args: {error}", "args", hint="give plain values")

    def _choose_distinct(self, scope: Scope, pool: Pool) -> Callable[[Frame], np.ndarray]:
        need, have = enumerate_rows(scope.rows_of(scope.table), 0, scope.stream("unique"))[1], len(pool.values)
        if need > have:
            message = f"unique needs {need:,} distinct values, the pool of '{self.provider}' has {have:,}"
            more = f"raise size (up to {_MAX_SIZE:,}), " if need <= _MAX_SIZE and self.size < _MAX_SIZE else ""
            scope.fail("TD2004", message, "unique", hint=f"{more}use a kind with more values, or drop unique")
        number = scope.enumerate_rows(have)
        return lambda frame: number(frame).astype(np.int32)


def _choose_drawn(scope: Scope, pool: Pool) -> Callable[[Frame], np.ndarray]:
    stream, size = scope.stream(), len(pool.draws)
    return lambda frame: np.asarray(pool.draws[below(stream.bits(frame.rows), size)])

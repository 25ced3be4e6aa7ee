"""Status codes of HTTP responses."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import set_null, wrap
from tempdata_dagster.engine.cells import choose_term
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Share

# For each method the answers that RFC 9110 gives it a reason for, with their weights; first those of success.
_GOOD = MappingProxyType({
    "GET": {200: 86, 304: 8, 301: 2, 302: 3, 206: 1}, "HEAD": {200: 95, 301: 2, 304: 3},
    "POST": {201: 45, 200: 45, 202: 6, 303: 4}, "PUT": {200: 60, 204: 30, 201: 10}, "PATCH": {200: 70, 204: 30},
    "DELETE": {204: 85, 200: 10, 202: 5}, "OPTIONS": {204: 80, 200: 20},
})  # fmt: skip
_BAD = MappingProxyType({
    "GET": {404: 50, 401: 12, 403: 10, 400: 6, 429: 6, 500: 9, 502: 3, 503: 3, 504: 1},
    "HEAD": {404: 75, 403: 15, 500: 10}, "OPTIONS": {403: 60, 405: 40},
    "POST": {400: 30, 422: 22, 401: 14, 403: 8, 409: 8, 413: 1, 415: 1, 429: 4, 500: 8, 502: 2, 503: 2},
    "PUT": {400: 25, 404: 22, 409: 14, 412: 6, 422: 13, 401: 6, 403: 6, 500: 8}, "DELETE": {404: 55, 403: 20, 409: 12, 401: 6, 500: 7},
    "PATCH": {400: 27, 404: 20, 409: 10, 422: 25, 401: 6, 403: 5, 500: 7},
})  # fmt: skip


@KINDS.register("http_status")
class HttpStatus(Kind):
    """The status of an HTTP response: one that its method has a reason for, so that a DELETE gives 204 and never 201.

    Example: {kind: http_status, method: GET, errors: 4%}
    """

    method: str = Field(default="GET", description="a column of methods, or one method")
    errors: Share = Field(default=0.05, description="share of responses of 400 and above")

    def bind(self, scope: Scope) -> Binding:
        """A table look-up by method."""
        terms = {method.lower(): place for place, method in enumerate(_GOOD)}
        choose, sure = choose_term(scope, self.method, "method", terms, "method of HTTP")
        codes = sorted({code for table in (*_GOOD.values(), *_BAD.values()) for code in table})
        tables = [DiscreteTable([self._weigh(method, code) for code in codes]) for method in _GOOD]
        stream, array = scope.stream(), np.array(codes, dtype=np.int16)

        def fill(frame: Frame) -> pa.Array:
            bits, method = stream.bits(frame.rows), choose(frame)
            found = np.zeros(len(frame), dtype=np.int16)
            for place, table in enumerate(tables):
                np.copyto(found, array[table.look_up(bits)], where=method == place)
            return set_null(wrap(found, pa.int16()), method < 0)

        return Binding(pa.int16(), fill, nullable=not sure, minimum=codes[0], maximum=codes[-1], values=tuple(codes))

    def _weigh(self, method: str, code: int) -> float:
        good, bad = _GOOD[method], _BAD[method]
        return (1 - self.errors) * good.get(code, 0) / sum(good.values()) + self.errors * bad.get(code, 0) / sum(
            bad.values()
        )

"""Methods of HTTP requests."""

from __future__ import annotations

from types import MappingProxyType

import pyarrow as pa

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS

# What the logs of a web application with an API look like, roughly.
METHODS = MappingProxyType({"GET": 78, "POST": 14, "PUT": 3, "DELETE": 1.5, "PATCH": 1.5, "HEAD": 1.2, "OPTIONS": 0.8})


@KINDS.register("http_method")
class HttpMethod(Kind):
    """The method of an HTTP request, as often as in the logs of a web application. Other shares: a `choice`.

    Example: {kind: http_method}
    """

    def bind(self, scope: Scope) -> Binding:
        """An index by one table look-up."""
        table, stream, values = DiscreteTable(list(METHODS.values())), scope.stream(), pa.array(list(METHODS))
        return Binding(
            pa.dictionary(pa.int32(), pa.string()),
            lambda frame: pa.DictionaryArray.from_arrays(
                wrap(table.look_up(stream.bits(frame.rows)), pa.int32()), values
            ),
            values=tuple(METHODS),
        )

"""Addresses of web pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator

from tempdata_dagster.engine.arrays import join
from tempdata_dagster.engine.cells import bind_text
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.domain import Domain
from tempdata_dagster.locales.pieces import Pieces
from tempdata_dagster.locales.wording import FIRST_WORDS, SECOND_WORDS
from tempdata_dagster.spec.values import Share

_SECTIONS = ("/", "/about", "/account", "/blog", "/cart", "/contact", "/docs", "/help", "/jobs", "/login", "/news", "/offers",
             "/products", "/search", "/shop", "/support", "/team", "/terms")  # fmt: skip
_QUERIES = (
    "?page=2",
    "?page=3",
    "?sort=price",
    "?sort=newest",
    "?ref=newsletter",
    "?lang=en",
    "?utm_source=ads",
    "?view=list",
)


@KINDS.register("url")
class Url(Kind):
    """The address of a page: a domain, a section or a page within one, and sometimes a query.

    Example: {kind: url, query: 20%}
    """

    domain: str | None = Field(
        default=None, description="a column of domains, or one domain; else one is drawn, as by the kind"
    )
    scheme: Literal["https", "http"] = "https"
    query: Share = Field(default=0.15, description="share of addresses with a query")

    @field_validator("domain")
    @classmethod
    def _plain(cls, value: str | None) -> str | None:
        if value is not None and not 0 < len(value) <= 253:
            raise ValueError("a domain has 1 to 253 characters")
        return value

    def bind(self, scope: Scope) -> Binding:
        """The domain and the path, joined."""
        host, nullable = self._bind_host(scope)
        pages = [f"/{first}-{second}" for first in FIRST_WORDS for second in SECOND_WORDS]
        stock = Pieces(pa.array([*_SECTIONS, "", *pages, *_QUERIES]))
        none, stream, more = len(_SECTIONS), scope.stream("path"), scope.stream("query")

        def fill(frame: Frame) -> pa.Array:
            bits, index = stream.bits(frame.rows), np.empty((len(frame), 3), dtype=np.int32)
            index[:, 0] = below(bits, none)
            deep = ((bits & np.uint64(1)) == 1) & (index[:, 0] > 0)
            index[:, 1] = np.where(deep, none + 1 + below(bits << np.uint64(20), len(pages)), none)
            asked = more.bits(frame.rows)
            query = none + 1 + len(pages) + below(asked << np.uint64(32), len(_QUERIES))
            index[:, 2] = np.where((asked >> np.uint64(11)).astype(np.float64) * 2.0**-53 < self.query, query, none)
            return join(f"{self.scheme}://", host(frame), stock.glue(index))

        return Binding(pa.string(), fill, nullable=nullable)

    def _bind_host(self, scope: Scope) -> tuple[Callable[[Frame], pa.Array], bool]:
        if self.domain is None:
            drawn = Domain(kind="domain").bind(scope)
            return drawn.fill, False
        name = self.domain
        if name in scope.binder.columns_of(scope.table):
            column = bind_text(scope, name, "domain")
            return lambda frame: frame.column(name), column.nullable
        if "." not in name:
            scope.fail(
                "TD2061", f"'{name}' is no column and no domain", "domain", hint="write one such as shop.example"
            )
        return lambda frame: pa.nulls(len(frame), pa.string()).fill_null(name), False

"""E-mail addresses that nobody has: ASCII, made of the row's name, at domains that are reserved for examples."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version as package_version
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import BeforeValidator, Field, field_validator

from tempdata_dagster.engine.arrays import is_null, set_null
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.uniqueness import enumerate_rows
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.full_name import Name, Named, NameDraw
from tempdata_dagster.locales.name_table import spread
from tempdata_dagster.locales.pieces import Pieces
from tempdata_dagster.locales.slugs import make_slugs
from tempdata_dagster.spec.values import MAX_WEIGHT, Identifier

_DOMAIN = re.compile(r"(?=.{4,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
ENDING_BITS = 12
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIR_BITS = 10
_LEAST_PAIRS = 3

Slugs = tuple[Pieces, Callable[[Frame], np.ndarray]]


def _to_weights(value: Any) -> Any:
    return dict.fromkeys(value, 1.0) if isinstance(value, (list, tuple)) else value


Domains = Annotated[
    dict[str, Annotated[float, Field(ge=0, le=MAX_WEIGHT, strict=False)]],
    BeforeValidator(_to_weights, json_schema_input_type=dict[str, float] | list[str]),
]


class Handle(Named):
    """What is made of a name in ASCII, and of a number that no other row has where it is to be unique."""

    name: Identifier | None = Field(default=None, description="a column of the same table with the person's name")
    version: ClassVar[int] = 2
    pattern: ClassVar[str]

    def bind(self, scope: Scope) -> Binding:
        """Pieces of the name and of what follows, glued."""
        if self.name is None:
            return self._bind_words(scope, self.bind_words(scope), None)
        settings = scope.binder.columns_of(scope.table).get(self.name)
        named = scope.column(self.name, "name")
        if isinstance(settings, Name):
            draw = settings.bind_words(replace(scope, name=self.name, settings=settings), settings.part)
            return self._bind_words(scope, draw, self.name if settings.nulls else None)
        kind = named.type.value_type if pa.types.is_dictionary(named.type) else named.type
        if not pa.types.is_string(kind):
            hint = "name a column of text"
            scope.fail("TD2044", f"'{self.name}' is a {named.type} and holds no names", "name", hint=hint)
        scope.add_fact("romanisation", package_version("anyascii"))
        return self._bind_text(scope, self.name, nullable=named.nullable)

    def _bind_words(self, scope: Scope, draw: NameDraw, name: str | None) -> Binding:
        """From the very words that a name column draws, null where the column `name` is."""
        tail, choose = self._tail(scope)
        pieces, shift = draw.table.slugs.join(tail), np.int32(len(draw.table.slugs))

        def fill(frame: Frame) -> pa.Array:
            index = np.concatenate([draw.index(frame), choose(frame) + shift], axis=1)
            handles = pieces.glue(index)
            return handles if name is None else set_null(handles, is_null(frame.column(name)))

        return Binding(pa.string(), fill, nullable=name is not None, pattern=self.pattern, distinct=self.unique)

    def _bind_text(self, scope: Scope, name: str, *, nullable: bool) -> Binding:
        """From the text of any column."""
        tail, choose = self._tail(scope)

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(name)
            numbered = tail.glue(choose(frame))
            return make_slugs(cells, numbered)

        return Binding(pa.string(), fill, nullable=nullable, pattern=self.pattern, distinct=self.unique)

    def _endings(self, scope: Scope) -> tuple[list[str], np.ndarray]:
        """What the texts end with, and which of them each of 4,096 random values chooses."""
        raise TypeError(f"{type(self).__name__} of {scope.name} has no endings of its own")

    def _tail(self, scope: Scope) -> Slugs:
        """What follows the name: pairs of the number's digits in base 32 when it is unique, and the ending."""
        stock, endings = self._endings(scope)
        stream = scope.stream("domain")
        pairs = _pairs_needed(scope) if self.unique else 0
        number = scope.enumerate_rows(1 << (pairs * _PAIR_BITS)) if self.unique else None
        first = len(stock)
        both = [a + b for a in _ALPHABET for b in _ALPHABET]
        stock = [*stock, *both, *("." + pair for pair in both)]

        def choose(frame: Frame) -> np.ndarray:
            index = np.empty((len(frame), pairs + 1), dtype=np.int32)
            index[:, pairs] = endings[(stream.bits(frame.rows) >> np.uint64(64 - ENDING_BITS)).astype(np.int64)]
            if number is not None:
                rest = number(frame)
                for place in range(pairs):
                    pair = (rest >> (_PAIR_BITS * (pairs - 1 - place))) & ((1 << _PAIR_BITS) - 1)
                    index[:, place] = pair + first + (0 if place else len(both))
            return index

        return Pieces(pa.array(stock)), choose


@KINDS.register("email")
class Email(Handle):
    """An e-mail address: the person's name in ASCII, and for `unique: true` a number that no other row has.

    `anna.miller.0004f7@example.com`. Names in other scripts are romanised; a text without letters becomes `user`. The default
    domains are reserved by RFC 2606: mail to them reaches nobody. Addresses at other domains may belong to somebody.

    Example: {kind: email, unique: true}
    """

    pattern = r"[a-z0-9]+([.-][a-z0-9]+)*@([a-z0-9-]+\.)+[a-z0-9-]+"
    domains: Domains = {"example.com": 6.0, "example.org": 2.0, "example.net": 2.0}

    @field_validator("domains")
    @classmethod
    def _real(cls, domains: dict[str, float]) -> dict[str, float]:
        for domain in domains:
            if not _DOMAIN.fullmatch(domain):
                raise ValueError(f"'{domain[:80]}' is no domain: write lower-case ASCII such as mail.example.com")
        if not any(domains.values()):
            raise ValueError("the domains' weights are all 0")
        if len(domains) > 1000:
            raise ValueError("at most 1,000 domains")
        return domains

    def _endings(self, scope: Scope) -> tuple[list[str], np.ndarray]:
        del scope
        return [f"@{domain}" for domain in self.domains], spread(list(self.domains.values()), ENDING_BITS)


def _pairs_needed(scope: Scope) -> int:
    """Pairs of base-32 digits that number every row; at least three, so that most tables can grow and keep their addresses."""
    need = enumerate_rows(scope.rows_of(scope.table), 0, scope.stream("unique"))[1]
    return max(-(-(need - 1).bit_length() // _PAIR_BITS), _LEAST_PAIRS)

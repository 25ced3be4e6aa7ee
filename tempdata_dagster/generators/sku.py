"""Stock keeping units: a shop's own codes of articles."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from tempdata_dagster.engine.arrays import from_matrix, join, plain
from tempdata_dagster.engine.cells import bind_text
from tempdata_dagster.engine.codes.characters import CodeSet, Layout
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.slugs import make_slugs
from tempdata_dagster.spec.values import Identifier

# Digits and letters that are not mistaken for each other: no 0, 1, I, L, O or U.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_PREFIX = re.compile(r"[A-Z0-9]{0,12}")
_LETTERS = 3


@KINDS.register("sku")
class Sku(Kind):
    """A shop's own code of an article, such as `GAR-7K2M9Q`: letters of its category or a prefix, and `length` letters and digits.

    Example: {kind: sku, prefix: GAR, length: 6, unique: true}
    """

    category: Identifier | None = Field(
        default=None, description="a column of text, whose first three letters begin the code"
    )
    prefix: str = Field(default="", description="letters and digits that begin all codes")
    length: int = Field(default=6, ge=3, le=12, description="characters after the dash")

    @field_validator("prefix")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not _PREFIX.fullmatch(value):
            raise ValueError("a prefix is up to 12 capital letters and digits")
        return value

    def bind(self, scope: Scope) -> Binding:
        """Characters by number after the prefix."""
        tail = f"[{_ALPHABET}]{{{self.length}}}"
        if self.category is None:
            start = f"{self.prefix}-" if self.prefix else ""
            codes = CodeSet(scope, [Layout.of(start, (_ALPHABET, self.length))])
            return Binding(
                pa.string(), lambda f: from_matrix(codes.write(f)), pattern=start + tail, distinct=self.unique
            )
        name, codes = self.category, CodeSet(scope, [Layout.of((_ALPHABET, self.length))])
        column = bind_text(scope, name, "category")

        def fill(frame: Frame) -> pa.Array:
            return join(_abbreviate(frame.column(name), f"{self.prefix}-" if self.prefix else ""), "-",
                        from_matrix(codes.write(frame)))  # fmt: skip

        return Binding(pa.string(), fill, nullable=column.nullable, distinct=self.unique)


def _abbreviate(cells: pa.Array, prefix: str) -> pa.Array:
    """The first three letters of each text in capitals."""
    if isinstance(cells, pa.DictionaryArray):
        return plain(pa.DictionaryArray.from_arrays(cells.indices, _abbreviate(cells.dictionary, prefix)))
    slugs = make_slugs(cells, pa.nulls(len(cells), pa.string()).fill_null(""))
    letters = pc.utf8_slice_codeunits(pc.replace_substring(slugs, ".", ""), 0, _LETTERS)
    return join(prefix, pc.ascii_upper(letters)) if prefix else pc.ascii_upper(letters)

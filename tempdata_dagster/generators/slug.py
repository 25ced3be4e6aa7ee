"""Texts in the letters that addresses and databases take."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.arrays import from_matrix, join
from tempdata_dagster.engine.cells import bind_text
from tempdata_dagster.engine.codes.characters import Layout
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.uniqueness import Enumeration, enumerate_rows
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.slugs import make_slugs
from tempdata_dagster.spec.values import Identifier

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LEAST_TAIL = 4


@lru_cache(maxsize=1)
def reserved_words() -> tuple[str, ...]:
    """The words that no SQL name may be without quotes, as DuckDB lists them; sorted."""
    import duckdb

    with duckdb.connect() as connection:
        query = "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
        rows = connection.execute(query).fetchall()
    return tuple(sorted(row[0] for row in rows))


@KINDS.register("slug")
class Slug(Kind):
    """The text of another column in lower-case ASCII, its words joined: `garden-chair-deluxe`, or `garden_chair_deluxe` for SQL.

    With `style: sql` a slug begins with a letter and is no reserved word, so that it can name a table without quotes. `unique`
    adds a number that no other row has.

    Example: {kind: slug, of: title}
    """

    of: Identifier = Field(description="a column of text")
    style: Literal["url", "sql"] = "url"

    def bind(self, scope: Scope) -> Binding:
        """All texts of a block at once, as the lines of one."""
        name, gap = self.of, "-" if self.style == "url" else "_"
        column, tail = bind_text(scope, name, "of"), self._tail(scope)
        sql = self.style == "sql"
        words = pa.array(reserved_words()) if sql else None
        if sql:
            scope.add_fact("reserved words", fingerprint(list(reserved_words())))
        begin = "[a-z]" if sql else "[a-z0-9]"

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(name)
            slugs = _make_slugs(cells, gap)
            if words is not None:
                slugs = _make_names(slugs, words)
            return slugs if tail is None else join(slugs, gap, _write_tail(tail, frame))

        pattern = f"{begin}[a-z0-9]*({gap}[a-z0-9]+)*"
        return Binding(pa.string(), fill, nullable=column.nullable, pattern=pattern, distinct=self.unique)

    def _tail(self, scope: Scope) -> tuple[Enumeration, Layout] | None:
        if not self.unique:
            return None
        need = enumerate_rows(scope.rows_of(scope.table), 0, scope.stream("unique"))[1]
        digits = max(-(-(need - 1).bit_length() // 5), _LEAST_TAIL)
        layout = Layout.of((_ALPHABET, digits))
        return scope.enumerate_rows(layout.capacity), layout


def _make_slugs(cells: pa.Array, gap: str) -> pa.StringArray:
    if isinstance(cells, pa.DictionaryArray):
        return _make_slugs(cells.dictionary, gap).take(cells.indices)
    slugs = make_slugs(cells, pa.nulls(len(cells), pa.string()).fill_null(""))
    return pc.replace_substring(slugs, ".", gap)


def _make_names(slugs: pa.StringArray, reserved: pa.StringArray) -> pa.StringArray:
    """Slugs that begin with a letter and are no reserved words."""
    first = pc.utf8_slice_codeunits(slugs, 0, 1)
    named = pc.if_else(pc.ascii_is_decimal(first), pc.binary_join_element_wise("n", slugs, "_"), slugs)
    return pc.if_else(pc.is_in(named, value_set=reserved), pc.binary_join_element_wise(named, "name", "_"), named)


def _write_tail(tail: tuple[Enumeration, Layout], frame: Frame) -> pa.StringArray:
    number, layout = tail
    characters = np.empty((len(frame), layout.width), dtype=np.uint8)
    layout.write(characters, number(frame))
    return from_matrix(characters)

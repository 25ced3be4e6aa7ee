"""Names of people, with the words, the patterns and the frequencies of their country."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.catalogue import find_names
from tempdata_dagster.locales.countries import LOCALES
from tempdata_dagster.locales.name_table import NameTable, make_name_table
from tempdata_dagster.locales.names import Part
from tempdata_dagster.spec.values import Identifier


@dataclass(frozen=True)
class NameDraw:
    """The names of a column before they are put together, so that an e-mail address can be made of the same words.

    Attributes:
        table: The words.
        index: The words of each row of a frame, int32 of shape `(n, table.width)`.
    """

    table: NameTable
    index: Callable[[Frame], np.ndarray]


class Name(Kind):
    """What whole names and parts of names have in common.

    Attributes:
        country: A column of the same table with ISO 3166 two-letter codes; each row's decides the locale of its name. Rows of a
            country without names of its own, and rows without a country, take those of `locale`.
        locale: Such as `de_DE`; by default the dataset's.
    """

    part: ClassVar[Part]
    country: Identifier | None = None
    locale: str | None = None

    def bind(self, scope: Scope) -> Binding:
        """Words by the stream, glued."""
        draw = self.bind_words(scope)

        def fill(frame: Frame) -> pa.Array:
            return draw.table.texts.glue(draw.index(frame))

        return Binding(pa.string(), fill)

    def bind_words(self, scope: Scope) -> NameDraw:
        """The words of every row; `scope` is this column's own."""
        default = self._find(scope)
        countries = self._countries(scope)
        locales = list(dict.fromkeys([default, *(find_names(LOCALES[country]) for country in countries)]))
        table, stream = make_name_table(tuple(locales), self.part), scope.stream()
        for model in table.models:
            scope.add_fact(f"{self.part} names of {model.locale}", model.digest)
        choose = self._chooser(countries, locales)
        return NameDraw(table, lambda frame: table.look_up(stream.bits(frame.rows), choose(frame)))

    def _find(self, scope: Scope) -> str:
        try:
            return find_names(self.locale or scope.dataset.locale)
        except InputError as error:
            scope.fail(error.code, error.message, *(["locale"] if self.locale else []), hint=error.hint)

    def _countries(self, scope: Scope) -> list[str]:
        """The countries that rows can have and that have names of their own."""
        if self.country is None:
            return []
        column = scope.column(self.country, "country")
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not pa.types.is_string(kind):
            hint = "name a column of text with ISO codes such as DE"
            scope.fail("TD2043", f"'{self.country}' is a {column.type} and holds no countries", "country", hint=hint)
        possible = LOCALES if column.values is None else column.values
        return sorted(country for country in possible if country in LOCALES)

    def _chooser(self, countries: list[str], locales: list[str]) -> Callable[[Frame], np.ndarray | int]:
        name = self.country
        if name is None or not countries:
            return lambda _: 0
        known = pa.array(countries)
        numbers = np.array([*(locales.index(find_names(LOCALES[country])) for country in countries), 0])

        def choose(frame: Frame) -> np.ndarray:
            cells = frame.column(name)
            if not isinstance(cells, pa.DictionaryArray):
                return np.asarray(numbers[_positions(cells, known)])
            index = cells.indices.fill_null(len(cells.dictionary)).to_numpy(zero_copy_only=False)
            return np.asarray(np.append(numbers[_positions(cells.dictionary, known)], 0)[index])

        return choose


def _positions(cells: pa.Array, known: pa.Array) -> np.ndarray:
    found = pc.index_in(cells, value_set=known).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False))


@KINDS.register("full_name")
class FullName(Name):
    """The name of a person as it is written in the locale, or in each row's country, without titles.

    Countries without names of their own take those of `locale`, which by default is the dataset's.

    Example: {kind: full_name, locale: de_DE}
    """

    part = "full"


__all__ = ["FullName", "Name", "NameDraw"]

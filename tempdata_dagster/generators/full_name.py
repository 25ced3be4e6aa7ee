"""Names of people, with the words, the patterns and the frequencies of their country."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.sex import Resident
from tempdata_dagster.locales.catalogue import find_names
from tempdata_dagster.locales.choosing import CountryDraw, draw_countries
from tempdata_dagster.locales.countries import LOCALES
from tempdata_dagster.locales.name_table import NameTable, Script, make_name_table
from tempdata_dagster.locales.names import Part
from tempdata_dagster.locales.people import name_stream


@dataclass(frozen=True)
class NameDraw:
    """The names of a column before they are put together, so that an e-mail address can be made of the same words.

    Attributes:
        table: The words.
        index: The words of each row of a frame, int32 of shape `(n, table.width)`.
    """

    table: NameTable
    index: Callable[[Frame], np.ndarray]


class Named(Resident):
    """What is made of a person's name.

    Each row's country decides the locale of its name. Rows of a country without names of its own, and rows without a country,
    take `locale`; so do all rows of a column that says a `locale` and no `country`.
    """

    locale: str | None = Field(default=None, description="such as de_DE; by default the dataset's")

    def bind_words(self, scope: Scope, part: Part = "full", script: Script = "native") -> NameDraw:
        """The words of every row; `scope` is this column's own."""
        default = self._find(scope)
        countries = self._draw(scope)
        own = [find_names(LOCALES[code]) for code in countries.codes] if countries else []
        locales = list(dict.fromkeys([default, *own]))
        table, stream = make_name_table(tuple(locales), part, self.find_women(scope), script), self.stream(scope)
        for model in table.models:
            scope.add_fact(f"names of {model.locale}", model.digest)
        if countries is None:
            return NameDraw(table, lambda frame: table.look_up(stream.bits(frame.rows), 0))
        numbers, index = np.array([*map(locales.index, own), 0]), countries.index
        return NameDraw(table, lambda frame: table.look_up(stream.bits(frame.rows), numbers[index(frame)]))

    def stream(self, scope: Scope) -> Stream:
        """The bits that the person's name is chosen by."""
        return name_stream(scope, self.person)

    def _find(self, scope: Scope) -> str:
        try:
            return find_names(self.locale or scope.dataset.locale)
        except InputError as error:
            scope.fail(error.code, error.message, *(["locale"] if self.locale else []), hint=error.hint)

    def _draw(self, scope: Scope) -> CountryDraw | None:
        setting = self.country if self.locale else self.find_country(scope)
        return draw_countries(scope, setting, LOCALES, self.person) if setting else None


class Name(Named):
    """What whole names and parts of names have in common."""

    keyable: ClassVar[bool] = True
    part: ClassVar[Part]
    version: ClassVar[int] = 2
    script: Script = Field(default="native", description="native: as it is written there; latin: in Latin letters")

    def bind(self, scope: Scope) -> Binding:
        """Words by the stream, glued."""
        draw = self.bind_words(scope, self.part, self.script)

        def fill(frame: Frame) -> pa.Array:
            return draw.table.texts.glue(draw.index(frame))

        return Binding(pa.string(), fill)


@KINDS.register("full_name")
class FullName(Name):
    """The name of a person as it is written in the locale, or in each row's country, without titles.

    It is made of the person's `first_name` and `last_name` in the order of the language, and where the language has one a middle
    name or patronymic, which only the full name has. Countries without names of their own take those of `locale`.

    Example: {kind: full_name, locale: de_DE}
    """

    part = "full"


__all__ = ["FullName", "Name", "NameDraw", "Named"]

"""Places: all columns of one label are of one city, one street and one spot in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import set_null, unwrap, wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream, to_unit
from tempdata_dagster.locales.atlas import Cities, placed_countries, read_cities
from tempdata_dagster.locales.choosing import CountryDraw, draw_countries
from tempdata_dagster.locales.name_table import spread
from tempdata_dagster.locales.territories import Territory, read_territory
from tempdata_dagster.spec.values import Identifier

_SLOT_BITS = 16
_CLOSED_SET = 1_000


@dataclass(frozen=True)
class PlaceDraw:
    """The cities of a table's rows.

    Attributes:
        key: What the draw depends on, for the names of hidden columns.
        place: The place's name; empty for the only one of a row.
        cities: Of each country that rows can be in.
        first: The number of each country's first city among all; int64 of shape `(countries,)`.
        index: Each row's city, numbered through all countries: int64 of shape `(n,)`; -1 where a row has none.
        sure: No row has -1.
    """

    key: str
    place: str
    cities: tuple[Cities, ...]
    first: np.ndarray
    index: Callable[[Frame], np.ndarray]
    sure: bool

    def country(self, city: np.ndarray) -> np.ndarray:
        """The place of each city's country in `cities`, int64 of shape `(n,)`; -1 for none."""
        return np.asarray(_countries_of(tuple(map(len, self.cities)))[city])


@lru_cache(maxsize=64)
def _countries_of(counts: tuple[int, ...]) -> np.ndarray:
    # A last item for the city -1.
    return np.append(np.repeat(np.arange(len(counts)), counts), -1)


class Place(Kind):
    """What all kinds of places have in common."""

    keyable: ClassVar[bool] = True
    country: str | None = Field(
        default=None,
        description="a column of the same table with ISO codes or English names, a code, a name, or `global` (by population); "
        "by default that of the place's other columns, or the country of the dataset's locale",
    )
    place: Identifier | None = Field(default=None, description="the place's name, where a row has several")

    near: Identifier | None = Field(
        default=None,
        description="another place of the row: this one is elsewhere in the same city, and needs no `country`",
    )

    def countries(self, scope: Scope, place: str | None = None) -> CountryDraw:
        """The countries of a place's rows.

        Args:
            scope: The column's.
            place: The place; by default this column's.
        """
        label = self.find_origin(scope, place)
        setting = self._find_country(scope, label)
        if setting is not None:
            scope.add_fact(f"country of place {label}", setting)
        return draw_countries(scope, setting, placed_countries(), label)

    def draw(self, scope: Scope, place: str | None = None) -> PlaceDraw:
        """The cities of a place's rows, in proportion to their inhabitants; see `countries`."""
        label, origin = self._label(place), self.find_origin(scope, place)
        countries = self.countries(scope, place)
        cities = tuple(read_cities(code) for code in countries.codes)
        for one in cities:
            scope.add_fact(f"cities of {one.country}", one.digest)
        key = f"place {origin} {self._find_country(scope, origin)} {' '.join(countries.codes)}"
        stream = scope.shared_stream("place", f"{origin}/city")
        hidden = scope.share(key, lambda: _bind_city(countries, cities, stream))
        first = np.cumsum([0, *map(len, cities)])[:-1]
        return PlaceDraw(f"{key} {label}", label, cities, first, lambda f: unwrap(f.column(hidden)), countries.sure)

    def find_origin(self, scope: Scope, place: str | None = None) -> str:
        """The place whose city this one is in: itself, unless it is `near` another one."""
        label = self._label(place)
        seen = [label]
        while (near := self._agree(scope, label, "near")) is not None:
            check_place(scope, near, "near")
            if near in seen:
                shown = " -> ".join([*seen, near])
                scope.fail("TD2051", f"place '{near}' is near itself: {shown}", "near", hint="let one have no `near`")
            if self._agree(scope, label, "country") is not None:
                hint = "leave out `country`"
                scope.fail(
                    "TD2051", f"place '{label}' is near '{near}', and in a country of its own", "near", hint=hint
                )
            scope.add_fact(f"place {label} is near", near)
            seen.append(near)
            label = near
        return label

    def _label(self, place: str | None) -> str:
        return (self.place if place is None else place) or ""

    def _find_country(self, scope: Scope, label: str) -> str | None:
        """The `country` of a place; a column of codes of that very place says no more than its own setting."""
        own = self.country if (self.place or "") == label else None
        return own if own in columns_of_place(scope, label) else self._agree(scope, label, "country")

    def _agree(self, scope: Scope, label: str, name: str) -> str | None:
        """The one value that the columns of a place have for a setting; None if none has any."""
        same = columns_of_place(scope, label)
        found = {value for one in same.values() if (value := getattr(one, name)) is not None and value not in same}
        if len(found) > 1:
            shown = " and ".join(f"'{one}'" for one in sorted(found))
            what = f"columns of place '{label}'" if label else "columns of one place"
            hint = "a place is in one country: give each its own `place`"
            scope.fail("TD2050", f"the {what} have {name} {shown}", name, hint=hint)
        return next(iter(found), None)


def columns_of_place(scope: Scope, label: str) -> dict[str, Place]:
    """The columns of the table that belong to a place."""
    columns = scope.binder.columns_of(scope.table)
    return {name: one for name, one in columns.items() if isinstance(one, Place) and (one.place or "") == label}


def check_place(scope: Scope, label: str, parameter: str) -> None:
    """Note a problem if no column of the table belongs to a place.

    Raises:
        UnboundError: None does.
    """
    if not columns_of_place(scope, label):
        columns = scope.binder.columns_of(scope.table).values()
        known = sorted({one.place for one in columns if isinstance(one, Place) and one.place})
        hint = closest(label, known) or "give some columns, such as a city, a `place`"
        what = f"place '{label}'" if label else "the place without a name"
        scope.fail("TD2052", f"no column of '{scope.table}' is of {what}", parameter, hint=hint)


def _bind_city(countries: CountryDraw, cities: tuple[Cities, ...], stream: Stream) -> Binding:
    slots, first = [], 0
    for one in cities:
        slots.append(spread(one.people.tolist(), _SLOT_BITS) + np.int32(first))
        first += len(one)
    table = np.concatenate(slots)

    def fill(frame: Frame) -> pa.Array:
        slot = (stream.bits(frame.rows) >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
        country = countries.index(frame)
        city = table[slot + (np.maximum(country, 0) << _SLOT_BITS)].astype(np.int64)
        return wrap(city if countries.sure else np.where(country < 0, -1, city), pa.int64())

    return Binding(pa.int64(), fill)


def bind_texts(draw: PlaceDraw, texts: list[str | None]) -> Binding:
    """A column with a text for each city; null where it is None, or where a row has no city."""
    stock = list(dict.fromkeys(text for text in texts if text is not None))
    number = {text: i for i, text in enumerate(stock)}
    codes = np.array([*(-1 if text is None else number[text] for text in texts), -1], dtype=np.int32)
    return _bind_codes(stock, codes, lambda frame: codes[draw.index(frame)], sure=draw.sure)


def bind_country_texts(draw: CountryDraw, texts: list[str | None]) -> Binding:
    """A column with a text for each country; null where it is None, or where a row has no country."""
    stock = list(dict.fromkeys(text for text in texts if text is not None))
    number = {text: i for i, text in enumerate(stock)}
    codes = np.array([*(-1 if text is None else number[text] for text in texts), -1], dtype=np.int32)
    return _bind_codes(stock, codes, lambda frame: codes[draw.index(frame)], sure=draw.sure)


def bind_territory_texts(scope: Scope, draw: CountryDraw, tell: Callable[[Territory], str]) -> Binding:
    """A column with what CLDR says of each country; null where it says nothing."""
    texts = []
    for code in draw.codes:
        text = tell(read_territory(code))
        scope.add_fact(f"{scope.settings.kind} of {code}", text)
        texts.append(text or None)
    return bind_country_texts(draw, texts)


def _bind_codes(stock: list[str], codes: np.ndarray, choose: Callable[[Frame], np.ndarray], *, sure: bool) -> Binding:
    words = pa.array(stock, pa.string())
    nullable = not sure or bool((codes[:-1] < 0).any())

    def fill(frame: Frame) -> pa.Array:
        code = choose(frame)
        array = wrap(np.maximum(code, 0), pa.int32()) if nullable else wrap(code, pa.int32())
        return pa.DictionaryArray.from_arrays(set_null(array, code < 0) if nullable else array, words)

    closed = tuple(stock) if 0 < len(stock) <= _CLOSED_SET else None
    return Binding(pa.dictionary(pa.int32(), pa.string()), fill, nullable=nullable, values=closed)


def unit_of(stream: Stream, frame: Frame) -> np.ndarray:
    """A float in [0, 1) for each row."""
    return to_unit(stream.bits(frame.rows))

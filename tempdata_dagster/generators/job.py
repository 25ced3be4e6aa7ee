"""Jobs, and what else Faker knows of a person's working life by country."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.engine.arrays import set_null, wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.sex import Resident
from tempdata_dagster.locales.catalogue import find_words
from tempdata_dagster.locales.choosing import draw_countries
from tempdata_dagster.locales.countries import LOCALES
from tempdata_dagster.locales.pools import Pool, request_pool

_CLOSED_SET = 100


class Pooled(Resident):
    """One of the words that a Faker provider has for the row's country; null in countries whose language it does not know."""

    keyable: ClassVar[bool] = True
    provider: ClassVar[str]
    size: int = Field(default=500, ge=1, le=20_000, description="how many are drawn for each country")

    def bind(self, scope: Scope) -> Binding:
        """Indexes into the countries' pools, end to end."""
        countries = draw_countries(scope, self.find_country(scope), LOCALES, self.person)
        pools = [_request(code, self.provider, self.size) for code in countries.codes]
        for code, pool in zip(countries.codes, pools, strict=True):
            scope.add_fact(f"{self.provider} of {code}", pool.digest)
        place = {text: i for i, text in enumerate(dict.fromkeys(t for pool in pools for t in pool.values.to_pylist()))}
        own = [np.array([place[text] for text in pool.values.to_pylist()], dtype=np.int32) for pool in pools]
        draws = np.concatenate([index[pool.draws] for index, pool in zip(own, pools, strict=True)])
        words, stream = pa.array(list(place)), scope.shared_stream("person", f"{self.person}/{self.provider}")

        def fill(frame: Frame) -> pa.Array:
            country = countries.index(frame)
            chosen = draws[np.maximum(country, 0) * self.size + below(stream.bits(frame.rows), self.size)]
            cells = pa.DictionaryArray.from_arrays(wrap(chosen, pa.int32()), words)
            return cells if countries.sure else set_null(cells, country < 0)

        values = tuple(sorted(place)) if len(place) <= _CLOSED_SET else None
        return Binding(pa.dictionary(pa.int32(), pa.string()), fill, nullable=not countries.sure, values=values)


def _request(country: str, provider: str, size: int) -> Pool:
    """The pool of the country's best locale whose provider does not fail."""
    *better, last = find_words(country, provider)
    for locale in better:
        with suppress(InputError):
            return request_pool(locale, provider, {}, size)
    return request_pool(last, provider, {}, size)


@KINDS.register("job")
class Job(Pooled):
    """What a person works as, in the language of the row's country where Faker has it, else in English.

    Example: {kind: job, country: DE}
    """

    provider = "job"

from __future__ import annotations

import pytest

from tempdata_dagster.locales.catalogue import find_words, known_locales
from tempdata_dagster.locales.countries import LOCALES


@pytest.mark.parametrize("sort", ["job", "company"])
def test_every_country_has_words_that_faker_knows(sort):
    for country in LOCALES:
        found = find_words(country, sort)
        assert set(found) <= set(known_locales())
        assert found[-1] == "en_US" or "en_US" in found


def test_a_countrys_own_words_come_first():
    first = {country: find_words(country, "company")[0] for country in ("DE", "CH", "AR", "PH", "KE", "EG")}
    assert first == {"DE": "de_DE", "CH": "de_CH", "AR": "es_ES", "PH": "en_PH", "KE": "en_US", "EG": "ar_DZ"}

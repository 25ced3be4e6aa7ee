from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.locales.catalogue import check_locale, find_names, known_locales, named_locales
from tempdata_dagster.locales.countries import LOCALES
from tempdata_dagster.locales.name_table import NameTable, make_name_table, spread
from tempdata_dagster.locales.names import MAX_WORDS, SEXES, read_names

DIGESTS = """
from tempdata_dagster.locales.catalogue import named_locales
from tempdata_dagster.locales.names import read_names
print([read_names(locale).digest for locale in named_locales()])
"""


def test_every_locale_has_names_of_its_own():
    for locale in named_locales():
        model = read_names(locale)
        texts = [text for words in model.words.values() for text in words.texts]
        assert 1 <= max(len(pattern.tokens) for pattern in model.patterns) <= MAX_WORDS, locale
        assert len(texts) > 30, locale
        assert not {"Jane", "Doe"} <= set(texts) or locale.startswith("en"), locale
        assert not [text for text in texts if not text.strip() or "{" in text], locale


def test_every_country_leads_to_names():
    assert all(find_names(locale) == locale for locale in LOCALES.values())
    assert all(len(country) == 2 and country.isupper() for country in LOCALES)


def test_locales_without_names_use_their_language():
    found = {locale: find_names(locale) for locale in ("en_AU", "ar_EG", "it_CH", "el_CY", "es", "de")}
    assert found == {
        "en_AU": "en_US",
        "ar_EG": "ar_AA",
        "it_CH": "it_IT",
        "el_CY": "el_GR",
        "es": "es_ES",
        "de": "de_DE",
    }
    with pytest.raises(InputError, match="TD2042"):
        find_names("am_ET")
    with pytest.raises(InputError, match=r"TD2041.*en_US"):
        check_locale("en_UX")
    assert set(named_locales()) < set(known_locales())


def test_every_locale_has_names_of_both_sexes_with_first_and_last_names():
    for locale in named_locales():
        patterns = read_names(locale).patterns
        assert {pattern.sex for pattern in patterns} == set(SEXES), locale
        for pattern in patterns:
            tokens = [token for token, _ in pattern.tokens]
            other = "_male" if pattern.sex == "female" else "_female"
            assert not [token for token in tokens if other in token], locale
            assert any(token.startswith("last_name") for token in tokens), locale


def test_no_name_is_without_a_slug():
    for locale in named_locales():
        slugs = [slug for words in read_names(locale).words.values() for slug in words.slugs]
        assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in slugs), locale
        assert slugs.count("x") <= len(slugs) / 50, locale


def test_words_of_one_language_are_kept_with_their_weights():
    words = read_names("en_US").words["last_name"]
    weights = dict(zip(words.texts, words.weights, strict=True))
    assert max(weights, key=weights.__getitem__) == "Smith"


def test_names_are_the_same_in_every_process():
    """Whatever the hash seed is: no list is read in the order of a set."""
    outputs = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", DIGESTS], env=environment, capture_output=True, text=True, check=True
        )
        outputs.add(run.stdout)
    here = str([read_names(locale).digest for locale in named_locales()])
    assert {output.strip() for output in outputs} == {here}


def test_spread_is_in_proportion_and_in_order():
    slots = spread([1, 2, 5, 0], 10)
    assert slots.dtype == np.int32
    assert np.bincount(slots, minlength=4).tolist() == [128, 256, 640, 0]
    assert (np.diff(slots) >= 0).all()


def test_a_table_glues_exactly_the_words_of_its_models():
    models = (read_names("ru_RU"), read_names("ko_KR"), read_names("de_DE"))
    table = NameTable(models)
    bits = np.random.default_rng(5).integers(0, 2**64, 3_000, dtype=np.uint64)
    which = np.arange(3_000) % 3
    names = table.texts.glue(table.look_up(bits, which)).to_pylist()
    assert all("Ѐ" <= name[0] <= "ӿ" for name in names[::3])
    assert all("가" <= c <= "힣" for name in names[1::3] for c in name)
    assert all(
        name.split()[0] in {t for w in models[2].words.values() for t in w.texts} or "-" in name or " " in name
        for name in names[2::3]
    )
    slugs = table.slugs.glue(table.look_up(bits, which)).to_pylist()
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+", slug) for slug in slugs[1::3])
    assert max(map(len, slugs)) <= 51


def test_a_locale_is_the_same_alone_and_among_others():
    bits = np.random.default_rng(6).integers(0, 2**64, 1_000, dtype=np.uint64)
    alone, among = make_name_table(("fr_FR",), "full"), make_name_table(("es_ES", "fr_FR", "hu_HU"), "full")
    names = alone.texts.glue(alone.look_up(bits, 0))
    assert names.equals(among.texts.glue(among.look_up(bits, 1)))


def test_the_digest_changes_with_the_words(monkeypatch):
    from faker.providers.person.fr_FR import Provider

    before = read_names("fr_FR").digest
    monkeypatch.setattr(Provider, "last_names", (*Provider.last_names, "Nouveau"))
    read_names.cache_clear()
    try:
        after = read_names("fr_FR")
        assert after.digest != before
        assert replace(after, digest=before) != after
    finally:
        monkeypatch.undo()
        read_names.cache_clear()
    assert read_names("fr_FR").digest == before

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.locales.slugs import make_slug, make_slugs, to_latin


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Jean-René", "jean-rene"),
        ("Müller", "muller"),
        ("O'Neil", "oneil"),
        ("Şahnuray İnönü", "sahnuray-inonu"),
        ("Þorlákur", "thorlakur"),
        ("Щербаков", "shcherbakov"),
        ("Ковалюк Їжак", "kovalyuk-yizhak"),
        ("Παπαδοπούλου", "papadopoulou"),
        ("Nguyễn Đức", "nguyen-duc"),
        ("김 철수", "gim-cheolsu"),
        ("مريم", "mrym"),
        ("عائشة", "aaishh"),
        ("สมชาย", "smchay"),
        ("王小明", "wangxiaoming"),
        ("  --  ", ""),
        ("", ""),
    ],
)
def test_known_names(text, slug):
    assert make_slug(text) == slug


def test_german_umlauts_get_an_e():
    assert make_slug("Größe Müller-Jäger", "de") == "groesse-mueller-jaeger"


@given(st.lists(st.none() | st.text(max_size=30), max_size=20))
def test_many_at_once_are_as_good_as_one_by_one(texts):
    found = make_slugs(pa.array(texts, pa.string()), pa.array(["@a.test"] * len(texts), pa.string())).to_pylist()
    assert [one is None for one in found] == [one is None for one in texts]
    assert all(re.fullmatch(r"[a-z0-9]+(\.[a-z0-9]+)*@a\.test", one) for one in found if one is not None)


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=0x4FF), max_size=15), min_size=1, max_size=20))
def test_a_dictionary_gives_the_same(texts):
    array, tails = pa.array(texts), pa.array(["@a.test"] * len(texts))
    assert make_slugs(array.dictionary_encode(), tails).equals(make_slugs(array, tails))


def test_a_slice_is_read_at_its_offset():
    array = pa.array(["Anna", "Örn", None, "Zoë Ng"])
    assert make_slugs(array.slice(1), pa.array(["@b"] * 3)).to_pylist() == ["orn@b", None, "zoe.ng@b"]


def test_letters_beyond_the_common_scripts_are_written_too():
    tails = pa.array(["@b"] * 3)
    assert make_slugs(pa.array(["김 철수", "Müller", "株式会社"]), tails).to_pylist() == [
        "gim.cheolsu@b", "muller@b", "zhushihuishe@b",
    ]  # fmt: skip


def test_latin_words_stay_and_others_are_romanised():
    assert [to_latin(text) for text in ("Müller", "O'Neil", "Đức", "Петрова", "김", "علي")] == [
        "Müller", "O'Neil", "Đức", "Petrova", "Gim", "Aly",
    ]  # fmt: skip

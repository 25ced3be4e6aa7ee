from __future__ import annotations

import itertools
import re

import pytest

from tempdata_dagster.locales.zip_patterns import count_texts, fits_shape, intersect, read_templates, shape_of


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{2}",
        r"[A-C]\d ?\d",
        r"(?:AB|C[DE])[0-2]?",
        r"7[2-5]|80",
        r"(\d{1,2})(?:-[XY])?",
        r"1\d|2",
        r"0 0|9-9",
    ],
)
def test_the_templates_of_a_pattern_have_all_its_texts(pattern):
    texts = {"".join(text) for template in read_templates(pattern) for text in itertools.product(*template)}
    assert texts
    assert all(re.fullmatch(pattern, text) for text in texts)
    alphabet = sorted({letter for text in texts for letter in text})
    longest = max(map(len, texts))
    every = {"".join(text) for size in range(longest + 1) for text in itertools.product(alphabet, repeat=size)}
    assert texts == {text for text in every if re.fullmatch(pattern, text)}


@pytest.mark.parametrize("pattern", ["(a", "a)", "[ab", "a{,3}", r"\d{9}(a|b|c){8}"])
def test_what_is_no_such_pattern_is_refused(pattern):
    with pytest.raises(ValueError, match=r"bracket|early|bounds|many"):
        read_templates(pattern)


def test_a_start_narrows_a_template():
    (whole,), (start,) = read_templates(r"\d{3}"), read_templates("7[2-5]")
    both = intersect(whole, start)
    assert both is not None
    assert count_texts(both) == 40
    assert intersect(whole, read_templates("A")[0]) is None
    assert intersect(start, whole) is None


def test_a_shape_narrows_a_template():
    (template,) = read_templates(r"[\dA-Z]{3}")
    narrowed = fits_shape(template, shape_of("K1B"))
    assert narrowed is not None
    assert count_texts(narrowed) == 26 * 10 * 26
    assert fits_shape(template, "99") is None

"""Free text: words, sentences, paragraphs, titles, reviews and names of articles."""

from __future__ import annotations

import importlib
import re

import pytest

PRAISE = re.compile(
    r"\b(perfect|excellent|superb|love it|outstanding|amazing|wonderful|fantastic|flawless|recommended)\b",
    re.IGNORECASE,
)
BLAME = re.compile(
    r"\b(awful|terrible|worst|waste|dreadful|horrible|useless|never again|disappoint\w+|poor|regret|avoid)\b",
    re.IGNORECASE,
)


def test_words_are_the_languages_own(build):
    for locale in ("de_DE", "fr_FR", "ja_JP"):
        provider = importlib.import_module(f"faker.providers.lorem.{locale}").Provider
        cells = build(f"w: {{kind: words, min: 2, max: 5, separator: '|', locale: {locale}}}", rows=3000)[
            "w"
        ].to_pylist()
        counts = {cell.count("|") + 1 for cell in cells}
        assert counts == {2, 3, 4, 5}
        assert {word for cell in cells for word in cell.split("|")} <= set(provider.word_list)


def test_sentences_begin_with_a_capital_and_end(build, figure):
    cells = build("e: {kind: sentence}\nd: {kind: sentence, locale: de_DE}", rows=50_000)
    for name in ("e", "d"):
        texts = cells[name].to_pylist()
        assert all(text[0].isupper() and text.endswith(".") and "  " not in text for text in texts)
        figure(f"sentence ({name}): {len(set(texts)) / len(texts):.1%} of {len(texts):,} are different")
        assert len(set(texts)) > 0.95 * len(texts)


def test_paragraphs_have_as_many_sentences_as_asked(build):
    texts = build("p: {kind: paragraph, min: 2, max: 4}", rows=3000)["p"].to_pylist()
    counts = [text.count(".") for text in texts]
    assert set(counts) == {2, 3, 4}
    assert all(re.fullmatch(r"[A-Z][^.]*\.( [A-Z][^.]*\.)*", text) for text in texts)


def test_a_locale_without_words_is_an_error(problems):
    assert [found[0] for found in problems("w: {kind: words, locale: xx_XX}")] == ["TD2041"]
    assert [found[0] for found in problems("w: {kind: sentence, locale: xx_XX}")] == ["TD2041"]


def test_titles_vary(build):
    titles = build("t: {kind: title}", rows=20_000)["t"].to_pylist()
    assert len(set(titles)) > 15_000
    assert all(title[0].isupper() for title in titles)


def test_reviews_agree_with_their_rating(build):
    rows = build("r: {kind: rating, nulls: 10%}\nt: {kind: review, rating: r}", rows=20_000).to_pylist()
    best, worst = ([row["t"] for row in rows if row["r"] == stars] for stars in (5, 1))
    assert all(row["t"] is None for row in rows if row["r"] is None)
    assert not any(BLAME.search(text) for text in best)
    assert not any(PRAISE.search(text) for text in worst)
    assert sum(bool(PRAISE.search(text)) for text in best) > 0.8 * len(best)
    assert sum(bool(BLAME.search(text)) for text in worst) > 0.6 * len(worst)


def test_levels_can_be_told_apart_by_their_words(build, figure):
    """A bag of words that is counted on half of the reviews finds the rating of the other half."""
    rows = build("r: {kind: integer, min: 1, max: 5}\nt: {kind: review, rating: r}", rows=6_000).to_pylist()
    counts: dict[str, list[int]] = {}
    for row in rows[:3000]:
        for word in set(row["t"].lower().split()):
            counts.setdefault(word, [1] * 5)[row["r"] - 1] += 1
    right = 0
    for row in rows[3000:]:
        words = [counts[word] for word in set(row["t"].lower().split()) if word in counts]
        score = [sum(one[level] / sum(one) for one in words) for level in range(5)]
        right += score.index(max(score)) + 1 == row["r"]
    figure(f"review: the rating of {right / 3000:.1%} of 3,000 is found from their words alone")
    assert right > 0.9 * 3000


def test_ratings_of_another_scale_are_read_by_it(build):
    columns = "r: {kind: integer, min: 0, max: 12}\nt: {kind: review, rating: r, best: 10}"
    rows = build(columns, rows=5000).to_pylist()
    assert not any(BLAME.search(row["t"]) for row in rows if row["r"] >= 10)
    assert not any(PRAISE.search(row["t"]) for row in rows if row["r"] <= 1)


def test_ratings_have_their_weights(build):
    cells = build("r: {kind: rating, max: 3, weights: [1, 0, 3]}\nd: {kind: rating}", rows=40_000)
    own, drawn = cells["r"].to_pylist(), cells["d"].to_pylist()
    assert own.count(2) == 0
    assert own.count(3) / len(own) == pytest.approx(0.75, abs=0.01)
    assert drawn.count(5) / len(drawn) == pytest.approx(0.48, abs=0.01)


def test_a_review_of_text_is_an_error(problems):
    assert [found[0] for found in problems("t: {kind: text}\nr: {kind: review, rating: t}")] == ["TD2060"]


def test_articles_are_of_their_category(build):
    from tempdata_dagster.locales.goods import GOODS

    columns = "c: {kind: choice, values: [garden, Toys & Games, BOOKS, rockets], nulls: 10%}\nn: {kind: product_name, category: c}"
    keys = {"garden": "garden", "Toys & Games": "toys", "BOOKS": "books"}
    for row in build(columns, rows=3000).to_pylist():
        if row["c"] is None:
            assert row["n"] is None
        else:
            goods = GOODS[keys[row["c"]]].nouns if row["c"] in keys else [n for g in GOODS.values() for n in g.nouns]
            assert any(noun in row["n"] for noun in goods), row
            assert row["n"] == row["n"].strip()


def test_an_unknown_category_for_all_is_an_error(problems):
    ((code, _, hint),) = problems("n: {kind: product_name, category: gardn}")
    assert code == "TD2061"
    assert "garden" in hint

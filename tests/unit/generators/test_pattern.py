"""Text by regular expressions."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.regex.ambiguity import is_unambiguous
from tempdata_dagster.engine.regex.grammar import RegexError, Sequence, parse_regex
from tempdata_dagster.engine.regex.source import Drawn, Ranked, count_lanes
from tempdata_dagster.engine.regex.text import TextWriter
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.engine.streams import Stream

atoms = st.sampled_from(["a", "b", "-", "é", r"\d", r"\w", r"\.", "[a-f]", "[^a-z]", "[äö-]", ".", "日"])
counts = st.sampled_from(["", "?", "{2}", "{0,2}", "{1,3}"])
patterns = st.recursive(
    st.tuples(atoms, counts).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(st.lists(inner, min_size=2, max_size=3).map("|".join), counts).map(lambda one: f"({one[0]}){one[1]}"),
    ),
    max_leaves=6,
)


def sequence_of(pattern: str) -> Sequence:
    node = parse_regex(pattern)
    return node if isinstance(node, Sequence) else Sequence((node,))


def draw(pattern: str, rows: int = 500) -> list[str]:
    node = sequence_of(pattern)
    lanes = [Stream.of(pattern, lane) for lane in range(count_lanes(node, []))]
    source = Drawn(lanes, Frame(None, Addresses(0, np.arange(rows))))
    return TextWriter(node).write(rows, source).to_pylist()


@given(patterns)
def test_draws_only_what_the_pattern_matches(pattern):
    for text in draw(pattern, 60):
        assert re.fullmatch(pattern, text), (pattern, text)


@given(patterns)
def test_re2_reads_the_pattern_alike(pattern):
    texts = draw(pattern, 60)
    assert all(pc.match_substring_regex(texts, f"^(?:{pattern})$").to_pylist())


@given(patterns)
@settings(max_examples=200)
def test_numbers_all_texts_of_an_unambiguous_pattern_once(pattern):
    node = sequence_of(pattern)
    if node.count > 20_000 or not is_unambiguous(node):
        return
    texts = TextWriter(node).write(node.count, Ranked(np.arange(node.count))).to_pylist()
    assert len(set(texts)) == node.count
    assert all(re.fullmatch(pattern, text) for text in texts)


@pytest.mark.parametrize(
    ("pattern", "clear"),
    [
        (r"[A-Z]{2}-\d{4}", True),
        (r"[a-z]{2,4}_\d{1,5}", True),
        (r"(ab|cd)x", True),
        (r"(a|ab)c", True),
        (r"(a|ab)(c|bc)", False),
        (r"a?b?", True),
        (r"a?a?", False),
        (r"[ab]?c?d", True),
        (r"a?b?a?", False),
        (r"(a?){2}", False),
        (r"(a|a)", False),
        (r"[a-c]{1,2}[c-e]{1,2}", False),
        (r"([a-z]{1,3}\.){2}", False),
    ],
)
def test_knows_which_patterns_come_in_one_way(pattern, clear):
    assert is_unambiguous(sequence_of(pattern)) is clear


def test_every_choice_is_even():
    first = Counter(text[0] for text in draw("[abc]{2}x?", 30_000))
    assert stats.chisquare([first[letter] for letter in "abc"]).pvalue > 1e-3
    lengths = Counter(map(len, draw("a{2,5}", 30_000)))
    assert stats.chisquare([lengths[length] for length in (2, 3, 4, 5)]).pvalue > 1e-3
    options = Counter(draw("(one|two|three)", 30_000))
    assert stats.chisquare([options[name] for name in ("one", "two", "three")]).pvalue > 1e-3


def test_positions_are_independent():
    texts = np.array([[ord(c) - ord("a") for c in text] for text in draw("[a-z]{8}", 50_000)])
    for left in range(8):
        for right in range(left):
            assert abs(np.corrcoef(texts[:, left], texts[:, right])[0, 1]) < 0.02


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("((a{1000}){1000}){1000}", "spans 1,000,000 characters"),
        ("a{99999999999}", "spans 99,999,999,999 characters"),
        ("a" * 1500, "spans 1,500 characters"),
        ("(?=a)b", "cannot be generated"),
        ("(?i)a", "cannot be generated"),
        ("(?P<n>a)", "cannot be generated"),
        (r"(a)\1", "cannot be generated"),
        (r"\p{L}", "cannot be generated"),
        (r"\bword\b", "cannot be generated"),
        ("[z-a]", "is no range"),
        (r"[\d-z]", "is no range"),
        ("(", "without its"),
        (")", "without its"),
        ("[a", "without its"),
        ("", "the pattern is empty"),
        ("^$", "generates no text"),
        ("a*", "'*' has no end"),
        (".+", "'+' has no end"),
        ("a{2,}", "has no end"),
        ("a{5,2}", "counts down"),
        ("a{2}{3}", "a repeat of a repeat"),
        ("a{2}?", "a repeat of a repeat"),
        ("*a", "repeats nothing"),
        ("x{y}", "says no count"),
        ("a^b", "within the pattern"),
        ("[]", "without characters"),
        ("[^]", "without characters"),
        ("[[:alpha:]]", "named classes"),
        ("a\tb", "control characters"),
        ("(" * 2000, "nested more than 20"),
        ("\\", "cannot be generated"),
    ],
)
def test_refuses_what_cannot_be_generated(pattern, message):
    with pytest.raises(RegexError, match=re.escape(message)) as error:
        parse_regex(pattern)
    assert error.value.hint


def test_anchors_at_the_ends_mean_nothing():
    assert parse_regex("^ab$") == parse_regex("ab")
    assert parse_regex(r"a\$") != parse_regex("a")
    assert parse_regex(r"a\\$") == parse_regex(r"a\\")


@pytest.mark.parametrize("pattern", [r"[A-Z]\d{3}", r"[a-z]{2,4}_\d{1,5}", r"\w{30}", r"(EU|US)-[0-9A-F]{12}"])
def test_unique_texts_differ(build, pattern):
    texts = build(
        f"p: {{kind: pattern, pattern: '{pattern}', unique: true}}", rows=20_000 if "3}" not in pattern[-2:] else 9_000
    )
    assert len(set(texts["p"].to_pylist())) == texts.num_rows


def test_long_rows_are_written_in_slices(build):
    wide = build("p: {kind: pattern, pattern: '[ab]{900}'}", rows=20_000)["p"].to_pylist()
    narrow = build("p: {kind: pattern, pattern: '[ab]{900}'}", rows=20_000, block_rows=100)["p"].to_pylist()
    assert wide == narrow
    assert {len(text) for text in wide} == {900}


@pytest.mark.parametrize(
    ("settings_", "code", "message"),
    [
        ("pattern: 'a*'", "TD1024", "'*' has no end (write how often"),
        ("pattern: 7", "TD1022", "'pattern' is text"),
        ("{}", "TD1021", "'pattern' is missing"),
        ("pattern: '[ab]{2}', unique: true", "TD2004", "there are 4"),
        ("pattern: 'a?a?', unique: true", "TD2034", "in two ways"),
    ],
)
def test_says_what_is_wrong(compile_columns, settings_, code, message):
    own = "kind: pattern" if settings_ == "{}" else f"kind: pattern, {settings_}"
    with pytest.raises(SpecError) as error:
        compile_columns(f"p: {{{own}}}")
    assert code in {problem.code for problem in error.value.problems}
    assert message in str(error.value)

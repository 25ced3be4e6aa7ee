from __future__ import annotations

import os
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.core.errors import Where
from tempdata_dagster.core.limits import Limits
from tempdata_dagster.spec.yaml_tree import parse_tree, read_tree


def refuse(text: str) -> list[tuple[str, int, int]]:
    problems: list = []
    parse_tree(text, "f", problems)
    return [(one.code, one.where.line, one.where.column) for one in problems]


def test_values_and_places_are_kept():
    problems: list = []
    tree = parse_tree("a: 1\nb:\n  - x\n  - {c: 2024-01-31}\né: 'NO'\n", "f.yaml", problems)
    assert not problems
    assert tree is not None
    assert tree.value == {"a": 1, "b": ["x", {"c": date(2024, 1, 31)}], "é": "NO"}
    assert tree.where(("a",)) == Where("f.yaml", 1, 4)
    assert tree.where_key(("a",)) == Where("f.yaml", 1, 1)
    assert tree.where(("b",)) == Where("f.yaml", 2, 1)
    assert tree.where(("b", 0)) == Where("f.yaml", 3, 5)
    assert tree.where(("b", 1, "c")) == Where("f.yaml", 4, 9)
    assert tree.where(("é",)) == Where("f.yaml", 5, 4)


def test_unknown_path_has_the_place_of_its_nearest_known_parent():
    tree = parse_tree("a:\n  b: {c: 1}\n", "f", [])
    assert tree is not None
    assert tree.where(("a", "b", "x", 3)) == Where("f", 2, 3)
    assert tree.where(("nowhere",)) == Where("f", 1, 1)


@pytest.mark.parametrize(("text", "expected"), [
    ("country: NO", [("TD1017", 1, 10)]),
    ("on: push", [("TD1017", 1, 1)]),
    ("a: 1\na: 2", [("TD1015", 2, 1)]),
    ("a: {b: 1, b: 2}", [("TD1015", 1, 11)]),
    ("1: a\n1.0: b", [("TD1015", 2, 1)]),
    ("a: &x 1", [("TD1016", 1, 4)]),
    ("a: *x", [("TD1016", 1, 4)]),
    ("&x [*x]", [("TD1016", 1, 1), ("TD1016", 1, 5), ("TD1014", 1, 1)]),
    ("<<: {a: 1}", [("TD1016", 1, 1)]),
    ("a: !!python/object/apply:os.system [id]", [("TD1016", 1, 4)]),
    ("a: !!str 1", [("TD1016", 1, 4)]),
    ("? [a, b]\n: 1", [("TD1019", 1, 3)]),
    ("? {a: b}\n: 1", [("TD1019", 1, 3)]),
    ("? *x\n: 1", [("TD1016", 1, 3), ("TD1019", 1, 3)]),
    ("null: 3", [("TD1019", 1, 1)]),
    ("", [("TD1014", 1, 1)]),
    ("# only a comment\n", [("TD1014", 1, 1)]),
    ("a: 1\n---\nb: 2", [("TD1014", 2, 1)]),
    ("- a", [("TD1014", 1, 1)]),
    ("word", [("TD1014", 1, 1)]),
    ('a: "\\0"', [("TD1013", 1, 4)]),
    ('a: "\\ud800"', [("TD1012", 1, 7)]),
    ("a:\n\tb: 1", [("TD1012", 2, 1)]),
    ("a: b: c", [("TD1012", 1, 5)]),
    ("a: [1, {b: 2", [("TD1012", 1, 8)]),
    ('a: 1\nb: "x', [("TD1012", 2, 4)]),
    ("a: " + "[" * 1000, [("TD1011", 1, 44)]),
    ("a: " + "9" * 5000, [("TD1018", 1, 4)]),
])  # fmt: skip
def test_trap_is_reported_at_its_place(text, expected):
    assert refuse(text) == expected


def test_half_written_file_says_so():
    problems: list = []
    assert parse_tree("dataset: shop\ntables: {a: {rows: 3, columns: {", "f", problems) is None
    assert "ends in the middle" in problems[0].message
    assert "still being written" in problems[0].hint


def test_one_trap_hides_no_other():
    assert [code for code, _, _ in refuse("a: NO\nb: 012\nc: 2024-02-30\na: 3\nd: &x 1\ne: *x")] == [
        "TD1017", "TD1017", "TD1018", "TD1015", "TD1016", "TD1016"
    ]  # fmt: skip


def test_billion_laughs_is_refused_without_being_expanded():
    lines = [
        "a: &a [x, x]",
        *(f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefghijklm", "bcdefghijklmn", strict=True)),
    ]
    began = time.monotonic()
    assert {code for code, _, _ in refuse("\n".join(lines))} == {"TD1016"}
    assert time.monotonic() - began < 1


def test_node_count_is_bounded():
    began = time.monotonic()
    assert [code for code, _, _ in refuse("a: [" + "1, " * 200_000 + "1]")] == ["TD1011"]
    assert time.monotonic() - began < 5


def test_files_that_cannot_be_read_are_explained(tmp_path):
    def explain(path):
        problems: list = []
        assert read_tree(path, problems, Limits(spec_bytes=1000)) is None
        (one,) = problems
        return one.code, one.message

    (tmp_path / "utf16.yaml").write_bytes("a: 1".encode("utf-16"))
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: caf\xe9")
    (tmp_path / "surrogate.yaml").write_bytes(b"a: \xed\xa0\x80")
    (tmp_path / "nul.yaml").write_bytes(b"a: 1\nb: \x00")
    (tmp_path / "large.yaml").write_text("# " + "x" * 1000)
    os.mkfifo(tmp_path / "pipe.yaml")
    assert explain(tmp_path / "none.yaml") == ("TD1010", "there is no such file")
    assert explain(tmp_path) == ("TD1010", "a folder stands where a file is expected")
    assert explain(tmp_path / "pipe.yaml") == ("TD1010", "no regular file stands where a file is expected")
    assert explain(tmp_path / "utf16.yaml") == ("TD1013", "the file is written as UTF-16")
    assert explain(tmp_path / "bom.yaml") == ("TD1013", "the file is written as UTF-8 with a byte order mark")
    assert explain(tmp_path / "latin.yaml") == ("TD1013", "the file is not UTF-8 text")
    assert explain(tmp_path / "surrogate.yaml")[0] == "TD1013"
    assert explain(tmp_path / "nul.yaml") == ("TD1013", "the file holds the control character 0x00")
    assert explain(tmp_path / "large.yaml") == ("TD1011", "the file is larger than 1,000 bytes")


def test_carriage_returns_change_nothing(tmp_path):
    (tmp_path / "f.yaml").write_bytes(b"a: 1\r\nb:\r\n  c: x\r\n")
    problems: list = []
    tree = read_tree(tmp_path / "f.yaml", problems)
    assert tree is not None
    assert tree.value == {"a": 1, "b": {"c": "x"}}
    assert tree.where(("b", "c")).line == 3


@given(st.text(st.sampled_from("abNO01:-'\"[]{}?*&!|>#%@,\n\t ~<.é\u2028\x85\x00"), max_size=60))
def test_any_text_gives_a_tree_or_a_placed_problem(text):
    problems: list = []
    tree = parse_tree(text, "f", problems)
    assert tree is not None or problems
    lines = text.count("\n") + text.count("\x85") + text.count("\u2028") + 2
    assert all(one.where.line in range(1, lines + 1) and one.where.column >= 1 for one in problems)

"""Whatever is done to a good file, it loads or is refused with places and hints: never anything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tempdata_dagster.core.errors import Problem, SpecError
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset

GOOD = """\
dataset: shop
start: 2025-01-01
seed: 42
schedule: {cron: "0 2 * * *", timezone: Europe/Berlin}
tags: {team: core}
tables:
  products:
    rows: 2_000
    key: product_id
    columns:
      product_id: {kind: key, prefix: P}
      position: {kind: position}
  orders:
    rows: {per: day, mean: 30, weekday: {sat: 1.4}, month: {dec: 1.8}, holidays: US, growth: 15%/year}
    key: order_id
    owners: [ann]
    columns:
      order_id: {kind: key, width: 9}
      ordered_at: {kind: timestamp, hours: {9-17: 3, 18-22: 5}}
      total: {kind: aggregate, of: items.line, function: sum}
  items:
    rows: {per: orders, distribution: geometric, mean: 2.4, min: 1, max: 20, share: 90%}
    key: [order_id, line]
    columns:
      order_id: {kind: reference, to: orders}
      line: {kind: position}
      product_id: {kind: reference, to: products, skew: {zipf: 1.3}}
      double: {kind: expression, sql: "line * 2", type: int32, nulls: 5%}
    rules:
      - line >= 1
      - {sql: double > line, severity: warning}
"""
TOKENS = [
    "null", "true", "NO", "-1", "1e309", "2024-02-30", "[]", "{}", "[1, 2]", "{a: 1}", "'x'", "x" * 300, "*a", "&a", "!!int", "<<",
    ": ", "- ", "\n", "  ", "\t", "'", '"', "#", "|", "é", "\x00", "\x85", "999999999999999999999", "0x10", "?", "---", "...", "{{",
]  # fmt: skip


@st.composite
def mutations(draw) -> str:
    """The good file with up to three cuts, repeats or insertions."""
    text = GOOD
    for _ in range(draw(st.integers(1, 3))):
        words = sorted({0, len(text), *(i for i, c in enumerate(text) if not c.isalnum())})
        start, end = sorted((draw(st.sampled_from(words)), draw(st.sampled_from(words))))
        end = min(end, start + draw(st.sampled_from([0, 1, 5, 20, 200])))
        middle = draw(st.sampled_from(["", text[start:end] * 2, *TOKENS]))
        text = text[:start] + middle + text[end:]
    return text


def find_problems(folder: Path, text: str) -> tuple[Problem, ...]:
    file = folder / "d.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        load_dataset(file, KINDS)
    except SpecError as error:
        return error.problems or (Problem("TD0000", "no problem is given"),)
    return ()


def check_problems(problems: tuple[Problem, ...], lines: int) -> None:
    for problem in problems:
        assert problem.where
        assert problem.where.file.endswith("d.yaml")
        assert problem.where.line in range(1, lines + 3)
        assert problem.where.column >= 1
        assert problem.hint


def test_the_file_is_good(tmp_path):
    assert find_problems(tmp_path, GOOD) == ()


@given(mutations())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_mutated_file_loads_or_is_refused(tmp_path, text):
    check_problems(find_problems(tmp_path, text), text.count("\n") + text.count("\x85"))


@pytest.mark.parametrize("length", range(0, len(GOOD), 13))
def test_a_file_that_is_still_being_written_loads_or_is_refused(tmp_path, length):
    """A file that is cut between two columns is a whole, smaller dataset: no reader of YAML can tell."""
    problems = find_problems(tmp_path, GOOD[:length])
    check_problems(problems, GOOD.count("\n"))
    if length < GOOD.index("    rows: 2_000"):
        assert problems

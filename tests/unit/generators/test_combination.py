"""Columns that hold only allowed combinations, one-hot groups, and parts that add up."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import numpy as np
import pytest

CARS = "rows: [{make: VW, model: Golf, weight: 3}, {make: VW, model: Polo}, {make: Seat, model: Ibiza}]"


def test_only_allowed_pairs_come_in_their_shares(build):
    cells = build(
        f"a: {{kind: combination, field: make, {CARS}}}\nb: {{kind: combination, of: a, field: model}}", rows=20_000
    )
    counts = Counter(zip(cells["a"].to_pylist(), cells["b"].to_pylist(), strict=True))
    assert set(counts) == {("VW", "Golf"), ("VW", "Polo"), ("Seat", "Ibiza")}
    assert counts["VW", "Golf"] / 20_000 == pytest.approx(0.6, abs=0.015)


def test_pairs_by_a_key_are_pairs_still(build):
    cells = build(
        f"k: {{kind: integer, min: 1, max: 50}}\na: {{kind: combination, field: make, {CARS}, keyed_by: k}}\n"
        "b: {kind: combination, of: a, field: model, keyed_by: k}"
    )
    assert len(set(zip(*(cells[name].to_pylist() for name in "kab"), strict=True))) == 50
    assert set(zip(*(cells[name].to_pylist() for name in "ab"), strict=True)) <= {
        ("VW", "Golf"),
        ("VW", "Polo"),
        ("Seat", "Ibiza"),
    }


def test_exactly_one_of_a_group_is_true(build):
    cells = build(
        "s: {kind: choice, values: [x, y, z], drop: true}\n"
        + "\n".join(f"is_{one}: {{kind: one_hot, of: s, value: {one}}}" for one in "xyz")
    )
    assert cells.column_names == ["is_x", "is_y", "is_z"]
    assert (sum(cells[name].to_numpy().astype(int) for name in cells.column_names) == 1).all()


@pytest.mark.parametrize("evenness", ["", ", evenness: 3", ", evenness: 200"])
def test_parts_add_up_to_the_last_digit(build, evenness):
    cells = build(
        "t: {kind: number, distribution: lognormal, median: 20, sigma: 2, decimals: 2}\n"
        f"a: {{kind: part_of, of: t, shares: {{a: 6, b: 3, c: 1}}{evenness}}}\n"
        "b: {kind: part_of, like: a}\nc: {kind: part_of, like: a}",
        rows=20_000,
    )
    rows = list(zip(*(cells[name].to_pylist() for name in "tabc"), strict=True))
    assert all(t == a + b + c for t, a, b, c in rows)
    assert all(min(parts) >= 0 for _, *parts in rows)
    shares = np.array([[float(part / row[0]) for part in row[1:]] for row in rows if row[0] > 5])
    assert shares.mean(axis=0) == pytest.approx([0.6, 0.3, 0.1], abs=0.01)
    if evenness:
        size = float(evenness.rpartition(" ")[2])
        assert shares[:, 0].std() == pytest.approx((0.6 * 0.4 / (size + 1)) ** 0.5, rel=0.03)


def test_parts_of_huge_and_negative_totals_add_up(build):
    cells = build(
        "t: {kind: integer, min: -4000000000000000000, max: 4000000000000000000}\n"
        "a: {kind: part_of, of: t, shares: {a: 1, b: 1, c: 1}, evenness: 1}\nb: {kind: part_of, like: a}\nc: {kind: part_of, like: a}"
    )
    assert all(t == a + b + c for t, a, b, c in zip(*(cells[name].to_pylist() for name in "tabc"), strict=True))


def test_parts_of_decimals_of_any_width_add_up(build):
    cells = build(
        "n: {kind: integer, min: 1, max: 900}\nt: {kind: expression, sql: n * 1.37}\n"
        "a: {kind: part_of, of: t, shares: {a: 1, b: 2}, evenness: 4}\nb: {kind: part_of, like: a}"
    )
    assert cells["a"].type == cells["t"].type
    assert all(t == a + b for t, a, b in zip(*(cells[name].to_pylist() for name in "tab"), strict=True))


def test_a_total_of_nothing_has_parts_of_nothing(build):
    cells = build(
        "t: {kind: number, min: 0, max: 0, decimals: 2, nulls: 50%}\n"
        "a: {kind: part_of, of: t, shares: {a: 1, b: 2}, evenness: 4}\nb: {kind: part_of, like: a}"
    )
    assert set(zip(*(cells[name].to_pylist() for name in "tab"), strict=True)) == {(None,) * 3, (Decimal("0.00"),) * 3}


@pytest.mark.parametrize(
    ("columns", "code", "said"),
    [
        ("a: {kind: combination, field: x}", "TD1024", "names with 'of'"),
        ("a: {kind: combination, field: x, rows: [{y: 1}]}", "TD1024", "no field 'x'"),
        ("a: {kind: combination, field: x, rows: [{x: 1}, {y: 1}]}", "TD1024", "the same fields"),
        ("a: {kind: combination, field: x, rows: [{x: 1, weight: 0}]}", "TD1024", "no combination"),
        ("a: {kind: combination, field: x, of: n}", "TD2069", "has no combinations"),
        ("a: {kind: one_hot, of: c, value: z}", "TD2032", "never has the value 'z'"),
        ("a: {kind: one_hot, of: n, value: z}", "TD2032", "is no value of 'n'"),
        ("a: {kind: part_of, of: n, shares: {b: 1}}", "TD2069", "no part 'a'"),
        ("a: {kind: part_of, of: c, shares: {a: 1}}", "TD2069", "no exact parts"),
        ("a: {kind: part_of, like: n}", "TD2069", "has no shares"),
        ("a: {kind: part_of, of: n, shares: {a: 1, b: 9}, evenness: 0.1}", "TD1024", "evenness"),
        ("a: {kind: part_of, of: a, shares: {a: 1, b: 9}}", "TD2001", "each other"),
    ],
)
def test_says_what_is_wrong(problems, columns, code, said):
    found = problems(f"{columns}\nn: {{kind: integer, min: 1, max: 9}}\nc: {{kind: choice, values: [x, y]}}")
    assert [one[0] for one in found] == [code]
    assert said in found[0][1] + found[0][2]

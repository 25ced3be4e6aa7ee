from __future__ import annotations

from datetime import date

import numpy as np
import pytest


def test_ages_are_those_asked_for_on_the_day(build):
    columns = "b: {kind: birth_date, min_age: 18, max_age: 30, as_of: 2024-02-29}\na: {kind: age}"
    table = build(columns, rows=50_000)
    ages = np.array(table["a"].to_pylist())
    assert (ages.min(), ages.max()) == (18, 30)
    assert (min(table["b"].to_pylist()), max(table["b"].to_pylist())) == (date(1993, 3, 1), date(2006, 2, 28))


def test_the_worlds_pyramid(build, figure):
    """Shares of World Population Prospects 2024: 24.7 % under 15, 15.5 % to 24, 49.4 % to 64, 10.4 % older."""
    ages = np.array(
        build("a: {kind: birth_date, min_age: 0, max_age: 110}\nb: {kind: age}", rows=200_000)["b"].to_pylist()
    )
    shares = [
        np.mean(ages < 15),
        np.mean((ages >= 15) & (ages < 25)),
        np.mean((ages >= 25) & (ages < 65)),
        np.mean(ages >= 65),
    ]
    figure("age pyramid: " + ", ".join(f"{share:.1%}" for share in shares))
    assert shares == pytest.approx([0.247, 0.155, 0.494, 0.104], abs=0.02)


def test_a_year_of_births_has_no_holes(build):
    born = build("b: {kind: birth_date, min_age: 30, max_age: 30}", rows=40_000)["b"].to_pylist()
    counts = np.bincount([(day - date(1994, 1, 2)).days for day in born], minlength=365)
    assert len(counts) == 365
    assert counts.min() > 60  # of 110 each


def test_problems(problems):
    found = problems("a: {kind: birth_date}\nb: {kind: birth_date, min_age: 30}")
    assert found[0][:2] == ("TD2057", "columns 'a', 'b' draw the birth of one person in different ways")
    assert "max_age 10 is less" in problems("b: {kind: birth_date, max_age: 10}")[0][1]

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.references.distinct import choose_distinct
from tempdata_dagster.engine.references.sampling import Chooser, Power, Skew, Uniform, Zipf
from tempdata_dagster.engine.streams import Stream

ROWS = Addresses(0, np.arange(100_000))
SKEWS = [Uniform(), Zipf(0.6), Zipf(1.0), Zipf(1.3), Power(0.8)]


def chooser_of(skew: Skew, *, newest_first: bool = False) -> Chooser:
    return Chooser(skew, newest_first, Stream.of("whole"), Stream.of("part"))


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("size", [1, 2, 3, 100, 129, 1000])
def test_both_ways_of_choosing_follow_the_weights(skew: Skew, size: int) -> None:
    weights = np.diff(skew.total(np.arange(size + 1)))
    expected = weights / weights.sum() * len(ROWS)
    chooser = chooser_of(skew)
    for index in (chooser.choose_stable(ROWS, size, 0), chooser.choose(ROWS, np.full(len(ROWS), size), 0)):
        found = np.bincount(index, minlength=size)
        assert len(found) == size
        assert size == 1 or stats.chisquare(found, expected).pvalue > 1e-4


@pytest.mark.parametrize("skew", SKEWS)
@settings(max_examples=25)
@given(sizes=st.lists(st.integers(1, 5_000), min_size=2, max_size=2))
def test_growth_moves_rows_to_new_parents_only(skew: Skew, sizes: list[int]) -> None:
    small, large = sorted(sizes)
    rows, chooser = Addresses(3, np.arange(2_000)), chooser_of(skew)
    before, after = chooser.choose_stable(rows, small, 0), chooser.choose_stable(rows, large, 0)
    assert (after[before != after] >= small).all()
    assert (after < large).all()


def test_newest_first_turns_the_order_around() -> None:
    oldest = chooser_of(Zipf(1.1)).choose(ROWS, np.full(len(ROWS), 50), 0)
    newest = chooser_of(Zipf(1.1), newest_first=True).choose(ROWS, np.full(len(ROWS), 50), 0)
    assert np.array_equal(newest, 49 - oldest)


def test_zipf_weighs_as_the_harmonic_numbers_do() -> None:
    sizes = np.array([1, 10, 256, 257, 1_000, 100_000])
    exact = [np.sum(np.arange(1, n + 1.0) ** -1.1) for n in sizes]
    assert Zipf(1.1).total(sizes) == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize(("skew", "size"), [(Uniform(), 20), (Zipf(1.3), 200), (Zipf(2.5), 30)])
def test_distinct_choices_do_not_depend_on_which_rows_are_asked_for(skew: Skew, size: int) -> None:
    generator = np.random.default_rng(1)
    counts = generator.integers(0, 21, 500)
    groups = Addresses(5, np.repeat(np.arange(500), counts))
    position = np.concatenate([np.arange(count) for count in counts])
    spare = Stream.of("spare")
    chosen = choose_distinct(chooser_of(skew), spare, groups, position, size, 8)
    assert chosen.min() >= 0
    assert chosen.max() < size
    assert len(set(zip(groups.ordinal.tolist(), chosen.tolist(), strict=True))) == len(chosen)
    some = generator.permutation(len(position))[:300]
    again = choose_distinct(chooser_of(skew), spare, groups.take(some), position[some], size, 8)
    assert np.array_equal(again, chosen[some])

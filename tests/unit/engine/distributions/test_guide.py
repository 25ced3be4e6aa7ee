"""Discrete tables: indexes in proportion to weights, to the last of 64 bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.streams import Stream

BITS = Stream.of("discrete").bits(Addresses(0, np.arange(500_000)))
ENDS = np.array([0, 1, 2**63, 2**64 - 1], dtype=np.uint64)


@pytest.mark.parametrize(
    "weights",
    [[1.0], [1, 1], [6, 2, 2], [0, 1, 3, 0], np.arange(1, 400), 0.9 ** np.arange(100), [1e12, 1, 1e12]],
    ids=lambda w: f"{len(w)} weights",
)
def test_draws_in_proportion(weights):
    weights = np.asarray(weights, dtype=float)
    found = np.bincount(DiscreteTable(weights).look_up(BITS), minlength=len(weights))
    expected = weights / weights.sum() * len(BITS)
    enough = expected >= 5
    assert found[expected == 0].sum() == 0
    observed = np.append(found[enough], found[~enough].sum())
    wanted = np.append(expected[enough], expected[~enough].sum())
    if (kept := wanted > 0).sum() > 1:
        assert stats.chisquare(observed[kept], wanted[kept]).pvalue > 1e-3


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=60), st.lists(st.integers(0, 2**64 - 1), max_size=40))
def test_agrees_with_a_plain_search(weights, numbers):
    assume(sum(weights) > 1e-200)
    numbers = np.array([*numbers, *ENDS.tolist()], dtype=np.uint64)
    found = DiscreteTable(weights).look_up(numbers)
    cumulative = np.cumsum(weights)
    edges = np.minimum(cumulative / cumulative[-1] * 2.0**64, np.nextafter(2.0**64, 0)).astype(np.uint64)
    last = int(np.flatnonzero(np.diff(cumulative, prepend=0.0) > 0)[-1])
    assert found.tolist() == np.minimum(np.searchsorted(edges, numbers, side="right"), last).tolist()


@given(st.lists(st.floats(0, 100), min_size=2, max_size=30))
def test_never_draws_what_weighs_nothing(weights):
    assume(sum(weights) > 0)
    assert all(weights[index] > 0 for index in DiscreteTable(weights).look_up(ENDS))


def test_a_larger_number_never_gives_a_smaller_index():
    table = DiscreteTable(0.97 ** np.arange(500))
    assert (np.diff(table.look_up(np.sort(BITS))) >= 0).all()


def test_a_small_change_of_a_weight_moves_few_rows():
    moved = DiscreteTable([6, 2, 2]).look_up(BITS) != DiscreteTable([6, 2, 2.01]).look_up(BITS)
    assert moved.mean() < 0.002

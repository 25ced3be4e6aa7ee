"""Permutations: every number once, in no visible order, for any size, key and group."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tempdata_dagster.engine.permutation import fits, permute
from tempdata_dagster.engine.streams import Stream

STREAM = Stream.of("permutation")


@given(st.integers(1, 3_000), st.text(max_size=5))
def test_takes_every_number_once(size, name):
    image = permute(Stream.of(name), np.arange(size), size)
    assert np.array_equal(np.sort(image), np.arange(size))


@given(st.integers(2, 2**62), st.sets(st.integers(0, 2**62), min_size=2, max_size=50))
def test_is_distinct_and_within_any_domain(size, numbers):
    values = np.array(sorted({number % size for number in numbers}), dtype=np.int64)
    image = permute(STREAM, values, size)
    assert len(np.unique(image)) == len(values)
    assert image.min() >= 0
    assert image.max() < size


@given(st.integers(2, 10**12), st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_has_random_access(size, numbers):
    values = np.array([number % size for number in numbers], dtype=np.int64)
    together = permute(STREAM, values, size)
    alone = [int(permute(STREAM, values[i : i + 1], size)[0]) for i in range(len(values))]
    assert together.tolist() == alone


def test_each_group_has_an_order_of_its_own():
    groups, size = np.repeat(np.arange(50), 100), 100
    image = permute(STREAM, np.tile(np.arange(size), 50), size, groups).reshape(50, size)
    assert (np.sort(image, axis=1) == np.arange(size)).all()
    assert len({tuple(row) for row in image.tolist()}) == 50


@pytest.mark.parametrize("size", [1_000, 100_003, 1 << 17])
def test_leaves_no_order_to_see(size):
    image = permute(STREAM, np.arange(size), size)
    r, _ = stats.pearsonr(np.arange(size), image)
    assert abs(r) < 4 / size**0.5
    steps = np.diff(image) % size
    assert np.bincount(steps, minlength=size).max() < 12
    halves = image[: size // 2] < size // 2
    assert halves.mean() == pytest.approx(0.5, abs=4 / size**0.5)


def test_orders_of_small_domains_are_alike():
    # 24 orders of 4 values over 24,000 keys: each about 1,000 times.
    groups = np.repeat(np.arange(24_000), 4)
    image = permute(STREAM, np.tile(np.arange(4), 24_000), 4, groups).reshape(-1, 4)
    _, counts = np.unique(image @ np.array([64, 16, 4, 1]), return_counts=True)
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("size", [6, 7, 16, 64, 256, 1_024])
def test_pairs_land_anywhere_under_some_key(size):
    keys = np.arange(200 * size)
    first, second = (permute(STREAM, np.full(len(keys), value), size, keys) for value in (0, 1))
    assert stats.chisquare(np.bincount(first, minlength=size)).pvalue > 1e-3
    assert stats.chisquare(np.bincount((first - second) % size, minlength=size)[1:]).pvalue > 1e-3


def test_tells_which_domains_it_can_permute():
    assert fits((1 << 62) - 1)
    assert not fits(1 << 62)

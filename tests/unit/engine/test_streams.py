"""Streams: keys that never meet, bits that look random in every direction in which rows and streams are neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tempdata_dagster.engine.addresses import INITIAL, Addresses
from tempdata_dagster.engine.streams import Stream, below, derive_key, to_unit

ROWS = 200_000
NUMBERS = np.arange(ROWS)


def bits_of(*names: str | int, partition: int = 0) -> np.ndarray:
    return Stream.of(*names).bits(Addresses(partition, NUMBERS))


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(to_unit(one), to_unit(other))[0, 1])


@pytest.mark.slow
def test_a_million_names_have_a_million_keys():
    # "Aa" and "BB", like "bA" and "af", have the same polynomial hash.
    words = ["Aa", "BB", "bA", "af", "aX", "BX", *(f"name{i}" for i in range(994))]
    keys = {derive_key(dataset, column) for dataset in words for column in words}
    assert len(keys) == len(words) ** 2 == 1_000_000


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_keys_differ_wherever_names_do(one, other):
    assert (derive_key(*one) == derive_key(*other)) == (one == other)


def test_keys_are_pinned():
    first = Stream.of("golden").bits(Addresses(3, np.array([0, 1, 2**40])))
    assert [f"{int(x):016x}" for x in first] == ["2532214f93056f88", "41a8c91af2a746b2", "eb676a5235c2bae6"]


@pytest.mark.parametrize("partition", [0, 20_000, INITIAL])
def test_bits_are_uniform(partition):
    bits = bits_of("uniform", partition=partition)
    assert stats.kstest(to_unit(bits), "uniform").pvalue > 1e-3
    for shift in range(0, 64, 8):
        counts = np.bincount(((bits >> np.uint64(shift)) & np.uint64(255)).astype(np.int64), minlength=256)
        assert stats.chisquare(counts).pvalue > 1e-5, f"byte {shift // 8}"


def test_every_bit_of_the_address_flips_half_the_bits():
    base = np.arange(20_000) * 7919
    for flipped in [*range(40), 61]:
        changed = Stream.of("avalanche").mix(base) ^ Stream.of("avalanche").mix(base ^ (1 << flipped))
        ones = np.bitwise_count(changed).mean()
        assert ones == pytest.approx(32, abs=0.3), f"ordinal bit {flipped}"
    for flipped in range(20):
        changed = Stream.of("avalanche").mix(base, 5) ^ Stream.of("avalanche").mix(base, 5 ^ (1 << flipped))
        assert np.bitwise_count(changed).mean() == pytest.approx(32, abs=0.3), f"partition bit {flipped}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("d", "t", "a"), ("d", "t", "b")),
        (("d", "t", "a", ""), ("d", "t", "a", "null")),
        ((42, "d", "t", "a"), (43, "d", "t", "a")),
        (("Aa",), ("BB",)),
    ],
)
def test_neighbouring_streams_are_uncorrelated(one, other, figure):
    r = correlation(bits_of(*one), bits_of(*other))
    assert abs(r) < 0.01
    figure(f"correlation of streams {one} and {other}: {r:+.5f}")


def test_no_stream_is_a_shifted_copy_of_another():
    one, other = bits_of("a"), bits_of("b")
    assert not np.isin(one, other).any()
    for lag in (1, 2, 1000):
        assert abs(correlation(one[lag:], one[:-lag])) < 0.01
        assert abs(correlation(one[lag:], other[:-lag])) < 0.01


def test_neighbouring_partitions_and_trials_are_uncorrelated():
    stream = Stream.of("p")
    base = stream.mix(NUMBERS, 20_000)
    for other in (stream.mix(NUMBERS, 20_001), stream.mix(NUMBERS, 20_000, 1), stream.mix(NUMBERS + 1, 20_001)):
        assert abs(correlation(base, other)) < 0.01
        assert not (base == other).any()


def test_bits_depend_on_each_rows_own_address_alone():
    partitions, order = np.repeat([5, 9], 100), np.random.default_rng(1).permutation(200)
    rows = Addresses(partitions, np.arange(200))
    together = Stream.of("x").bits(rows)
    assert (Stream.of("x").bits(rows.take(order)) == together[order]).all()
    assert (Stream.of("x").bits(Addresses(9, np.arange(100, 200))) == together[100:]).all()


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50), st.integers(1, 2**63 - 1))
def test_below_is_the_high_word_of_the_product(numbers, bound):
    found = below(np.array(numbers, dtype=np.uint64), bound)
    exact = [(n * bound) >> 64 for n in numbers]
    if bound > 1 << 32:
        assert found.tolist() == exact
    else:
        assert found.tolist() == [((n >> 32) * bound) >> 32 for n in numbers]
    assert found.min() >= 0
    assert found.max() < bound


def test_below_takes_a_bound_for_each_row():
    bounds = np.array([1, 10, 2**40])
    found = below(np.full(3, 2**64 - 1, dtype=np.uint64), bounds)
    assert found.tolist() == [0, 9, 2**40 - 1]


def test_units_lie_in_zero_to_one():
    ends = to_unit(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert ends[0] == 0.0
    assert ends[1] == 1.0 - 2.0**-53

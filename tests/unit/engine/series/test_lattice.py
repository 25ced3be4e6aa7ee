"""Paths with random access: their laws, and that a window is what it is within a longer one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tempdata_dagster.engine.series.chain import Chain
from tempdata_dagster.engine.series.counts import Jumps, Supply, draw_poisson, toss_coins
from tempdata_dagster.engine.series.lattice import Process, Pyramid, Reversion, Walk, trace
from tempdata_dagster.engine.streams import Stream

STREAM = Stream.of("lattice")
PROCESSES = {
    "walk": Walk(STREAM, 20),
    "clusters": Walk(STREAM, 20, 0.5, 8),
    "reversion": Reversion(STREAM, 0.95),
    "alternating": Reversion(STREAM, -0.7),
    "noise": Reversion(STREAM, 0.0),
    "jumps": Jumps(STREAM, 20, 0.1, 0.2, 1.0),
    "chain": Chain(STREAM, [[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.3, 0.0, 0.7]]),
    "supply": Supply(STREAM, 20, 2**40, lambda step: step.astype(np.float64), 0.8),
}


def run(process: Process, first: int, steps: int, series: int = 3) -> np.ndarray:
    return trace(process, np.full(steps, series, dtype=np.uint64), np.arange(first, first + steps))[0]


@pytest.mark.parametrize("name", PROCESSES)
def test_a_window_is_what_it_is_within_a_longer_one(name):
    whole = run(PROCESSES[name], 5_000, 3_000)
    for first, steps in ((0, 1), (1, 1), (511, 2), (700, 1_200), (2_999, 1)):
        assert (run(PROCESSES[name], 5_000 + first, steps) == whole[first : first + steps]).all()


@pytest.mark.parametrize("name", PROCESSES)
def test_steps_may_come_in_any_order_and_twice(name):
    series = np.repeat(np.arange(4, dtype=np.uint64), 500)
    step = np.tile(np.arange(900, 1_400), 4)
    whole = trace(PROCESSES[name], series, step)[0]
    order = np.random.default_rng(1).integers(0, len(step), 3_000)
    assert (trace(PROCESSES[name], series[order], step[order])[0] == whole[order]).all()


def test_steps_of_a_walk_are_independent_normals():
    steps = np.diff(np.concatenate([run(PROCESSES["walk"], 1 << 18, 20_000, series) for series in range(3)]))
    steps = np.delete(steps, [19_999, 39_999])
    assert stats.kstest(steps, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(steps[1:], steps[:-1])[0, 1]) < 0.02


def test_a_walk_spreads_with_the_root_of_time():
    ends = np.array([run(PROCESSES["walk"], 40_000, 1, series)[0] for series in range(2_000)])
    assert stats.kstest(ends / 200, "norm").pvalue > 1e-3
    assert run(PROCESSES["walk"], 0, 1)[0] == 0


def test_clusters_keep_the_variance_and_raise_the_kurtosis():
    steps = np.diff(run(PROCESSES["clusters"], 0, 400_000))
    assert steps.var() == pytest.approx(1, rel=0.03)
    assert stats.kurtosis(steps, fisher=False) == pytest.approx(3 * (1 + 0.25 / 3) ** 8, rel=0.1)


@pytest.mark.parametrize("coefficient", [0.95, -0.7])
def test_a_reversion_has_its_correlations_at_all_lags(coefficient):
    values = run(Reversion(STREAM, coefficient), 0, 400_000)
    for lag in (1, 2, 3, 7):
        assert np.corrcoef(values[lag:], values[:-lag])[0, 1] == pytest.approx(coefficient**lag, abs=0.01)
    assert stats.kstest(values[::200], "norm").pvalue > 1e-3


def test_jumps_are_as_many_and_as_large_as_asked():
    pyramid = Pyramid(np.full(300_000, 3, dtype=np.uint64), np.arange(300_000))
    steps = np.diff(Jumps(STREAM, 20, 0.1, 0.2, 1.0).measure(pyramid))
    jumps = steps[steps != 0]
    assert len(jumps) / len(steps) == pytest.approx(1 - np.exp(-0.1), rel=0.02)
    assert steps.mean() == pytest.approx(0.02, abs=0.003)
    assert steps.var() == pytest.approx(0.1 * (1 + 0.04), rel=0.03)


def test_a_chain_has_its_transitions():
    states = run(PROCESSES["chain"], 0, 300_000)
    found = np.zeros((3, 3))
    np.add.at(found, (states[:-1], states[1:]), 1)
    assert found / found.sum(axis=1, keepdims=True) == pytest.approx(
        np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.3, 0.0, 0.7]]), abs=0.01
    )
    assert found[0, 2] == found[2, 1] == 0


def test_a_supply_is_used_up_and_never_given_back():
    used = run(PROCESSES["supply"], 0, 1 << 20)
    assert (used[0], (np.diff(used) >= 0).all()) == (0, True)
    steps = np.diff(used)
    assert steps.mean() == pytest.approx(2**20, rel=0.01)
    assert steps.std() / steps.mean() == pytest.approx(0.8, rel=0.05)


def test_coins_and_counts_have_their_distributions():
    bits = STREAM.mix(np.arange(40_000))
    for count in (1, 5, 64, 65, 1_000):
        heads = toss_coins(np.full(len(bits), float(count)), bits)
        assert (heads.min() >= 0, heads.max() <= count) == (True, True)
        assert heads.mean() == pytest.approx(count / 2, abs=4 * (count / 4 / len(bits)) ** 0.5)
        assert heads.var() == pytest.approx(count / 4, rel=0.05)
    assert toss_coins(np.zeros(3), bits[:3]).tolist() == [0, 0, 0]
    for mean in (0.3, 7.0, 64.0, 900.0):
        counts = draw_poisson(mean, bits)
        assert counts.mean() == pytest.approx(mean, abs=4 * (mean / len(bits)) ** 0.5 + 0.01)
        assert counts.var() == pytest.approx(mean, rel=0.05)

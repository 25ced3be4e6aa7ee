"""Series with random access: any window alone is that window of a full run, and the components are what was asked for."""

from __future__ import annotations

import textwrap

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.plan import Plan, compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset

COMPONENTS = {
    "ar1": "ar1: {coefficient: 0.97, spread: 2}",
    "ar1_alternating": "ar1: {coefficient: -0.6, spread: 2}",
    "mean_reversion": "mean_reversion: {half_life: 3h, spread: 2}",
    "random_walk": "random_walk: {spread: 1}",
    "geometric_brownian": "base: 100, geometric_brownian: {volatility: 0.3}, decimals: 2",
    "jumps": "jumps: {every: 2h, spread: 1, mean: 0.1}",
    "clustering": "random_walk: {spread: 1}, noise: 1, clustering: {strength: 0.8, memory: 1d}",
    "regimes": "regimes: {calm: {dwell: 5h}, wild: {dwell: 1h, add: 3}, odd: {dwell: 30min, add: -3}}",
    "correlation": "random_walk: {spread: 1}, correlation: 0.6, sector: sector",
    "seasons": "daily: {amplitude: 3}, weekly: {sun: 1}, yearly: {amplitude: 5}, trend: 2, holidays: {country: US, add: 1}",
    "product": "base: 5, combine: multiply, daily: {amplitude: 0.3}, ar1: {coefficient: 0.9, spread: 0.1}, trend: 4%/year",
}
DAYS = 4
STEPS_A_DAY = 288
SENSORS = 3


def plan_of(folder, columns: dict[str, str], every: str = "5min", sensors: int = SENSORS) -> Plan:
    lines = "\n".join(f"      {name}: {{kind: series, {settings}}}" for name, settings in columns.items())
    text = f"""
dataset: d
seed: 9
start: 2025-03-01
tables:
  sensors:
    rows: {sensors}
    columns: {{sector: {{kind: choice, values: [a, b]}}}}
  readings:
    rows: {{per: sensors, every: {every}}}
    columns:
{lines}
"""
    path = folder / "d.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return compile_plan(load_dataset(path, KINDS))


def run(plan: Plan, column: str, days: int, table: str = "readings") -> list[pa.Array]:
    """The cells of a column, one array for each day."""
    first = plan.relations[table].layout.first
    keys = plan.partition_keys(table, None, str(np.datetime64(first + days - 1, "D")))
    blocks = ([f.column(column) for p in plan.parts(table, key) for f in plan.frames(p)] for key in keys)
    return [pa.concat_arrays(list(block)) for block in blocks]


def long_run(plan: Plan, column: str, days: int) -> np.ndarray:
    """The cells of a column as numbers: shape `(sensors, steps)`."""
    parts = [np.asarray(day.cast(pa.float64())) for day in run(plan, column, days)]
    sensors = plan.relations["sensors"].layout.count
    return np.concatenate([part.reshape(sensors, -1) for part in parts], axis=1)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return plan_of(tmp_path_factory.mktemp("series"), COMPONENTS)


@pytest.fixture(scope="module")
def whole(plan):
    return {name: run(plan, name, DAYS) for name in COMPONENTS}


@given(
    name=st.sampled_from(sorted(COMPONENTS)),
    day=st.integers(0, DAYS - 1),
    sensor=st.integers(0, SENSORS - 1),
    window=st.tuples(st.integers(0, STEPS_A_DAY - 1), st.integers(1, STEPS_A_DAY)),
    stride=st.integers(1, 40),
)
def test_any_window_alone_is_that_window_of_a_full_run(plan, whole, name, day, sensor, window, stride):
    steps = np.arange(window[0], min(sum(window), STEPS_A_DAY), stride)
    relation = plan.relations["readings"]
    rows = Addresses(relation.layout.first + day, (sensor << relation.layout.bits) | steps)
    alone = relation.at(rows).column(name)
    assert alone.equals(whole[name][day].take(pa.array(sensor * STEPS_A_DAY + steps)))


def test_a_window_takes_no_steps_before_it(tmp_path, figure):
    import time

    plan = plan_of(tmp_path, {"x": "random_walk: {spread: 1}"})
    relation = plan.relations["readings"]
    took = []
    for day in (1, 700, 20_000):
        begin = time.process_time()
        relation.at(Addresses(relation.layout.first + day, np.arange(STEPS_A_DAY))).column("x")
        took.append(time.process_time() - begin)
    figure(f"one day of a walk: {took[1] * 1e3:.1f} ms on day 700, {took[2] * 1e3:.1f} ms on day 20,000")
    assert max(took) < 0.5


@pytest.mark.parametrize("coefficient", [0.9, -0.5])
def test_ar1_has_its_coefficient_and_spread(tmp_path, figure, torture, coefficient):
    sensors = 2_000 if torture else 300
    plan = plan_of(tmp_path, {"x": f"ar1: {{coefficient: {coefficient}, spread: 2.5}}"}, "1min", sensors)
    values = long_run(plan, "x", 2)
    found = float((values[:, 1:] * values[:, :-1]).sum() / (values[:, :-1] ** 2).sum())
    spread = float(values.std())
    figure(f"AR(1) {coefficient}: {found:.4f} found, spread 2.5: {spread:.4f} found ({values.size:,} rows)")
    assert found == pytest.approx(coefficient, rel=0.03)
    assert spread == pytest.approx(2.5, rel=0.03)


@pytest.mark.parametrize("more", ["", ", clustering: {strength: 0.8, memory: 6h}"])
def test_geometric_brownian_motion_has_its_volatility_and_drift(tmp_path, figure, more):
    settings = f"base: 100, geometric_brownian: {{volatility: 0.3, drift: 0.1}}{more}"
    plan = plan_of(tmp_path, {"x": settings}, "1min", 200)
    logs = np.log(long_run(plan, "x", 3))
    steps = np.diff(logs, axis=1)
    found = float(steps.std() * np.sqrt(365.2425 * 1440))
    kurtosis = float((steps**4).mean() / (steps**2).mean() ** 2)
    figure(f"volatility 0.3{more}: {found:.4f} found, kurtosis {kurtosis:.2f} ({steps.size:,} steps)")
    assert found == pytest.approx(0.3, rel=0.03)
    assert kurtosis == pytest.approx(3 * 1.64 if more else 3.0, rel=0.1)
    years = (np.datetime64("2025-03-01") - np.datetime64("2020-01-01")).astype(float) / 365.2425
    spread = 0.3 * years**0.5
    assert abs((logs[:, 0] - np.log(100)).mean() - (0.1 - 0.045) * years) < 5 * spread / 200**0.5


def test_mean_reversion_forgets_half_in_its_half_life(tmp_path, figure):
    plan = plan_of(tmp_path, {"x": "mean_reversion: {half_life: 1h, spread: 3}"}, "5min", 800)
    values = long_run(plan, "x", 3)
    found = float(np.corrcoef(values[:, 12:].ravel(), values[:, :-12].ravel())[0, 1])
    figure(f"mean reversion: correlation {found:.4f} after a half-life, spread {values.std():.3f} of 3")
    assert found == pytest.approx(0.5, rel=0.03)
    assert values.std() == pytest.approx(3, rel=0.03)


def test_series_of_a_sector_are_correlated(tmp_path, figure):
    plan = plan_of(tmp_path, {"x": "random_walk: {spread: 1}, correlation: 0.6, sector: sector"}, "1min", 40)
    steps = np.diff(long_run(plan, "x", 3), axis=1)
    sector = np.array(_sectors(plan))
    matrix = np.corrcoef(steps)
    same = sector[:, None] == sector[None, :]
    pairs = ~np.eye(len(sector), dtype=bool)
    within, between = float(matrix[same & pairs].mean()), float(matrix[~same].mean())
    figure(f"sector correlation 0.6: {within:.4f} within, {between:.4f} between sectors")
    assert within == pytest.approx(0.6, abs=0.02)
    assert between == pytest.approx(0, abs=0.02)


def _sectors(plan: Plan) -> list[str]:
    (part,) = plan.parts("sensors", None)
    return [value for frame in plan.frames(part) for value in frame.column("sector").to_pylist()]


def test_jumps_and_regimes_are_as_frequent_as_asked(tmp_path, figure):
    columns = {
        "jumps": "jumps: {every: 2h, spread: 1, mean: 0.5}",
        "regimes": "regimes: {calm: {dwell: 4h}, wild: {dwell: 1h, add: 1}}",
    }
    plan = plan_of(tmp_path, columns, "1min", 150)
    steps = np.diff(long_run(plan, "jumps", 4), axis=1)
    jumped = steps[steps != 0]
    every = steps.size / 60 / len(jumped)
    state = long_run(plan, "regimes", 4)
    dwell = float((state == 1).sum() / (np.diff(state, axis=1) == 1).sum() / 60)
    figure(f"jumps every 2h: {every:.3f}h; regimes of 4h and 1h: {dwell:.3f}h and a share of {state.mean():.4f}")
    assert every == pytest.approx(2, rel=0.03)
    assert (jumped.mean(), jumped.std()) == (pytest.approx(0.5, abs=0.05), pytest.approx(1, rel=0.03))
    assert state.mean() == pytest.approx(0.2, rel=0.03)
    assert dwell == pytest.approx(1, rel=0.08)  # of 2,900 stays


@pytest.mark.parametrize("every", ["1s", "7s", "1h", "1d", "31d"])
def test_intervals_from_a_second_to_a_month(tmp_path, every):
    settings = ", ".join(COMPONENTS[name] for name in ("ar1", "random_walk")) + ", jumps: {every: 40d, spread: 1}"
    plan = plan_of(tmp_path, {"x": settings}, every, 2)
    layout = plan.relations["readings"].layout
    rows = Addresses(layout.first + 40, np.arange(min(500, int(layout.steps(layout.first + 40)[1]))))
    values = np.asarray(plan.relations["readings"].at(rows).column("x"))
    assert np.isfinite(values).all()


def test_components_are_added_and_moving_the_start_moves_nothing(tmp_path):
    both = {"a": "base: 3, process: p, ar1: {coefficient: 0.5, spread: 1}", "b": "process: p, random_walk: {spread: 1}"}
    both["c"] = "base: 3, process: p, ar1: {coefficient: 0.5, spread: 1}, random_walk: {spread: 1}"
    plan = plan_of(tmp_path, both)
    a, b, c = (long_run(plan, name, 2) for name in both)
    assert c == pytest.approx(a + b, abs=1e-9)
    text = (tmp_path / "d.yaml").read_text(encoding="utf-8").replace("start: 2025-03-01", "start: 2025-02-01")
    (tmp_path / "d.yaml").write_text(text, encoding="utf-8")
    earlier = compile_plan(load_dataset(tmp_path / "d.yaml", KINDS))
    assert (long_run(earlier, "c", 30)[:, 28 * STEPS_A_DAY :] == c).all()


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("regimes: {one: {dwell: 5h}}", "TD2077"),
        ("regimes: {one: {dwell: 5h}, two: {dwell: 1min}}", "TD2077"),
        ("random_walk: {spread: 1}, clustering: {strength: 3, memory: 20min}", "TD2077"),
        ("noise: 1, tick: 7s", "TD2076"),
        ("noise: 1, at: value", "TD2075"),
        ("holidays: {country: XX, add: 1}", "TD2080"),
        ("base: sector", "TD2078"),
        ("base: sectr", "TD2002"),
        ("noise: 1, correlation: 0.5, sector: sectr", "TD2002"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path, settings, code):
    with pytest.raises(SpecError) as raised:
        plan_of(tmp_path, {"value": settings})
    (problem,) = raised.value.problems
    assert (problem.code, bool(problem.hint), problem.where.line > 0) == (code, True, True)

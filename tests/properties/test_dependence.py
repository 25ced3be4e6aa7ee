"""Columns that move together: correlations, conditions, and what they leave alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.distributions.dependence import to_bits
from tempdata_dagster.engine.plan import compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset

MATRIX = {
    ("area", "staff"): 0.6,
    ("area", "sales"): 0.5,
    ("staff", "sales"): 0.4,
    ("area", "age"): -0.3,
    ("staff", "age"): 0.1,
    ("sales", "age"): 0.2,
}
COLUMNS = """
      area: {kind: number, distribution: lognormal, median: 80, sigma: 0.5}
      staff: {kind: integer, distribution: negative_binomial, n: 4, p: 0.01, correlate: {area: 0.6}}
      sales: {kind: number, distribution: gamma, shape: 2, scale: 1000, decimals: 2, correlate: {area: 0.5, staff: 0.4}}
      age: {kind: number, min: 0, max: 90, correlate: {area: -0.3, staff: 0.1, sales: 0.2}}
"""


@pytest.fixture
def table(tmp_path):
    """The cells of a table of these columns."""

    def table_(columns: str, rows: int) -> pa.Table:
        path = tmp_path / "d.yaml"
        path.write_text(
            f"dataset: d\nseed: 3\ntables:\n  t:\n    rows: {rows}\n    columns:{columns}", encoding="utf-8"
        )
        plan = compile_plan(load_dataset(path, KINDS))
        batches = [batch for part in plan.parts("t", None) for batch in plan.batches(part)]
        return pa.Table.from_batches(batches, plan.contract("t").schema)

    return table_


def ranks_to_normal(values) -> np.ndarray:
    return stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))


def test_correlations_are_those_of_the_matrix(table, torture, figure):
    cells = table(COLUMNS, 1_000_000 if torture else 100_000)
    numbers = {name: cells[name].cast(pa.float64()).to_numpy() for name in cells.column_names}
    worst = 0.0
    for (a, b), wanted in MATRIX.items():
        scores = np.corrcoef(ranks_to_normal(numbers[a]), ranks_to_normal(numbers[b]))[0, 1]
        spearman = stats.spearmanr(numbers[a], numbers[b]).statistic
        worst = max(worst, abs(scores - wanted), abs(spearman - 6 / np.pi * np.arcsin(wanted / 2)))
    figure(f"largest error of a copula's correlation over {cells.num_rows:,} rows: {worst:.4f}")
    assert worst < 0.02


def test_correlated_columns_keep_their_distributions(table):
    cells = table(COLUMNS, 100_000)
    laws = {"area": stats.lognorm(0.5, scale=80), "sales": stats.gamma(2, scale=1000), "age": stats.uniform(0, 90)}
    for name, law in laws.items():
        assert stats.kstest(cells[name].cast(pa.float64()).to_numpy(), law.cdf).pvalue > 1e-3, name
    assert cells["staff"].to_numpy().mean() == pytest.approx(4 * 99, rel=0.01)


def test_a_column_that_another_is_correlated_with_does_not_move(table):
    alone = table(COLUMNS.split("staff:", maxsplit=1)[0].rstrip() + "\n", 5_000)
    assert table(COLUMNS, 5_000)["area"].equals(alone["area"])


def test_columns_that_are_not_named_are_related_by_those_that_are(table):
    cells = table(
        "\n      a: {kind: number, distribution: normal, mean: 0, sd: 1}"
        "\n      b: {kind: number, distribution: normal, mean: 0, sd: 1, correlate: {a: 0.9}}"
        "\n      c: {kind: number, distribution: normal, mean: 0, sd: 1, correlate: {a: 0.9}}\n",
        100_000,
    )
    assert np.corrcoef(cells["b"].to_numpy(), cells["c"].to_numpy())[0, 1] == pytest.approx(0.81, abs=0.01)


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ("correlate: {a: 0.9, b: -0.9}", "TD2065", "not positive definite"),
        ("correlate: {m: 0.5}", "TD2065", "'m' is not drawn from one distribution"),
        ("correlate: {k: 0.5}", "TD2065", "'k' is not drawn from one distribution"),
        ("correlate: {nobody: 0.5}", "TD2002", "no column 'nobody'"),
        ("correlate: {c: 0.5}", "TD2001", "computed from each other"),
        ("correlate: {a: 1.0}", "TD1023", "less than 1"),
        ("correlate: {a: 0.5}, unique: true", "TD1024", "a unique number has no 'when', 'correlate' or 'mixture'"),
    ],
)
def test_says_what_no_columns_can_be(table, settings, code, said):
    columns = f"""
      a: {{kind: number, min: 0, max: 1}}
      b: {{kind: number, min: 0, max: 1, correlate: {{a: 0.9}}}}
      m: {{kind: number, mixture: [{{min: 0, max: 1}}, {{min: 5, max: 6}}]}}
      k: {{kind: choice, values: [x, y]}}
      c: {{kind: number, min: 0, max: 1, {settings}}}
"""
    with pytest.raises(SpecError) as raised:
        table(columns, 100)
    assert [(p.code, said in f"{p.message} {p.hint}") for p in raised.value.problems] == [(code, True)]
    assert raised.value.problems[0].where.line == 11


def test_probabilities_of_scores():
    z = np.linspace(-8, 8, 20_001)
    assert to_bits(z) / 2.0**64 == pytest.approx(stats.norm.cdf(z), abs=1e-7)
    assert to_bits(z[:5000]) / 2.0**64 == pytest.approx(stats.norm.cdf(z[:5000]), rel=1e-3)
    assert (np.diff(to_bits(z).astype(object)) > 0).all()


def test_a_number_by_another_column(table):
    cells = table(
        "\n      country: {kind: choice, values: [DE, PK, US, FR, IT, ES]}"
        "\n      wage: {kind: number, distribution: normal, mean: 10, sd: 1,"
        " when: {country: {DE: {mean: 30}, PK: {distribution: exponential, mean: 2, max: 9}, FR: {sd: 5},"
        " IT: {max: 10}, ES: {mixture: [{min: 0, max: 1}, {min: 5, max: 6}]}}}}\n",
        60_000,
    )
    countries, wages = np.array(cells["country"].to_pylist()), cells["wage"].to_numpy()
    of = {country: wages[countries == country] for country in set(countries)}
    cut = stats.expon(scale=2)
    laws = {
        "US": stats.norm(10, 1).cdf,
        "DE": stats.norm(30, 1).cdf,
        "FR": stats.norm(10, 5).cdf,
        "PK": lambda x: cut.cdf(x) / cut.cdf(9),
        "IT": lambda x: stats.norm(10, 1).cdf(x) / 0.5,
        "ES": lambda x: np.interp(x, [0, 1, 5, 6], [0, 0.5, 0.5, 1]),
    }
    for country, law in laws.items():
        assert stats.kstest(of[country], law).pvalue > 1e-3, country

"""One of a set of values."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from tempdata_dagster.core.errors import SpecError


def test_weights(build):
    counts = Counter(build("c: {kind: choice, values: {US: 6, DE: 2, PK: 2}}", rows=50_000)["c"].to_pylist())
    assert stats.chisquare([counts["US"], counts["DE"], counts["PK"]], [30_000, 10_000, 10_000]).pvalue > 1e-3


def test_the_order_of_weights_is_nothing(build):
    one = build("c: {kind: choice, values: {US: 6, DE: 2, PK: 2}}")
    other = build("c: {kind: choice, values: {PK: 2, US: 6, DE: 2}}")
    assert one.equals(other)


def test_zipf_goes_by_the_places_of_a_list(build):
    counts = Counter(build("c: {kind: choice, values: [z, y, x, w], zipf: 1}", rows=50_000)["c"].to_pylist())
    expected = np.array([1, 1 / 2, 1 / 3, 1 / 4])
    assert stats.chisquare([counts[name] for name in "zyxw"], expected / expected.sum() * 50_000).pvalue > 1e-3


def test_head_and_tail_share_evenly(build):
    text = "c: {kind: choice, values: [a, b, c, d, e], head: {count: 2, share: 80%}}"
    counts = Counter(build(text, rows=50_000)["c"].to_pylist())
    expected = np.array([0.4, 0.4, 0.2 / 3, 0.2 / 3, 0.2 / 3]) * 50_000
    assert stats.chisquare([counts[name] for name in "abcde"], expected).pvalue > 1e-3


def test_text_stays_encoded_with_one_dictionary(compile_columns):
    plan = compile_columns("c: {kind: choice, values: [a, b]}", rows=300)
    frames = [f.column("c") for part in plan.parts("t", None) for f in plan.frames(part, 100)]
    assert [cells.type for cells in frames] == [pa.dictionary(pa.int32(), pa.string())] * 3
    assert len({cells.dictionary.buffers()[2].address for cells in frames}) == 1


def test_depends_on_another_column(build):
    table = build(
        """
        country: {kind: choice, values: {US: 1, DE: 1, PK: 1}, nulls: 20%}
        money: {kind: choice, values: [none], when: {country: {DE: [EUR], PK: {PKR: 3, USD: 1}}}}
        """,
        rows=20_000,
    )
    seen = Counter(zip(table["country"].to_pylist(), table["money"].to_pylist(), strict=True))
    assert set(seen) == {("US", "none"), (None, "none"), ("DE", "EUR"), ("PK", "PKR"), ("PK", "USD")}
    share = seen["PK", "PKR"] / (seen["PK", "PKR"] + seen["PK", "USD"])
    assert share == pytest.approx(0.75, abs=0.03)


def test_depends_on_numbers_truths_and_days(build):
    table = build(
        """
        size: {kind: integer, min: 1, max: 3}
        flag: {kind: boolean}
        day: {kind: choice, values: [2024-01-01, 2024-01-02]}
        by_size: {kind: choice, values: [other], when: {size: {1: [one], 2: [two]}}}
        by_flag: {kind: choice, values: ['off'], when: {flag: {true: ["on"]}}}
        by_day: {kind: choice, when: {day: {2024-01-01: [first], 2024-01-02: [second]}}}
        """
    )
    names = {1: "one", 2: "two", 3: "other"}
    for row in table.to_pylist():
        assert row["by_size"] == names[row["size"]]
        assert row["by_flag"] == ("on" if row["flag"] else "off")
        assert row["by_day"] == ("first" if row["day"].day == 1 else "second")


def test_a_list_can_be_unique(build):
    values = build("c: {kind: choice, values: [a, b, c, d], unique: true}", rows=4)["c"].to_pylist()
    assert sorted(values) == ["a", "b", "c", "d"]


def test_a_changed_weight_moves_few_rows(build):
    before = build("c: {kind: choice, values: {a: 60, b: 40}}", rows=10_000)["c"].to_pylist()
    after = build("c: {kind: choice, values: {a: 61, b: 40}}", rows=10_000)["c"].to_pylist()
    assert sum(x != y for x, y in zip(before, after, strict=True)) < 100


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("values: []", "no value to choose from"),
        ("values: {}", "no value to choose from"),
        ("values: {a: 0, b: 0}", "the weights are all 0"),
        ("values: {a: -1, b: 2}", "the weight of 'a' is between 0"),
        ("values: {a: 1e300}", "the weight of 'a' is between 0"),
        ("values: {a: x}", "the weight of 'a' is a number"),
        ("values: {a: true}", "the weight of 'a' is a number"),
        ("values: {a: .nan}", ".nan"),
        ("values: [a, 1]", "several types (text, whole number)"),
        ("values: [true, 1]", "several types"),
        ("values: [a, a]", "'a' stands twice"),
        ("values: [a, ~]", "an empty value is no value"),
        ("values: [[a]]", "a value is text"),
        ("values: a", "values are a list"),
        ("values: [99999999999999999999]", "does not fit 64 bits"),
        ("{}", "'values' is missing"),
        ("values: {a: 1, b: 2}, zipf: 1", "go by the order of values"),
        ("values: [a, b], zipf: 0", "more than 0"),
        ("values: [a, b], zipf: 1, head: {count: 1, share: 0.5}", "exclude each other"),
        ("values: [a, b], head: {count: 2, share: 0.5}", "leave none of 2"),
        ("values: [a], when: {x: [b]}", "when names one column"),
        ("values: [a], when: {x: {}}", "names no value of 'x'"),
        ("values: [a], when: {x: {p: [1]}}", "several types"),
        ("values: [a], when: {x: {p: {q: -1}}}", "the weight of 'q'"),
        ("values: [a, b], unique: true", "needs 1,000 distinct values"),
        ("values: {a: 1, b: 1}, unique: true", "cannot be unique"),
        ("values: [a], when: {nowhere: {p: [b]}}", "no column 'nowhere'"),
        ("when: {n: {1: [b]}}", "which values 'n' has"),
        ("when: {k: {p: [b]}}", "no values for k 'q'"),
        ("values: [a], when: {n: {p: [b]}}", "no values of 'n', which is a int64"),
    ],
)
def test_says_what_is_wrong(compile_columns, settings, message):
    own = "kind: choice" if settings == "{}" else f"kind: choice, {settings}"
    with pytest.raises(SpecError) as error:
        compile_columns(f"c: {{{own}}}\nn: {{kind: integer, min: 1, max: 2}}\nk: {{kind: choice, values: [p, q]}}")
    assert message in str(error.value)
    assert {problem.where.line for problem in error.value.problems} == {8}

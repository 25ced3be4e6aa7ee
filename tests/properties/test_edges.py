"""Corners that a fuzzer found: each dataset here once crashed, lost rows, or broke a promise."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from tempdata_dagster.core.errors import GenerationError, SpecError
from tempdata_dagster.engine.plan import Plan
from tests.properties.shop import plan_of, rows_of

PARENTS = "p: {rows: {per: day, mean: 50}, key: k, columns: {k: {kind: key, prefix: P}, since: {kind: timestamp}}}"
STATIC = "p: {rows: 5, key: k, columns: {k: {kind: key}, b: {kind: boolean}, v: {kind: integer, min: 1, max: 3}}}"
HOURLY = "p: {rows: {per: hour, mean: 5}, key: k, columns: {k: {kind: key, prefix: P}, since: {kind: timestamp}}}"
FAMILY = """a: {rows: 9, key: k, columns: {k: {kind: key}}}
  b: {rows: {per: a, distribution: geometric, mean: 2.4}, key: k, columns: {k: {kind: key}}}
  d: {rows: {per: b, distribution: geometric, mean: 2.4}, key: k, columns: {k: {kind: key}}}
  e: {rows: {per: d, distribution: geometric, mean: 2.4}, key: k, columns: {k: {kind: key}}}"""
OWN = "p: {kind: reference, to: p}, at: {kind: lookup, of: p, column: since}"

REFUSED = {
    "since is text": ("TD2026", PARENTS, "rows: {per: day, mean: 5}",
                      "at: {kind: timestamp}, p: {kind: reference, to: p, as_of: at, since: k, nulls: 1%}"),
    "values that never match": ("TD2029", STATIC, "rows: 5",
                                "t: {kind: choice, values: [x, y]}, p: {kind: reference, to: p, match: t}"),
    "when of text over numbers": ("TD2032", STATIC, "rows: {per: p, when: {v: [x]}}", "p: {kind: reference, to: p}"),
    "when of numbers over truths": ("TD2032", STATIC, "rows: {per: p, when: {b: [1]}}", "p: {kind: reference, to: p}"),
    "a grid of a grid": ("TD2024", STATIC + "\n  g: {rows: {per: p, every: 6h}, key: k, columns: {k: {kind: key}}}",
                         "rows: {per: g, every: 6h}", "at: {kind: timestamp}"),
    "a grid of a grid's children": (
        "TD2024", STATIC + "\n  g: {rows: {per: p, every: 6h}, key: k, columns: {k: {kind: key}}}"
        "\n  h: {rows: {per: g}, columns: {n: {kind: position}}}", "rows: {per: h, every: 6h}", "at: {kind: timestamp}"),
    "landing on a day among hours": ("TD2006", HOURLY, "rows: {per: p, partition_by: day}",
                                     OWN + ", day: {kind: date, of: at}"),
    "landing on text": ("TD2006", PARENTS, "rows: {per: p, partition_by: day}",
                        OWN + ", day: {kind: timestamp, after: at, lag: {max: 1d}, type: string}"),
    "landing on a drawn row's moment": (
        "TD2006", PARENTS, "rows: {per: p, partition_by: then}",
        OWN + ", o: {kind: reference, to: p, as_of: at}, then: {kind: lookup, of: o, column: since}"),
    "too deep to draw": ("TD2024", FAMILY, "rows: 9", "e: {kind: reference, to: e}"),
    "a number as the first moment": ("TD1", STATIC, "rows: 5", "at: {kind: timestamp, start: 5, end: 2025-01-01}"),
    "many children without an end": ("TD1", STATIC, "rows: {per: p, distribution: geometric, mean: 90000}",
                                     "n: {kind: position}"),
}  # fmt: skip


def dataset(parents: str, rows: str, columns: str, start: str = "2025-01-01") -> dict[str, object]:
    """Parents, and table `c` with these rows and columns."""
    return yaml.safe_load(f"dataset: d\nstart: {start}\ntables:\n  {parents}\n  c: {{{rows}, columns: {{{columns}}}}}")


def rows_until(plan: Plan, table: str, last: str = "2025-01-12") -> pa.Table:
    """All rows of a table up to a partition."""
    keys = plan.partition_keys(table, None, last) if plan.period(table) else [None]
    return pa.concat_tables([rows_of(plan, table, key) for key in keys])


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_before_the_first_row(name: str, tmp_path: Path) -> None:
    code, *parts = REFUSED[name]
    with pytest.raises(SpecError) as raised:
        plan_of(dataset(*parts), tmp_path)
    assert all(problem.code.startswith(code) for problem in raised.value.problems)


def test_text_that_is_no_number_matches_no_number(tmp_path: Path) -> None:
    columns = 't: {kind: pattern, pattern: "[a-z]{3}"}, p: {kind: reference, to: p, match: t}'
    with pytest.raises(GenerationError) as raised:
        rows_of(plan_of(dataset(STATIC, "rows: 5", columns), tmp_path), "c", None)
    assert raised.value.code == "TD2106"


def test_text_that_is_no_number_becomes_no_decimal(tmp_path: Path) -> None:
    plan = plan_of(
        dataset(STATIC, "rows: 5", 't: {kind: pattern, pattern: "[a-z]{3}", type: "decimal(9,2)"}'), tmp_path
    )
    with pytest.raises(GenerationError) as raised:
        rows_of(plan, "c", None)
    assert raised.value.code == "TD2101"


def test_a_file_without_rows_is_referred_to_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("k,v\n")
    parents = "p: {rows: {file: empty.csv}, key: k, columns: {k: {kind: file, column: k}, v: {kind: file, column: v}}}"
    columns = "p: {kind: reference, to: p, nulls: 50%}, v: {kind: lookup, of: p, column: v}"
    rows = rows_of(plan_of(dataset(parents, "rows: 5", columns), tmp_path), "c", None)
    assert rows["p"].null_count == rows["v"].null_count == 5


def test_parents_that_pause_for_a_month_are_still_there(tmp_path: Path) -> None:
    parents = PARENTS.replace("per: day, mean: 50", "per: month, mean: 50, initial: 5, month: {jan: 0}")
    columns = "at: {kind: timestamp}, p: {kind: reference, to: p, as_of: at}"
    rows = rows_until(plan_of(dataset(parents, "rows: {per: day, mean: 5}", columns), tmp_path), "c")
    assert rows["p"].null_count == 0


@pytest.mark.parametrize("precision", ["50min", "7s"])
@pytest.mark.parametrize("rows", ["per: hour, mean: 2000", "per: p, every: 20s, partition: hour"])
def test_rounding_leaves_no_moment_before_its_partition(precision: str, rows: str, tmp_path: Path) -> None:
    plan = plan_of(dataset(STATIC, f"rows: {{{rows}}}", f"at: {{kind: timestamp, precision: {precision}}}"), tmp_path)
    hours = pc.strftime(rows_of(plan, "c", "2025-01-01-05:00")["at"], "%H").unique().to_pylist()
    assert hours == ["05"]


def test_rounding_leaves_no_moment_before_its_range(tmp_path: Path) -> None:
    range_ = "start: '2024-01-01T00:30:00', end: '2024-01-01T09:00:00', precision: 1h"
    plan = plan_of(dataset(STATIC, "rows: 1000", f"at: {{kind: timestamp, {range_}}}"), tmp_path)
    assert pc.min(rows_of(plan, "c", None)["at"]).as_py() == plan.contract("c").columns[0].minimum


AS_OF = "at: {kind: timestamp}, p: {kind: reference, to: p, as_of: at, nulls: 1%}, since: {kind: lookup, of: p, column: since}"
LATE = """orders: {rows: {per: day, mean: 5}, key: k, columns: {k: {kind: key}, at: {kind: timestamp}}}
  boxes:
    rows: {per: orders, partition_by: shipped}
    key: k
    columns:
      k: {kind: key}
      order: {kind: reference, to: orders}
      ordered: {kind: lookup, of: order, column: at}
      packed: {kind: timestamp, after: ordered, lag: {max: 1h}}
      shipped: {kind: timestamp, after: packed, lag: {min: 3d, max: 6d}}
  p:
    rows: {per: boxes, mean: 2}
    key: k
    columns: {k: {kind: key}, box: {kind: reference, to: boxes}, since: {kind: lookup, of: box, column: shipped}}"""


@pytest.mark.parametrize("parents", [
    LATE,
    PARENTS.replace("columns: {k", "columns: {seen: {kind: timestamp, hours: {0-3: 1000}, nulls: 50%}, k").replace(
        "since: {kind: timestamp}", "since: {kind: timestamp, hours: {20-23: 1000}}"),
], ids=["late parents", "an optional moment comes first"])  # fmt: skip
def test_as_of_reaches_nothing_that_is_yet_to_come(parents: str, tmp_path: Path) -> None:
    rows = rows_until(plan_of(dataset(parents, "rows: {per: day, mean: 50}", AS_OF), tmp_path), "c")
    known = rows.filter(pc.is_valid(rows["p"]))
    assert known.num_rows > 100
    days = pc.strftime(known["since"], "%Y-%m-%d"), pc.strftime(known["at"], "%Y-%m-%d")
    assert pc.all(pc.less_equal(*days)).as_py()
    assert "shipped" in parents or pc.all(pc.less_equal(known["since"], known["at"])).as_py()


def test_late_rows_are_referred_to_once_they_are_published(tmp_path: Path) -> None:
    columns = AS_OF.replace("to: p", "to: boxes").replace("column: since", "column: shipped")
    rows = rows_until(plan_of(dataset(LATE, "rows: {per: day, mean: 50}", columns), tmp_path), "c").drop_null()
    days = pc.strftime(rows["since"], "%Y-%m-%d"), pc.strftime(rows["at"], "%Y-%m-%d")
    assert rows.num_rows > 100
    assert pc.all(pc.less_equal(*days)).as_py()


def test_as_of_a_moment_to_come_reaches_no_row_of_a_later_partition(tmp_path: Path) -> None:
    columns = "now: {kind: timestamp}, at: {kind: timestamp, after: now, lag: {max: 5d}}, "
    columns += "p: {kind: reference, to: p, as_of: at, alive: gone, nulls: 1%}, "
    columns += "since: {kind: lookup, of: p, column: since}, gone: {kind: lookup, of: p, column: gone}"
    parents = PARENTS.replace("}}}", "}, gone: {kind: timestamp, after: since, lag: {max: 9d}}}}")
    rows = rows_until(plan_of(dataset(parents, "rows: {per: day, mean: 50}", columns), tmp_path), "c")
    days = pc.strftime(rows["since"], "%Y-%m-%d"), pc.strftime(rows["now"], "%Y-%m-%d")
    assert rows["p"].null_count < 0.2 * rows.num_rows
    assert pc.all(pc.less_equal(*days)).as_py()
    assert pc.all(pc.greater(rows["gone"], rows["at"])).as_py()


def test_a_moment_that_may_be_missing_is_not_when_a_parent_began(tmp_path: Path) -> None:
    optional = "x: {kind: timestamp, nulls: 90%}, y: {kind: timestamp, after: x, lag: {max: 3d}}, since: {"
    parents = PARENTS.replace("since: {", optional)
    rows = rows_until(plan_of(dataset(parents, "rows: {per: day, mean: 50}", AS_OF), tmp_path), "c")
    assert rows["p"].null_count < 0.1 * rows.num_rows
    named = AS_OF.replace("as_of: at", "as_of: at, since: x").replace("column: since", "column: x")
    rows = rows_until(plan_of(dataset(parents, "rows: {per: day, mean: 50}", named), tmp_path), "c")
    assert rows["since"].null_count == rows["p"].null_count


@pytest.mark.parametrize("column", ["{kind: integer, min: 4000000000000000000, max: 4000000000000000001}",
                                    "{kind: number, min: 900000000000000, max: 999999999999999, decimals: 2}"])  # fmt: skip
def test_a_sum_that_does_not_fit_is_an_error(column: str, tmp_path: Path) -> None:
    parents = "p: {rows: 5, key: k, columns: {k: {kind: key}, s: {kind: aggregate, of: c.v}}}"
    with pytest.raises(GenerationError) as raised:
        rows_of(plan_of(dataset(parents, "rows: {per: p, mean: 30}", f"v: {column}"), tmp_path), "p", None)
    assert raised.value.code == "TD2101"


@pytest.mark.parametrize(("distribution", "mean", "parents"), [("poisson", 150_000, 3), ("geometric", 20_000, 100)])
def test_many_children_are_as_many_as_asked(distribution: str, mean: int, parents: int, tmp_path: Path) -> None:
    counted = (
        f"p: {{rows: {parents}, key: k, columns: {{k: {{kind: key}}, n: {{kind: aggregate, of: c, function: count}}}}}}"
    )
    source = f"rows: {{per: p, distribution: {distribution}, mean: {mean}}}"
    plan = plan_of(dataset(counted, source, "n: {kind: position}"), tmp_path)
    found = pc.mean(rows_of(plan, "p", None)["n"]).as_py()
    assert found == pytest.approx(mean, rel=0.01 if distribution == "poisson" else 0.4)
    assert plan.relation("c").layout.mean == pytest.approx(mean, rel=1e-6)


def test_grandchildren_of_few_are_found(tmp_path: Path) -> None:
    parents = FAMILY.replace("rows: 9", "rows: 200")
    rows = rows_of(plan_of(dataset(parents, "rows: 3000", "d: {kind: reference, to: d}"), tmp_path), "c", None)
    assert rows["d"].null_count == 0


@pytest.mark.parametrize("prefix", ["€", "a.b-", "Ünï", "日本", "'\"\\"])
def test_any_prefix_is_a_pattern(prefix: str, tmp_path: Path) -> None:
    tree = dataset(STATIC, "rows: 5", "k: {kind: key}")
    tree["tables"]["c"]["columns"]["k"]["prefix"] = prefix  # type: ignore[index]
    plan = plan_of(tree, tmp_path)
    pattern = f"^(?:{plan.contract('c').columns[0].pattern})$"
    assert pc.all(pc.match_substring_regex(rows_of(plan, "c", None)["k"], pattern)).as_py()


def test_unique_values_end_with_the_years_that_they_were_set_aside_for(tmp_path: Path) -> None:
    columns = "u: {kind: integer, min: 1, max: 3045184, unique: true}"
    plan = plan_of(dataset(STATIC, "rows: {per: day, mean: 5}", columns, "2099-12-01"), tmp_path)
    assert len(set(rows_of(plan, "c", "2099-12-31")["u"].to_pylist())) == 5
    with pytest.raises(GenerationError) as raised:
        rows_of(plan, "c", "2150-01-01")
    assert raised.value.code == "TD2105"


def test_the_order_of_a_parents_moments_is_nothing(tmp_path: Path) -> None:
    more = "born: {kind: date, start: 2024-12-01, end: 2025-03-01}, a: {kind: timestamp, hours: {0-3: 9}}"
    orders = [
        f"k: {{kind: key}}, since: {{kind: timestamp}}, {more}",
        f"{more}, since: {{kind: timestamp}}, k: {{kind: key}}",
    ]
    found = []
    for order in orders:
        parents = f"p: {{rows: {{per: day, mean: 50}}, key: k, columns: {{{order}}}}}"
        columns = "at: {kind: timestamp}, p: {kind: reference, to: p, as_of: at, nulls: 1%}"
        found.append(rows_until(plan_of(dataset(parents, "rows: {per: day, mean: 50}", columns), tmp_path), "c"))
    assert found[0].equals(found[1])

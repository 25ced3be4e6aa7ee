"""What each modifier does to cells, and what it says when it cannot."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow.compute as pc
import pytest

EVENTS = """
  sales:
    rows: 3
    key: name
    columns:
      name: {kind: key}
      store: {kind: choice, values: [north], modifiers: [{kind: expression, sql: "CASE WHEN name = 1 THEN 'north' WHEN name = 2 THEN 'south' ELSE 'north' END"}]}
      from_day: {kind: expression, sql: "CASE WHEN name = 1 THEN DATE '2024-01-10' ELSE DATE '2024-01-15' END"}
      to_day: {kind: expression, sql: "CASE WHEN name = 3 THEN DATE '2024-01-15' ELSE DATE '2024-01-20' END"}
      factor: {kind: expression, sql: "name * 10"}
"""


def numbers(table, name):
    return np.array([np.nan if cell is None else float(cell) for cell in table[name].to_pylist()])


def test_a_chain_is_worked_off_in_order(build):
    cells = build(
        "a: {kind: constant, value: 10, modifiers: [{kind: multiply, by: 1.25}, {kind: add, by: 1}, {kind: clamp, max: 12}]}\n"
        "b: {kind: constant, value: 10, modifiers: [{kind: clamp, max: 12}, {kind: add, by: 1}, {kind: multiply, by: 1.25}]}\n"
        "c: {kind: constant, value: 0.5, modifiers: [{kind: multiply, by: 3}, {kind: add, by: 1}]}",
        rows=3,
    )
    # 12.5 becomes 13, and 13.75 becomes 14: an integer stays one after each step, half away from zero.
    assert [cells[name].to_pylist() for name in "abc"] == [[12] * 3, [14] * 3, [2.5] * 3]


def test_decimals_stay_exact(build):
    cells = build(
        "a: {kind: number, min: 0.15, max: 0.15, decimals: 2, modifiers: [{kind: multiply, by: 1.1}]}", rows=2
    )
    assert cells["a"].to_pylist() == [Decimal("0.17")] * 2


@pytest.mark.parametrize(
    ("settings", "value", "rounded"),
    [
        ("decimals: 1", 1.25, 1.3),
        ("decimals: 1", -1.25, -1.3),
        ("decimals: 1, mode: up", 1.21, 1.3),
        ("decimals: 1, mode: down", 1.29, 1.2),
        ("decimals: 1, mode: up", 1.2, 1.2),
        ("decimals: -2", 1250.0, 1300.0),
        ("to: 0.05", 1.23, 1.25),
        ("to: 250", 1000.0, 1000.0),
        ("to: 250, mode: up", 1001.0, 1250.0),
    ],
)
def test_rounds(build, settings, value, rounded):
    cells = build(f"a: {{kind: constant, value: {value}, modifiers: [{{kind: round, {settings}}}]}}", rows=1)
    assert cells["a"].to_pylist() == [pytest.approx(rounded, abs=1e-12)]


def test_jitter_stays_within_its_size_and_is_centred(build):
    cells = build(
        "a: {kind: constant, value: 100.0, modifiers: [{kind: jitter, by: 3}]}\n"
        "b: {kind: constant, value: 100.0, modifiers: [{kind: jitter, share: 10%, distribution: normal}]}\n"
        "c: {kind: constant, value: 100.0, modifiers: [{kind: jitter, by: 3}, {kind: jitter, by: 3}]}",
        rows=20_000,
    )
    a, b, c = (numbers(cells, name) for name in "abc")
    assert (a.min() > 97, a.max() < 103) == (True, True)
    assert (a.mean(), a.std()) == (pytest.approx(100, abs=0.05), pytest.approx(3 / 3**0.5, rel=0.02))
    assert b.std() == pytest.approx(10, rel=0.02)
    assert c.std() == pytest.approx((2 * 3) ** 0.5, rel=0.02), "the second one has bits of its own"


def test_outliers_are_as_many_and_as_far_off_as_asked(build):
    cells = build(
        "a: {kind: constant, value: 2.0, modifiers: [{kind: outliers, rate: 5%, size: 10, kinds: [spike, drop, zero, negative]}]}",
        rows=20_000,
    )
    values, counts = np.unique(numbers(cells, "a"), return_counts=True)
    assert values.tolist() == [-2.0, 0.0, 0.2, 2.0, 20.0]
    assert counts[[0, 1, 2, 4]] / 20_000 == pytest.approx([0.0125] * 4, abs=0.004)


def test_seasonality_multiplies_by_hour_day_and_month(build):
    cells = build(
        "at: {kind: timestamp, start: 2023-01-01, end: 2025-01-01}\n"
        "a: {kind: constant, value: 1.0, modifiers: [{kind: seasonality, at: at, hours: {9-17: 3}, weekday: {sat: 10}, month: {dec: 0.5}}]}",
        rows=5_000,
    )
    at = cells["at"]
    hour, day, month = pc.hour(at).to_numpy(), pc.day_of_week(at).to_numpy(), pc.month(at).to_numpy()
    wanted = np.where((hour >= 9) & (hour <= 17), 3, 1) * np.where(day == 5, 10, 1) * np.where(month == 12, 0.5, 1)
    assert (numbers(cells, "a") == wanted).all()


def test_effects_hold_from_their_start_to_their_end(compile_columns):
    plan = compile_columns(
        """
        at: {kind: date, start: 2024-01-01, end: 2024-02-01}
        store: {kind: choice, values: [north, south, west]}
        all: {kind: constant, value: 1.0, modifiers: [{kind: effect, of: sales, start: from_day, end: to_day, at: at, multiply: factor}]}
        own: {kind: constant, value: 1.0, modifiers: [{kind: effect, of: sales, start: from_day, end: to_day, at: at, add: factor, match: {store: store}}]}
        """,
        more=EVENTS,
        rows=3_000,
    )
    cells = next(batch for part in plan.parts("t", None) for batch in plan.batches(part))
    for day, store, everywhere, here in zip(
        *(cells[name].to_pylist() for name in ("at", "store", "all", "own")), strict=True
    ):
        first, second = 10 <= day.day < 20, 15 <= day.day < 20
        assert everywhere == (10 if first else 1) * (20 if second else 1), "the third is over when it begins"
        assert here == 1 + (10 if first and store == "north" else 0) + (20 if second and store == "south" else 0)


def test_nulls_at_random_and_by_another_column(build):
    cells = build(
        "c: {kind: choice, values: [x, y, z]}\n"
        "a: {kind: position, modifiers: [{kind: nulls, share: 20%, when: {c: {x: 0, y: 100%}}}]}",
        rows=9_000,
    )
    for case, share in (("x", 0.0), ("y", 1.0), ("z", 0.2)):
        some = cells.filter(pc.equal(cells["c"].cast("string"), case))["a"]
        assert some.null_count / len(some) == pytest.approx(share, abs=0.03 if case == "z" else 0)


def test_text_in_other_forms(build):
    cells = build(
        "a: {kind: constant, value: the end, modifiers: [{kind: case, to: [title, upper], share: 50%}]}\n"
        "b: {kind: constant, value: the end, modifiers: [{kind: whitespace, kinds: [leading, trailing, double, none], share: 80%}]}",
        rows=10_000,
    )
    counts = lambda name: {one["values"]: one["counts"] / 10_000 for one in cells[name].value_counts().to_pylist()}  # noqa: E731 - twice
    assert counts("a") == {
        "the end": pytest.approx(0.5, abs=0.02),
        "The End": pytest.approx(0.25, abs=0.02),
        "THE END": pytest.approx(0.25, abs=0.02),
    }
    assert counts("b") == {
        one: pytest.approx(0.2, abs=0.02) for one in ("the end", " the end", "the end ", "the  end", "theend")
    }


def test_a_reference_with_holes_points_nowhere_there(compile_columns):
    plan = compile_columns(
        "s: {kind: reference, to: sales, modifiers: [{kind: nulls, share: 30%}]}\nf: {kind: lookup, of: s, column: factor}",
        more=EVENTS,
    )
    cells = next(batch for part in plan.parts("t", None) for batch in plan.batches(part))
    assert 0 < cells["s"].null_count < 1000
    assert cells["f"].is_null().equals(cells["s"].is_null())
    assert [key.parent for key in plan.contract("t").foreign_keys] == ["sales"]


def test_a_changed_reference_is_no_foreign_key(compile_columns):
    plan = compile_columns("s: {kind: reference, to: sales, modifiers: [{kind: add, by: 7}]}", more=EVENTS)
    assert plan.contract("t").foreign_keys == ()


def test_nulls_and_type_come_after_modifiers(build):
    cells = build("a: {kind: integer, min: 1, max: 1, nulls: 50%, type: int16, modifiers: [{kind: multiply, by: 3}]}")
    assert cells["a"].type == "int16"
    assert set(cells["a"].to_pylist()) == {3, None}


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ("kind: multipy, by: 2", "TD1001", "did you mean 'multiply'"),
        ("kind: multiply", "TD1021", "'by' is missing"),
        ("kind: multiply, by: two", "TD1022", "'by' is a number"),
        ("kind: multiply, bye: 2, by: 1", "TD1020", "did you mean 'by'"),
        ("by: 2", "TD1022", "a mapping with a 'kind'"),
        ("kind: clamp, min: 3, max: 2", "TD1024", "max 2 is less than min 3"),
        ("kind: case, to: [upper]", "TD2066", "changes text, and the column is a int64"),
        ("kind: time_jitter, by: 1s", "TD2066", "changes moments"),
        ("kind: seasonality, at: n, month: {dec: 2}", "TD2026", "'n' is no moment"),
        ("kind: seasonality, at: nobody, month: {dec: 2}", "TD2002", "no column 'nobody'"),
        ("kind: expression, sql: value +", "TD2040", "not a SQL expression"),
        ("kind: expression, sql: a + 1", "TD2040", "no column 'a' here"),
        ("kind: map_values, values: {x: 1}", "TD2068", "are no values of the column"),
        ("kind: map_values, values: {1: x}", "TD2068", "do not fit the values that stay"),
        ("kind: effect, of: nothing, start: s, end: e, at: at, add: 1", "TD2003", "no table 'nothing'"),
        ("kind: effect, of: t, start: n, end: at, at: at, add: 1", "TD2026", "'n' is no moment"),
        ("kind: nulls, when: {n: {x: 10%}}", "TD2032", "are no values of 'n'"),
        ("kind: multiply, by: 1.0e+12", "TD2009", "does not fit"),
    ],
)
def test_says_what_is_wrong_and_where(problems, settings, code, said):
    found = problems(
        f"a: {{kind: integer, min: 1, max: 1000000000, modifiers: [{{{settings}}}]}}\n"
        "n: {kind: integer, min: 1, max: 9}\nat: {kind: timestamp, start: 2024-01-01, end: 2025-01-01}"
    )
    assert [one[0] for one in found] == [code]
    assert said in " ".join(found[0][1:])


def test_a_problem_stands_at_the_modifier(compile_columns):
    from tempdata_dagster.core.errors import SpecError

    with pytest.raises(SpecError) as raised:
        compile_columns(
            "a:\n  kind: integer\n  min: 1\n  max: 6\n  modifiers:\n    - {kind: add, by: 1}\n    - {kind: round, to: -1}\n    - {kind: case, to: [upper]}"
        )
    assert [(p.code, p.where.line) for p in raised.value.problems] == [("TD1023", 14)]


def test_unique_values_stay_unique_or_are_refused(problems):
    (found,) = problems("a: {kind: integer, min: 1, max: 5000, unique: true, modifiers: [{kind: clamp, max: 5}]}")
    assert found[0] == "TD2008"


def test_decimals_of_many_digits_are_numbers_too(build):
    cells = build(
        "n: {kind: integer, min: 1, max: 9}\nt: {kind: expression, sql: n * 1.5, modifiers: [{kind: add, by: 1}]}",
        rows=50,
    )
    assert str(cells["t"].type).startswith("decimal128(2")
    assert all(t == Decimal("1.5") * n + 1 for n, t in zip(cells["n"].to_pylist(), cells["t"].to_pylist(), strict=True))


def test_editors_know_the_settings_of_every_modifier():
    from jsonschema import Draft202012Validator

    from tempdata_dagster.generators import KINDS
    from tempdata_dagster.spec.json_schema import build_json_schema

    schema = Draft202012Validator(build_json_schema(KINDS))
    column = {"kind": "integer", "min": 1, "max": 6}
    said = lambda modifiers: [  # noqa: E731 - twice, and short
        error.message
        for error in schema.iter_errors(
            {"dataset": "d", "tables": {"t": {"rows": 1, "columns": {"a": {**column, "modifiers": modifiers}}}}}
        )
    ]
    assert said([{"kind": "multiply", "by": 2}, {"kind": "nulls", "share": "5%"}]) == []
    assert any("'bye' was unexpected" in one for one in said([{"kind": "multiply", "bye": 2}]))
    assert any("'multipy' is not one of" in one for one in said([{"kind": "multipy"}]))


def test_the_order_of_modifiers_is_part_of_the_fingerprint(compile_columns):
    column = "a: {{kind: integer, min: 1, max: 6, description: {0}, modifiers: [{1}, {2}]}}"
    add, double = "{kind: add, by: 1}", "{kind: multiply, by: 2}"
    one, same, other = (
        compile_columns(column.format(*settings)).fingerprint("t")
        for settings in (("x", add, double), ("y", add, double), ("x", double, add))
    )
    assert one == same != other

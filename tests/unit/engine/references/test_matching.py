from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import GenerationError, SpecError
from tempdata_dagster.engine.arrays import plain
from tempdata_dagster.engine.plan import Plan, Tally, compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset


@pytest.fixture
def compile_text(tmp_path):
    def compile_text(text: str) -> Plan:
        (tmp_path / "codes.csv").write_text("code,open\nDE,true\nNO,false\nPK,true\n", encoding="utf-8")
        path = tmp_path / "shop.yaml"
        path.write_text(text, encoding="utf-8")
        return compile_plan(load_dataset(path, KINDS))

    return compile_text


def table(columns: str) -> str:
    head = "dataset: shop\ntables:\n  countries:\n    rows: {file: codes.csv}\n    key: code\n"
    return f"{head}  orders:\n    rows: 900\n    columns:\n" + "".join(
        f"      {line}\n" for line in columns.split("\n")
    )


def cells(plan: Plan, name: str, column: str) -> list:
    return [
        value
        for part in plan.parts(name, None)
        for f in plan.frames(part, 64)
        for value in plain(f.column(column)).to_pylist()
    ]


def test_a_match_finds_the_row_with_the_value(compile_text):
    plan = compile_text(
        table(
            "code: {kind: choice, values: {DE: 2, PK: 1}, nulls: 20%}\ncountry: {kind: reference, to: countries, match: code}\n"
            "open: {kind: lookup, of: country, column: open}"
        )
    )
    assert cells(plan, "orders", "country") == cells(plan, "orders", "code")
    assert set(zip(cells(plan, "orders", "country"), cells(plan, "orders", "open"), strict=True)) == {
        ("DE", True), ("PK", True), (None, None),
    }  # fmt: skip
    assert plan.contract("orders").foreign_keys[0].parent == "countries"
    assert plan.contract("orders").columns[1].nullable


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ("code: {kind: choice, values: [DE, FR]}\nx: {kind: reference, to: countries, match: code}", "TD2029"),
        ("code: {kind: boolean}\nx: {kind: reference, to: countries, column: code, match: nothing}", "TD2002"),
        (
            "code: {kind: choice, values: [DE]}\nx: {kind: reference, to: countries, match: code, skew: {zipf: 1}}",
            "TD1024",
        ),
        ("x: {kind: reference, to: countries, where: code}", "TD2026"),
        ("x: {kind: reference, to: countries, spread: true}", "TD1024"),
    ],
)
def test_a_match_that_makes_no_sense_is_a_problem_of_the_plan(compile_text, columns, code):
    with pytest.raises(SpecError) as caught:
        compile_text(table(columns))
    assert code in {problem.code for problem in caught.value.problems}


def test_a_value_that_no_row_has_is_an_error(compile_text):
    plan = compile_text(
        table(
            "number: {kind: position}\ncode: {kind: expression, sql: \"if(number = 500, 'FR', 'DE')\"}\n"
            "country: {kind: reference, to: countries, match: code}"
        )
    )
    with pytest.raises(GenerationError, match=r"TD2106 1 rows of orders\.country match no row, such as 'FR'"):
        cells(plan, "orders", "country")


def test_where_takes_only_parents_that_hold(compile_text):
    plan = compile_text(table("x: {kind: reference, to: countries, where: open}"))
    counts = Counter(cells(plan, "orders", "x"))
    assert set(counts) == {"DE", "PK"}
    assert 380 < counts["DE"] < 520


def test_a_copied_key_is_a_foreign_key_to_both_tables_and_both_are_counted(compile_text):
    plan = compile_text("""
dataset: shop
start: 2025-01-01
tables:
  orders:
    rows: {per: day, mean: 50}
    key: order_id
    columns:
      order_id: {kind: key, prefix: O}
  invoices:
    rows: {per: orders, mean: 1}
    key: order_id
    columns:
      order_id: {kind: reference, to: orders}
  notes:
    rows: {per: day, mean: 80}
    columns:
      order_id: {kind: reference, to: invoices, nulls: 20%}
""")
    keys = plan.contract("notes").foreign_keys
    assert [(key.name, key.parent, key.via) for key in keys] == [
        ("foreign_key_order_id", "invoices", ("order_id",)),
        ("foreign_key_order_id_to_orders", "orders", ("order_id", "order_id")),
    ]
    tally = Tally()
    batches = [batch for part in plan.parts("notes", "2025-01-05") for batch in plan.batches(part, tally=tally)]
    days = Counter(
        f"{one[1:5]}-{one[5:7]}-{one[7:9]}" for one in pa.table({"x": batches[0][0]})["x"].to_pylist() if one
    )
    assert tally.references == {key.name: days for key in keys}

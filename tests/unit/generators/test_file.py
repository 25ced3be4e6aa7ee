"""Cells of a reference file."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.plan import Plan, compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset

CSV = """iso2,name,population,euro,since,dial
DE,Germany,83000000,true,1990-10-03,0049
US,"States, United",331000000,false,1776-07-04,001
PK,,,false,,0092
"""
SHOPS = """
  shops:
    rows: 200
    columns:
      country: {kind: reference, to: countries}
      dial: {kind: lookup, of: country, column: dial}
"""


@pytest.fixture
def plan_of(tmp_path):
    """`plan_of("columns: ...", csv, more)` is the plan of a table `countries` over a file."""

    def plan_of_(settings: str = "", csv: str = CSV, more: str = "", name: str = "countries.csv") -> Plan:
        (tmp_path / "countries.csv").write_text(csv, encoding="utf-8")
        body = f"dataset: d\ntables:\n  countries:\n    rows: {{file: {name}}}\n    key: iso2\n{settings}{more}"
        (tmp_path / "d.yaml").write_text(body, encoding="utf-8")
        return compile_plan(load_dataset(tmp_path / "d.yaml", KINDS))

    return plan_of_


def read(plan: Plan, table: str = "countries") -> pa.Table:
    batches = [batch for part in plan.parts(table, None) for batch in plan.batches(part)]
    return pa.Table.from_batches(batches, plan.contract(table).schema)


def test_a_table_without_columns_has_those_of_its_file(plan_of):
    table = read(plan_of())
    assert table.column_names == ["iso2", "name", "population", "euro", "since", "dial"]
    assert table.to_pylist()[1] == {
        "iso2": "US",
        "name": "States, United",
        "population": 331_000_000,
        "euro": False,
        "since": date(1776, 7, 4),
        "dial": "001",
    }
    assert table["name"].to_pylist()[2] is None


def test_promises_are_those_of_the_data(plan_of):
    columns = {column.name: column for column in plan_of().contract("countries").columns}
    assert (columns["iso2"].nullable, columns["name"].nullable) == (False, True)
    assert columns["iso2"].values == ("DE", "US", "PK")
    assert (columns["population"].minimum, columns["population"].maximum) == (83_000_000, 331_000_000)
    assert columns["iso2"].unique


def test_columns_can_be_chosen_renamed_and_added(plan_of):
    columns = "    columns:\n      iso2: {kind: file, column: iso2, unique: true}\n      place: {kind: position}\n"
    table = read(plan_of(columns + "      people: {kind: file, column: population, type: float64}\n"))
    assert table.column_names == ["iso2", "place", "people"]
    assert table["people"].to_pylist() == [83e6, 331e6, None]


def test_other_tables_refer_to_it_and_look_its_columns_up(plan_of):
    shops = read(plan_of(more=SHOPS), "shops")
    dial = {"DE": "0049", "US": "001", "PK": "0092"}
    assert set(shops["country"].to_pylist()) == set(dial)
    assert all(dial[row["country"]] == row["dial"] for row in shops.to_pylist())


def test_an_edit_of_the_file_changes_the_fingerprints_of_what_uses_it(plan_of):
    before, after = plan_of(more=SHOPS), plan_of(csv=CSV.replace("0049", "+49"), more=SHOPS)
    assert before.fingerprint("countries") != after.fingerprint("countries")
    assert before.fingerprint("shops") != after.fingerprint("shops")


def test_a_file_without_rows(plan_of):
    assert read(plan_of(csv=CSV.splitlines()[0] + "\n")).num_rows == 0


def test_parquet_types_become_those_that_are_written(plan_of, tmp_path):
    stored = pa.table({
        "iso2": pa.array(["DE", "US"]).dictionary_encode(),
        "large": pa.array(["a", "b"], type=pa.large_string()),
        "at": pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * 2, type=pa.timestamp("ms", tz="Europe/Berlin")),
        "local": pa.array([datetime(2024, 1, 1)] * 2, type=pa.timestamp("ns")),  # noqa: DTZ001 - without a zone on purpose
    })  # fmt: skip
    pq.write_table(stored, tmp_path / "c.parquet")
    table = read(plan_of(name="c.parquet"))
    assert table["at"].type == table["local"].type == pa.timestamp("us", tz="UTC")
    assert table["at"].to_pylist()[0] == table["local"].to_pylist()[0] == datetime(2024, 1, 1, tzinfo=UTC)
    assert table["large"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize(
    ("settings", "csv", "message"),
    [
        ("", "iso2,a b\nDE,1\n", "column 'a b' of the file is no name"),
        ("", "code,b\nDE,1\n", "has no column 'iso2'"),
        ("", "iso2,iso2\nDE,1\n", "two of its columns have one name"),
        ("", "iso2,b\nDE,1,3\n", "the reference file cannot be read"),
        ("", "", "the reference file cannot be read"),
        ("    columns: {iso2: {kind: file, column: iso3}}\n", CSV, "no column 'iso3'"),
        ("    columns: {iso2: {kind: file, column: euro, unique: true}}\n", CSV, "stand twice"),
    ],
)
def test_says_what_is_wrong_with_a_file(plan_of, settings, csv, message):
    with pytest.raises(SpecError) as error:
        plan_of(settings, csv)
    (problem,) = error.value.problems
    assert message in str(problem)
    assert problem.where.line


def test_needs_a_table_over_a_file(compile_columns):
    with pytest.raises(SpecError, match="come from no file"):
        compile_columns("x: {kind: file, column: a}")


def test_refuses_cells_that_no_column_can_hold(plan_of, tmp_path):
    pq.write_table(pa.table({"iso2": ["DE"], "list": [[1, 2]]}), tmp_path / "c.parquet")
    with pytest.raises(SpecError, match="a cell cannot hold"):
        plan_of(name="c.parquet")

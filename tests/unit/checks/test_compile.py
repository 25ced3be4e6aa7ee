from __future__ import annotations

import re
import time
from dataclasses import replace

import pyarrow as pa
import pytest

from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.checks.families.patterns import validate_patterns
from tempdata_dagster.core.errors import Where
from tempdata_dagster.spec.contract import ColumnContract, TableContract
from tempdata_dagster.spec.models import Expectation, Rule

MEAN = Expectation(type="expect_column_mean_to_be_between", kwargs={"column": "price", "min_value": 1})


def test_a_table_has_a_handful_of_checks_in_a_fixed_order(contract) -> None:
    names = [spec.name for spec in compile_checks(replace(contract, expectations=(MEAN,)))]
    assert names == [
        "schema",
        "not_null",
        "key_unique",
        "unique",
        "ranges",
        "values",
        "patterns",
        "foreign_key_customer_id",
        "foreign_key_previous_id_previous_line",
        "rule_1",
        "rule_ships_in_a_month",
        "great_expectations",
        "expectation_1_column_mean_to_be_between",
    ]


def test_equal_contracts_give_equal_checks(contract) -> None:
    assert compile_checks(contract) == compile_checks(replace(contract))


def test_the_suite_can_be_left_out_but_not_the_users_own_expectations(contract) -> None:
    specs = compile_checks(replace(contract, expectations=(MEAN,)), suite=False)
    assert [spec.name for spec in specs if spec.engine != "native"] == ["expectation_1_column_mean_to_be_between"]


def test_checks_know_their_columns_and_what_blocks(contract) -> None:
    specs = {spec.name: spec for spec in compile_checks(replace(contract, expectations=(MEAN,)))}
    assert specs["not_null"].columns[:3] == ("order_id", "line", "status")
    assert specs["expectation_1_column_mean_to_be_between"].columns == ("price",)
    assert [name for name, spec in specs.items() if not spec.blocking] == [
        "rule_ships_in_a_month",
        "great_expectations",
    ]


def test_names_are_distinct_and_fit_dagster(contract) -> None:
    names = ("a b", "a-b", "a_b", None, "4", "ü" * 300)
    rules = tuple(Rule(sql="line > 0", name=name) for name in names)
    compiled = [spec.name for spec in compile_checks(replace(contract, rules=rules))]
    assert len(compiled) == len(set(compiled))
    assert all(re.fullmatch(r"[A-Za-z0-9_]{1,110}", name) for name in compiled)


def test_a_key_that_is_unique_is_checked_once() -> None:
    columns = (ColumnContract("id", pa.string(), unique=True),)
    names = [spec.name for spec in compile_checks(TableContract("shop", "things", None, ("id",), columns))]
    assert names == ["schema", "not_null", "key_unique", "great_expectations"]


def test_compiling_takes_under_a_millisecond(contract, figure) -> None:
    compile_checks(contract)
    rounds = []
    for _ in range(20):
        start = time.perf_counter()
        compile_checks(contract)
        rounds.append(time.perf_counter() - start)
    figure(f"compiling the checks of a 13-column table: {min(rounds) * 1e3:.2f} ms")
    assert min(rounds) < 1e-3


@pytest.mark.parametrize("pattern", [r"(?=a)b", r"(a)\1", "[z-a]", "(", "a{1001}", "((a{1000}){1000}){1000}", "a**"])
def test_patterns_that_cannot_be_checked_are_problems_with_a_place(pattern) -> None:
    column = ColumnContract("code", pa.string(), pattern=pattern, where=Where("shop.yaml", 12, 5))
    (problem,) = validate_patterns(TableContract("shop", "things", None, (), (column,)))
    assert (problem.code, problem.path) == ("TD5001", ("tables", "things", "columns", "code"))
    assert str(problem).startswith("shop.yaml:12:5: TD5001 the pattern cannot be checked: ")


def test_good_patterns_are_no_problem(contract) -> None:
    assert validate_patterns(contract) == []

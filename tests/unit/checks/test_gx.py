from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from tempdata_dagster.checks import gx
from tempdata_dagster.checks.audit import audit
from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.checks.expectations import as_moment, plan_expectations
from tempdata_dagster.checks.model import AuditContext, Outcome
from tempdata_dagster.checks.sample import to_frame
from tempdata_dagster.core.errors import SpecError, Where
from tempdata_dagster.spec.models import Expectation

CANARY = "canary4711"
MIDNIGHT = datetime.fromisoformat("2026-01-31")


def expect(kind: str, severity: str = "error", **kwargs: object) -> Expectation:
    return Expectation(type=f"expect_{kind}", kwargs=kwargs, severity=severity)


def put(table: pa.Table, column: str, value: object, rows: range = range(10, 11)) -> pa.Table:
    cells = table.column(column).to_pylist()
    for row in rows:
        cells[row] = value
    position = table.schema.get_field_index(column)
    return table.set_column(position, column, pa.array(cells, table.schema.field(column).type))


@pytest.fixture
def run_gx(contract):
    """Runs the checks of Great Expectations through the audit and gives the results by name."""

    def run(rows, *expectations, **context):
        given = replace(contract, expectations=expectations)
        specs = [spec for spec in compile_checks(given) if spec.engine == "great_expectations"]
        return {result.name: result for result in audit(given, ds.dataset(rows), AuditContext(**context), specs)}

    return run


def test_clean_rows_meet_the_compiled_suite(clean, run_gx) -> None:
    (found,) = run_gx(clean).values()
    assert (found.outcome, found.rows_seen, found.rows_total, found.failed_rows) == (Outcome.PASSED, 300, 300, 0)
    assert found.message == "23 expectations met"
    assert found.metadata["expectations"]["expect_column_values_to_not_be_null"] == {"run": 9, "not_met": 0}


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows_raise_no_alarm(rows, clean, run_gx) -> None:
    assert run_gx(clean.slice(0, rows))["great_expectations"].passed


def test_a_column_of_nulls_raises_no_alarm(contract, clean, run_gx) -> None:
    nulls = put(put(clean, "weight", None, range(300)), "email", None, range(300))
    assert run_gx(nulls)["great_expectations"].passed


def test_the_suite_sees_what_is_wrong_and_does_not_block(clean, run_gx) -> None:
    faults = {
        ("line", "expect_column_values_to_not_be_null"): None,
        ("email", "expect_column_values_to_be_unique"): "u50@example.com",
        ("status", "expect_column_values_to_be_in_set"): "lost",
        ("weight", "expect_column_values_to_be_between"): -1.0,
        ("placed_at", "expect_column_min_to_be_between"): datetime(2026, 1, 30, 23, tzinfo=UTC),
        ("ships_on", "expect_column_min_to_be_between"): date(2026, 1, 30),
        ("order_id", "expect_column_values_to_match_regex"): "O1",
    }
    for row, ((column, _), value) in enumerate(faults.items()):
        clean = put(clean, column, value, range(10 + row, 11 + row))
    found = run_gx(clean)["great_expectations"]
    assert (found.outcome, found.blocks) == (Outcome.FAILED, False)
    assert {(*one["columns"], one["type"]) for one in found.metadata["not_met"]} == set(faults)


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("order_id", "O000000002", "expect_compound_columns_to_be_unique"),
        ("placed_at", datetime(2026, 2, 1, tzinfo=UTC), "expect_column_max_to_be_between"),
    ],
)
def test_the_suite_sees_one_fault_alone(column, value, kind, clean, run_gx) -> None:
    found = run_gx(put(clean, column, value))["great_expectations"]
    assert [one["type"] for one in found.metadata["not_met"]] == [kind]


def test_the_suite_sees_columns_out_of_order(clean, run_gx) -> None:
    found = run_gx(clean.select(clean.column_names[::-1]))["great_expectations"]
    assert [one["type"] for one in found.metadata["not_met"]] == ["expect_table_columns_to_match_ordered_list"]


def test_the_exported_suite_loads_and_runs_in_a_users_own_context(contract, clean, tmp_path) -> None:
    own = (expect("column_mean_to_be_between", column="price", min_value=1, max_value=900),)
    file = tmp_path / "suite.json"
    file.write_text(json.dumps(gx.suite_json(replace(contract, expectations=own))))
    exported = json.loads(file.read_text())
    import great_expectations as gx_library  # our module has imported it by now, with its deprecations silenced

    context = gx_library.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    suite = context.suites.add(
        gx_library.ExpectationSuite(name=exported["name"], expectations=exported["expectations"])
    )
    batch = (
        context.data_sources.add_pandas("lake")
        .add_dataframe_asset("orders")
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": clean.to_pandas()})
    )
    result = batch.validate(suite)
    assert suite.name == "shop.orders"
    assert result.statistics["evaluated_expectations"] == 24
    assert [one.expectation_config.type for one in result.results if not one.success] == []


def test_the_suite_is_the_same_each_time(contract) -> None:
    assert gx.suite_json(contract) == gx.suite_json(contract)


def test_ones_own_expectations_are_checks_of_their_own(clean, run_gx) -> None:
    found = run_gx(
        clean,
        expect("column_mean_to_be_between", column="price", min_value=1, max_value=900),
        expect("column_mean_to_be_between", column="price", max_value=1),
        expect("column_values_to_be_in_set", "warning", column="status", value_set=["paid"]),
    )
    mean, low, status = list(found.values())[1:]
    assert mean.passed
    assert (low.outcome, low.blocks, low.failed_rows) == (Outcome.FAILED, True, None)
    assert low.metadata["observed_value"] > 1
    assert (status.severity, status.blocks, status.failed_rows) == ("warning", False, 200)


def test_moments_may_be_written_in_any_way(clean, run_gx) -> None:
    own = [
        expect("column_min_to_be_between", column="placed_at", min_value=low)
        for low in ("2026-01-31", date(2026, 1, 31), "2026-01-31T00:00:00", "2026-01-31T05:00:00+05:00")
    ]
    own.append(expect("column_max_to_be_between", column="ships_on", max_value="2026-12-31T00:00:00"))
    own.append(expect("column_values_to_be_between", column="placed_at", min_value=MIDNIGHT))
    results = run_gx(clean, *own)
    assert [result.message for result in results.values() if not result.passed] == []


def test_a_moment_takes_the_zone_of_its_column() -> None:
    assert as_moment("2026-01-31", pa.timestamp("us")) == MIDNIGHT
    assert as_moment("2026-01-31T05:00:00+05:00", pa.timestamp("us")) == MIDNIGHT
    assert as_moment("soon", pa.timestamp("us")) == "soon"
    assert as_moment(5, pa.int32()) == 5


class TestSample:
    def test_beyond_the_limit_a_sample_is_seen_and_that_is_said(self, clean, run_gx) -> None:
        found = run_gx(clean, gx_rows=50)["great_expectations"]
        assert (found.rows_seen, found.rows_total, found.passed) == (50, 300, True)
        assert found.message.endswith("(seen 50 of 300 rows)")

    def test_the_sample_is_the_same_each_time(self, clean, run_gx) -> None:
        odd = put(clean, "status", "lost", range(0, 300, 7))
        first, second = (run_gx(odd, gx_rows=40)["great_expectations"] for _ in range(2))
        assert first == second
        assert 0 < first.failed_rows < 40

    def test_totals_are_taken_from_all_rows(self, clean, run_gx) -> None:
        own = (
            expect("table_row_count_to_equal", value=300),
            expect("column_sum_to_be_between", column="line", min_value=600, max_value=600),
            expect("column_unique_value_count_to_be_between", column="region", min_value=60, max_value=60),
        )
        results = run_gx(clean, *own, gx_rows=50)
        assert [result.message for result in results.values() if not result.passed] == []
        assert [result.rows_seen for result in results.values()] == [50, 300, 300, 300]

    def test_the_number_of_rows_alone_needs_no_column(self, clean, run_gx) -> None:
        found = list(run_gx(clean, expect("table_row_count_to_equal", value=299), gx_rows=50).values())[1]
        assert found.outcome is Outcome.FAILED
        assert found.message.endswith("not met, observed 300")


class TestErrors:
    def test_wrong_expectations_are_problems_with_place_and_hint(self, contract) -> None:
        own = (
            expect("column_mean_to_be_betwen", column="price"),
            expect("column_mean_to_be_between", colum="price"),
            expect("column_mean_to_be_between", column="pries", min_value=1),
            expect("column_mean_to_be_between", column="price", min_value=1),
        )
        given = replace(contract, expectations=own, where=Where("shop.yaml", 3, 1))
        problems = gx.validate_expectations(given)
        assert [(one.code, one.path[3:]) for one in problems] == [
            ("TD5002", (0, "type")),
            ("TD5003", (1, "kwargs")),
            ("TD5004", (2, "kwargs")),
        ]
        assert problems[0].hint.startswith("did you mean 'expect_column_mean_to_be_between'")
        assert problems[2].hint == "did you mean 'price'?"
        with pytest.raises(SpecError, match=r"shop\.yaml:3:1: TD5002"):
            gx.build_suite(given)

    def test_a_wrong_expectation_is_errored_and_spoils_no_other(self, clean, run_gx) -> None:
        results = run_gx(
            clean,
            expect("column_mean_to_be_betwen", column="price"),
            expect("column_values_to_be_between", column="email", min_value=1, max_value=3),
            expect("column_kl_divergence_to_be_less_than", column="email", threshold=0.1),
            expect("column_values_to_not_be_null", column="price"),
        )
        outcomes = [result.outcome for result in results.values()]
        assert outcomes == [Outcome.PASSED, Outcome.ERRORED, Outcome.ERRORED, Outcome.ERRORED, Outcome.PASSED]
        assert all(result.blocks for result in results.values() if result.outcome is Outcome.ERRORED)

    def test_a_column_that_the_rows_lack_is_errored(self, clean, run_gx) -> None:
        found = run_gx(clean.drop_columns("price"), expect("column_values_to_not_be_null", column="price"))
        assert [result.outcome for result in found.values()] == [Outcome.FAILED, Outcome.ERRORED]


class TestPrivacy:
    own = (
        expect("column_values_to_match_regex", column="email", regex="^nobody$"),
        expect("column_values_to_be_between", column="email", min_value=1, max_value=3),
        expect("column_max_to_be_between", column="email", max_value="a"),
        expect("column_distinct_values_to_be_in_set", column="email", value_set=["a"]),
        expect("column_most_common_value_to_be_in_set", column="email", value_set=["a"]),
        expect("column_pair_values_to_be_equal", column_A="email", column_B="region"),
        expect("compound_columns_to_be_unique", column_list=["email", "status"]),
        expect("column_values_to_match_strftime_format", column="email", strftime_format="%Y"),
    )

    @pytest.mark.parametrize("show_values", [False, True])
    def test_pii_is_never_shown(self, show_values, clean, run_gx, capsys, caplog) -> None:
        rows = put(clean, "email", CANARY, range(20, 40))
        results = run_gx(rows, *self.own, show_values=show_values)
        assert sum(not result.passed for result in results.values()) == 9
        assert CANARY not in repr(results) + caplog.text + "".join(capsys.readouterr())

    def test_values_of_other_columns_are_shown_only_when_asked(self, clean, run_gx) -> None:
        own = (expect("column_values_to_be_in_set", column="status", value_set=["paid"]),)
        for show_values in (False, True):
            found = list(run_gx(clean, *own, show_values=show_values).values())[1]
            assert ("cancelled" in repr(found)) is show_values


def test_a_frame_can_be_run_without_an_audit(contract, clean) -> None:
    (found,) = gx.run_suite(contract, to_frame(clean), rows_total=9_000)
    assert (found.name, found.passed, found.rows_seen, found.rows_total) == ("great_expectations", True, 300, 9_000)


def test_every_compiled_expectation_is_one_that_gx_knows(contract) -> None:
    assert len(gx.build_suite(contract).expectations) == len(plan_expectations(contract)) == 23

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tempdata_dagster.checks.audit import audit
from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.checks.model import AuditContext, Outcome
from tempdata_dagster.checks.session import open_session
from tempdata_dagster.core.errors import DataError, TransientError
from tempdata_dagster.spec.contract import ColumnContract, ForeignKey, TableContract
from tempdata_dagster.spec.models import Rule

CANARY = "canary4711"


def with_rules(contract: TableContract, *rules: str) -> TableContract:
    return replace(contract, rules=tuple(Rule(sql=sql) for sql in rules))


def with_cells(table: pa.Table, column: str, cells: dict[int, object]) -> pa.Table:
    values = table.column(column).to_pylist()
    for row, value in cells.items():
        values[row] = value
    position = table.schema.get_field_index(column)
    return table.set_column(position, column, pa.array(values, table.schema.field(column).type))


def test_results_come_in_the_order_of_the_specs_and_name_every_row(contract, clean, run) -> None:
    results = run(clean)
    assert list(results) == [spec.name for spec in compile_checks(contract) if spec.engine == "native"]
    assert {(result.rows_seen, result.rows_total) for result in results.values()} == {(300, 300)}
    assert {result.engine for result in results.values()} == {"native"}


def test_only_the_specs_that_are_asked_for_run(contract, clean) -> None:
    wanted = [spec for spec in compile_checks(contract) if spec.name in ("ranges", "schema")][::-1]
    assert [result.name for result in audit(contract, ds.dataset(clean), AuditContext(), wanted)] == [
        "ranges",
        "schema",
    ]


def test_files_are_audited_as_tables_are(contract, clean, customers, tmp_path) -> None:
    folder = tmp_path / "date=2026-01-31"
    folder.mkdir()
    for part in range(3):
        pq.write_table(clean.slice(part * 100, 100), folder / f"part-{part:05d}.parquet")
    staged = ds.dataset(tmp_path, partitioning="hive")
    native = [spec for spec in compile_checks(contract) if spec.engine == "native"]
    context = AuditContext(published={"customers": customers, "orders": ds.dataset(folder)}.get)
    assert [r for r in audit(contract, staged, context, native) if not r.passed] == []


def test_no_rows_pass(contract, clean, run) -> None:
    results = run(clean.slice(0, 0))
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


def test_failed_rows_are_counted_per_column_and_once_per_row(clean, run) -> None:
    broken = with_cells(with_cells(clean, "price", {1: None, 2: None}), "customer_id", {2: None})
    found = run(broken)["not_null"]
    assert found.failed_rows == 2
    assert found.metadata["failed_rows_by_column"]["price"] == 2
    assert found.message == "null cells: 2 in price, 1 in customer_id"
    assert found.blocks


def test_a_warning_fails_without_blocking(clean, run) -> None:
    late = with_cells(clean, "ships_on", {0: date(2030, 1, 1)})
    found = run(late)["rule_ships_in_a_month"]
    assert (found.outcome, found.severity, found.blocks) == (Outcome.FAILED, "warning", False)


def test_a_rule_that_is_null_is_met(contract, clean, run) -> None:
    assert run(clean, with_rules(contract, "weight < 0 OR weight >= 0"))["rule_1"].passed


def test_a_rule_with_a_comment_at_its_end_counts_as_any_other(contract, clean, run) -> None:
    assert run(clean, with_rules(contract, "line < 3 -- most"))["rule_1"].failed_rows == 100


@pytest.mark.parametrize(
    "sql",
    ["no_such_column > 1", "line >", "1=1) FROM staged; SELECT (1=1", "line > (", "CAST(customer_id AS INTEGER) > 1"],
)
def test_a_check_that_cannot_be_run_is_errored_and_stops_no_other(sql, contract, clean, run) -> None:
    results = run(clean, with_rules(contract, sql, "line = 1"))
    assert results["rule_1"].outcome is Outcome.ERRORED
    assert results["rule_1"].message.startswith("check 'rule_1' could not be run: ")
    assert (results["rule_1"].rows_seen, results["rule_1"].failed_rows, results["rule_1"].blocks) == (0, None, True)
    assert results["rule_2"].failed_rows == 200
    assert sum(result.passed for result in results.values()) == 9


def test_a_check_of_a_missing_column_says_so(clean, run) -> None:
    found = run(clean.drop_columns("status"))["values"]
    assert found.outcome is Outcome.ERRORED
    assert "the staged rows have no column status" in found.message


def test_a_parent_that_lacks_the_key_gives_an_errored_check(clean, run) -> None:
    wrong = ds.dataset(pa.table({"id": ["C0001"]}))
    found = run(clean, published={"customers": wrong, "orders": ds.dataset(clean)}.get)
    assert found["foreign_key_customer_id"].outcome is Outcome.ERRORED
    assert found["foreign_key_previous_id_previous_line"].passed


def test_an_outage_while_looking_up_a_parent_is_raised_for_the_retry(clean, run) -> None:
    def fail(table: str) -> None:
        raise TransientError("TD3010", "timeout")

    with pytest.raises(TransientError):
        run(clean, published=fail)


def test_staged_rows_that_cannot_be_read_at_all_are_an_error(contract, tmp_path) -> None:
    (tmp_path / "part-00000.parquet").write_bytes(b"PAR1 nothing PAR1")
    staged = ds.dataset(tmp_path / "part-00000.parquet", schema=contract.schema)
    with pytest.raises(DataError, match="TD5005"):
        audit(contract, staged, AuditContext())


class TestForeignKeys:
    def test_orphans_are_counted_by_rows(self, clean, run) -> None:
        found = run(with_cells(clean, "customer_id", {1: "C9999", 2: "C9999", 3: "C9998"}))["foreign_key_customer_id"]
        assert (found.outcome, found.failed_rows, found.metadata["orphans"]) == (Outcome.FAILED, 3, 3)
        assert found.message == "3 orphans: no such row in 'customers'"

    def test_references_to_unpublished_partitions_warn_and_name_them(self, clean, run) -> None:
        waiting = with_cells(clean, "customer_id", {1: "C9999", 2: "C9998"})
        name = "foreign_key_customer_id"
        found = run(waiting, unpublished={name: 2}, unpublished_partitions={name: ("2026-01-29", "2026-01-30")})[name]
        assert (found.outcome, found.severity, found.blocks) == (Outcome.UNPUBLISHED_PARENT, "warning", False)
        assert "2026-01-29, 2026-01-30" in found.message
        assert not found.passed

    def test_orphans_beyond_the_unpublished_ones_fail(self, clean, run) -> None:
        waiting = with_cells(clean, "customer_id", {1: "C9999", 2: "C9998", 3: "C9997"})
        found = run(waiting, unpublished={"foreign_key_customer_id": 2})["foreign_key_customer_id"]
        assert (found.outcome, found.failed_rows) == (Outcome.FAILED, 1)
        assert (found.metadata["without_parent"], found.metadata["orphans"]) == (3, 1)

    def test_a_parent_that_is_not_published_at_all_is_reported_as_that(self, clean, run) -> None:
        found = run(clean, published={"orders": ds.dataset(clean)}.get)["foreign_key_customer_id"]
        assert found.outcome is Outcome.UNPUBLISHED_PARENT
        assert found.message == "300 rows refer to 'customers', of which nothing is published yet"

    def test_no_reference_needs_no_parent(self, clean, run) -> None:
        nothing = with_cells(clean, "customer_id", dict.fromkeys(range(300)))
        assert run(nothing, published=lambda _: None)["foreign_key_customer_id"].passed

    def test_a_table_may_refer_to_its_own_staged_rows_before_anything_is_published(self, clean, run) -> None:
        assert run(clean, published=lambda _: None)["foreign_key_previous_id_previous_line"].passed

    def test_a_parent_may_be_a_union_of_staged_and_published_rows(self, clean, run) -> None:
        halves = ds.dataset([ds.dataset(clean.slice(0, 150)), ds.dataset(clean.slice(150))])
        name = "foreign_key_previous_id_previous_line"
        assert run(clean, published=lambda _: halves)[name].passed
        assert run(clean, published=lambda _: ds.dataset(clean.slice(0, 150)))[name].failed_rows == 147

    def test_a_parent_with_repeated_keys_hides_no_orphan(self, clean, run) -> None:
        twice = ds.dataset(pa.table({"customer_id": [f"C{number:04d}" for number in range(49)] * 3}))
        found = run(clean, published={"customers": twice, "orders": ds.dataset(clean)}.get)["foreign_key_customer_id"]
        assert found.failed_rows == 6

    def test_types_need_not_be_encoded_alike(self) -> None:
        columns = (ColumnContract("code", pa.dictionary(pa.int8(), pa.string())),)
        contract = TableContract(
            "shop", "visits", None, (), columns, (ForeignKey("foreign_key_code", ("code",), "codes", ("code",)),)
        )
        staged = ds.dataset(pa.table({"code": pa.array(["a", "b"]).dictionary_encode()}))
        codes = ds.dataset(pa.table({"code": pa.array(["a", "b", "c"], pa.large_string())}))
        native = [spec for spec in compile_checks(contract) if spec.engine == "native"]
        assert all(r.passed for r in audit(contract, staged, AuditContext(published=lambda _: codes), native))


class TestOtherPartitions:
    def test_a_key_of_another_partition_is_found(self, clean, run) -> None:
        found = run(clean, others=ds.dataset(clean.slice(10, 5).select(["order_id", "line", "email"])))
        assert (found["key_unique"].outcome, found["key_unique"].failed_rows) == (Outcome.FAILED, 5)
        assert found["unique"].metadata["failed_rows_by_column"] == {"email": 4}
        assert found["key_unique"].metadata["other_partitions"] == {"checked": True, "rows": 5}

    def test_too_many_other_rows_are_left_out_and_that_is_said(self, clean, run) -> None:
        found = run(clean, others=ds.dataset(clean), others_limit=299)["key_unique"]
        assert found.passed
        assert found.metadata["other_partitions"] == {"checked": False, "reason": "300 rows are over the limit of 299"}


class TestPrivacy:
    """`email` is pii: no field of any result may hold a value of it, whatever breaks."""

    def broken(self, clean: pa.Table) -> pa.Table:
        cells = {number: f"{CANARY}{number // 2}" for number in range(40)}
        return with_cells(clean, "email", cells)

    def test_pii_is_never_shown(self, contract, clean, run) -> None:
        rules = ("CAST(email AS INTEGER) > 1", "email::DATE > DATE '2020-01-01'", "length(email) > 500", "error(email)")
        for show_values in (False, True):
            results = run(self.broken(clean), with_rules(contract, *rules), show_values=show_values)
            assert not results["patterns"].passed
            assert not results["unique"].passed
            assert {results[f"rule_{number}"].outcome for number in (1, 2, 4)} == {Outcome.ERRORED}
            assert CANARY not in repr(results)

    def test_a_foreign_key_or_key_of_pii_is_never_shown(self, contract, clean, run) -> None:
        secret = replace(contract, columns=tuple(replace(c, pii=c.name == "customer_id") for c in contract.columns))
        results = run(with_cells(clean, "customer_id", {1: CANARY}), secret, show_values=True)
        assert not results["foreign_key_customer_id"].passed
        assert CANARY not in repr(results)

    def test_no_value_is_shown_unless_asked(self, clean, run) -> None:
        broken = with_cells(with_cells(clean, "customer_id", {1: CANARY}), "status", {1: CANARY})
        assert CANARY not in repr(run(broken))

    def test_values_are_shown_when_asked(self, clean, run) -> None:
        broken = with_cells(with_cells(clean, "customer_id", {1: CANARY}), "status", {1: "lost"})
        results = run(broken, show_values=True)
        assert results["values"].metadata["examples"] == {"status": ["lost"]}
        assert CANARY in json.dumps(results["foreign_key_customer_id"].metadata["examples"])

    def test_repeated_keys_are_shown_when_asked(self, clean, run) -> None:
        repeated = with_cells(clean, "order_id", {10: "O000000002"})
        assert run(repeated, show_values=True)["key_unique"].metadata["examples"] == ["(O000000002, 2)"]


class TestSession:
    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT * FROM read_csv('/etc/passwd')",
            "COPY staged TO '/tmp/leak.csv'",
            "ATTACH '/tmp/leak.db'",
            "SET enable_external_access = true",
            "SET memory_limit = '100GB'",
            "INSTALL httpfs",
            "SELECT * FROM clean",
        ],
    )
    def test_sql_reaches_nothing_but_the_staged_rows(self, sql, clean) -> None:
        with open_session(ds.dataset(clean), AuditContext()) as session, pytest.raises(duckdb.Error):
            session.all(sql)

    def test_verdicts_do_not_depend_on_the_zone_of_the_machine(self, contract, clean, run, monkeypatch) -> None:
        monkeypatch.setenv("TZ", "Asia/Karachi")
        assert run(clean, with_rules(contract, "placed_at::DATE = DATE '2026-01-31'"))["rule_1"].passed


def test_a_table_without_promises_has_its_schema_checked() -> None:
    contract = TableContract("shop", "log", None, (), (ColumnContract("line", pa.string(), nullable=True),))
    results = audit(
        contract, ds.dataset(pa.table({"line": ["a"]})), AuditContext(), compile_checks(contract, suite=False)
    )
    assert [(result.name, result.passed) for result in results] == [("schema", True)]


def test_decimals_are_compared_exactly() -> None:
    column = ColumnContract("price", pa.decimal128(38, 18), maximum=Decimal("0.1"))
    contract = TableContract("shop", "prices", None, (), (column,))
    cells = pa.array([Decimal("0.1"), Decimal("0.100000000000000001")], column.type)
    results = audit(contract, ds.dataset(pa.table({"price": cells})), AuditContext(), compile_checks(contract)[:3])
    assert {result.name: result.failed_rows for result in results} == {"schema": 0, "not_null": 0, "ranges": 1}


def test_declaring_and_importing_checks_loads_no_engine() -> None:
    code = (
        "import tempdata_dagster.checks.audit, tempdata_dagster.checks.compile as c, tempdata_dagster.checks.gx, sys;"
    )
    code += (
        "list(c.CHECKS); print([m for m in ('duckdb', 'pandas', 'great_expectations', 'dagster') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

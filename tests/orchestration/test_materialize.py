from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from tempdata_dagster.core.errors import OutsideError, TerminalError, TransientError
from tempdata_dagster.orchestration.resources import TempDataResource
from tempdata_dagster.publish.target import Target
from tempdata_dagster.routing import Environment
from tests.orchestration.shop import Project, materialize, materialized

KEYS = ("2026-01-01", "2026-01-04")
ORDERS = dg.AssetKey(["shop", "orders"])


def open_lake(project: Project) -> Target:
    return Target.open(str(project.lake))


def test_a_range_is_one_run_with_rows_and_versions_of_each_partition(project: Project, instance: dg.DagsterInstance):
    result = materialize(project.definitions(), instance, keys=KEYS)

    assert result.success
    events = materialized(result)
    published = open_lake(project).published("shop", "orders")
    assert list(published) == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]
    for key, manifest in published.items():
        event = events["shop/orders", key]
        assert event.metadata["dagster/partition_row_count"].value == manifest.rows
        assert event.tags["dagster/data_version"] == manifest.content_hash
    assert len({event.tags["dagster/data_version"] for event in events.values()}) == len(events)
    assert events["shop/products", None].metadata["dagster/row_count"].value == 50


def test_a_day_alone_is_the_day_of_the_range(project: Project, instance: dg.DagsterInstance):
    definitions = project.definitions()
    first = materialized(materialize(definitions, instance, keys=KEYS))
    again = materialized(materialize(definitions, instance, "shop/orders", keys=("2026-01-03", "2026-01-03")))

    event = again["shop/orders", "2026-01-03"]
    assert event.tags["dagster/data_version"] == first["shop/orders", "2026-01-03"].tags["dagster/data_version"]
    assert event.metadata["tempdata/status"].value == "unchanged"


def test_checks_are_recorded_for_each_partition(project: Project, instance: dg.DagsterInstance):
    result = materialize(project.definitions(), instance, keys=KEYS)

    checks = [one for one in result.get_asset_check_evaluations() if one.asset_key == ORDERS]
    assert {one.partition for one in checks} == {"2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"}
    assert all(one.passed for one in checks)
    orphans = next(one for one in checks if one.check_name == "foreign_key_customer_id")
    assert orphans.metadata["engine"].value == "native"
    assert orphans.target_materialization_data.run_id == result.run_id


def test_a_reference_into_an_unpublished_partition_warns_and_passes(project: Project, instance: dg.DagsterInstance):
    definitions = project.definitions()
    result = materialize(definitions, instance, "shop/orders", keys=("2026-01-02", "2026-01-02"))

    assert result.success
    orphans = next(one for one in result.get_asset_check_evaluations() if one.check_name == "foreign_key_customer_id")
    assert orphans.passed
    assert orphans.severity is dg.AssetCheckSeverity.WARN
    assert orphans.metadata["outcome"].value == "unpublished_parent"


@pytest.fixture
def failing(project: Project) -> Project:
    """Orders break a rule from 2026-01-03 on."""
    project.edit("shop", "- items >= 1", "- ordered_at < timestamp '2026-01-03 00:00:00+00'")
    return project


def test_a_refused_partition_leaves_the_others_of_its_range(failing: Project, instance: dg.DagsterInstance):
    result = materialize(failing.definitions(), instance, keys=KEYS)

    assert not result.success
    assert list(open_lake(failing).published("shop", "orders")) == ["2026-01-01", "2026-01-02"]
    orders = {key for table, key in materialized(result) if table == "shop/orders"}
    assert orders == {"2026-01-01", "2026-01-02"}
    failed = {one.partition for one in result.get_asset_check_evaluations() if not one.passed and one.blocking}
    assert failed == {"2026-01-03", "2026-01-04"}


def test_a_refusal_says_what_and_how_much(failing: Project, instance: dg.DagsterInstance):
    result = materialize(failing.definitions(), instance, keys=KEYS)

    [failure] = result.get_step_failure_events()
    data = failure.step_failure_data.user_failure_data
    assert data is not None
    assert data.description.startswith("2 of 4 partitions were not published, and readers keep the last good version")
    assert data.metadata["refused"].value == ["2026-01-03", "2026-01-04"]


def test_a_refusal_stops_the_children_and_no_siblings(failing: Project, instance: dg.DagsterInstance):
    tables = {table for table, _ in materialized(materialize(failing.definitions(), instance, keys=KEYS))}

    assert tables == {"shop/products", "shop/customers", "shop/orders"}


def test_a_refusal_keeps_what_was_published_before(project: Project, instance: dg.DagsterInstance):
    materialize(project.definitions(), instance, keys=KEYS)
    before = open_lake(project).published("shop", "orders")
    project.edit("shop", "- items >= 1", "- items >= 3")
    result = materialize(project.definitions(), instance, "shop/orders", keys=KEYS)

    assert not result.success
    assert materialized(result) == {}
    assert open_lake(project).published("shop", "orders") == before


class FlakyLake(TempDataResource):
    """A lake whose storage fails the first times it is opened."""

    failures: list[Any] = []
    error: str = "transient"

    def environment(self) -> Environment:
        """The places, once they have failed often enough."""
        if self.failures:
            self.failures.pop()
            kind: type[OutsideError] = TransientError if self.error == "transient" else TerminalError
            raise kind("TD3010", "the bucket answered 503", "wait")
        return super().environment()


def flaky(project: Project, failures: int, error: str = "transient") -> dg.Definitions:
    lake = FlakyLake(
        project=str(project.file), suite_partitions=0, retry_seconds=0, retries=2, failures=[1] * failures, error=error
    )
    return project.definitions(resource=lake)


def test_a_passing_fault_of_the_storage_is_tried_again(project: Project, instance: dg.DagsterInstance):
    result = materialize(flaky(project, 2), instance, "shop/products")

    assert result.success
    assert len(materialized(result)) == 1
    assert len([event for event in result.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"]) == 2


def test_a_lasting_fault_fails_in_the_end_with_its_code(project: Project, instance: dg.DagsterInstance):
    result = materialize(flaky(project, 9), instance, "shop/products")

    [failure] = result.get_step_failure_events()
    assert failure.step_failure_data.user_failure_data.description == "TD3010 the bucket answered 503 (wait)"


def test_a_fault_that_will_not_pass_is_not_tried_again(project: Project, instance: dg.DagsterInstance):
    result = materialize(flaky(project, 1, "terminal"), instance, "shop/products")

    assert not result.success
    assert not [event for event in result.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"]


def test_workers_change_nothing(project: Project, instance: dg.DagsterInstance):
    alone = materialized(materialize(project.definitions(), instance, "shop/orders", keys=KEYS))
    lake = TempDataResource(
        project=str(project.file), target=str(project.root / "other"), suite_partitions=0, workers=2
    )
    two = materialized(materialize(project.definitions(resource=lake), instance, "shop/orders", keys=KEYS))

    assert {name: one.tags["dagster/data_version"] for name, one in alone.items()} == {
        name: one.tags["dagster/data_version"] for name, one in two.items()
    }


@pytest.mark.slow
def test_the_suite_runs_on_the_last_partition_of_a_run(project: Project, instance: dg.DagsterInstance):
    lake = TempDataResource(project=str(project.file), suite_partitions=1)
    result = materialize(project.definitions(resource=lake), instance, "shop/orders", keys=KEYS)

    suites = [
        one for one in result.get_asset_check_evaluations() if one.metadata["engine"].value == "great_expectations"
    ]
    assert [(one.partition, one.passed) for one in suites] == [("2026-01-04", True)]

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from tests.orchestration.shop import PLAIN, Project, materialize

HOURLY = """\
dataset: clicks
start: 2026-01-01
schedule: {cron: "30 2 * * *", timezone: UTC}
tables:
  visits:
    rows: {per: hour, mean: 5}
    key: visit_id
    columns:
      visit_id: {kind: key}
  reports:
    rows: {per: month, mean: 5}
    key: report_id
    columns:
      report_id: {kind: key}
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """One on disk: a schedule is handed the way to its instance, not the instance."""
    with dg.instance_for_test(temp_dir=str(tmp_path)) as found:
        yield found


def tick(
    definitions: dg.Definitions, instance: dg.DagsterInstance, at: datetime, name: str = "shop_nightly"
) -> ScheduleExecutionData:
    repository = definitions.get_repository_def()
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=at, repository_def=repository
    ) as context:
        return repository.get_schedule_def(name).evaluate_tick(context)


def tables(request: dg.RunRequest) -> list[str]:
    return [key.path[-1] for key in request.asset_selection or []]


NIGHT = datetime(2026, 1, 3, 2, tzinfo=UTC)


def test_the_first_night_adds_yesterday_and_the_static_tables_in_one_run(
    project: Project, instance: dg.DagsterInstance
):
    [request] = tick(project.definitions(), instance, NIGHT).run_requests or []

    assert tables(request) == ["products", "customers", "orders", "order_items"]
    assert request.partition_key == "2026-01-02"
    assert request.tags["tempdata/dataset"] == "shop"


def test_a_later_night_leaves_static_tables_alone(project: Project, instance: dg.DagsterInstance):
    definitions = project.definitions()
    assert materialize(definitions, instance, "shop/products").success
    [request] = tick(definitions, instance, NIGHT).run_requests or []

    assert tables(request) == ["customers", "orders", "order_items"]


def test_a_static_table_with_new_settings_is_due(project: Project, instance: dg.DagsterInstance):
    assert materialize(project.definitions(), instance, "shop/products").success
    project.edit("shop", "prefix: P", "prefix: Q")
    [request] = tick(project.definitions(), instance, NIGHT).run_requests or []

    assert "products" in tables(request)


def test_a_night_that_comes_twice_adds_nothing(project: Project, instance: dg.DagsterInstance):
    definitions = project.definitions()
    assert materialize(definitions, instance, keys=("2026-01-02", "2026-01-02")).success
    data = tick(definitions, instance, NIGHT)

    assert data.run_requests == []
    assert data.skip_message == "everything is there already"


def test_a_night_made_up_for_later_adds_its_own_day(project: Project, instance: dg.DagsterInstance):
    definitions = project.definitions()
    days = [
        (tick(definitions, instance, datetime(2026, 1, day, 2, tzinfo=UTC)).run_requests or [])[0].partition_key
        for day in (3, 4, 5)
    ]

    assert days == ["2026-01-02", "2026-01-03", "2026-01-04"]


def test_before_the_start_only_static_tables_are_due(project: Project, instance: dg.DagsterInstance):
    [request] = tick(project.definitions(), instance, datetime(2025, 12, 1, 2, tzinfo=UTC)).run_requests or []

    assert tables(request) == ["products"]


def test_each_length_of_partition_has_its_own_schedule(project: Project, instance: dg.DagsterInstance):
    project.write("clicks", HOURLY)
    definitions = project.definitions()
    dg.Definitions.validate_loadable(definitions)
    at = datetime(2026, 2, 1, 2, 30, tzinfo=UTC)
    [hours] = tick(definitions, instance, at, "clicks_nightly").run_requests or []
    [months] = tick(definitions, instance, at, "clicks_nightly_month").run_requests or []

    assert (tables(months), months.partition_key) == (["reports"], "2026-01-01")
    assert tables(hours) == ["visits"]
    assert hours.tags["dagster/asset_partition_range_start"] == "2026-01-31-02:00"
    assert hours.tags["dagster/asset_partition_range_end"] == "2026-02-01-01:00"


def test_a_dataset_of_static_tables_alone_has_a_schedule(project: Project, instance: dg.DagsterInstance):
    project.write("plain", PLAIN.format(name="plain") + "schedule: {cron: '0 2 * * *'}\n")
    [request] = tick(project.definitions(), instance, NIGHT, "plain_nightly").run_requests or []

    assert (tables(request), request.partition_key) == (["things"], None)

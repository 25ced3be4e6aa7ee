"""The nightly refresh: the latest complete partition of every partitioned table, and static tables that are out of date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from tempdata_dagster.orchestration.history import unrefreshed_keys
from tempdata_dagster.orchestration.partitions import define_partitions, latest_keys
from tempdata_dagster.orchestration.requests import DATASET_TAG, request_runs

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan


def build_schedule(plan: Plan) -> dg.ScheduleDefinition | None:
    """The schedule of a dataset, running from the start; None when its file asks for none.

    A tick requests what is due as of its own time and not yet there in the present version, so a tick that is made up
    for later adds the day that it missed, and a tick that comes twice adds nothing.
    """
    settings = plan.dataset.schedule
    if settings is None:
        return None
    dataset = plan.dataset.dataset

    @dg.schedule(
        name=f"{dataset}_nightly",
        cron_schedule=settings.cron,
        execution_timezone=settings.timezone,
        target=dg.AssetSelection.groups(dataset),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Adds the latest partition of every table of {dataset}.",
        tags={DATASET_TAG: dataset},
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.SkipReason | list[dg.RunRequest]:
        due = find_due(plan, context)
        if not any(due.values()):
            return dg.SkipReason("everything is there already")
        return request_runs(plan, due, f"{context.scheduled_execution_time:%Y-%m-%dT%H:%M}")

    return nightly


def find_due(plan: Plan, context: dg.ScheduleEvaluationContext) -> dict[str, Sequence[str | None]]:
    """The partitions of each table that a tick should refresh (`[None]` for a static table that is out of date)."""
    due: dict[str, Sequence[str | None]] = {}
    with dg.partition_loading_context(context.scheduled_execution_time):
        for table in plan.dataset.tables:
            period = plan.contract(table).period
            definition = define_partitions(period, plan.dataset.start)
            wanted = [None] if period is None or definition is None else latest_keys(definition, period)
            key = dg.AssetKey([plan.dataset.dataset, table])
            due[table] = unrefreshed_keys(context.instance, key, plan.fingerprint(table), wanted)
    return due

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


def build_schedules(plan: Plan) -> list[dg.ScheduleDefinition]:
    """The schedules of a dataset, running from the start; none when its file asks for none.

    One for each length of partition, since Dagster binds a schedule to assets that share theirs; static tables belong
    to the first. Most datasets have one.
    """
    if plan.dataset.schedule is None:
        return []
    groups: dict[str, list[str]] = {}
    static = []
    for table in plan.dataset.tables:
        period = plan.contract(table).period
        groups.setdefault(period.value, []).append(table) if period else static.append(table)
    # The period of most tables bears the plain name.
    periods = sorted(groups, key=lambda period: -len(groups[period])) or ["static"]
    groups[periods[0]] = [*static, *groups.get(periods[0], [])]
    names = [f"{plan.dataset.dataset}_nightly{f'_{period}' if number else ''}" for number, period in enumerate(periods)]
    return [_build_schedule(plan, name, groups[period]) for name, period in zip(names, periods, strict=True)]


def _build_schedule(plan: Plan, name: str, tables: Sequence[str]) -> dg.ScheduleDefinition:
    """A schedule over tables that share their partitions.

    A tick requests what is due as of its own time and not yet there in the present version: one that is made up for
    later adds the day that it missed, and one that comes twice adds nothing.
    """
    settings = plan.dataset.schedule
    assert settings is not None

    @dg.schedule(
        name=name,
        cron_schedule=settings.cron,
        execution_timezone=settings.timezone,
        target=dg.AssetSelection.assets(*([plan.dataset.dataset, table] for table in tables)),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Adds the latest partition of {', '.join(tables)}.",
        tags={DATASET_TAG: plan.dataset.dataset},
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.SkipReason | list[dg.RunRequest]:
        due = find_due(plan, tables, context)
        if not any(due.values()):
            return dg.SkipReason("everything is there already")
        return request_runs(plan, due, f"{context.scheduled_execution_time:%Y-%m-%dT%H:%M}")

    return nightly


def find_due(
    plan: Plan, tables: Sequence[str], context: dg.ScheduleEvaluationContext
) -> dict[str, Sequence[str | None]]:
    """The partitions of each table that a tick should refresh (`[None]` for a static table that is out of date)."""
    due: dict[str, Sequence[str | None]] = {}
    # What was complete at the tick's own time, however late the tick comes.
    with dg.partition_loading_context(context.scheduled_execution_time):
        for table in tables:
            period = plan.contract(table).period
            definition = define_partitions(period, plan.dataset.start)
            wanted = [None] if period is None or definition is None else latest_keys(definition, period)
            key = dg.AssetKey([plan.dataset.dataset, table])
            due[table] = unrefreshed_keys(context.instance, key, plan.fingerprint(table), wanted)
    return due

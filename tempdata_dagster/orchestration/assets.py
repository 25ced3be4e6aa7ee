"""Assets: one per table, each with its own step, so that a failing check stops only what depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

import dagster as dg

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.orchestration.checks import declare_checks, knowing_previews
from tempdata_dagster.orchestration.materialize import Step
from tempdata_dagster.orchestration.translator import TempDataTranslator, TempDataTranslatorData

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan

RESOURCE = "tempdata"
IO_MANAGER = "tempdata_io_manager"


def check_dependencies(plan: Plan) -> None:
    """Makes sure that the tables can be refreshed in some order; Dagster itself accepts what cannot.

    Raises:
        InputError: TD4001 for a dependency on a table that is not there, TD4002 for a cycle.
    """
    tables = plan.dataset.tables
    graph = {table: plan.dependencies(table) for table in tables}
    for table, parents in graph.items():
        if unknown := [parent for parent in parents if parent not in tables]:
            raise InputError("TD4001", f"table '{table}' depends on '{unknown[0]}', which is not in the dataset")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # graphlib names parents before children; people read who depends on whom.
        cycle = " -> ".join(reversed(error.args[1]))
        raise InputError("TD4002", f"tables depend on each other: {cycle}", "let one reference be nullable") from None


def build_tempdata_asset_specs(
    plan: Plan, translator: TempDataTranslator | None = None, *, root: str | None = None
) -> list[dg.AssetSpec]:
    """The asset specs of a dataset, one per table; reads and runs nothing.

    Args:
        plan: The dataset.
        translator: What turns a table into a spec, in place of `TempDataTranslator`.
        root: The URL of the lake, to show where each table lies.

    Raises:
        InputError: TD4001 or TD4002 when the tables cannot be put in order, TD4003 when the translator renames one.
    """
    check_dependencies(plan)
    chosen = translator or TempDataTranslator()
    with knowing_previews():
        specs = [chosen.get_asset_spec(TempDataTranslatorData(plan, table, root)) for table in plan.dataset.tables]
    for table, spec in zip(plan.dataset.tables, specs, strict=True):
        if spec.key != dg.AssetKey([plan.dataset.dataset, table]):
            message = f"the translator gave table '{table}' the key {spec.key.to_user_string()}"
            raise InputError("TD4003", message, "keys stay [dataset, table]: references and the sensor go by them")
    return specs


def build_tempdata_assets(
    plan: Plan,
    translator: TempDataTranslator | None = None,
    *,
    root: str | None = None,
    backfill_policy: dg.BackfillPolicy | None = None,
    op_tags: dict[str, Any] | None = None,
) -> Sequence[dg.AssetsDefinition]:
    """The assets of a dataset: one per table, each materialized by its own op with its checks.

    They need the resources `tempdata` and `tempdata_io_manager`, which `build_tempdata_definitions` brings along.

    Args:
        plan: The dataset.
        translator: What turns a table into a spec, in place of `TempDataTranslator`.
        root: The URL of the lake, to show where each table lies.
        backfill_policy: How a range of partitions is split into runs; one run for all of them by default.
        op_tags: Tags of the steps, such as a concurrency key.

    Raises:
        InputError: As `build_tempdata_asset_specs`.
    """
    with knowing_previews():
        policy = backfill_policy or dg.BackfillPolicy.single_run()
        specs = build_tempdata_asset_specs(plan, translator, root=root)
        return [_build_asset(plan, spec, policy, op_tags) for spec in specs]


def _build_asset(
    plan: Plan, spec: dg.AssetSpec, policy: dg.BackfillPolicy, op_tags: dict[str, Any] | None
) -> dg.AssetsDefinition:
    dataset, table = spec.key.path

    @dg.multi_asset(
        name=f"{dataset}__{table}",
        specs=[spec.with_io_manager_key(IO_MANAGER)],
        check_specs=declare_checks(plan.contract(table), spec.key, spec.partitions_def),
        backfill_policy=policy if spec.partitions_def else None,
        required_resource_keys={RESOURCE},
        op_tags=op_tags,
    )
    def refresh(context) -> Iterator[Any]:  # type: ignore[no-untyped-def]  # noqa: ANN001 - Dagster refuses a type written as text
        keys = [None] if spec.partitions_def is None else list(context.partition_keys)
        yield from Step(context, plan, table, getattr(context.resources, RESOURCE), keys).run()

    return refresh

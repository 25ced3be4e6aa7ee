"""Run requests: as few runs as the partitions allow, each over an unbroken range, parents and children together."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from tempdata_dagster.core.partition import Period
from tempdata_dagster.orchestration.partitions import group_neighbours

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan

DATASET_TAG = "tempdata/dataset"


@dataclass(frozen=True)
class Batch:
    """Tables to be refreshed in one run, in the graph's order.

    Attributes:
        first: The first partition's key; None when all tables are static.
        last: The last partition's key.
    """

    tables: tuple[str, ...]
    first: str | None = None
    last: str | None = None


def plan_batches(plan: Plan, due: Mapping[str, Sequence[str | None]]) -> list[Batch]:
    """The runs that refresh these partitions of these tables.

    Tables that are due for the same range share a run, so that parents come before children. Static tables ride
    along in the first run.
    """
    static = tuple(table for table, keys in due.items() if keys and plan.contract(table).period is None)
    batches = []
    # Each length apart, since a run has one range of keys.
    for period in Period:
        tables_of: dict[str, list[str]] = defaultdict(list)
        for table, keys in due.items():
            if plan.contract(table).period is period:
                for key in keys:
                    tables_of[str(key)].append(table)
        keys_of: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for key, tables in sorted(tables_of.items()):
            keys_of[tuple(tables)].append(key)
        for group, keys in keys_of.items():
            batches += [Batch(group, first, last) for first, last in group_neighbours(period, keys)]
    # Earlier days first: later ones refer back to them.
    batches.sort(key=lambda batch: batch.first or "")
    if static and batches:
        batches[0] = Batch((*static, *batches[0].tables), batches[0].first, batches[0].last)
    elif static:
        batches = [Batch(static)]
    return batches


def request_runs(plan: Plan, due: Mapping[str, Sequence[str | None]], reason: str) -> list[dg.RunRequest]:
    """The run requests for these partitions.

    Args:
        plan: The dataset.
        due: The partitions of each table; `[None]` for a static table.
        reason: Ends the run keys: the same request made twice for the same reason is one run.
    """
    return [_request_run(plan, batch, reason) for batch in plan_batches(plan, due)]


def _request_run(plan: Plan, batch: Batch, reason: str) -> dg.RunRequest:
    dataset = plan.dataset.dataset
    tags = {DATASET_TAG: dataset}
    one = batch.first if batch.first == batch.last else None
    if batch.first is not None and batch.last is not None and one is None:
        # A request has a field for one partition and none for a range.
        tags |= {ASSET_PARTITION_RANGE_START_TAG: batch.first, ASSET_PARTITION_RANGE_END_TAG: batch.last}
    where = "static" if batch.first is None else one or f"{batch.first}..{batch.last}"
    version = hashlib.sha256("".join(plan.fingerprint(table) for table in batch.tables).encode()).hexdigest()
    return dg.RunRequest(
        run_key=f"{dataset}/{','.join(batch.tables)}:{where}:{version[:16]}:{reason}",
        asset_selection=[dg.AssetKey([dataset, table]) for table in batch.tables],
        partition_key=one,
        tags=tags,
    )

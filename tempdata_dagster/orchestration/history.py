"""What Dagster has recorded: which partitions are materialized, and by which version of their table's settings."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg
from dagster._core.definitions.data_version import CODE_VERSION_TAG

_PAGE = 1000
_IN_PROGRESS = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def recorded_versions(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str | None, str | None]:
    """The code version of the latest materialization of each materialized partition (of None, for a static table)."""
    versions: dict[str | None, str | None] = {}
    cursor: str | None = None
    while True:
        page = instance.fetch_materializations(key, limit=_PAGE, cursor=cursor)
        for record in page.records:
            materialization = record.asset_materialization
            if materialization is not None:
                tags = materialization.tags or {}
                # Newest first: what is there already is later.
                versions.setdefault(record.partition_key, tags.get(CODE_VERSION_TAG))
        if not page.has_more:
            return versions
        cursor = page.cursor


def outdated_keys(instance: dg.DagsterInstance, key: dg.AssetKey, fingerprint: str) -> list[str | None]:
    """The materialized partitions that were made from other settings than `fingerprint` stands for."""
    versions = recorded_versions(instance, key)
    # Without a code version it was recorded by hand, and no settings of ours have made it.
    return [partition for partition, version in versions.items() if version is not None and version != fingerprint]


def unrefreshed_keys(
    instance: dg.DagsterInstance, key: dg.AssetKey, fingerprint: str, wanted: Iterable[str | None]
) -> list[str | None]:
    """Those of the wanted partitions that are missing, or were made from other settings."""
    versions = recorded_versions(instance, key)
    return [partition for partition in wanted if versions.get(partition) != fingerprint]


def runs_in_progress(instance: dg.DagsterInstance, keys: Iterable[dg.AssetKey]) -> list[str]:
    """The ids of the runs under way that may materialize one of the assets."""
    sought = set(keys)
    runs = instance.get_runs(dg.RunsFilter(statuses=_IN_PROGRESS))
    # A run without a selection may be of any asset.
    return [run.run_id for run in runs if run.asset_selection is None or sought & set(run.asset_selection)]

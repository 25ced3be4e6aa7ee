"""Our checks as Dagster's: declared with the asset, evaluated in its step."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData

from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.checks.model import CheckResult, Outcome
from tempdata_dagster.spec.contract import TableContract


@contextmanager
def knowing_previews() -> Iterator[None]:
    """Silences Dagster's notices about interfaces that may still change, where we use them knowingly (see ADR 4)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        warnings.simplefilter("ignore", dg.BetaWarning)
        yield


def declare_checks(
    contract: TableContract, key: dg.AssetKey, partitions: dg.PartitionsDefinition[Any] | None
) -> list[dg.AssetCheckSpec]:
    """The check specs of a table's asset, partitioned like it."""
    with knowing_previews():
        return [
            dg.AssetCheckSpec(
                spec.name,
                asset=key,
                description=spec.description or None,
                blocking=spec.blocking,
                metadata={"tempdata/severity": spec.severity},
                partitions_def=partitions,
            )
            for spec in compile_checks(contract)
        ]


def to_evaluation(
    result: CheckResult,
    key: dg.AssetKey,
    partition: str | None,
    target: AssetCheckEvaluationTargetMaterializationData | None,
) -> dg.AssetCheckEvaluation:
    """One check's result as Dagster's event.

    A reference into a parent partition that is not published yet passes, as a warning: it says nothing against the rows.

    Args:
        result: What the check found.
        key: The table's asset.
        partition: The partition's key; None for a static table.
        target: The materialization that the check speaks of; None when nothing was published.
    """
    unpublished = result.outcome is Outcome.UNPUBLISHED_PARENT
    warning = unpublished or result.severity == "warning"
    return dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=result.name,
        passed=result.passed or unpublished,
        severity=dg.AssetCheckSeverity.WARN if warning else dg.AssetCheckSeverity.ERROR,
        description=result.message or None,
        metadata=_describe(result),
        blocking=result.blocking,
        partition=partition,
        target_materialization_data=target,
    )


def _describe(result: CheckResult) -> Mapping[str, dg.MetadataValue]:
    facts: dict[str, Any] = {
        "outcome": result.outcome.value,
        "engine": result.engine,
        "rows_seen": result.rows_seen,
        "rows_total": result.rows_total,
        "failed_rows": result.failed_rows,
        **result.metadata,
    }
    return {name: _to_value(value) for name, value in facts.items() if value is not None}


def _to_value(value: Any) -> dg.MetadataValue[Any]:
    # First, since a bool is an int as well.
    if isinstance(value, bool):
        return dg.MetadataValue.bool(value)
    if isinstance(value, int):
        return dg.MetadataValue.int(value)
    if isinstance(value, float):
        return dg.MetadataValue.float(value)
    return dg.MetadataValue.text(value) if isinstance(value, str) else dg.MetadataValue.json(value)


def find_target(
    context: dg.AssetExecutionContext, key: dg.AssetKey, partition: str | None
) -> AssetCheckEvaluationTargetMaterializationData | None:
    """The materialization that was just recorded, for the checks to point at."""
    partitions = None if partition is None else [partition]
    filters = dg.AssetRecordsFilter(asset_key=key, asset_partitions=partitions)
    records = context.instance.fetch_materializations(filters, limit=1).records
    if not records:
        return None
    latest = records[0]
    return AssetCheckEvaluationTargetMaterializationData(
        storage_id=latest.storage_id, run_id=latest.run_id, timestamp=latest.timestamp
    )

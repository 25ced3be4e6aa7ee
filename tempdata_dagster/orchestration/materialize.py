"""One step: refreshes the partitions that a run asks for and records each as Dagster's events.

A materialization is recorded as soon as its partition is published, and not by Dagster when the step ends: a range of
partitions would get one data version for all of them, and those that were published before a failure would not be recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg

# Private, and pinned by test_materialize.py: the public way to versions of their own is a run for each partition.
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from dagster._core.execution.plan.execute_step import _build_data_version_tags, _get_input_provenance_data

from tempdata_dagster.core.errors import DataError, TempDataError, TransientError
from tempdata_dagster.orchestration.checks import find_target, to_evaluation
from tempdata_dagster.orchestration.metadata import describe_refresh

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan
    from tempdata_dagster.orchestration.resources import TempDataResource
    from tempdata_dagster.publish.route import Routes
    from tempdata_dagster.refresh import RefreshOptions, RefreshResult

_LOG_SECONDS = 2.0
_SHOWN_FAILURES = 10

# Dagster leaves out the materialization of an output that bears this mark.
_ALREADY_RECORDED = {SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True}


@dataclass
class Step:
    """The work of one step: a table and the partitions that the run asks for.

    Attributes:
        keys: The partitions' keys; a single None for a static table.
        refused: What was wrong with each partition that was not published.
    """

    context: dg.AssetExecutionContext
    plan: Plan
    table: str
    resource: TempDataResource
    keys: Sequence[str | None]
    refused: dict[str | None, str] = field(default_factory=dict)
    logged_at: float = 0.0

    def run(self) -> Iterator[Any]:
        """Refreshes every partition and yields Dagster's events.

        Raises:
            dagster.RetryRequested: The outside world failed in a way that may pass.
            dagster.Failure: It failed for good, or partitions were refused; those are left as they were.
        """
        try:
            for number, (key, outcome) in enumerate(self._refresh_all(self.resource.routes(self.plan.loaded)), 1):
                yield from self._record(key, number, outcome)
        except TransientError as error:
            raise self._retry(error) from error
        except TempDataError as error:
            raise _fail(error) from error
        if self.refused:
            raise self._refuse()
        for check in self.context.selected_asset_check_keys:
            # Dagster counts a check's output as missing even when its result is recorded already.
            output = self.context.assets_def.get_output_name_for_asset_check_key(check)
            yield dg.Output(None, output_name=output)
        yield dg.MaterializeResult(metadata=_ALREADY_RECORDED)

    def _refresh_all(self, routes: Routes) -> Iterator[tuple[str | None, Callable[[], RefreshResult]]]:
        """Each partition with the call that waits for its result; several are under way when there are workers."""
        from tempdata_dagster.generate import Job, open_pool, refresh_adopted
        from tempdata_dagster.refresh import refresh_partition

        # The same for each retry of the step, which so clears away what the try before it has staged.
        run_id = self.context.run.run_id
        jobs = [(key, self._options(number)) for number, key in enumerate(self.keys)]
        with open_pool(self.plan, self.resource.workers) as pool:
            if pool is None or len(jobs) == 1:
                refresh = partial(refresh_partition, self.plan, self.table, to=routes, run_id=run_id, pool=pool)
                yield from ((key, partial(refresh, key, options=options)) for key, options in jobs)
                return
            futures = [pool.submit(refresh_adopted, Job(self.table, key), routes, run_id, one) for key, one in jobs]
            yield from ((key, future.result) for key, future in zip(self.keys, futures, strict=True))

    def _options(self, number: int) -> RefreshOptions:
        from tempdata_dagster.refresh import RefreshOptions

        suite = number >= len(self.keys) - self.resource.suite_partitions
        return RefreshOptions(suite=suite, gx_rows=self.resource.gx_rows, audit_memory_mb=self.resource.audit_memory_mb)

    def _record(self, key: str | None, number: int, outcome: Callable[[], RefreshResult]) -> Iterator[Any]:
        try:
            result = outcome()
        # Rows that cannot be made refuse their own partition; what storage does ends the step.
        except DataError as error:
            self.refused[key] = str(error)
            self.context.log.error("%s: %s", self._name(key), error)  # noqa: TRY400 - the traceback says nothing about the data
            return
        asset = self.context.asset_key
        rejected = result.status == "rejected"
        if rejected:
            self._note_refusal(key, result)
        else:
            self._log_progress(key, number, result)
            yield dg.AssetMaterialization(
                asset, partition=key, metadata=describe_refresh(result), tags=self._version(result)
            )
        # Dagster has stored the event by the time it asks for the next one, so that its number can be looked up.
        published = None if rejected else find_target(self.context, asset, key)
        # A run may leave checks out; Dagster would record their results all the same.
        declared = {check.name for check in self.context.selected_asset_check_keys}
        for check in result.checks:
            if check.name in declared:
                yield to_evaluation(check, asset, key, published)

    def _version(self, result: RefreshResult) -> dict[str, str]:
        """The tags by which Dagster tells what is out of date: the data, the code, and the parents as they were."""
        step = self.context.op_execution_context.get_step_execution_context()
        parents = _get_input_provenance_data(self.context.asset_key, step)
        version = dg.DataVersion(result.content_hash)
        return _build_data_version_tags(
            version, self.plan.fingerprint(self.table), parents, data_version_is_user_provided=True
        )

    def _note_refusal(self, key: str | None, result: RefreshResult) -> None:
        self.refused[key] = "; ".join(f"{check.name}: {check.message}" for check in result.failed_checks)
        self.context.log.error("%s was not published: %s", self._name(key), self.refused[key])

    def _log_progress(self, key: str | None, number: int, result: RefreshResult) -> None:
        now = time.monotonic()
        if number not in (1, len(self.keys)) and now - self.logged_at < _LOG_SECONDS:
            return
        self.logged_at = now
        share = f" [{number}/{len(self.keys)}]" if len(self.keys) > 1 else ""
        facts = (
            f"{result.rows:,} rows, {result.bytes:,} bytes, {len(result.checks)} checks, {result.seconds:.2f} s{share}"
        )
        self.context.log.info("%s: %s, %s", self._name(key), result.status, facts)

    def _name(self, key: str | None) -> str:
        asset = self.context.asset_key.to_user_string()
        return asset if key is None else f"{asset} {key}"

    def _retry(self, error: TransientError) -> dg.RetryRequested | dg.Failure:
        attempt = self.context.op_execution_context.retry_number
        if attempt >= self.resource.retries:
            return _fail(error)
        wait = self.resource.retry_seconds * 2**attempt
        self.context.log.warning("%s; trying again in %g s", error, wait)
        return dg.RetryRequested(max_retries=self.resource.retries, seconds_to_wait=wait)

    def _refuse(self) -> dg.Failure:
        shown = [f"{self._name(key)}: {reason}" for key, reason in self.refused.items()]
        more = len(shown) - _SHOWN_FAILURES
        listed = "\n".join(shown[:_SHOWN_FAILURES]) + (f"\n... and {more} more" if more > 0 else "")
        what = "the table was" if self.keys == [None] else f"{len(self.refused)} of {len(self.keys)} partitions were"
        return dg.Failure(
            f"{what} not published, and readers keep the last good version:\n{listed}",
            metadata={"refused": dg.MetadataValue.json([key for key in self.refused if key is not None])},
            # The same settings make the same rows, which the same checks would refuse.
            allow_retries=False,
        )


def _fail(error: TempDataError) -> dg.Failure:
    metadata = {"code": error.code, "hint": error.hint or "-"}
    return dg.Failure(str(error), metadata=metadata, allow_retries=False)

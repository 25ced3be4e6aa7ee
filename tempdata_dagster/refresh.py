"""The whole way of one partition in one place: generate, stage, audit, publish."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.checks.model import AuditContext, CheckResult
from tempdata_dagster.core.errors import TransientError
from tempdata_dagster.core.interrupt import allow_interrupts, end_with_parent
from tempdata_dagster.core.progress import RowCount
from tempdata_dagster.engine.plan import BLOCK_ROWS, PART_ROWS, Part, Plan, Tally
from tempdata_dagster.inspection import Neighbours, inspect_partition
from tempdata_dagster.publish.delivery import Delivered, Delivery
from tempdata_dagster.publish.keys import TableKeys
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import Manifest, PartitionFacts
from tempdata_dagster.publish.part import stage_parts
from tempdata_dagster.publish.route import Place, Route, Routes
from tempdata_dagster.publish.stores import retrying
from tempdata_dagster.publish.target import Target

Status = Literal["published", "unchanged", "rejected", "fresh"]


@dataclass(frozen=True)
class RefreshOptions:
    """How a refresh goes about it; nothing here changes a cell.

    Attributes:
        suite: Run the Great Expectations suite too (its import alone takes seconds).
        gx_rows: The most rows that Great Expectations sees; a sample beyond.
        audit_memory_mb: Memory for the native checks of one partition; beyond it they spill to temporary files.
        show_values: Check results may quote values, save those of pii columns.
        only_changed: Leave a partition alone whose manifest has the table's fingerprint already.
        part_rows: About how many rows a file has.
        block_rows: About how many rows are computed at a time.
    """

    suite: bool = True
    gx_rows: int = 100_000
    audit_memory_mb: int = 1024
    show_values: bool = False
    only_changed: bool = False
    part_rows: int = PART_ROWS
    block_rows: int = BLOCK_ROWS


@dataclass(frozen=True)
class RefreshResult:
    """The outcome of one partition.

    Attributes:
        partition: Its key; None for a static table.
        status: `published`; `unchanged` when the same content was there already; `rejected` when a blocking check failed, so
            that the old version stays; `fresh` when it was not even generated because nothing has changed.
        content_hash: Of the rows, whichever way they were cut.
        fingerprint: Of the settings.
        uri: The partition at home; empty when rejected.
        delivered: What became of it at each place, the home first; empty when rejected or fresh.
    """

    dataset: str
    table: str
    partition: str | None
    status: Status
    rows: int
    bytes: int
    files: int
    content_hash: str
    fingerprint: str
    seconds: float
    uri: str
    checks: tuple[CheckResult, ...] = field(default=(), repr=False)
    delivered: tuple[Delivered, ...] = field(default=(), repr=False)

    @property
    def failed_checks(self) -> tuple[CheckResult, ...]:
        """The checks that kept the rows from being published."""
        return tuple(check for check in self.checks if check.blocks)


def refresh_partition(
    plan: Plan,
    table: str,
    key: str | None,
    to: Place | Routes,
    *,
    run_id: str,
    options: RefreshOptions | None = None,
    pool: Executor | None = None,
    count: RowCount | None = None,
) -> RefreshResult:
    """Generate, stage, audit and publish one partition.

    Args:
        plan: The dataset.
        table: The table.
        to: The lake or database, or where each table goes.
        options: Audit and file sizes.
        key: The partition's key; None for a static table.
        run_id: Names the staging area; two processes never share one for the same partition.
        pool: Stages the parts of a large partition side by side; its processes were set up by `adopt_plan`.
        count: Told of the rows while they are made, by this process; workers tell the one that they were set up with.

    Raises:
        GenerationError: A row could not be made as the spec asks.
        ConflictError: Another run published this partition meanwhile.
        OutsideError: Storage failed; what readers see is the old version or the new one. TD5013 when other runs replace the
            parents faster than they are read.
    """
    started = time.perf_counter()
    options = options or RefreshOptions()
    contract, fingerprint = plan.contract(table), plan.fingerprint(table)
    ref = PartitionRef(plan.dataset.dataset, table, plan.period(table), key)
    routes = Routes.of(to)
    if options.only_changed and (manifest := find_fresh(routes.route(table), ref, fingerprint)):
        return _describe(plan, ref, manifest, "fresh", routes.home(table).uri(ref), started, ())
    with Delivery(routes.route(table), ref, run_id) as delivery:
        tally = _stage(plan, ref, delivery.targets, run_id, options, pool, count)
        staged = delivery.open()
        limits = AuditContext(
            key=key, gx_rows=options.gx_rows, show_values=options.show_values, memory_mb=options.audit_memory_mb
        )
        specs = compile_checks(contract, suite=options.suite)
        checks = inspect_partition(contract, staged, specs, Neighbours(routes, ref, tally.references), limits)
        if any(check.blocks for check in checks):
            seconds = time.perf_counter() - started
            return RefreshResult(
                ref.dataset, table, key, "rejected", tally.rows, 0, 0, "", fingerprint, seconds, "", checks
            )
        delivered = delivery.publish(_facts(plan, table, tally, checks))
    home = delivered[0]
    status: Status = "published" if any(one.status == "published" for one in delivered) else "unchanged"
    return _describe(plan, ref, home.manifest, status, home.uri, started, checks, tuple(delivered))


def find_fresh(route: Route, ref: PartitionRef, fingerprint: str) -> Manifest | None:
    """The home's manifest, if every place has the partition of these settings, in the format that it is to be in."""
    manifests = []
    for one in route.destinations:
        manifest = one.place.manifest(ref)
        if manifest is None or manifest.facts.fingerprint != fingerprint:
            return None
        if (manifest.format, manifest.format_options) != one.place.format_facts():
            return None
        manifests.append(manifest)
    return manifests[0]


def _describe(
    plan: Plan,
    ref: PartitionRef,
    manifest: Manifest,
    status: Status,
    uri: str,
    started: float,
    checks: tuple[CheckResult, ...],
    delivered: tuple[Delivered, ...] = (),
) -> RefreshResult:
    return RefreshResult(
        ref.dataset, ref.table, ref.key, status, manifest.rows, manifest.bytes, len(manifest.files),
        manifest.content_hash, plan.fingerprint(ref.table), time.perf_counter() - started, uri, checks, delivered,
    )  # fmt: skip


def _stage(
    plan: Plan,
    ref: PartitionRef,
    targets: Sequence[Target],
    run_id: str,
    options: RefreshOptions,
    pool: Executor | None,
    count: RowCount | None,
) -> Tally:
    parts = plan.parts(ref.table, ref.key, options.part_rows)
    total = Tally()
    if pool is None or len(parts) == 1:
        size = options.block_rows
        tallies: Iterable[Tally] = (write_part(plan, part, ref, targets, run_id, size, count) for part in parts)
    else:
        # A list: all parts are under way before the first is waited for.
        jobs = [pool.submit(write_adopted, part, ref, targets, run_id, options.block_rows) for part in parts]
        tallies = (job.result() for job in jobs)
    for tally in tallies:
        total.add(tally)
    return total


def write_part(
    plan: Plan,
    part: Part,
    ref: PartitionRef,
    targets: Sequence[Target],
    run_id: str,
    block_rows: int,
    count: RowCount | None = None,
) -> Tally:
    """Generate one part of a partition and stage it in all lakes; `count` is told of its rows block by block.

    What a storage drops in the middle is not picked up again but made again: the rows are a function of their place.
    """
    contract = plan.contract(part.table)
    metadata = {"synthetic": "true", "fingerprint": plan.fingerprint(part.table)}

    def attempt() -> Tally:
        tally, told = Tally(), _Told(count)
        batches = told.watch(plan.batches(part, block_rows, tally))
        try:
            stage_parts(targets, ref, run_id, part.index, contract.schema, batches, metadata, TableKeys.of(contract))
        except TransientError:
            told.take_back()
            raise
        return tally

    return retrying(max((target.store.retry for target in targets), key=lambda retry: retry.retries), attempt)


@dataclass
class _Told:
    """The rows of one try at a part, as the count of all rows was told of them."""

    count: RowCount | None
    rows: int = 0

    def watch(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield batch
            # Once the next one is asked for: this one has then been taken in.
            self._add(batch.num_rows)

    def take_back(self) -> None:
        self._add(-self.rows)

    def _add(self, rows: int) -> None:
        self.rows += rows
        if self.count is not None:
            self.count.add(rows)


# A pool hands what its initializer made to the work that follows by nothing but the process's own state.
class _Adopted:
    """What this worker process was set up with."""

    plan: Plan | None = None
    count: RowCount | None = None


def adopt_plan(loaded: object, count: RowCount | None = None) -> None:
    """Set a worker process up: compile the dataset once, for all the parts that follow."""
    from tempdata_dagster.engine.plan import compile_plan
    from tempdata_dagster.spec.load import LoadedDataset

    if not isinstance(loaded, LoadedDataset):
        raise TypeError("a worker is set up with a loaded dataset")
    end_with_parent()
    _Adopted.plan, _Adopted.count = compile_plan(loaded), count


def adopted_plan() -> Plan:
    """The plan of this worker process."""
    if _Adopted.plan is None:
        raise TypeError("this process was not set up by adopt_plan")
    return _Adopted.plan


def adopted_count() -> RowCount | None:
    """The count that this worker process tells of its rows."""
    return _Adopted.count


def write_adopted(part: Part, ref: PartitionRef, targets: Sequence[Target], run_id: str, block_rows: int) -> Tally:
    """`write_part` in a worker process."""
    with allow_interrupts():
        return write_part(adopted_plan(), part, ref, targets, run_id, block_rows, adopted_count())


def _facts(plan: Plan, table: str, tally: Tally, checks: tuple[CheckResult, ...]) -> PartitionFacts:
    return PartitionFacts(
        fingerprint=plan.fingerprint(table),
        seed=plan.dataset.seed,
        stream_version=plan.stream_version,
        references={name: dict(sorted(counts.items())) for name, counts in tally.references.items()},
        checks=tuple(
            {"name": c.name, "outcome": str(c.outcome), "engine": c.engine, "rows_seen": c.rows_seen} for c in checks
        ),
    )

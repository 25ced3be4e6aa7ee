"""Generate a dataset without Dagster: tables in the order of their foreign keys, partitions side by side."""

from __future__ import annotations

import multiprocessing
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.interrupt import allow_interrupts, hold_interrupts
from tempdata_dagster.core.partition import DAY_US, Period, first_ordinal, key_of, ordinal_at
from tempdata_dagster.core.progress import RowCount
from tempdata_dagster.engine.plan import Plan, compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.publish.route import Place, Routes, open_place
from tempdata_dagster.refresh import (
    RefreshOptions,
    RefreshResult,
    adopt_plan,
    adopted_count,
    adopted_plan,
    refresh_partition,
)
from tempdata_dagster.spec.load import load_dataset
from tempdata_dagster.spec.override import override

MAX_WORKERS = 256
Progress = Callable[[RefreshResult, int, int], None]


def open_plan(path: str | os.PathLike[str], *, seed: int | None = None, scale: float = 1.0) -> Plan:
    """The plan of a dataset file or folder.

    Raises:
        SpecError: All of the dataset's problems, each with its place.
    """
    return compile_plan(override(load_dataset(Path(path), KINDS), seed, scale))


@dataclass(frozen=True)
class Job:
    """One partition to refresh."""

    table: str
    key: str | None


def list_jobs(
    plan: Plan, tables: Sequence[str] | None = None, first: str | None = None, last: str | None = None
) -> dict[str, list[Job]]:
    """The partitions to refresh, by table, parents before children.

    Args:
        plan: The plan.
        tables: Only these tables; their parents are computed, not needed.
        first: The first key of the partitioned tables, or the first day where their periods differ; the dataset's start by
            default.
        last: The last one, included; the last partition that is over now by default.

    Raises:
        InputError: An unknown table, or a range that no partition lies in.
    """
    ranges = fit_range(plan, tables, first, last)
    return {
        table: [] if keys is None else [Job(table, key) for key in plan.partition_keys(table, *keys)]
        for table, keys in ranges.items()
    }


def fit_range(
    plan: Plan, tables: Sequence[str] | None, first: str | None, last: str | None
) -> dict[str, tuple[str | None, str | None] | None]:
    """The range in each table's own keys, parents before children.

    Days may be given for tables of hours, and for tables of different periods together: each then gets the partitions that
    begin on one of the days. None stands for a table that has none there.

    Raises:
        InputError: TD2003 for an unknown table, TD1003 for a key that is none.
    """
    for table in tables or ():
        plan.relation(table)
    chosen = [table for table in plan.tables if not tables or table in tables]
    periods = {period for table in chosen if (period := plan.period(table)) is not None}
    by_day = len(periods) > 1 or Period.HOUR in periods
    return {
        table: _fit_days(period, first, last) if by_day and (period := plan.period(table)) else (first, last)
        for table in chosen
    }


def _fit_days(period: Period, first: str | None, last: str | None) -> tuple[str | None, str | None] | None:
    low = first_ordinal(period, day) if (day := _read_day(first)) else None
    high = _last_ordinal(period, day) if (day := _read_day(last)) else None
    if low is not None and high is not None and low > high:
        # The days hold no beginning of a partition, or run backwards, which is for the tables of days to say.
        return None
    return key_of(period, low) if low is not None else first, key_of(period, high) if high is not None else last


def _last_ordinal(period: Period, day: date) -> int:
    """The last partition that begins on or before a day."""
    last_moment = (day - date(1970, 1, 1)).days * DAY_US + DAY_US - 1
    return int(ordinal_at(period, last_moment))


def _read_day(key: str | None) -> date | None:
    """The day that a key names; None for a key with an hour, for none, and for what is no key at all."""
    try:
        # By its length, since `fromisoformat` takes `20250131` too.
        return date.fromisoformat(key) if key and len(key) == len("2025-01-31") else None
    except ValueError:
        return None


def generate(
    path: str | os.PathLike[str] | Plan,
    to: str | os.PathLike[str] | Place | Routes,
    *,
    tables: Sequence[str] | None = None,
    first: str | None = None,
    last: str | None = None,
    seed: int | None = None,
    scale: float = 1.0,
    workers: int = 1,
    storage_options: Mapping[str, Any] | None = None,
    options: RefreshOptions | None = None,
    progress: Progress | None = None,
    count: RowCount | None = None,
) -> list[RefreshResult]:
    """Generate a dataset into a lake.

    Args:
        path: The dataset file or folder, or a plan.
        to: The lake or database: a folder or a URL; or where each table goes, see `routing.resolve_routes`.
        tables: Only these tables.
        first: The first partition key of partitioned tables, such as `2025-01-01`.
        last: The last one.
        seed: In place of the file's.
        scale: Multiplies the rows of the root tables.
        storage_options: For the storage or the database, where `to` is a URL.
        options: Audit and file sizes.
        workers: Processes that work side by side; their number shows nowhere in the data.
        progress: Called after each partition with its result, and how many of how many are done.
        count: Told of the rows while they are made; another thread may read it.

    Returns:
        One result per partition. A rejected one keeps its old version, and the tables below it are still made.

    Raises:
        SpecError: The dataset has problems.
        InputError: An option is wrong.
        OutsideError: Storage failed.
    """
    if not 1 <= workers <= MAX_WORKERS:
        raise InputError("TD6002", f"workers is between 1 and {MAX_WORKERS}, not {workers}", "one per core is enough")
    plan = path if isinstance(path, Plan) else open_plan(path, seed=seed, scale=scale)
    target = open_place(os.fspath(to), storage_options) if isinstance(to, (str, os.PathLike)) else to
    jobs = list_jobs(plan, tables, first, last)
    total, results = sum(map(len, jobs.values())), []
    run_id, options = uuid.uuid4().hex, options or RefreshOptions()
    with open_pool(plan, workers, count) as pool:
        # Table by table: children are audited against their parents, which must be published by then.
        for table_jobs in jobs.values():
            for result in _refresh_table(plan, target, table_jobs, run_id, options, pool, count):
                results.append(result)
                if progress:
                    progress(result, len(results), total)
    return results


class _WorkerPool(ProcessPoolExecutor):
    """Starts its processes, which it does when work is submitted, with Ctrl-C held back until they work."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with hold_interrupts():
            return super().submit(fn, *args, **kwargs)


@contextmanager
def open_pool(plan: Plan, workers: int, count: RowCount | None = None) -> Iterator[Executor | None]:
    """Worker processes that hold the plan, and count the rows that they make; None for a single worker."""
    if workers == 1:
        yield None
        return
    # A forked worker would have the locks of Arrow's and DuckDB's threads, held by threads that it does not have.
    context = multiprocessing.get_context("spawn")
    # The settings travel and each worker compiles them: a plan holds functions that cannot be pickled.
    pool = _WorkerPool(workers, mp_context=context, initializer=adopt_plan, initargs=(plan.loaded, count))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _refresh_table(
    plan: Plan,
    target: Place | Routes,
    jobs: list[Job],
    run_id: str,
    options: RefreshOptions,
    pool: Executor | None,
    count: RowCount | None,
) -> Iterator[RefreshResult]:
    table = plan.contract(jobs[0].table) if jobs else None
    # Rows that refer to earlier rows of their own table find them published when its partitions come in order.
    in_order = table is not None and any(key.parent == table.table for key in table.foreign_keys)
    # A single partition is made in this process, so that its parts can go to the workers.
    if pool is None or len(jobs) == 1 or in_order:
        for job in jobs:
            yield refresh_partition(
                plan, job.table, job.key, target, run_id=run_id, options=options, pool=pool, count=count
            )
        return
    futures = [pool.submit(refresh_adopted, job, target, run_id, options) for job in jobs]
    for future in as_completed(futures):
        yield future.result()


def refresh_adopted(job: Job, target: Place | Routes, run_id: str, options: RefreshOptions) -> RefreshResult:
    """`refresh_partition` in a worker process."""
    plan, count = adopted_plan(), adopted_count()
    with allow_interrupts():
        return refresh_partition(plan, job.table, job.key, target, run_id=run_id, options=options, count=count)

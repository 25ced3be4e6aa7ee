"""Generate, audit and publish a dataset, or a part of it.

Partitions that are there with the same content are not written again, and a run that was broken off is simply run again.
Without --partitions, everything from the dataset's start to the last period that is over is made.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from tempdata_dagster.cli.options import LAKE_HELP, OVERWRITE_HELP, KeyRange, add_spec, parse_names, parse_range
from tempdata_dagster.cli.report import Report
from tempdata_dagster.cli.surroundings import Surroundings
from tempdata_dagster.core.errors import InputError, TempDataError

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan
    from tempdata_dagster.generate import Job
    from tempdata_dagster.refresh import RefreshResult

# Every hour of 22 years.
MAX_PARTITIONS = 200_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """SPEC, where to, which part of it, and how."""
    add_spec(parser)
    parser.add_argument("--to", metavar="ROOT", help=LAKE_HELP)
    parser.add_argument(
        "--format", metavar="NAME", help="of the files, such as csv; by default as the dataset says, or Parquet"
    )
    parser.add_argument(
        "--tables", type=parse_names, metavar="A,B", help="only these; their parents are computed, not needed"
    )
    parser.add_argument(
        "--partitions", type=parse_range, default=KeyRange(), metavar="FIRST..LAST",
        help="both included, such as 2025-01-01..2025-01-14; or a single key; either end may be left open",
    )  # fmt: skip
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes side by side (default: 1)")
    parser.add_argument(
        "--no-suite", action="store_true", help="leave the Great Expectations suite out; it repeats the native checks"
    )
    parser.add_argument("--only-changed", action="store_true", help="leave alone what was made with the same settings")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)


def run(options: argparse.Namespace) -> Report:
    """Generates; exit code 1 when a check failed, and what was made until then is reported whatever happens."""
    from tempdata_dagster.cli.progress import watch_progress
    from tempdata_dagster.cli.summary import Summary
    from tempdata_dagster.generate import generate
    from tempdata_dagster.refresh import RefreshOptions

    around, keys = Surroundings.here(), options.partitions
    plan = around.open_plan(options.spec, options.seed, options.scale)
    jobs = choose_jobs(plan, options.tables, keys)
    # After the jobs: what is wrong with the words is told before a storage is looked for.
    routes = around.open_routes(plan.loaded, options.to, options.format)
    routes = routes.overwriting() if options.overwrite else routes
    how = RefreshOptions(
        suite=not options.no_suite, only_changed=options.only_changed, gx_rows=around.limits.gx_rows,
        audit_memory_mb=around.limits.audit_memory_mb,
    )  # fmt: skip
    results: list[RefreshResult] = []
    error: TempDataError | None = None
    began = time.monotonic()
    with watch_progress(plan, jobs, results, quiet=options.json) as watch:
        try:
            generate(
                plan, routes, tables=options.tables, first=keys.first, last=keys.last, workers=options.workers,
                options=how, progress=watch.report, count=watch.count,
            )  # fmt: skip
        # Kept for the summary, which also tells what was published before it.
        except TempDataError as caught:
            error = caught
    return Summary(plan, routes, results, time.monotonic() - began, sum(map(len, jobs.values()))).report(error)


def choose_jobs(plan: Plan, tables: tuple[str, ...] | None, keys: KeyRange) -> dict[str, list[Job]]:
    """The partitions to make, by table.

    Raises:
        InputError: TD2003 for an unknown table, TD1003 or TD2011 for a range that is none, TD6003 when there is nothing to
            make or too much.
    """
    from tempdata_dagster.generate import list_jobs

    _refuse_endless(plan, tables, keys)
    jobs = list_jobs(plan, tables, keys.first, keys.last)
    if not any(jobs.values()):
        hint = "name them by --partitions to make them all the same"
        raise InputError("TD6003", "no partition of these tables is over yet", hint, plan.loaded.where(("start",)))
    return jobs


def _refuse_endless(plan: Plan, tables: tuple[str, ...] | None, keys: KeyRange) -> None:
    """Refuses a last key that lies centuries away before millions of keys are listed."""
    from tempdata_dagster.core.partition import ordinal_of
    from tempdata_dagster.generate import fit_range

    count = 0
    for table, fitted in fit_range(plan, tables, keys.first, keys.last).items():
        period = plan.period(table)
        if period is None or fitted is None or fitted[1] is None:
            continue
        first = ordinal_of(period, fitted[0]) if fitted[0] else plan.first_ordinal(table)
        count += max(ordinal_of(period, fitted[1]) - first + 1, 0)
    if count > MAX_PARTITIONS:
        raise InputError("TD6003", f"these are {count:,} partitions, over {MAX_PARTITIONS:,}", "give a shorter range")

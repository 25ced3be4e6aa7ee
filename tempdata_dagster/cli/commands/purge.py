"""Remove a dataset, or some of its tables, from everything that it was published to: only what manifests list.

Children go before their parents. It asks before it does, and needs --yes where nobody can be asked; a run that was
interrupted is simply run again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from tempdata_dagster.cli.options import parse_names
from tempdata_dagster.cli.progress import watch_partitions
from tempdata_dagster.cli.report import Report, escape, list_problems
from tempdata_dagster.cli.surroundings import Surroundings
from tempdata_dagster.cli.text import count_of, format_bytes, format_table
from tempdata_dagster.core.errors import InputError, OutsideError, Problem

if TYPE_CHECKING:
    from tempdata_dagster.publish.purge import PurgedPartition

FROM_HELP = (
    "a target of the project by its name (with all its destinations), one of these as target.destination, a folder, or a URL; "
    "may be given more than once; by default the project's default target, else ./lake"
)
_HEADER = ("table", "place", "partitions", "rows", "size")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """DATASET, where from, which tables, and whether for real."""
    parser.add_argument("dataset", metavar="DATASET", help="the dataset's name")
    parser.add_argument("--from", dest="places", action="append", metavar="ROOT", help=FROM_HELP)
    parser.add_argument("--tables", type=parse_names, metavar="A,B", help="only these")
    parser.add_argument("--dry-run", action="store_true", help="only list what would be removed")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> Report:
    """Removes; exit code 1 when something had to be left, and what was removed is reported whatever happens."""
    from tempdata_dagster.publish.purge import purge

    around = Surroundings.here()
    places = [place for word in options.places or [None] for place in around.open_places(word)]
    planned = purge(places, options.dataset, options.tables, dry_run=True)
    if options.dry_run:
        return _report(options.dataset, planned, dry_run=True)
    if not options.yes and not _ask(planned, options):
        return Report([f"{options.dataset}: nothing was removed"], {"dataset": options.dataset, "purged": []})
    done: list[PurgedPartition] = []
    problems: tuple[Problem, ...] = ()
    with watch_partitions(done, quiet=options.json) as progress:
        try:
            purge(places, options.dataset, options.tables, progress=progress)
        # What was removed before it is told as well: it cannot be had back.
        except OutsideError as error:
            problems = list_problems(error)
    report = _report(options.dataset, done, dry_run=False)
    report.problems += problems
    report.exit_code = OutsideError.exit_code if problems else report.exit_code
    return report


def _ask(planned: list[PurgedPartition], options: argparse.Namespace) -> bool:
    """Whether somebody at the terminal agrees.

    Raises:
        InputError: TD3091 when there is nobody to ask.
    """
    if options.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("TD3091", "purge removes for good, and there is nobody to ask", "add --yes, or try --dry-run")
    for line in _format(planned):
        sys.stderr.write(line + "\n")
    sys.stderr.write(f"Remove {_summarize(planned)} of {escape(options.dataset)} for good? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _report(dataset: str, partitions: list[PurgedPartition], *, dry_run: bool) -> Report:
    left = [one for one in partitions if one.status == "left"]
    verb = "would be removed" if dry_run else "removed"
    lines = [*_format(partitions), f"{escape(dataset)}: {_summarize(partitions)} {verb}"]
    problems = tuple(
        Problem(
            "TD3092",
            f"{one.dataset}.{one.table} {one.partition} is left: its manifest {one.uri} cannot be read",
            hint="generate it again or remove its files yourself, then run again",
        )
        for one in left
    )
    document = {"dataset": dataset, "dry_run": dry_run, "purged": [asdict(one) for one in partitions]}
    return Report(lines, document, problems, exit_code=1 if left else 0)


def _format(partitions: list[PurgedPartition]) -> Iterator[str]:
    """A line for each table and place, in the order in which they go."""
    removed = [one for one in partitions if one.status == "removed"]
    rows = []
    for (table, place), group in groupby(removed, key=lambda one: (one.table, one.place)):
        ones = list(group)
        size = format_bytes(sum(one.bytes for one in ones))
        rows.append((table, place, f"{len(ones):,}", f"{sum(one.rows for one in ones):,}", size))
    if rows:
        yield from format_table(_HEADER, rows, right=range(2, len(_HEADER)))


def _summarize(partitions: list[PurgedPartition]) -> str:
    removed = [one for one in partitions if one.status == "removed"]
    return f"{count_of(len(removed), 'partition')} with {count_of(sum(one.rows for one in removed), 'row')}"

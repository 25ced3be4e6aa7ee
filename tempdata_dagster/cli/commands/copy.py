"""Copy what is published from one place to another, verified by its hashes. What is there already is not written again.

Files go as they are where both places hold one format; else their rows are written anew. FROM is a lake, TO a lake of any
storage and format, or a database.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from tempdata_dagster.cli.options import LAKE_HELP, OVERWRITE_HELP, KeyRange, parse_count, parse_names, parse_range
from tempdata_dagster.cli.progress import watch_partitions
from tempdata_dagster.cli.report import Report, escape, list_problems
from tempdata_dagster.cli.surroundings import Surroundings
from tempdata_dagster.cli.text import format_bytes, format_table
from tempdata_dagster.core.errors import Problem, TempDataError

if TYPE_CHECKING:
    from tempdata_dagster.publish.copy import CopiedPartition

_HEADER = ("table", "partitions", "copied", "unchanged", "rows", "size")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FROM, TO, and which part of it."""
    parser.add_argument("source", metavar="FROM", help=LAKE_HELP.partition(";")[0])
    parser.add_argument("to", metavar="TO", help=LAKE_HELP.partition(";")[0])
    parser.add_argument("--dataset", metavar="NAME", help="only this one")
    parser.add_argument("--tables", type=parse_names, metavar="A,B", help="only these")
    parser.add_argument(
        "--partitions", type=parse_range, default=KeyRange(), metavar="FIRST..LAST",
        help="both included, such as 2025-01-01..2025-01-14; or a single key; static tables are always copied",
    )  # fmt: skip
    parser.add_argument("--format", metavar="NAME", help="of the files at TO, such as csv (default: what TO says)")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    parser.add_argument(
        "--workers", type=parse_count, default=4, metavar="N", help="partitions side by side (default: 4)"
    )


def run(options: argparse.Namespace) -> Report:
    """Copies; what was copied is reported whatever happens."""
    from tempdata_dagster.publish.copy import copy

    around, keys = Surroundings.here(), options.partitions
    source = around.open_lake(options.source)
    place = around.open_destination(options.to, options.format)
    to = place.overwriting() if options.overwrite else place
    done: list[CopiedPartition] = []
    error: TempDataError | None = None
    with watch_partitions(done, quiet=options.json) as progress:
        try:
            copy(
                source, to, dataset=options.dataset, tables=options.tables, first=keys.first, last=keys.last,
                workers=options.workers, progress=progress,
            )  # fmt: skip
        # Kept for the report, which also tells what was copied before it.
        except TempDataError as caught:
            error = caught
    lines = [*_format(done), f"{source.url} to {to.url}: {_summarize(done)}"] if done or error is None else []
    problems: tuple[Problem, ...] = list_problems(error) if error else ()
    document = {"from": source.url, "to": to.url, "partitions": [asdict(one) for one in done]}
    return Report(map(escape, lines), document, problems, error.exit_code if error else 0)


def _format(done: list[CopiedPartition]) -> Iterator[str]:
    rows = []
    for name in dict.fromkeys((one.dataset, one.table) for one in done):
        ones = [one for one in done if (one.dataset, one.table) == name]
        copied = sum(one.status == "copied" for one in ones)
        counts = (len(ones), copied, len(ones) - copied, sum(one.rows for one in ones))
        rows.append((".".join(name), *(f"{n:,}" for n in counts), format_bytes(sum(one.bytes for one in ones))))
    if rows:
        yield from format_table(_HEADER, rows, right=range(1, len(_HEADER)))
    for uri in (uri for one in done for uri in one.removed):
        yield f"removed, as tempdata did not write it: {uri}"


def _summarize(done: list[CopiedPartition]) -> str:
    copied = sum(one.status == "copied" for one in done)
    return f"{copied:,} copied, {len(done) - copied:,} unchanged"

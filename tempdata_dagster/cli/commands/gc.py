"""Remove what no manifest names: leftovers of killed runs, older than a grace period. Published rows are never touched.

Lakes of other formats below the root are cleaned too.
"""

from __future__ import annotations

import argparse

from tempdata_dagster.cli.options import LAKE_HELP, parse_grace
from tempdata_dagster.cli.report import Report, escape
from tempdata_dagster.cli.surroundings import Surroundings
from tempdata_dagster.cli.text import count_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """ROOT, how old, and whether for real."""
    parser.add_argument("root", nargs="?", metavar="ROOT", help=LAKE_HELP)
    parser.add_argument(
        "--grace", type=parse_grace, default="1d", metavar="TIME",
        help="nothing younger is touched, as a run may still need it (default: 1d)",
    )  # fmt: skip
    parser.add_argument(
        "--keep", type=parse_grace, metavar="TIME",
        help="how long older versions of Delta and Iceberg tables stay readable (default: as their properties say)",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only list what would be removed")


def run(options: argparse.Namespace) -> Report:
    """Lists what was removed."""
    from tempdata_dagster.publish.gc import gc

    lake = Surroundings.here().open_lake(options.root)
    removed = gc(lake, options.grace, options.dry_run, options.keep)
    verb = "would be removed" if options.dry_run else "removed"
    lines = [*map(escape, removed), f"{lake.url}: {count_of(len(removed), 'object')} {verb}"]
    return Report(lines, {"lake": lake.url, "dry_run": options.dry_run, "removed": removed})

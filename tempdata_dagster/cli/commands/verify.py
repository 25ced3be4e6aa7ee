"""Read a lake again, every byte of it, and compare every file with its manifest; or a database's tables with theirs.

Lakes of other formats below the root are read too.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from tempdata_dagster.cli.options import LAKE_HELP
from tempdata_dagster.cli.report import Report, escape
from tempdata_dagster.cli.surroundings import Surroundings
from tempdata_dagster.cli.text import count_of

if TYPE_CHECKING:
    from tempdata_dagster.publish.route import Database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """ROOT and which of its datasets."""
    parser.add_argument("root", nargs="?", metavar="ROOT", help=LAKE_HELP)
    parser.add_argument("--dataset", metavar="NAME", help="only this one")


def run(options: argparse.Namespace) -> Report:
    """Lists what is wrong; exit code 1 when anything is."""
    from tempdata_dagster.publish.target import Target
    from tempdata_dagster.publish.verify import verify

    place = Surroundings.here().open_place(options.root)
    if isinstance(place, Target):
        findings = verify(place, options.dataset)
    else:
        findings = cast("Database", place).verify(options.dataset)
    kinds = Counter(finding.kind for finding in findings)
    summed = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    sound = f"every {'file' if isinstance(place, Target) else 'row'} is what its manifest says"
    last = f"{count_of(len(findings), 'finding')}: {summed}" if findings else sound
    lines = [*(escape(str(finding)) for finding in findings), f"{place.url}: {last}"]
    document = {"lake": place.url, "findings": [asdict(finding) for finding in findings]}
    return Report(lines, document, exit_code=1 if findings else 0)

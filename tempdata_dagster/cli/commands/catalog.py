"""List the built-in datasets and those of the project; their names can stand for SPEC."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path

from tempdata_dagster.cli.report import Report
from tempdata_dagster.cli.surroundings import Surroundings, list_catalog
from tempdata_dagster.cli.text import format_table
from tempdata_dagster.core.errors import SpecError


@dataclass(frozen=True)
class Entry:
    """A dataset of the list.

    Attributes:
        source: `catalog` or `project`.
    """

    name: str
    source: str
    path: str
    tables: tuple[str, ...]
    description: str


_HEADER = ("name", "from", "tables", "what it is")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None: everything is listed."""
    del parser


def run(options: argparse.Namespace) -> Report:
    """Lists the datasets; one that cannot be used is listed as that."""
    del options
    around = Surroundings.here()
    sources = (("catalog", list_catalog()), ("project", around.datasets()))
    entries = [describe(around, name, path, source) for source, found in sources for name, path in found.items()]
    rows = [(one.name, one.source, str(len(one.tables)), one.description) for one in entries]
    nothing = ["there is no built-in dataset, and none in a project here"]
    return Report(
        format_table(_HEADER, rows, right=[2]) if rows else nothing, {"datasets": [asdict(one) for one in entries]}
    )


def describe(around: Surroundings, name: str, path: Path, source: str) -> Entry:
    """A dataset's name, place, tables and the first line of its description."""
    try:
        dataset = around.load(str(path)).dataset
    except SpecError as error:
        said = f"cannot be used: {len(error.problems)} problem(s), see tempdata validate {path}"
        return Entry(name, source, str(path), (), said)
    return Entry(name, source, str(path), tuple(dataset.tables), (dataset.description.splitlines() or [""])[0])

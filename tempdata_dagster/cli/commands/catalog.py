"""List the built-in datasets and those of the project; their names can stand for SPEC."""

from __future__ import annotations

import argparse
from pathlib import Path

from tempdata_dagster.cli.report import Report
from tempdata_dagster.cli.surroundings import Surroundings, list_catalog
from tempdata_dagster.cli.text import format_table
from tempdata_dagster.core.errors import SpecError

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
    rows = [(one["name"], one["source"], str(len(one["tables"])), one["description"]) for one in entries]
    lines = format_table(_HEADER, rows, right=[2]) if rows else ["there is no built-in dataset, and none in a project here"]
    return Report(lines, {"datasets": entries})


def describe(around: Surroundings, name: str, path: Path, source: str) -> dict[str, str | list[str]]:
    """A dataset's name, place, tables and the first line of its description."""
    entry: dict[str, str | list[str]] = {"name": name, "source": source, "path": str(path), "tables": []}
    try:
        dataset = around.load(str(path)).dataset
    except SpecError as error:
        return entry | {"description": f"cannot be used: {len(error.problems)} problem(s), see tempdata validate {name}"}
    return entry | {"tables": list(dataset.tables), "description": (dataset.description.splitlines() or [""])[0]}

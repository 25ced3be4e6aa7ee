"""Show what a dataset would come to: tables, partitions, expected rows, keys, checks. Nothing is generated."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tempdata_dagster.cli.options import add_spec
from tempdata_dagster.cli.report import Report, escape
from tempdata_dagster.cli.surroundings import Surroundings

if TYPE_CHECKING:
    from tempdata_dagster.cli.outline import TableOutline
    from tempdata_dagster.engine.plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """SPEC and what changes its rows."""
    add_spec(parser)


def run(options: argparse.Namespace) -> Report:
    """Outlines every table, parents before children."""
    from tempdata_dagster.cli.outline import outline_table

    plan = Surroundings.here().open_plan(options.spec, options.seed, options.scale)
    outlines = [outline_table(plan, table) for table in plan.tables]
    lines = [_describe(plan)]
    for outline in outlines:
        lines += ["", *_format(outline)]
    document = {
        "dataset": plan.dataset.dataset, "description": plan.dataset.description, "seed": plan.dataset.seed,
        "start": plan.dataset.start, "stream_version": plan.stream_version, "order": list(plan.tables),
        "expected_rows": sum(outline.expected_rows for outline in outlines),
        "tables": [outline.document() for outline in outlines],
    }  # fmt: skip
    return Report([escape(line) for line in lines], document)


def _describe(plan: Plan) -> str:
    start = f", from {plan.dataset.start}" if plan.dataset.start else ""
    return f"{plan.dataset.dataset} (seed {plan.dataset.seed}{start}), in this order: {', '.join(plan.tables)}"


def _format(outline: TableOutline) -> list[str]:
    partitions = "1, static"
    if outline.period:
        span = f": {outline.first} .. {outline.last}" if outline.partitions else ": none is over yet"
        partitions = f"{outline.partitions:,}, one per {outline.period}{span}"
    facts = [
        ("rows from", outline.source),
        ("partitions", partitions),
        ("rows", outline.describe_rows()),
        ("key", ", ".join(outline.key) or "none"),
        *(("foreign key", line) for line in outline.foreign_keys),
        ("depends on", ", ".join(outline.depends_on) or "nothing"),
        ("columns", ", ".join(f"{name} {kind}" for name, kind in outline.columns)),
        ("checks", f"{len(outline.checks)}: {', '.join(outline.checks)}"),
        ("goes to", "; ".join(outline.goes_to)),
        ("fingerprint", outline.fingerprint),
    ]
    return [outline.table, *(f"  {name:<12} {text}" for name, text in facts)]

"""`python -m tempdata_dagster.orchestration.demo`: two weeks of a dataset through Dagster, and a table of what came out.

The runs are recorded in `DAGSTER_HOME` when it is set, so that `dagster dev` shows them afterwards.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from tempdata_dagster.core.errors import InputError, SpecError, TempDataError
from tempdata_dagster.orchestration.datasets import DatasetSource
from tempdata_dagster.orchestration.definitions import build_tempdata_definitions
from tempdata_dagster.orchestration.partitions import define_partitions
from tempdata_dagster.orchestration.requests import Batch, plan_batches

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_HEADERS = ("asset", "partitions", "rows", "bytes", "checks", "seconds")


@dataclass
class Line:
    """What became of one table, added up over its partitions."""

    partitions: int = 0
    rows: int = 0
    bytes: int = 0
    checks: int = 0
    passed: int = 0
    warned: int = 0
    seconds: float = 0.0

    def cells(self, name: str) -> tuple[str, ...]:
        """The line as text."""
        failed = self.checks - self.passed
        notes = [f"{self.warned} warned"] * bool(self.warned) + [f"{failed} FAILED"] * bool(failed)
        checks = f"{self.checks}" + (f" ({', '.join(notes)})" if notes else "")
        return (name, f"{self.partitions:,}", f"{self.rows:,}", f"{self.bytes:,}", checks, f"{self.seconds:.2f}")

    def add(self, other: Line) -> None:
        """Adds another line to this one."""
        for name in ("partitions", "rows", "bytes", "checks", "passed", "warned", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demo; 0 when every check passed, 1 when one failed, 2 for wrong input, 3 when the storage failed."""
    parser = argparse.ArgumentParser(prog="python -m tempdata_dagster.orchestration.demo", description=__doc__)
    parser.add_argument("dataset", nargs="?", default="configs/datasets/retail.yaml", help="a dataset file or folder")
    parser.add_argument("--days", type=int, default=14, help="days from the dataset's start (default: 14)")
    parser.add_argument("--to", help="a target of the project file, or a folder or URL (default: the project's target)")
    options = parser.parse_args(arguments)
    try:
        return run_demo(Path(options.dataset), max(1, options.days), options.to)
    except TempDataError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def run_demo(dataset: Path, days: int, target: str | None) -> int:
    """Materializes the first days of a dataset and prints a line per asset.

    Raises:
        TempDataError: The dataset cannot be used.
    """
    plan = _load(dataset)
    definitions = build_tempdata_definitions(dataset, target=target)
    job = definitions.resolve_implicit_global_asset_job_def()
    lines = {table: Line() for table in plan.dataset.tables}
    began = time.monotonic()
    succeeded = True
    with dg.DagsterInstance.get() if os.environ.get("DAGSTER_HOME") else dg.DagsterInstance.ephemeral() as instance:
        for batch in plan_batches(plan, _choose_keys(plan, days)):
            result = job.execute_in_process(
                instance=instance,
                asset_selection=[dg.AssetKey([plan.dataset.dataset, table]) for table in batch.tables],
                tags=_tag(batch),
                run_config=_QUIET,
                # A day that is refused is a line of the summary, and not its end.
                raise_on_error=False,
            )
            succeeded &= result.success
            _add_up(result, lines)
            _show_failures(result)
    _show(plan, lines, time.monotonic() - began)
    return 0 if succeeded else 1


def _load(dataset: Path) -> Plan:
    if not dataset.exists():
        raise InputError("TD4006", f"there is no dataset file or folder {dataset}", "run it in the project's folder")
    file = DatasetSource((dataset.absolute(),)).read_one(dataset.absolute())
    if file.plan is None:
        raise SpecError.of(list(file.problems))
    return file.plan


def _choose_keys(plan: Plan, days: int) -> dict[str, Sequence[str | None]]:
    """For each table, the partitions that begin within the first days and are complete by now."""
    chosen: dict[str, Sequence[str | None]] = {}
    for table in plan.dataset.tables:
        definition = define_partitions(plan.contract(table).period, plan.dataset.start)
        if definition is None or plan.dataset.start is None:
            chosen[table] = [None]
            continue
        first = plan.dataset.start.toordinal()
        windows = ((key, definition.time_window_for_partition_key(key)) for key in definition.get_partition_keys())
        chosen[table] = [key for key, window in windows if window.start.date().toordinal() - first < days]
    return chosen


def _tag(batch: Batch) -> dict[str, str]:
    if batch.first is None or batch.last is None:
        return {}
    return {ASSET_PARTITION_RANGE_START_TAG: batch.first, ASSET_PARTITION_RANGE_END_TAG: batch.last}


def _add_up(result: dg.ExecuteInProcessResult, lines: dict[str, Line]) -> None:
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        facts = {name: value.value for name, value in materialization.metadata.items()}
        line = lines[materialization.asset_key.path[-1]]
        rows = facts.get("dagster/partition_row_count", facts.get("dagster/row_count", 0))
        line.add(
            Line(1, int(str(rows)), int(str(facts["tempdata/bytes"])), seconds=float(str(facts["tempdata/seconds"])))
        )
    for check in result.get_asset_check_evaluations():
        warned = check.severity is dg.AssetCheckSeverity.WARN and check.metadata["outcome"].value != "passed"
        lines[check.asset_key.path[-1]].add(Line(checks=1, passed=int(check.passed), warned=int(warned)))


def _show_failures(result: dg.ExecuteInProcessResult) -> None:
    for event in result.get_step_failure_events():
        error = event.step_failure_data.error
        reason = event.step_failure_data.user_failure_data or (error and (error.cause or error))
        text = getattr(reason, "description", None) or getattr(reason, "message", "failed")
        sys.stderr.write(f"{event.step_key}: {text}\n")


def _show(plan: Plan, lines: dict[str, Line], seconds: float) -> None:
    total = Line()
    for line in lines.values():
        total.add(line)
    total.seconds = seconds
    rows = [
        _HEADERS,
        *(line.cells(f"{plan.dataset.dataset}/{table}") for table, line in lines.items()),
        total.cells("all"),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADERS))]
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells))
        if number in (0, len(rows) - 2):
            print("  ".join("-" * width for width in widths))


if __name__ == "__main__":
    sys.exit(main())

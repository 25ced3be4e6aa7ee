"""The config sensor: an edit of a dataset file refreshes what the edit changed, and nothing else.

A tick goes one of three ways. Settings on disk differ from those that the code location holds: ask for its reload and change
nothing else. They are the same, and tables differ from what was dealt with last: request runs for their outdated
partitions. Otherwise: say why nothing is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from tempdata_dagster.core.errors import TempDataError
from tempdata_dagster.orchestration.broken import evaluate_broken
from tempdata_dagster.orchestration.cursor import Cursor
from tempdata_dagster.orchestration.datasets import DatasetFile, DatasetSource
from tempdata_dagster.orchestration.history import outdated_keys, runs_in_progress
from tempdata_dagster.orchestration.reload import reload_location
from tempdata_dagster.orchestration.requests import request_runs

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan

SENSOR = "tempdata_config"
_SHOWN_PROBLEMS = 5


def build_config_sensor(
    source: DatasetSource, loaded: Sequence[DatasetFile], *, interval_seconds: int = 30, name: str = SENSOR
) -> dg.SensorDefinition:
    """The sensor over the files of a code location, running from the start.

    Args:
        source: Where the files are read from again.
        loaded: The files as the code location holds them.
        interval_seconds: The least time between two ticks.
        name: The sensor's name, which is unique in a code location.
    """
    groups = [file.plan.dataset.dataset for file in loaded if file.plan]

    @dg.sensor(
        name=name,
        # Not `target`: that makes a job, and a job cannot hold tables of different partitions.
        asset_selection=dg.AssetSelection.groups(*groups) if groups else dg.AssetSelection.all(),
        minimum_interval_seconds=interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Refreshes what an edit of a dataset file changed.",
    )
    def config_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        return Tick(context, {file.path: file for file in loaded}, Cursor.parse(context.cursor)).run(source)

    return config_sensor


@dataclass
class Tick:
    """One evaluation of the sensor."""

    context: dg.SensorEvaluationContext
    loaded: Mapping[Path, DatasetFile]
    cursor: Cursor

    def run(self, source: DatasetSource) -> dg.SensorResult:
        """Compares disk, code location and cursor, and says what to do."""
        try:
            disk = {file.path: file for file in source.read(self.loaded)}
        except TempDataError as error:
            return self._skip(str(error))
        broken = [file for file in disk.values() if file.problems]
        events = self._report(broken)
        notes = [_explain(file) for file in broken]
        # First what is loaded, then what runs: Dagster would show runs of settings that it does not hold as stale.
        if changed := self._find_changed(disk):
            return self._skip(self._reload(changed), *notes, events=events)
        requests, waits = self._request(disk)
        if requests:
            self.context.log.info("; ".join(request.run_key or "" for request in requests))
            return dg.SensorResult(run_requests=requests, cursor=self.cursor.dump(), asset_events=events)
        return self._skip(*waits, *notes, events=events)

    def _find_changed(self, disk: Mapping[Path, DatasetFile]) -> list[Path]:
        """The files whose settings the code location does not hold. A broken file is never one of them."""
        changed = [
            path
            for path, file in disk.items()
            if file.plan and (path not in self.loaded or self.loaded[path].signature() != file.signature())
        ]
        # An editor that saves by deleting leaves a file away for a moment; one that is gone for two ticks was deleted.
        gone = [str(path) for path in self.loaded if path not in disk]
        changed += [Path(path) for path in gone if path in self.cursor.missing]
        self.cursor.missing = gone
        return changed

    def _reload(self, changed: Sequence[Path]) -> str:
        names = ", ".join(path.name for path in changed)
        origin = self.context.code_location_origin
        # So it is where the sensor is evaluated in Python, without a webserver.
        if origin is None:
            return f"{names} changed: waiting for the code location to be reloaded"
        try:
            reload_location(origin.location_name)
        except TempDataError as error:
            return f"{names} changed, but the code location still holds the old settings: {error}"
        return f"{names} changed: the code location was reloaded, and what is out of date comes next"

    def _request(self, disk: Mapping[Path, DatasetFile]) -> tuple[list[dg.RunRequest], list[str]]:
        requests: list[dg.RunRequest] = []
        waits: list[str] = []
        known: dict[str, str] = {}
        for path, file in self.loaded.items():
            before = {name: self.cursor.tables[name] for name in file.fingerprints() if name in self.cursor.tables}
            if file.plan is None or path not in disk or disk[path].plan is None:
                # A broken file forgets nothing: what it missed runs when it is whole again.
                known |= before
                continue
            found, wait = self._request_dataset(file.plan, before)
            requests += found
            waits += [wait] if wait else []
            # What has to wait stays unknown, and is asked for again at the next tick.
            known |= before if wait else file.fingerprints()
        self.cursor.tables = known
        if requests:
            # Dagster never runs a key twice: to go back to earlier settings needs a key of its own.
            self.cursor.round += 1
        return requests, waits

    def _request_dataset(self, plan: Plan, before: Mapping[str, str]) -> tuple[list[dg.RunRequest], str]:
        dataset = plan.dataset.dataset
        changed = [
            table for table in plan.dataset.tables if before.get(f"{dataset}/{table}") != plan.fingerprint(table)
        ]
        due: dict[str, Sequence[str | None]] = {}
        for table in changed:
            key = dg.AssetKey([dataset, table])
            if keys := outdated_keys(self.context.instance, key, plan.fingerprint(table)):
                due[table] = keys
        if not changed:
            return [], ""
        # A run that still works with the old settings may publish after the one that we would request.
        running = runs_in_progress(self.context.instance, [dg.AssetKey([dataset, table]) for table in changed])
        if running:
            return [], f"{', '.join(changed)} changed: waiting for run {running[0][:8]} to end"
        return request_runs(plan, due, f"round-{self.cursor.round + 1}"), ""

    def _report(self, broken: Sequence[DatasetFile]) -> list[dg.AssetCheckEvaluation]:
        """A failed check for each broken file that has an asset of its own, once per content."""
        shown = [
            replace(file, label=held.label) for file in broken if (held := self.loaded.get(file.path)) and held.problems
        ]
        fresh = [file for file in shown if self.cursor.reported.get(str(file.path)) != file.digest]
        self.cursor.reported = {str(file.path): file.digest for file in shown}
        return [evaluate_broken(file) for file in fresh]

    def _skip(self, *reasons: str, events: Sequence[dg.AssetCheckEvaluation] = ()) -> dg.SensorResult:
        reason = "\n".join(filter(None, reasons)) or "no dataset file changed"
        return dg.SensorResult(skip_reason=dg.SkipReason(reason), cursor=self.cursor.dump(), asset_events=list(events))


def _explain(file: DatasetFile) -> str:
    shown = "\n".join(map(str, file.problems[:_SHOWN_PROBLEMS]))
    more = len(file.problems) - _SHOWN_PROBLEMS
    return f"{file.path.name} cannot be used, its data stays as it is:\n{shown}" + (
        f"\n... and {more} more" if more > 0 else ""
    )

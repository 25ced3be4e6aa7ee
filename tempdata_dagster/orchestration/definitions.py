"""A code location from dataset files: assets, checks, schedules, the config sensor and the lake."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from tempdata_dagster.core.errors import InputError, TempDataError
from tempdata_dagster.core.limits import DEFAULT_LIMITS
from tempdata_dagster.orchestration.assets import IO_MANAGER, RESOURCE, build_tempdata_assets
from tempdata_dagster.orchestration.broken import build_broken_asset, label_broken
from tempdata_dagster.orchestration.checks import knowing_previews
from tempdata_dagster.orchestration.datasets import DatasetFile, DatasetSource, to_paths
from tempdata_dagster.orchestration.io_managers import TempDataIOManager
from tempdata_dagster.orchestration.resources import TempDataDestination, TempDataResource
from tempdata_dagster.orchestration.schedules import build_schedules
from tempdata_dagster.orchestration.sensors import SENSOR, build_config_sensor
from tempdata_dagster.orchestration.translator import TempDataTranslator


def build_tempdata_definitions(
    datasets: str | Path | Iterable[str | Path] | None = None,
    *,
    project: str | Path | None = None,
    target: str | None = None,
    resource: TempDataResource | None = None,
    translator: TempDataTranslator | None = None,
    executor: dg.ExecutorDefinition | None = None,
    sensor_name: str = SENSOR,
    sensor_seconds: int = 30,
    **asset_options: Any,
) -> dg.Definitions:
    """Everything that a Dagster code location needs to run datasets.

    A dataset file that cannot be used becomes one asset in the group `errors`, and the other datasets load as ever.

    Args:
        datasets: Dataset files or folders, or folders of datasets; by default the project's.
        project: The project file; by default the nearest `configs/project.yaml` above the datasets or the work folder.
        target: A target of the project file, or a URL or folder; by default the project's default target.
        resource: The lake, in place of `target`.
        translator: What turns a table into an asset spec, in place of `TempDataTranslator`.
        executor: How the steps of a run are executed; by default one after the other in the run's process.
        sensor_name: The config sensor's name, which is unique in a code location.
        sensor_seconds: The least time between two looks at the dataset files.
        asset_options: `backfill_policy` and `op_tags`, as `build_tempdata_assets` takes them.

    Raises:
        InputError: The project file or a path cannot be used.
    """
    paths = None if datasets is None else to_paths(datasets)
    source, project_file = _find_source(paths, project)
    lake = resource or TempDataResource(target=target, project=str(project_file) if project_file else None)
    files = source.read()
    with knowing_previews():
        files, assets = _build_assets(files, translator, _show_root(lake), asset_options)
        schedules = [schedule for file in files if file.plan for schedule in build_schedules(file.plan)]
        return dg.Definitions(
            assets=assets,
            schedules=schedules,
            sensors=[build_config_sensor(source, files, interval_seconds=sensor_seconds, name=sensor_name)],
            resources=_build_resources(lake),
            # A step's own process costs 4 s of imports, and a table takes seconds.
            executor=executor or dg.in_process_executor,
        )


def _find_source(paths: tuple[Path, ...] | None, project: str | Path | None) -> tuple[DatasetSource, Path | None]:
    from tempdata_dagster.spec.project import find_project, load_project

    file = Path(project).absolute() if project else find_project(paths[0].parent if paths else Path.cwd())
    if file is None:
        if paths is None:
            raise InputError("TD4008", "there are no datasets and no project file", "pass one of the two")
        return DatasetSource(paths, DEFAULT_LIMITS), None
    loaded = load_project(file)
    own = (loaded.root / loaded.project.datasets,)
    return DatasetSource(paths or own, loaded.limits, loaded.project.seed), file


def _build_assets(
    files: Sequence[DatasetFile], translator: TempDataTranslator | None, root: str | None, options: dict[str, Any]
) -> tuple[tuple[DatasetFile, ...], list[dg.AssetsDefinition]]:
    """The assets of every file, and the files with those marked as broken that Dagster refuses."""
    checked = []
    labels: set[str] = set()
    assets: list[dg.AssetsDefinition] = []
    for file in files:
        usable = file
        if file.plan is not None:
            try:
                assets += build_tempdata_assets(file.plan, translator, root=root, **options)
            except (TempDataError, dg.DagsterError) as error:
                usable = file.refuse("TD4009", f"Dagster cannot take it: {error}")
        if usable.problems:
            usable = label_broken(usable, labels)
            assets.append(build_broken_asset(usable))
            # On the console as well: nobody has opened the UI yet when a location is loaded.
            sys.stderr.write("".join(f"{problem}\n" for problem in usable.problems))
        checked.append(usable)
    return tuple(checked), assets


def _build_resources(lake: TempDataResource) -> dict[str, Any]:
    """The lake and its IO manager, and one of each for every other destination, under `..._<name>`."""
    resources: dict[str, Any] = {RESOURCE: lake, IO_MANAGER: TempDataIOManager(tempdata=lake)}
    try:
        names = list(lake.settings().destinations)
    # Reported by the steps that open it.
    except TempDataError:
        names = []
    for name in names:
        resources[f"{RESOURCE}_{name}"] = TempDataDestination(tempdata=lake, name=name)
        resources[f"{IO_MANAGER}_{name}"] = TempDataIOManager(tempdata=lake, destination=name)
    return resources


def _show_root(lake: TempDataResource) -> str | None:
    """The lake's URL for the assets' metadata; a target that cannot be resolved is reported by the steps that open it."""
    try:
        return lake.settings().url
    except TempDataError:
        return None

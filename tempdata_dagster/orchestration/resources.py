"""The lake, and whatever else tables go to, as a Dagster resource."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from tempdata_dagster.core.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from tempdata_dagster.publish.route import Place, Routes
    from tempdata_dagster.routing import Environment
    from tempdata_dagster.spec.load import LoadedDataset
    from tempdata_dagster.spec.models import Publication
    from tempdata_dagster.spec.project import EnvironmentSettings


class TempDataResource(dg.ConfigurableResource[Any]):
    """Where tables are published, and how hard a step tries.

    Secrets are named and not written: an option `env:NAME` is read from the environment when a step opens the lake.
    """

    target: str | None = Field(
        default=None,
        description="A target of the project file, or a URL or folder; the project's default target if not set.",
    )
    project: str | None = Field(
        default=None, description="The project file; the nearest one above the work folder if not set."
    )
    options: dict[str, Any] = Field(
        default={}, description="Options of the store, for a target that is a URL or folder."
    )
    destinations: dict[str, dict[str, Any]] = Field(
        default={},
        description="Further places by name, each {url: ..., options: {...}}, for a target that is a URL or folder; those of "
        "a project's target stand in the project file.",
    )
    workers: int = Field(
        default=1, ge=1, le=256, description="Processes that generate partitions and files side by side."
    )
    suite_partitions: int = Field(
        default=1,
        ge=0,
        description="How many partitions of a run, from the last one back, the compiled Great Expectations suite runs on "
        "too, at about 0.3 s each. The native checks, which decide the same exactly, and a table's own expectations run on all.",
    )
    gx_rows: int = Field(
        default=100_000, ge=1, description="The most rows that Great Expectations sees; a sample beyond."
    )
    audit_memory_mb: int = Field(
        default=1024, ge=1, description="Memory for the native checks of a partition; beyond it they spill to disk."
    )
    retries: int = Field(default=3, ge=0, le=20, description="How often a step is tried again when the storage fails.")
    retry_seconds: float = Field(default=5.0, ge=0, le=600, description="The first wait; it doubles each time.")

    def settings(self) -> EnvironmentSettings:
        """The URLs and options of the lake and its destinations, their secrets still named only.

        Raises:
            InputError: TD1050 for an unknown target, TD4007 when a target is named and there is no project file.
        """
        from tempdata_dagster.core.names import check_url
        from tempdata_dagster.spec.project import EnvironmentSettings, find_project, load_project, make_absolute

        if self.target is not None and _is_place(self.target):
            check_url(self.target)
            # Absolute, as a worker may start in another folder.
            url = make_absolute(self.target, Path.cwd())
            return EnvironmentSettings.model_validate(
                {"url": url, "options": self.options, "destinations": self.destinations}
            )
        file = Path(self.project) if self.project else find_project(Path.cwd())
        if file is None:
            raise InputError(
                "TD4007", f"target '{self.target or 'default'}' needs a project file", "see configs/project.yaml"
            )
        return load_project(file).target(self.target)

    def environment(self) -> Environment:
        """The places by name, none of them opened yet."""
        from tempdata_dagster.routing import Environment

        return Environment.of(self.settings())

    def open(self, publication: Publication | None = None) -> Place:
        """Opens the lake, or the place that a publication names.

        Raises:
            InputError: The settings are wrong, or a secret is not in the environment; TD1054 for a place that there is
                none of.
        """
        return self.environment().open(publication)

    def routes(self, loaded: LoadedDataset) -> Routes:
        """Where each table of a dataset goes.

        Raises:
            SpecError: What the dataset says of publishing is wrong.
            InputError: As `open`.
        """
        from tempdata_dagster.routing import resolve_routes

        return resolve_routes(loaded, self.environment())


class TempDataDestination(dg.ConfigurableResource[Any]):
    """One place that tables are published to, for assets of your own that work with it.

    `build_tempdata_definitions` brings one for each destination of the project, as `tempdata_<name>`.
    """

    tempdata: TempDataResource
    name: str = Field(default="lake", description="`lake`, or one of the environment's destinations.")
    format: str | None = Field(
        default=None, description="Of the files to read; the destination's own format if not set."
    )

    def open(self) -> Place:
        """Opens the place.

        Raises:
            InputError: As `TempDataResource.open`.
        """
        from tempdata_dagster.spec.models import Publication

        return self.tempdata.open(Publication(to=self.name, format=self.format))

    def read(self, dataset: str, table: str, keys: Iterable[str] | None = None) -> pa.Table:
        """The published rows of a table; arguments and errors as `tempdata_dagster.read_table`."""
        from tempdata_dagster.publish.read import read_table

        return read_table(self.open(), dataset, table, keys)


def _is_place(target: str) -> bool:
    """Whether a target is a URL or a path; names of targets are plain identifiers."""
    return "/" in target or target.startswith(".")

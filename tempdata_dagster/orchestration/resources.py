"""The lake as a Dagster resource."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from tempdata_dagster.core.errors import InputError

if TYPE_CHECKING:
    from tempdata_dagster.publish.target import Target
    from tempdata_dagster.spec.project import TargetSettings


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

    def settings(self) -> TargetSettings:
        """The lake's URL and options, its secrets still named only.

        Raises:
            InputError: TD1050 for an unknown target, TD4007 when a target is named and there is no project file.
        """
        from tempdata_dagster.core.names import check_url
        from tempdata_dagster.spec.project import TargetSettings, find_project, load_project

        if self.target is not None and _is_place(self.target):
            check_url(self.target)
            # Absolute, as a worker may start in another folder.
            place = self.target if "://" in self.target else str(Path(self.target).expanduser().absolute())
            return TargetSettings(url=place, options=self.options)
        file = Path(self.project) if self.project else find_project(Path.cwd())
        if file is None:
            raise InputError(
                "TD4007", f"target '{self.target or 'default'}' needs a project file", "see configs/project.yaml"
            )
        return load_project(file).target(self.target)

    def open(self) -> Target:
        """Opens the lake.

        Raises:
            InputError: The settings are wrong, or a secret is not in the environment.
            OutsideError: The storage cannot be reached.
        """
        from tempdata_dagster.publish.target import Target

        settings = self.settings()
        return Target.open(settings.url, settings.resolve_options())


def _is_place(target: str) -> bool:
    """Whether a target is a URL or a path; names of targets are plain identifiers."""
    return "/" in target or target.startswith(".")

"""Where a command runs: the project around the work folder, its lake, its limits and its datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempdata_dagster.core.errors import InputError, Problem, SpecError, Where
from tempdata_dagster.core.limits import DEFAULT_LIMITS, Limits
from tempdata_dagster.core.registry import closest

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan
    from tempdata_dagster.publish.route import Place, Routes
    from tempdata_dagster.publish.target import Target
    from tempdata_dagster.routing import Environment
    from tempdata_dagster.spec.load import LoadedDataset
    from tempdata_dagster.spec.project import LoadedProject

DEFAULT_LAKE = "lake"


@dataclass(frozen=True)
class Surroundings:
    """A work folder and what lies around it.

    Attributes:
        folder: The work folder.
    """

    folder: Path

    @classmethod
    def here(cls) -> Surroundings:
        """Those of the process."""
        return cls(Path.cwd())

    @cached_property
    def project(self) -> LoadedProject | None:
        """The project of the nearest `configs/project.yaml` above the work folder.

        Raises:
            SpecError: There is one, and it cannot be used.
        """
        from tempdata_dagster.spec.project import find_project, load_project

        file = find_project(self.folder)
        return None if file is None else load_project(file)

    @property
    def limits(self) -> Limits:
        """The project's ceilings."""
        return DEFAULT_LIMITS if self.project is None else self.project.limits

    @property
    def seed(self) -> int | None:
        """The seed that the project sets in place of each dataset's own."""
        return None if self.project is None else self.project.project.seed

    def datasets(self) -> dict[str, Path]:
        """The project's datasets, by the names of their files."""
        paths = () if self.project is None else self.project.dataset_paths()
        return {path.stem: path for path in paths}

    def find_dataset(self, word: str) -> Path:
        """The dataset that a word of the command line means: a path, or the name of one of the project or the catalog.

        Raises:
            SpecError: TD1010 when it is neither.
        """
        path = Path(word)
        if exists(path):
            return path
        # The project's own come last: one of them hides a built-in dataset of its name.
        known = list_catalog() | self.datasets()
        if word in known:
            return known[word]
        near = closest(path.stem, list(known))
        hint = near if near.startswith("did you mean") else "give a YAML file or a folder with dataset.yaml"
        raise SpecError.of([Problem("TD1010", "there is no such file", hint=hint, where=Where(word))])

    def load(self, word: str, seed: int | None = None, scale: float = 1.0) -> LoadedDataset:
        """A dataset with the seed and the scale of the command line, if given.

        Raises:
            SpecError: It cannot be used; all its problems.
            InputError: TD1110 when the seed or the scale is out of range.
        """
        from tempdata_dagster.generators import KINDS
        from tempdata_dagster.spec.load import load_dataset
        from tempdata_dagster.spec.override import override

        loaded = load_dataset(self.find_dataset(word), KINDS, self.limits)
        return override(loaded, self.seed if seed is None else seed, scale)

    def open_plan(self, word: str, seed: int | None = None, scale: float = 1.0) -> Plan:
        """The plan of a dataset; arguments and errors as `load`."""
        from tempdata_dagster.engine.plan import compile_plan

        return compile_plan(self.load(word, seed, scale))

    def environment(self, word: str | None = None, options: Mapping[str, Any] | None = None) -> Environment:
        """The places that a word means: a target of the project by name, with its destinations, or a folder or URL alone.

        Args:
            word: The project's default target, or else `./lake`, if not given.
            options: Of a folder or URL; those of a target stand in the project.

        Raises:
            InputError: It cannot be a place.
        """
        from tempdata_dagster.core.names import check_url
        from tempdata_dagster.routing import Environment
        from tempdata_dagster.spec.project import EnvironmentSettings, make_absolute

        project = self.project
        if project is not None and (word is None or word in project.project.targets):
            return Environment.of(project.target(word))
        place = DEFAULT_LAKE if word is None else word
        check_url(place)
        # Absolute, as workers may start in another folder.
        return Environment.of(EnvironmentSettings(url=make_absolute(place, Path.cwd()), options=dict(options or {})))

    def open_place(self, word: str | None = None, file_format: str | None = None) -> Place:
        """The lake or the database that a word means, as `environment`; an environment's destinations are `name.destination`.

        Raises:
            InputError: It cannot be opened, or a secret is not in the environment.
        """
        from tempdata_dagster.spec.models import Publication

        name, _, destination = (word or "").partition(".")
        project = self.project
        if destination and project is not None and name in project.project.targets:
            return self.environment(name).open(Publication(to=destination, format=file_format))
        return self.environment(word).open(Publication(format=file_format))

    def open_places(self, word: str | None = None) -> list[Place]:
        """All places that a word means, the lake first: those of an environment, or the one of a folder or a URL.

        Raises:
            InputError: As `open_place`.
        """
        from tempdata_dagster.spec.models import Publication

        if self.project is not None and (word is None or word in self.project.project.targets):
            environment = self.environment(word)
            names = [name for name, settings in environment.destinations.items() if settings is not None]
            return [environment.open(), *(environment.open(Publication(to=name)) for name in names)]
        return [self.open_place(word)]

    def open_destination(self, word: str | None, file_format: str | None) -> Place:
        """What is to be written to: a folder or a URL in a format of its own, or a place of the project.

        Raises:
            InputError: As `open_place`.
        """
        if file_format is None or self._names_place(word):
            return self.open_place(word, file_format)
        # A place that is named on the spot holds what is asked for and nothing else.
        return self.environment(word, {"format": file_format}).open()

    def _names_place(self, word: str | None) -> bool:
        """Whether a word is a target of the project, or one of its destinations."""
        return self.project is not None and (word is None or word.partition(".")[0] in self.project.project.targets)

    def open_lake(self, word: str | None = None) -> Target:
        """As `open_place`, of what holds files.

        Raises:
            InputError: TD3006 for a database.
        """
        from tempdata_dagster.publish.target import Target

        place = self.open_place(word)
        if not isinstance(place, Target):
            raise InputError("TD3006", f"{place.url} is a database, and no lake of files", "name a folder or a storage")
        return place

    def open_routes(self, loaded: LoadedDataset, word: str | None = None, file_format: str | None = None) -> Routes:
        """Where each table of a dataset goes: by its own `publish` lists, or all to one place that is named by URL or format.

        Raises:
            SpecError: What the dataset says of publishing is wrong.
            InputError: As `open_place`.
        """
        from tempdata_dagster.publish.route import Routes
        from tempdata_dagster.routing import resolve_routes

        chosen = word is not None and ("." in word or not self._names_place(word))
        if file_format is not None or chosen:
            return Routes.of(self.open_destination(word, file_format))
        return resolve_routes(loaded, self.environment(word))


def exists(path: Path) -> bool:
    """Whether a path leads to something that could be opened; one that is too long does not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def list_catalog() -> dict[str, Path]:
    """The built-in datasets, by name."""
    folder = Path(str(resources.files("tempdata_dagster.catalog")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}

"""`configs/project.yaml`: where each environment's lake lies, and what holds for all datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from tempdata_dagster.core.errors import InputError, Problem, SpecError
from tempdata_dagster.core.limits import DEFAULT_LIMITS, Limits
from tempdata_dagster.core.names import FILE_DATABASES, check_url
from tempdata_dagster.core.plugins import load_plugins
from tempdata_dagster.core.registry import closest
from tempdata_dagster.core.secrets import SecretRef, is_secret_name
from tempdata_dagster.spec.models import MAX_SEED
from tempdata_dagster.spec.problems import validate
from tempdata_dagster.spec.source import HEAD, SUFFIXES
from tempdata_dagster.spec.values import Identifier, Settings
from tempdata_dagster.spec.yaml_tree import DocumentPath, Tree, read_tree

PROJECT_FILE = Path("configs/project.yaml")
LAKE = "lake"


class TargetSettings(Settings):
    """A storage root and the options of its store; secrets among them only as `env:NAME`."""

    url: str = Field(min_length=1, max_length=1000)
    options: dict[str, Any] = Field(default_factory=dict)

    def resolve_options(self, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The options with every `env:NAME` replaced by the variable's value.

        Raises:
            InputError: TD1053 when a variable is not set.
        """
        resolved: dict[str, Any] = _resolve(self.options, environment)
        return resolved


class EnvironmentSettings(TargetSettings):
    """The lake of an environment, and the other places that its tables go to.

    Attributes:
        destinations: By the name that `publish: [{to: ...}]` knows it by; null where an environment has none of it, so that
            nothing is published there.
    """

    destinations: dict[Identifier, TargetSettings | None] = Field(default_factory=dict, max_length=100)


class Project(Settings):
    """The settings of a project.

    Attributes:
        targets: The storage roots and destinations, by the name of their environment.
        default_target: The target when none is named.
        seed: In place of every dataset's own seed.
        limits: Ceilings to replace, by name.
        plugins: The third-party packages whose kinds may be loaded.
        datasets: The folder of the datasets, relative to the project's root.
    """

    targets: dict[Identifier, EnvironmentSettings] = Field(min_length=1, max_length=100)
    default_target: Identifier = "local"
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    limits: dict[str, int] = Field(default_factory=dict)
    plugins: tuple[str, ...] = Field(default=(), strict=False)
    datasets: str = "configs/datasets"


Place = TypeVar("Place", bound=TargetSettings)


def make_absolute(url: str, folder: Path) -> str:
    """A URL, or a path that is taken from `folder` when it is not absolute.

    A database in a file has a path behind its scheme: `sqlite:///shop.db` is a relative one.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return str(folder / Path(url).expanduser())
    if scheme in FILE_DATABASES and rest.startswith("/") and not rest.startswith("//"):
        return f"{scheme}:///{folder / Path(rest[1:]).expanduser()}"
    return url


@dataclass(frozen=True)
class LoadedProject:
    """A project file and where it lies.

    Attributes:
        root: The project's folder: the one above `configs/`, or the file's own. Relative paths start there.
    """

    project: Project
    path: Path
    root: Path
    tree: Tree = field(repr=False, compare=False)

    @property
    def limits(self) -> Limits:
        """The ceilings with the project's own in place."""
        return DEFAULT_LIMITS.with_overrides(self.project.limits)

    def target(self, name: str | None = None) -> EnvironmentSettings:
        """A target, its local folders made absolute.

        Raises:
            InputError: TD1050 when there is none of that name.
        """
        chosen = name or self.project.default_target
        if chosen not in self.project.targets:
            hint = closest(chosen, list(self.project.targets))
            raise InputError("TD1050", f"there is no target '{chosen}'", hint, self.tree.where(("targets",)))
        target = self.project.targets[chosen]
        places = {name: place and self._settle(place) for name, place in target.destinations.items()}
        return self._settle(target).model_copy(update={"destinations": places})

    def _settle(self, target: Place) -> Place:
        # By the project's folder, not the work folder: the same lake from wherever it is run.
        return target.model_copy(update={"url": make_absolute(target.url, self.root)})

    def dataset_paths(self) -> tuple[Path, ...]:
        """The dataset files and folders of the project, by name. Hidden ones are passed over."""
        return find_datasets(self.root / self.project.datasets)


def find_datasets(folder: Path) -> tuple[Path, ...]:
    """The datasets of a folder: its YAML files, and its folders that hold a `dataset.yaml`.

    Raises:
        InputError: TD1010 when the folder cannot be read.
    """
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        hint = "see 'datasets' in the project file"
        raise InputError("TD1010", f"the folder of datasets {folder}: {reason}", hint) from None
    return tuple(one for one in entries if (one / HEAD).is_file() or (one.suffix in SUFFIXES and not one.is_dir()))


def find_project(start: Path) -> Path | None:
    """The project file of `start` or of the nearest folder above it."""
    absolute = start.resolve()
    candidates = (folder / PROJECT_FILE for folder in (absolute, *absolute.parents))
    return next((file for file in candidates if file.is_file()), None)


def load_project(path: Path) -> LoadedProject:
    """The project of a `project.yaml`; the plug-ins that it names are loaded.

    Raises:
        SpecError: It cannot be used; carries every problem that was found, each with its place.
        InputError: TD1004 for a plug-in that is not there.
    """
    problems: list[Problem] = []
    tree = read_tree(path, problems)
    if tree is None:
        raise SpecError.of(problems)
    project = validate(Project, tree.value, (), tree, problems)
    if project is not None:
        problems.extend(problem.at(tree.where(problem.path)) for problem in _check(project))
    if problems or project is None:
        raise SpecError.of(problems)
    # Last, since it runs their code: not for a file that is refused anyway.
    load_plugins(project.plugins)
    folder = path.resolve().parent
    return LoadedProject(project, path, folder.parent if folder.name == "configs" else folder, tree)


def _check(project: Project) -> list[Problem]:
    problems: list[Problem] = []
    if project.default_target not in project.targets:
        hint = closest(project.default_target, list(project.targets))
        problems.append(Problem("TD1050", f"there is no target '{project.default_target}'", ("default_target",), hint))
    for name, target in project.targets.items():
        problems.extend(_check_target(target, ("targets", name)))
        for other, place in target.destinations.items():
            here = ("targets", name, "destinations", other)
            problems.extend(_check_target(place, here) if place else ())
            if other == LAKE:
                hint = "it is the target itself: choose another name"
                problems.append(Problem("TD1055", f"'{LAKE}' is no name for a destination", here, hint))
    for name, value in project.limits.items():
        try:
            DEFAULT_LIMITS.with_overrides({name: value})
        except InputError as error:
            problems.append(Problem(error.code, error.message, ("limits", name), error.hint))
    return problems


def _check_target(target: TargetSettings, path: DocumentPath) -> Iterator[Problem]:
    try:
        check_url(target.url)
    except InputError as error:
        yield Problem(error.code, error.message, (*path, "url"), error.hint)
    yield from _find_secrets(target.options, (*path, "options"))


def _find_secrets(options: Mapping[Any, Any], path: DocumentPath) -> list[Problem]:
    """A problem for each secret that is written out, at any depth; none repeats the secret."""
    problems: list[Problem] = []
    for name, value in options.items():
        here = (*path, name)
        if isinstance(value, dict):
            problems.extend(_find_secrets(value, here))
        elif isinstance(value, str) and "://" in value and "@" in value.split("://", 1)[1].split("/", 1)[0]:
            problems.append(Problem("TD1052", f"option '{name}' is a URL with a user name or password", here))
        elif is_secret_name(str(name)) and not (isinstance(value, str) and SecretRef.parse(value)):
            hint = f"name an environment variable: {name}: env:NAME"
            problems.append(Problem("TD1052", f"option '{name}' holds a secret in the file", here, hint))
        elif isinstance(value, list):
            problems.extend(_find_secrets(dict(enumerate(value)), here))
    return problems


def _resolve(value: Any, environment: Mapping[str, str] | None) -> Any:
    if isinstance(value, dict):
        return {name: _resolve(item, environment) for name, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, environment) for item in value]
    reference = SecretRef.parse(value) if isinstance(value, str) else None
    return reference.resolve(environment) if reference else value

"""From what a dataset file says of publishing, and the project of places, to where each table goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tempdata_dagster.core.errors import InputError, Problem, SpecError
from tempdata_dagster.core.names import DATABASES
from tempdata_dagster.core.registry import closest
from tempdata_dagster.publish.formats import FORMATS
from tempdata_dagster.publish.route import Destination, Place, Route, Routes, open_place
from tempdata_dagster.spec.load import LoadedDataset
from tempdata_dagster.spec.models import Publication
from tempdata_dagster.spec.problems import validate
from tempdata_dagster.spec.project import LAKE, EnvironmentSettings, TargetSettings
from tempdata_dagster.spec.yaml_tree import DocumentPath

_PLAIN = Publication()


@dataclass(frozen=True)
class Environment:
    """The places of one environment, none of them opened yet.

    Attributes:
        lake: What `to: lake` is.
        destinations: All others by name; None where the environment has none of it.
    """

    lake: TargetSettings
    destinations: dict[str, TargetSettings | None]

    @classmethod
    def of(cls, settings: EnvironmentSettings) -> Environment:
        """Those of a target of the project."""
        return cls(settings, settings.destinations)

    def find(self, name: str) -> TargetSettings | None:
        """The place of a name.

        Raises:
            InputError: TD1054 when the environment knows nothing of it.
        """
        if name == LAKE:
            return self.lake
        if name not in self.destinations:
            known = [LAKE, *self.destinations]
            raise InputError(
                "TD1054",
                f"there is no destination '{name}'",
                f"{closest(name, known)}; see 'destinations' in the project",
            )
        return self.destinations[name]

    def choose(self, publications: Sequence[Publication]) -> list[Publication]:
        """Those whose place the environment has; its lake where it has none of them.

        Raises:
            InputError: TD1054 for a place that it knows nothing of.
        """
        return [one for one in publications if self.find(one.to)] or [_PLAIN]

    def open(self, publication: Publication | None = None) -> Place:
        """The lake, or the place and the format that a publication names.

        Raises:
            InputError: TD1054 when the environment has none of it; it cannot be opened, or a secret is missing.
        """
        wanted = publication or _PLAIN
        settings = self.find(wanted.to)
        if settings is None:
            raise InputError(
                "TD1054", f"this environment has no destination '{wanted.to}'", "it is null in the project"
            )
        return open_place(settings.url, settings.resolve_options(), wanted.format, **wanted.options)


def resolve_routes(loaded: LoadedDataset, environment: Environment) -> Routes:
    """Where each table of a dataset goes.

    Raises:
        SpecError: All that is wrong with what the dataset says of publishing, each with its place.
        InputError: A place cannot be opened, or a secret is not in the environment.
    """
    problems = check_publications(loaded, environment)
    if problems:
        raise SpecError.of(problems)
    opened: dict[str, Place] = {}

    def route(publications: tuple[Publication, ...]) -> Route:
        chosen = environment.choose(publications)
        return _refuse_twins(Route(tuple(Destination(one.to, _open(one, environment, opened)) for one in chosen)))

    own = {name: table.publish for name, table in loaded.dataset.tables.items() if table.publish}
    return Routes(route(loaded.dataset.publish), {name: route(publications) for name, publications in own.items()})


def _refuse_twins(route: Route) -> Route:
    """A route, if no two of its destinations are one place: each would take the other's files for its own.

    Raises:
        InputError: TD1056 when two are.
    """
    seen: dict[str, str] = {}
    for one in route.destinations:
        if one.place.url in seen:
            said = f"'{seen[one.place.url]}' and '{one.name}' are both {one.place.url}"
            raise InputError("TD1056", said, "remove one of the two, or give it a place or a format of its own")
        seen[one.place.url] = one.name
    return route


def _open(publication: Publication, environment: Environment, opened: dict[str, Place]) -> Place:
    key = repr((publication.to, publication.format, sorted(publication.options.items())))
    if key not in opened:
        opened[key] = environment.open(publication)
    return opened[key]


def check_publications(loaded: LoadedDataset, environment: Environment | None = None) -> list[Problem]:
    """What is wrong with the formats and options that a dataset names, and with the places, if an environment is given."""
    dataset = loaded.dataset
    lists: list[tuple[DocumentPath, tuple[Publication, ...]]] = [(("publish",), dataset.publish)]
    lists += [(("tables", name, "publish"), table.publish) for name, table in dataset.tables.items()]
    return [
        problem.at(problem.where or loaded.where(problem.path))
        for path, publications in lists
        for problem in _check_list(loaded, environment, path, publications)
    ]


def _check_list(
    loaded: LoadedDataset, environment: Environment | None, path: DocumentPath, publications: tuple[Publication, ...]
) -> Iterator[Problem]:
    seen: set[tuple[str, str | None]] = set()
    for index, one in enumerate(publications):
        here = (*path, index)
        if (one.to, one.format) in seen:
            yield Problem("TD1056", f"'{one.to}' is named twice with one format", here, "remove one of the two")
        seen.add((one.to, one.format))
        settings = None
        if environment is not None:
            try:
                settings = environment.find(one.to)
            except InputError as error:
                yield Problem(error.code, error.message, (*here, "to") if "to" in _given(one) else here, error.hint)
                continue
        yield from _check_format(loaded, one, settings, here)


def _given(publication: Publication) -> set[str]:
    return publication.model_fields_set


def _check_format(
    loaded: LoadedDataset, one: Publication, settings: TargetSettings | None, path: DocumentPath
) -> Iterator[Problem]:
    if settings is not None and settings.url.partition("://")[0] in DATABASES:
        if one.format is not None or one.options:
            yield Problem(
                "TD1056", f"'{one.to}' is a database, which takes rows and no files", path, "leave the format out"
            )
        return
    name: Any = one.format or (settings.options.get("format", "parquet") if settings else None)
    if name is None:
        return
    try:
        known = FORMATS.get(str(name))
    except InputError as error:
        yield Problem(error.code, error.message, (*path, "format"), error.hint)
        return
    problems: list[Problem] = []
    validate(known.options_class, one.options, path, loaded.tree, problems)
    yield from problems

"""Loads a dataset: a file or a folder of YAML to validated models, with every problem found reported at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from tempdata_dagster.core.errors import InputError, Problem, SpecError, Where
from tempdata_dagster.core.limits import DEFAULT_LIMITS, Limits
from tempdata_dagster.core.names import check_segment, safe_join
from tempdata_dagster.core.registry import closest
from tempdata_dagster.spec.cron import check_cron
from tempdata_dagster.spec.draft import Drafter, Kinds
from tempdata_dagster.spec.graph import check_graph
from tempdata_dagster.spec.models import Dataset, Schedule, Table
from tempdata_dagster.spec.rows import FileRows
from tempdata_dagster.spec.source import read_document
from tempdata_dagster.spec.yaml_tree import DocumentPath, Tree

_UNREADABLE = ("TD1010", "TD1011", "TD1012", "TD1013", "TD1014")
_REFERENCE_SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True)
class LoadedDataset:
    """A dataset, and the place of everything in it.

    Attributes:
        path: The file or folder that it was loaded from, as it was given.
        folder: Where relative reference files are looked for.
        kinds: The column kinds that it was loaded with.
    """

    dataset: Dataset
    path: Path
    folder: Path
    tree: Tree = field(repr=False, compare=False)
    kinds: Kinds = field(repr=False, compare=False)

    def where(self, path: DocumentPath) -> Where:
        """The nearest known place of a document path, such as `("tables", "orders", "columns", "total")`."""
        return self.tree.where(path)

    def reference_file(self, table: str) -> Path | None:
        """The file that holds the rows of `table`, if it takes its rows from one."""
        rows = self.dataset.tables[table].rows
        return safe_join(self.folder, rows.file) if isinstance(rows, FileRows) else None

    def reference_files(self) -> tuple[Path, ...]:
        """The reference files of all tables, each once, in the tables' order."""
        files = [file for table in self.dataset.tables if (file := self.reference_file(table)) is not None]
        return tuple(dict.fromkeys(files))


def load_dataset(path: Path, kinds: Kinds, limits: Limits = DEFAULT_LIMITS) -> LoadedDataset:
    """The dataset of a YAML file, or of a folder with `dataset.yaml` and one YAML file per table.

    Args:
        path: The file or the folder.
        kinds: The column kinds; each is the class that a column's settings are validated with.
        limits: The ceilings, those of the project's file in place.

    Raises:
        SpecError: It cannot be used; carries every problem that was found, each with its place.
    """
    problems: list[Problem] = []
    tree = read_document(path, problems, limits)
    if tree is None:
        raise SpecError.of(problems)
    drafter = Drafter(tree, kinds, limits)
    dataset = drafter.read_dataset()
    problems.extend(_without_echoes(drafter.problems, problems))
    folder = path if path.is_dir() else path.parent
    # Also when tables are broken, with what could be read of them: all problems are told at once.
    found = [*check_graph(drafter.draft()), *_check_files(drafter.tables, folder, limits)]
    if dataset is not None:
        found.extend(_check_folder_name(dataset.dataset, ("dataset",)))
    if drafter.schedule is not None:
        found.extend(_check_schedule(drafter.schedule))
    problems.extend(problem.at(tree.where(problem.path)) for problem in found)
    if problems or dataset is None:
        raise SpecError.of(_limit(problems, limits))
    return LoadedDataset(dataset, path, folder, tree, kinds)


def _without_echoes(found: list[Problem], earlier: list[Problem]) -> Iterator[Problem]:
    """What the models say, save of values that the YAML reader has already refused."""
    # By the place: what the reader refused is text or null to the models, which would complain once more.
    refused = {problem.where for problem in earlier}
    unread = {problem.where.file for problem in earlier if problem.where and problem.code in _UNREADABLE}
    for problem in found:
        whole_file = len(problem.path) == 2 and problem.where is not None and problem.where.file in unread
        if problem.where not in refused and not whole_file:
            yield problem


def _limit(problems: list[Problem], limits: Limits) -> list[Problem]:
    if len(problems) <= limits.spec_problems:
        return problems
    # Ordered before they are cut, so that the first ones of the file are shown.
    ordered = SpecError.of(problems).problems[: limits.spec_problems]
    hint = "mend these first"
    return [*ordered, Problem("TD1011", "more problems are not shown", hint=hint, where=ordered[-1].where)]


def _check_files(tables: dict[str, Table], folder: Path, limits: Limits) -> Iterator[Problem]:
    for name, table in tables.items():
        yield from _check_folder_name(name, ("tables", name))
        if isinstance(table.rows, FileRows):
            yield from _check_file(("tables", name, "rows", "file"), table.rows.file, folder, limits)


def _check_folder_name(name: str, path: DocumentPath) -> Iterator[Problem]:
    # Names become folders, and a folder `con` or `nul` cannot be copied to Windows.
    try:
        check_segment(name)
    except InputError as error:
        yield Problem(error.code, error.message, path, error.hint)


def _check_file(path: DocumentPath, name: str, folder: Path, limits: Limits) -> Iterator[Problem]:
    try:
        file = safe_join(folder, name)
    except InputError as error:
        yield Problem(error.code, error.message, path, error.hint)
        return
    if file.suffix.lower() not in _REFERENCE_SUFFIXES:
        yield Problem("TD1036", f"'{name[:80]}' is no reference file", path, "a reference file is .csv or .parquet")
    elif not file.is_file():
        yield Problem("TD1036", f"there is no reference file '{name[:80]}'", path, f"it is looked for in {folder}")
    elif file.stat().st_size > limits.reference_bytes:
        yield Problem("TD1036", f"'{name[:80]}' is larger than {limits.reference_bytes:,} bytes", path)


def _check_schedule(schedule: Schedule) -> Iterator[Problem]:
    try:
        check_cron(schedule.cron)
    except ValueError as error:
        hint = "write it as '0 2 * * *': every day at 02:00"
        yield Problem("TD1035", str(error), ("schedule", "cron"), hint)
    try:
        ZoneInfo(schedule.timezone)
    # ZoneInfo looks the name up as a path: each of these is what some hostile name gets.
    except (ValueError, OSError, LookupError):
        near = closest(schedule.timezone, sorted(available_timezones()))
        hint = near if near.startswith("did you mean") else "write a name such as Europe/Berlin"
        message = f"there is no time zone '{schedule.timezone}'"
        yield Problem("TD1035", message, ("schedule", "timezone"), hint)

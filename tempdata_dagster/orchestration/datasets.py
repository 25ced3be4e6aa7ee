"""The dataset files of a code location: found, read and planned one by one, so that a broken one stops no other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tempdata_dagster.core.errors import InputError, Problem, SpecError, TempDataError, Where
from tempdata_dagster.core.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan

_HEAD = "dataset.yaml"


@dataclass(frozen=True)
class DatasetFile:
    """A dataset file as it was read once.

    Attributes:
        digest: The hash of its bytes, and of the size and time of its reference files.
        plan: None when it is broken.
        problems: What is wrong with it; empty when it is not broken.
        references: The reference files that it names.
        refused: It is broken only in Dagster's eyes; reading it again would not tell.
        label: The name of the asset that stands for it while it is broken.
    """

    path: Path
    digest: str
    plan: Plan | None
    problems: tuple[Problem, ...] = ()
    references: tuple[Path, ...] = ()
    refused: bool = False
    label: str = ""

    @property
    def stem(self) -> str:
        """The file's name without its suffix; unique names of datasets are what it usually is."""
        return self.path.stem

    def refuse(self, code: str, message: str, hint: str = "", *, lasting: bool = True) -> DatasetFile:
        """This file as a broken one.

        Args:
            code: The problem's code.
            message: What is wrong.
            hint: What to do about it.
            lasting: The reason lies in the file itself, and stays until the file changes.
        """
        problem = Problem(code, message, hint=hint, where=Where(str(self.path), 1, 1))
        return replace(self, plan=None, problems=(problem,), refused=lasting)

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of each table, by `dataset/table`."""
        if self.plan is None:
            return {}
        dataset = self.plan.dataset
        return {f"{dataset.dataset}/{table}": self.plan.fingerprint(table) for table in dataset.tables}

    def signature(self) -> str:
        """Changes with any setting, also those that change no data, such as a description or the schedule."""
        plan = self.plan
        shown = "" if plan is None else repr((plan.dataset, sorted(self.fingerprints().items())))
        return hashlib.sha256(shown.encode()).hexdigest()


@dataclass(frozen=True)
class DatasetSource:
    """Where a code location's datasets come from; reads them when it is loaded, and the sensor reads them again.

    Attributes:
        paths: Dataset files, dataset folders, or folders of datasets.
        seed: In place of every dataset's own.
    """

    paths: tuple[Path, ...]
    limits: Limits = DEFAULT_LIMITS
    seed: int | None = None

    def find(self) -> tuple[Path, ...]:
        """The dataset files and folders that are there now.

        Raises:
            InputError: TD1010 when a folder cannot be read.
        """
        return tuple(dict.fromkeys(found for path in self.paths for found in _find(path)))

    def read(self, known: Mapping[Path, DatasetFile] | None = None) -> tuple[DatasetFile, ...]:
        """Every dataset, broken or not; files that are byte for byte as in `known` are not planned again."""
        files = []
        for path in self.find():
            before = (known or {}).get(path)
            files.append(before if before and _is_unchanged(before) else self.read_one(path))
        return _refuse_twins(files)

    def read_one(self, path: Path) -> DatasetFile:
        """One dataset; whatever is wrong with it is in its problems."""
        from tempdata_dagster.engine.plan import compile_plan
        from tempdata_dagster.generators import KINDS
        from tempdata_dagster.routing import check_publications
        from tempdata_dagster.spec.load import load_dataset
        from tempdata_dagster.spec.override import override

        # Before reading: an edit made while the file is read must look like one that is still to come.
        digest = content = digest_files(path)
        try:
            loaded = override(load_dataset(path, KINDS, self.limits), self.seed)
            references = loaded.reference_files()
            digest = digest_references(content, references)
            # Of the places only their formats: which environment it will be is for the step to know.
            if problems := check_publications(loaded):
                return DatasetFile(path, digest, None, SpecError.of(problems).problems)
            return DatasetFile(path, digest, compile_plan(loaded), references=references)
        except SpecError as error:
            return DatasetFile(path, digest, None, error.problems)
        except TempDataError as error:
            return DatasetFile(path, digest, None, (_to_problem(error, path),))
        except Exception as error:  # noqa: BLE001 - a fault of ours in one dataset is shown, and must not take down the others
            problem = Problem("TD4004", f"internal error: {type(error).__name__}: {error}", where=Where(str(path)))
            return DatasetFile(path, digest, None, (problem,))


def _is_unchanged(file: DatasetFile) -> bool:
    """Whether reading the file again would tell nothing new; a broken one may be so because of another file."""
    return (file.plan is not None or file.refused) and file.digest == digest_references(
        digest_files(file.path), file.references
    )


def _find(path: Path) -> tuple[Path, ...]:
    from tempdata_dagster.spec.project import find_datasets

    if path.is_dir() and not (path / _HEAD).is_file():
        return find_datasets(path)
    return (path,) if path.exists() else ()


def digest_files(path: Path) -> str:
    """The hash of a dataset file's bytes; of all YAML files, for a folder."""
    hasher = hashlib.sha256()
    files = sorted(path.rglob("*.y*ml")) if path.is_dir() else [path]
    for file in files:
        hasher.update(f"{file}\0".encode())
        try:
            hasher.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError as error:
            # Gone or locked between listing and reading: a state of its own, and another one when that passes.
            hasher.update(f"unreadable {error.errno}".encode())
    return hasher.hexdigest()


def digest_references(content: str, references: Iterable[Path]) -> str:
    """The digest of a dataset file and of its reference files' sizes and times."""
    # Not of their bytes: there may be 500 MB of them, and the sensor looks every half minute.
    hasher = hashlib.sha256(content.encode())
    for file in references:
        status = file.stat() if file.exists() else None
        hasher.update(f"{file}\0{status and (status.st_size, status.st_mtime_ns)}\0".encode())
    return hasher.hexdigest()


def _to_problem(error: TempDataError, path: Path) -> Problem:
    return Problem(error.code, error.message, hint=error.hint, where=error.where or Where(str(path)))


def _refuse_twins(files: list[DatasetFile]) -> tuple[DatasetFile, ...]:
    """The files with every later one of the same dataset name marked as broken: their assets would have the same keys."""
    first: dict[str, Path] = {}
    checked = []
    for file in files:
        name = file.plan.dataset.dataset if file.plan else None
        if name is not None and name in first:
            checked.append(
                file.refuse(
                    "TD4005", f"dataset '{name}' is also in {first[name]}", "rename one of the two", lasting=False
                )
            )
            continue
        if name is not None:
            first[name] = file.path
        checked.append(file)
    return tuple(checked)


def to_paths(datasets: str | Path | Iterable[str | Path]) -> tuple[Path, ...]:
    """Absolute paths of one or more files and folders.

    Raises:
        InputError: TD4006 when one is not there.
    """
    given = [datasets] if isinstance(datasets, (str, Path)) else list(datasets)
    paths = tuple(Path(one).expanduser().absolute() for one in given)
    for path in paths:
        if not path.exists():
            raise InputError("TD4006", f"there is no dataset file or folder {path}")
    return paths

"""The files of a dataset, read as one document: a single file, or a folder with a file per table."""

from __future__ import annotations

from pathlib import Path

from tempdata_dagster.core.errors import Problem, Where
from tempdata_dagster.core.limits import DEFAULT_LIMITS, Limits
from tempdata_dagster.spec.yaml_tree import Tree, read_tree

HEAD = "dataset.yaml"
SUFFIXES = (".yaml", ".yml")


def read_document(path: Path, problems: list[Problem], limits: Limits = DEFAULT_LIMITS) -> Tree | None:
    """The document of a dataset file or folder; None when nothing of it can be used.

    In a folder, `dataset.yaml` holds all but the tables, and each other YAML file is the table of its stem.
    """
    if not path.is_dir():
        return read_tree(path, problems, limits)
    if not (path / HEAD).exists():
        hint = f"a dataset is a YAML file, or a folder with {HEAD} and a YAML file per table"
        problems.append(Problem("TD1010", f"the folder has no {HEAD}", hint=hint, where=Where(str(path))))
        return None
    tree = read_tree(path / HEAD, problems, limits)
    tables = find_table_files(path, problems, limits)
    if tree is None:
        # Nothing can be made of the tables now; their problems are told in the same go.
        for file in tables:
            read_tree(file, problems, limits)
        return None
    for file in tables:
        _add_table(tree, file, problems, limits)
    return tree


def find_table_files(folder: Path, problems: list[Problem], limits: Limits = DEFAULT_LIMITS) -> list[Path]:
    """The table files of a dataset's folder, by name; hidden files and editors' backups are passed over."""
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES and not file.name.startswith("."))
    except OSError as error:
        problems.append(Problem("TD1010", f"the folder cannot be read: {error.strerror}", where=Where(str(folder))))
        return []
    if len(files) > limits.folder_files:
        message = f"the folder holds more than {limits.folder_files:,} YAML files"
        problems.append(Problem("TD1011", message, where=Where(str(folder))))
        return []
    return [file for file in files if file.name != HEAD]


def _add_table(tree: Tree, file: Path, problems: list[Problem], limits: Limits) -> None:
    tables = tree.value.setdefault("tables", {})
    if tables is None:
        tables = tree.value["tables"] = {}
    table = read_tree(file, problems, limits)
    path = ("tables", file.stem)
    if not isinstance(tables, dict):
        return
    if file.stem in tables:
        first = tree.where_key(path)
        hint = f"it is also in {first}; keep one of the two"
        problems.append(Problem("TD1015", f"table '{file.stem}' is there twice", path, hint, Where(str(file), 1, 1)))
        return
    # A table that cannot be read stays by name, or every reference to it would be a problem too.
    tables[file.stem] = table.value if table is not None else None
    tree.add_part(path, str(file), table)

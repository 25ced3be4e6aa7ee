"""Write a small starter dataset with comments: NAME.yaml among the project's datasets, or else here."""

from __future__ import annotations

import argparse
from importlib import resources
from pathlib import Path

from tempdata_dagster.cli.report import Report
from tempdata_dagster.cli.surroundings import Surroundings
from tempdata_dagster.core.errors import InputError, TerminalError

PLACEHOLDER = "starter"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """NAME."""
    parser.add_argument("name", metavar="NAME", help="of the dataset: letters, digits and _, a letter first")


def run(options: argparse.Namespace) -> Report:
    """Writes the file.

    Raises:
        InputError: TD6004 when the name is none or the file exists.
        TerminalError: TD6013 when it cannot be written.
    """
    path = choose_path(options.name)
    text = read_starter(options.name)
    try:
        # Asking first whether it exists would leave a moment in which somebody else writes it.
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError("TD6004", f"{path} exists and is left as it is", "choose another name") from None
    except OSError as error:
        raise TerminalError("TD6013", f"{path} cannot be written: {error.strerror}", "check the folder") from None
    commands = [f"tempdata preview {path} orders", f"tempdata generate {path} --scale 0.1"]
    return Report([f"{path} is written; next:", *(f"  {command}" for command in commands)], {"path": str(path)})


def choose_path(name: str) -> Path:
    """Where the dataset of that name is to be written.

    Raises:
        InputError: TD6004 when it is no name of a dataset.
    """
    from tempdata_dagster.core.names import check_segment
    from tempdata_dagster.spec.values import check_identifier

    try:
        check_identifier(name)
    except ValueError as error:
        raise InputError("TD6004", str(error), "write only the name, such as shop") from None
    check_segment(name)
    project = Surroundings.here().project
    return Path(f"{name}.yaml") if project is None else project.root / project.project.datasets / f"{name}.yaml"


def read_starter(name: str) -> str:
    """The text of the starter dataset under another name."""
    text = (resources.files("tempdata_dagster.cli") / "starter.yaml").read_text(encoding="utf-8")
    return text.replace(f"dataset: {PLACEHOLDER}\n", f"dataset: {name}\n", 1)

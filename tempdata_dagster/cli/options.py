"""The options that several commands share, and how their values are read."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import timedelta

SPEC_HELP = "a dataset file or folder, or the name of a dataset of the project or the catalog"
LAKE_HELP = (
    "a target of the project by its name, a folder, or the URL of a storage or a database; by default the project's default "
    "target, else ./lake"
)
OVERWRITE_HELP = "replace what tempdata did not write where a partition is published first, instead of refusing"


@dataclass(frozen=True)
class KeyRange:
    """Partition keys from `first` to `last`, both included; None is an open end."""

    first: str | None = None
    last: str | None = None


def add_spec(parser: argparse.ArgumentParser) -> None:
    """SPEC, --seed and --scale."""
    parser.add_argument("spec", metavar="SPEC", help=SPEC_HELP)
    parser.add_argument("--seed", type=int, metavar="N", help="in place of the dataset's seed")
    parser.add_argument("--scale", type=float, default=1.0, metavar="F", help="multiply the rows of all root tables")


def parse_range(text: str) -> KeyRange:
    """The range of `FIRST..LAST`, `FIRST..`, `..LAST` or a single key.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    first, dots, last = (part.strip() for part in text.partition(".."))
    if (not first and not last) or ".." in last:
        raise argparse.ArgumentTypeError(f"'{text[:80]}' is no range: write 2025-01-01..2025-01-14, or a single key")
    return KeyRange(first or None, last or None) if dots else KeyRange(first, first)


def parse_names(text: str) -> tuple[str, ...]:
    """The names of `a,b`.

    Raises:
        argparse.ArgumentTypeError: There is none.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise argparse.ArgumentTypeError("it names no table: write a,b")
    return names


def parse_count(text: str) -> int:
    """A whole number of at least 1.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    # `int` would take `1_0`, spaces and digits of every script, and fails otherwise on 5,000 of them.
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is not a whole number between 1 and 999999999")
    return int(text)


def parse_grace(text: str) -> timedelta:
    """A duration such as `1d` or `12h`.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    from tempdata_dagster.spec.values import parse_duration

    try:
        return timedelta(microseconds=parse_duration(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None

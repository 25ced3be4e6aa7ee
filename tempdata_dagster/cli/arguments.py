"""The command line's grammar: which commands there are, and how their options are read.

Only the module of the command that is asked for is imported, so that `tempdata --help` is there at once.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import closest

COMMANDS = {
    "validate": "check dataset files and report every problem of all of them",
    "plan": "show tables, partitions, expected rows, keys and checks; nothing is generated",
    "preview": "print some rows of a table; nothing is written",
    "generate": "generate, audit and publish a dataset, or a part of it",
    "verify": "read a lake again and compare every file with its manifest",
    "gc": "remove what no manifest names: leftovers of killed runs",
    "copy": "copy what is published from one place to another",
    "purge": "remove a dataset from everything that it was published to",
    "schema": "print the JSON Schema of dataset files, for editors",
    "catalog": "list the built-in datasets and those of the project",
    "init": "write a small starter dataset",
}
EXIT_CODES = "exit codes: 0 done, 1 the data or a check failed, 2 the input is wrong, 3 the outside world failed"
_JSON = "print one JSON document instead of text"


class Parser(argparse.ArgumentParser):
    """An argument parser that raises what it finds wrong, like everything else here."""

    def error(self, message: str) -> NoReturn:
        """Raises TD6001."""
        raise InputError("TD6001", message, f"see '{self.prog} --help'")


def parse_command(words: Sequence[str]) -> tuple[ModuleType, argparse.Namespace] | None:
    """The module of the command that `words` ask for, and its options; None when they ask for help or the version.

    Raises:
        InputError: TD6001 for a command or an option that there is none of, or a value that is none.
    """
    name = words[0] if words else "--help"
    if name in ("-h", "--help", "help") and len(words) <= 1:
        print(describe_commands())
        return None
    if name == "--version":
        from tempdata_dagster import __version__

        print(f"tempdata {__version__}")
        return None
    if name not in COMMANDS:
        raise InputError("TD6001", *_explain_unknown(name))
    module = importlib.import_module(f"tempdata_dagster.cli.commands.{name}")
    parser = build_parser(name, module)
    try:
        # argparse would refuse unknown options itself, without naming the nearest one.
        options, rest = parser.parse_known_args(words[1:])
    except SystemExit:  # argparse printed the command's help
        return None
    if rest:
        _refuse(parser, rest[0])
    return module, options


def build_parser(name: str, module: ModuleType) -> Parser:
    """The parser of one command."""
    # An abbreviation that is clear today may mean two options tomorrow.
    parser = Parser(
        prog=f"tempdata {name}", description=inspect.getdoc(module), epilog=EXIT_CODES, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    module.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help=_JSON)
    return parser


def describe_commands() -> str:
    """What `tempdata --help` prints."""
    listed = "\n".join(f"  {name:<9} {text}" for name, text in COMMANDS.items())
    usage = "usage: tempdata COMMAND [options]       (tempdata COMMAND --help tells a command's options)"
    return f"{usage}\n\nSynthetic tables from one YAML file: typed, keyed, partitioned, audited.\n\n{listed}\n\n{EXIT_CODES}"


def _explain_unknown(name: str) -> tuple[str, str]:
    if name.startswith("-"):
        return f"'{name}' stands before the command", "write tempdata COMMAND, then its options"
    return f"unknown command '{name}'", closest(name, list(COMMANDS))


def _refuse(parser: Parser, word: str) -> NoReturn:
    if not word.startswith("-"):
        raise InputError("TD6001", f"'{word}' is one argument too many", parser.format_usage().strip())
    option_name = word.partition("=")[0]
    known = [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001 - argparse has no public way to list them
    raise InputError("TD6001", f"unknown option '{option_name}'", closest(option_name, known))

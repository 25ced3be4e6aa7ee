"""The examples in the guide to the life of a lake do what it says."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "guide" / "lakes.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read_examples(text: str) -> list[tuple[str, str]]:
    """Each command, and what is to be printed."""
    commands = re.split(r"^\$ ", "".join(BLOCK.findall(text)), flags=re.MULTILINE)[1:]
    return [tuple(command.split("\n", 1)) for command in commands]


def matches(wanted: str, printed: str) -> bool:
    return doctest.OutputChecker().check_output(wanted, printed, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)


@pytest.mark.slow
def test_every_example_prints_what_the_page_says(tempdata, folder):
    examples = read_examples(PAGE.read_text(encoding="utf-8"))
    assert len(examples) > 15
    for command, wanted in examples:
        if command.startswith("tempdata "):
            ended = tempdata(*shlex.split(command)[1:])
            printed = ended.err + ended.out
        else:
            done = subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True, text=True)
            printed = done.stdout
        assert matches(wanted, printed), f"$ {command}\n{printed}"


def test_an_example_that_prints_something_else_is_found():
    assert matches("a ...\nend\n", "a b\nc\nend\n")
    assert not matches("a ...\nend\n", "a b\nc\nEnd\n")

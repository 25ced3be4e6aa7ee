"""The project's own source, parsed once, for the tests of the house rules."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root, its text, its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """The dotted name, without `__init__`."""
        parts = Path(self.path).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_sources(folder: str) -> tuple[Source, ...]:
    files = sorted((ROOT / folder).rglob("*.py"))
    texts = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}
    return tuple(Source(path, text, ast.parse(text, path)) for path, text in texts.items())


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def package() -> tuple[Source, ...]:
    """Every file of `tempdata_dagster`."""
    return read_sources("tempdata_dagster")


@pytest.fixture(scope="session")
def programs() -> tuple[Source, ...]:
    """Every file of `tempdata_dagster`, `definitions` and `benchmarks`."""
    return tuple(
        source for folder in ("tempdata_dagster", "definitions", "benchmarks") for source in read_sources(folder)
    )


@pytest.fixture(scope="session")
def test_sources() -> tuple[Source, ...]:
    """Every file of `tests`."""
    return read_sources("tests")

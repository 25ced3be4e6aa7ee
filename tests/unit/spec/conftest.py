"""A small registry of kinds, and ways to load a text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from tempdata_dagster.core.errors import Problem, SpecError
from tempdata_dagster.core.registry import Registry
from tempdata_dagster.spec.load import LoadedDataset, load_dataset
from tempdata_dagster.spec.models import ColumnSettings
from tempdata_dagster.spec.values import Duration, Settings


class Skew(Settings):
    """How uneven a choice is.

    Attributes:
        zipf: The exponent.
    """

    zipf: float = 1.0


class KeyColumn(ColumnSettings):
    """The row's own number.

    Attributes:
        prefix: Text before the number.
    """

    prefix: str = ""


class IntegerColumn(ColumnSettings):
    min: int = 0
    max: int = 100
    distribution: Literal["uniform", "geometric"] = "uniform"
    skew: Skew | None = None
    ranges: tuple[Skew, ...] = Field(default=(), strict=False)
    after: Duration | None = None


class ChoiceColumn(ColumnSettings):
    values: dict[str, float] | list[str]


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Registry[ColumnSettings]:
    registry: Registry[ColumnSettings] = Registry("kind", "tempdata_dagster.catalog")
    registry.register("key")(KeyColumn)
    registry.register("integer")(IntegerColumn)
    registry.register("choice")(ChoiceColumn)
    return registry


@pytest.fixture
def load(tmp_path: Path, kinds: Registry[ColumnSettings]) -> Callable[[str], LoadedDataset]:
    """Loads a text as `d.yaml`."""

    def load_text(text: str) -> LoadedDataset:
        file = tmp_path / "d.yaml"
        file.write_text(text, encoding="utf-8")
        return load_dataset(file, kinds)

    return load_text


@pytest.fixture
def complain(load: Callable[[str], LoadedDataset]) -> Callable[[str], tuple[Problem, ...]]:
    """The problems of a text that must have some."""

    def find(text: str) -> tuple[Problem, ...]:
        with pytest.raises(SpecError) as caught:
            load(text)
        assert caught.value.problems
        assert all(one.where and one.where.file.endswith("d.yaml") for one in caught.value.problems)
        return caught.value.problems

    return find


@pytest.fixture
def one_problem(complain: Callable[[str], tuple[Problem, ...]]) -> Callable[[str], tuple[str, int, int, str, str]]:
    """Code, line, column, message and hint of a text's only problem."""

    def find(text: str) -> tuple[str, int, int, str, str]:
        problems = complain(text)
        assert len(problems) == 1, "\n".join(map(str, problems))
        (one,) = problems
        assert one.where
        return one.code, one.where.line, one.where.column, one.message, one.hint

    return find

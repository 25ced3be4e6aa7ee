"""The contract cases of the modifiers: each `modifiers/<modifier>.yaml` is a dataset file with it on several columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from tests.contracts.cases import Case, Column, compile_text, digest, pin, read_golden, read_text

FOLDER = Path(__file__).parent / "modifiers"


def case_path(kind: str) -> Path:
    return FOLDER / f"{kind}.yaml"


def case_text(kind: str) -> str:
    return read_text(case_path(kind))


def golden_of(kind: str) -> dict[str, str]:
    return read_golden(case_path(kind))


def write_golden(kind: str, hashes: dict[str, str]) -> None:
    pin(case_path(kind), hashes)


@dataclass(frozen=True)
class ModifierCase(Case):
    """A modifier's plan."""

    @property
    def columns(self) -> list[Column]:
        """The columns that have the modifier."""
        return [
            Column(name, column)
            for name, table in self.plan.dataset.tables.items()
            for column, settings in table.columns.items()
            if any(one.kind == self.kind for one in settings.modifiers)
        ]

    def without_modifiers(self, column: Column) -> Case:
        """The case without those of one column."""
        document = yaml.safe_load(case_text(self.kind))
        del document["tables"][column.table]["columns"][column.name]["modifiers"]
        return Case(self.kind, compile_text(yaml.safe_dump(document, sort_keys=False)))


@lru_cache(maxsize=64)
def load_case(kind: str) -> ModifierCase:
    return ModifierCase(kind, compile_text(case_text(kind)))


def hash_case(kind: str) -> dict[str, str]:
    """The hashes of all columns with a modifier, by `table.column`."""
    case = load_case(kind)
    return {str(column): digest(case.cells(column)) for column in case.columns}

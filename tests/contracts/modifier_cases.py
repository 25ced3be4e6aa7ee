"""The contract cases of the modifiers: each `modifiers/<modifier>.yaml` is a dataset file with it on several columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from tests.contracts.cases import Case, Column, compile_text, digest

FOLDER = Path(__file__).parent / "modifiers"
_GOLDEN = "\ngolden:\n"


def case_path(kind: str) -> Path:
    return FOLDER / f"{kind}.yaml"


def case_text(kind: str) -> str:
    """The dataset part of a case."""
    return case_path(kind).read_text(encoding="utf-8").split(_GOLDEN)[0] + "\n"


def golden_of(kind: str) -> dict[str, str]:
    """The pinned hashes, by `table.column`."""
    golden: dict[str, str] = yaml.safe_load(case_path(kind).read_text(encoding="utf-8")).get("golden", {})
    return golden


def write_golden(kind: str, hashes: dict[str, str]) -> None:
    lines = "".join(f"  {name}: {digest}\n" for name, digest in hashes.items())
    case_path(kind).write_text(case_text(kind).rstrip("\n") + "\n" + _GOLDEN + lines, encoding="utf-8")


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

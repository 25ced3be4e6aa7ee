"""Every ceiling in one place, each with its reason. `configs/project.yaml` may override them by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import closest


def _ceiling(default: int, reason: str) -> int:
    value: int = field(default=default, metadata={"reason": reason})
    return value


@dataclass(frozen=True)
class Limits:
    """The ceilings of one project: whole numbers, in the unit that the reason names."""

    spec_bytes: int = _ceiling(5_000_000, "bytes of one YAML file; a hand-written dataset has some 100 kB at most")
    spec_depth: int = _ceiling(40, "levels of nesting in a YAML file; a dataset needs eight")
    spec_nodes: int = _ceiling(100_000, "keys and values in a YAML file, read at about that many a second")
    spec_digits: int = _ceiling(40, "digits of a number in YAML; 128-bit decimals have 38")
    spec_problems: int = _ceiling(200, "problems reported at once; nobody reads more")
    folder_files: int = _ceiling(2_000, "YAML files of one dataset's folder")
    table_columns: int = _ceiling(5_000, "columns of one table; Parquet footers grow slow beyond it")
    reference_bytes: int = _ceiling(500_000_000, "bytes of a reference file, which is held in memory")
    gx_rows: int = _ceiling(100_000, "rows that Great Expectations sees; it takes a sample of more")
    audit_memory_mb: int = _ceiling(
        1024, "megabytes for the native checks of a partition; beyond it they spill to disk"
    )

    def with_overrides(self, overrides: Mapping[str, int]) -> Limits:
        """These limits with some replaced.

        Raises:
            InputError: TD1020 for a name that is no limit; TD1023 for a limit below 1.
        """
        known = [one.name for one in fields(self)]
        for name, value in overrides.items():
            if name not in known:
                raise InputError("TD1020", f"unknown limit '{name}'", closest(name, known))
            if value < 1:
                raise InputError("TD1023", f"limit '{name}' is at least 1")
        return replace(self, **overrides)

    @classmethod
    def reasons(cls) -> dict[str, str]:
        """Why each ceiling is there, by name."""
        return {one.name: one.metadata["reason"] for one in fields(cls)}


DEFAULT_LIMITS = Limits()

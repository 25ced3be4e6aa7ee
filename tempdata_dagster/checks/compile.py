"""From a table's contract to the checks that its asset declares: pure, and fast enough for every load."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tempdata_dagster.checks.family import CHECKS
from tempdata_dagster.checks.model import CheckSpec
from tempdata_dagster.spec.contract import TableContract

SUITE = "great_expectations"
EXPECTATION = "expectation"


def compile_checks(contract: TableContract, *, suite: bool = True) -> tuple[CheckSpec, ...]:
    """The checks of a table, in the order in which they are shown; equal contracts give equal checks.

    Args:
        contract: What the table promises.
        suite: Include the Great Expectations suite that is compiled from the contract. Expectations that the dataset
            file adds are included either way.
    """
    families = sorted((CHECKS.get(name) for name in CHECKS), key=lambda family: family.order)
    specs = [spec for family in families for spec in family.specs(contract)]
    specs += ([_suite()] if suite else []) + _expectations(contract)
    return _with_distinct_names(specs)


def _suite() -> CheckSpec:
    # It repeats what the native checks decide exactly and on all rows, so it may doubt but not block.
    description = "The suite compiled from the dataset file, run by Great Expectations"
    return CheckSpec(SUITE, description, family=SUITE, blocking=False, engine="great_expectations")


def _expectations(contract: TableContract) -> list[CheckSpec]:
    return [
        CheckSpec(
            f"expectation_{number}_{expectation.type.removeprefix('expect_')}",
            f"{expectation.type} {expectation.kwargs}"[:500],
            family=EXPECTATION,
            blocking=expectation.severity == "error",
            severity=expectation.severity,
            engine="great_expectations",
            columns=columns_of(expectation.kwargs),
            index=number - 1,
        )
        for number, expectation in enumerate(contract.expectations, 1)
    ]


def columns_of(kwargs: dict[str, Any]) -> tuple[str, ...]:
    """The columns that an expectation's arguments name."""
    names = [kwargs.get(word) for word in ("column", "column_A", "column_B")]
    listed = kwargs.get("column_list")
    names += listed if isinstance(listed, (list, tuple)) else []
    return tuple(name for name in names if isinstance(name, str))


def _with_distinct_names(specs: list[CheckSpec]) -> tuple[CheckSpec, ...]:
    taken: set[str] = set()
    distinct = []
    for spec in specs:
        # Dagster takes these letters only, and rules are named by people.
        name = plain = re.sub(r"[^A-Za-z0-9_]+", "_", spec.name)[:100]
        number = 1
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name)
        distinct.append(replace(spec, name=name))
    return tuple(distinct)

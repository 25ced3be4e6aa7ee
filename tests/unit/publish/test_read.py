from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tempdata_dagster.core.errors import TerminalError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.read import ATTEMPTS, read_table


@dataclass(frozen=True)
class RestlessTarget(Target):
    """Rows that another run replaces after each of the first times that somebody asks what is published."""

    replacements: list[Any] = field(default_factory=list)

    def published(self, dataset, table):
        found = super().published(dataset, table)
        if self.replacements:
            self.replacements.pop(0)()
        return found


def replace(lake, seed):
    """Several files: they bear their content in their names, so that those of another version are gone."""
    return lambda: lake.publish([lake.rows(3, seed=seed)], [lake.rows(2, seed=seed + 3)])


@pytest.mark.parametrize("times", [1, 2, ATTEMPTS - 1])
def test_rows_that_are_replaced_while_they_are_read_are_read_again(lake, times) -> None:
    replace(lake, 0)()
    target = RestlessTarget(lake.target.url, {}, [replace(lake, 100 * number) for number in range(1, times + 1)])
    rows = read_table(target, "retail", "orders")
    assert sorted(rows["order_id"].to_pylist()) == [100 * times + number for number in range(5)]


def test_files_that_are_lost_are_an_error(lake) -> None:
    replace(lake, 0)()
    lake.target.store.delete(lake.target.published("retail", "orders")[lake.ref().key].keys[:1])
    with pytest.raises(TerminalError, match="TD3013"):
        read_table(lake.target, "retail", "orders")

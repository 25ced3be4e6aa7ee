from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from tempdata_dagster.cli.progress import Advance, watch_progress
from tempdata_dagster.core.progress import RowCount
from tempdata_dagster.generate import generate, list_jobs, open_plan
from tempdata_dagster.refresh import RefreshOptions


@dataclass
class Done:
    status: str
    rows: int


def test_rows_under_way_advance_the_bar_before_their_partition_is_done() -> None:
    count = RowCount()
    advance = Advance(300, count)
    count.add(40)
    assert (advance.completed, advance.rows) == (40, 40)
    count.add(55)
    advance.settle(100, Done("published", 95))
    assert (advance.completed, advance.rows) == (100, 95)
    count.add(10)
    assert (advance.completed, advance.rows) == (110, 105)


def test_more_rows_than_expected_do_not_overfill_the_bar() -> None:
    count = RowCount()
    advance = Advance(300, count)
    count.add(310)
    assert (advance.completed, advance.rows) == (300, 310)


def test_partitions_that_need_no_work_advance_the_bar() -> None:
    count = RowCount()
    advance = Advance(300, count)
    advance.settle(100, Done("fresh", 90))
    count.add(5)
    assert (advance.completed, advance.rows) == (105, 95)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_row_is_counted_whichever_process_makes_it(shop, folder, workers) -> None:
    count = RowCount()
    results = generate(
        shop, folder / "lake", first="2025-01-01", last="2025-01-03", workers=workers, count=count,
        options=RefreshOptions(suite=False, part_rows=20),
    )  # fmt: skip
    assert count.total == sum(result.rows for result in results) > 100


def test_a_partition_that_was_not_over_when_the_jobs_were_listed_is_no_fault(shop, folder, monkeypatch) -> None:
    plan, options = open_plan(shop), RefreshOptions(suite=False)
    results = []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with watch_progress(plan, list_jobs(plan, None, "2025-01-01", "2025-01-01"), results, quiet=False) as watch:
        generate(plan, folder / "lake", first="2025-01-01", last="2025-01-02", options=options, progress=watch.report)
    assert {result.partition for result in results} == {None, "2025-01-01", "2025-01-02"}

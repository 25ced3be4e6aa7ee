"""A progress bar on a terminal, and nothing at all elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from tempdata_dagster.engine.plan import Plan
    from tempdata_dagster.generate import Job
    from tempdata_dagster.refresh import RefreshResult

Report = Callable[["RefreshResult", int, int], None]


@contextmanager
def watch_progress(
    plan: Plan, jobs: dict[str, list[Job]], results: list[RefreshResult], *, quiet: bool
) -> Iterator[Report]:
    """What `generate` calls after each partition: it fills `results`, and moves the bar if there is a terminal.

    The bar counts expected rows: partitions differ too much in size to tell how long the rest takes.
    """
    if quiet or not sys.stderr.isatty():

        def note(result: RefreshResult, done: int, total: int) -> None:
            del done, total
            results.append(result)

        yield note
        return
    expected = {
        (job.table, job.key): sum(part.rows for part in plan.parts(job.table, job.key))
        for table_jobs in jobs.values()
        for job in table_jobs
    }
    with _open_bar() as bar:
        task = bar.add_task(next(iter(jobs)), total=sum(expected.values()) or 1, part="", rows=0)
        made = 0

        def move(result: RefreshResult, done: int, total: int) -> None:
            nonlocal made
            results.append(result)
            made += result.rows
            rows = expected[result.table, result.partition]
            bar.update(task, description=result.table, advance=rows, part=f"{done}/{total}", rows=made)

        yield move


def _open_bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Speed(ProgressColumn):
        """Rows per second since the start."""

        def render(self, task: Task) -> Text:
            rate = task.fields["rows"] / task.elapsed if task.elapsed else 0
            return Text(f"{rate:,.0f} rows/s")

    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[part]}"), TextColumn("{task.fields[rows]:,} rows"), Speed(),
        TextColumn("ETA"), TimeRemainingColumn(), console=Console(stderr=True), transient=True,
    )  # fmt: skip

"""A progress bar on a terminal, and nothing at all elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

    from tempdata_dagster.core.progress import RowCount
    from tempdata_dagster.engine.plan import Plan
    from tempdata_dagster.generate import Job
    from tempdata_dagster.refresh import RefreshResult


@dataclass(frozen=True)
class Watch:
    """What `generate` tells of its progress.

    Attributes:
        report: Called after each partition.
        count: Told of rows while they are made; None where nobody looks.
    """

    report: Callable[[RefreshResult, int, int], None]
    count: RowCount | None = None


@contextmanager
def watch_progress(
    plan: Plan, jobs: dict[str, list[Job]], results: list[RefreshResult], *, quiet: bool
) -> Iterator[Watch]:
    """What `generate` reports to: it fills `results`, and moves the bar if there is a terminal.

    The bar counts expected rows: partitions differ too much in size to tell how long the rest takes.
    """
    if quiet or not sys.stderr.isatty():

        def note(result: RefreshResult, done: int, total: int) -> None:
            del done, total
            results.append(result)

        yield Watch(note)
        return
    from tempdata_dagster.core.progress import RowCount

    expected = {
        (job.table, job.key): round(sum(part.rows for part in plan.parts(job.table, job.key)))
        for table_jobs in jobs.values()
        for job in table_jobs
    }
    count = RowCount()
    advance = Advance(sum(expected.values()) or 1, count)
    with _open_bar(advance) as bar:
        task = bar.add_task(next(iter(jobs)), total=advance.expected, part=f"0/{len(expected)}", rows=0)

        def move(result: RefreshResult, done: int, total: int) -> None:
            results.append(result)
            # A period that has ended since the jobs were listed is made too, and not among them.
            advance.settle(expected.get((result.table, result.partition), 0), result)
            bar.update(task, description=result.table, completed=advance.completed, part=f"{done}/{total}")

        yield Watch(move, count)


Done = TypeVar("Done")


@contextmanager
def watch_partitions(results: list[Done], *, quiet: bool) -> Iterator[Callable[[Done, int, int], None]]:
    """What a command that goes through published partitions reports to: it fills `results`, and moves a bar on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda result, _done, _total: results.append(result)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), "partitions, ETA", TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def move(result: Done, done: int, total: int) -> None:
            results.append(result)
            bar.update(task, completed=done, total=total)

        yield move


class Advance:
    """How far a run has come: the expected rows of the partitions that are done, and the rows made of the others.

    Attributes:
        expected: Rows in all.
    """

    def __init__(self, expected: int, count: RowCount) -> None:
        self.expected = expected
        self._count = count
        self._settled = self._counted = self._fresh = 0

    def settle(self, expected: int, result: RefreshResult) -> None:
        """A partition is done; a fresh one without a row being made."""
        self._settled += expected
        if result.status == "fresh":
            self._fresh += result.rows
        else:
            self._counted += result.rows

    @property
    def completed(self) -> int:
        """Of the expected rows."""
        under_way = max(self._count.total - self._counted, 0)
        return min(self._settled + under_way, self.expected)

    @property
    def rows(self) -> int:
        """Made or found there."""
        # The count may miss rows, as two workers may share its place; those of partitions that are done are known.
        return max(self._count.total, self._counted) + self._fresh


def _open_bar(advance: Advance) -> Progress:
    from rich.console import Console, RenderableType
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Speed(ProgressColumn):
        """Rows per second since the start."""

        def render(self, task: Task) -> Text:
            rate = task.fields["rows"] / task.elapsed if task.elapsed else 0
            return Text(f"{rate:,.0f} rows/s")

    class Bar(Progress):
        """Asks how far the run has come whenever it is drawn, which is ten times a second."""

        def get_renderables(self) -> Iterator[RenderableType]:
            for task in self.task_ids:
                self.update(task, completed=advance.completed, rows=advance.rows)
            yield from super().get_renderables()

    return Bar(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[part]}"), TextColumn("{task.fields[rows]:,} rows"), Speed(),
        TextColumn("ETA"), TimeRemainingColumn(), console=Console(stderr=True), transient=True,
    )  # fmt: skip

"""What a run of `generate` came to: a line per table, and every check that did not pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from tempdata_dagster.checks.model import CheckResult, Outcome
from tempdata_dagster.cli.report import Report, escape, list_problems
from tempdata_dagster.cli.text import format_bytes, format_table
from tempdata_dagster.core.errors import Problem, TempDataError
from tempdata_dagster.engine.plan import Plan
from tempdata_dagster.publish.route import Routes
from tempdata_dagster.refresh import RefreshResult, Status

_HEADER = ("table", "partitions", "rows", "size", "files", "passed", "failed", "warnings", "seconds", "rows/s")
_STATUSES: tuple[Status, ...] = ("published", "unchanged", "fresh", "rejected")


def is_failure(check: CheckResult) -> bool:
    """Whether a check counts as failed, and not as passed or as a warning."""
    return check.severity == "error" and check.outcome in (Outcome.FAILED, Outcome.ERRORED)


@dataclass
class Line:
    """The partitions of one table, or of all, added up.

    Attributes:
        rows: Those that readers see now; a rejected partition has none of its own there.
        generated: Those that were made, whatever became of them.
    """

    table: str
    partitions: int = 0
    rows: int = 0
    generated: int = 0
    bytes: int = 0
    files: int = 0
    passed: int = 0
    failed: int = 0
    warnings: int = 0
    seconds: float = 0.0

    def add(self, result: RefreshResult) -> None:
        """Takes in one partition."""
        self.partitions += 1
        self.rows += 0 if result.status == "rejected" else result.rows
        self.generated += 0 if result.status == "fresh" else result.rows
        self.bytes += result.bytes
        self.files += result.files
        self.passed += sum(check.passed for check in result.checks)
        self.failed += sum(map(is_failure, result.checks))
        self.warnings += sum(not check.passed and not is_failure(check) for check in result.checks)
        self.seconds += result.seconds

    @property
    def rate(self) -> float:
        """Generated rows per second."""
        return self.generated / self.seconds if self.seconds else 0.0

    def cells(self) -> tuple[str, ...]:
        """The line as text."""
        counts = (self.files, self.passed, self.failed, self.warnings)
        return (
            self.table, f"{self.partitions:,}", f"{self.rows:,}", format_bytes(self.bytes), *(f"{n:,}" for n in counts),
            f"{self.seconds:.2f}", f"{self.rate:,.0f}",
        )  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """What a run came to.

    Attributes:
        results: One per partition that was finished.
        seconds: From beginning to end; the tables' own seconds add up to more when workers share them.
        planned: How many partitions were to be made.
    """

    plan: Plan
    routes: Routes
    results: list[RefreshResult]
    seconds: float
    planned: int

    def report(self, error: TempDataError | None = None) -> Report:
        """The report of the run, which `error` ended early if it is given."""
        problems = tuple(self._list_failures()) + (list_problems(error) if error else ())
        failed = any(is_failure(check) for result in self.results for check in result.checks)
        code = error.exit_code if error else int(failed)
        return Report(list(self._format()), self._document(), problems, code)

    def _lines(self) -> list[Line]:
        # Workers finish in any order; lines come in the plan's.
        lines: dict[str, Line] = {}
        for result in self.results:
            lines.setdefault(result.table, Line(result.table)).add(result)
        return [lines[table] for table in self.plan.tables if table in lines]

    def _total(self) -> Line:
        total = Line("all")
        for result in self.results:
            total.add(result)
        total.seconds = self.seconds
        return total

    def _format(self) -> Iterator[str]:
        lines = self._lines()
        if lines:
            rows = [line.cells() for line in (*lines, self._total())]
            yield from format_table(_HEADER, rows, right=range(1, len(_HEADER)))
        for name, (check, tables) in self._group(lambda check: not check.passed and not is_failure(check)).items():
            yield escape(f"warning: {_name_partitions(tables)}: check '{name[1]}' {_say(check)}")
        for uri in (uri for result in self.results for one in result.delivered for uri in one.removed):
            yield escape(f"removed, as tempdata did not write it: {uri}")
        counts = Counter(result.status for result in self.results)
        said = ", ".join(f"{counts[status]:,} {status}" for status in _STATUSES if counts[status]) or "nothing made"
        missing = self.planned - len(self.results)
        left = f", {missing:,} not reached" if missing else ""
        home, *others = [one.place.url for one in self.routes.places()]
        more = f"; also: {', '.join(others)}" if others else ""
        yield escape(f"{self.plan.dataset.dataset}: {said}{left}; lake: {home}{more}")

    def _list_failures(self) -> Iterator[Problem]:
        for (table, name), (check, tables) in self._group(is_failure).items():
            held = "; readers keep the version before" if check.blocks else ""
            message = f"{_name_partitions(tables)}: check '{name}' {_say(check)}{held}"
            hint = "correct the dataset file, then generate again"
            yield Problem("TD5010", message, hint=hint, where=self.plan.loaded.where(("tables", table)))

    def _group(self, wanted: Any) -> dict[tuple[str, str], tuple[CheckResult, list[RefreshResult]]]:
        """The wanted check results by table and check: the first one, and the partitions of all."""
        found: dict[tuple[str, str], tuple[CheckResult, list[RefreshResult]]] = {}
        for result in self.results:
            for check in filter(wanted, result.checks):
                found.setdefault((result.table, check.name), (check, []))[1].append(result)
        return found

    def _document(self) -> dict[str, Any]:
        lines, total = self._lines(), self._total()
        return {
            "dataset": self.plan.dataset.dataset,
            "lake": self.routes.default.home.url,
            "destinations": [{"name": one.name, "url": one.place.url} for one in self.routes.places()],
            "planned": self.planned,
            "tables": [asdict(line) | {"rows_per_second": line.rate} for line in lines],
            "total": asdict(total) | {"rows_per_second": total.rate},
            "partitions": [_describe(result) for result in self.results],
        }


def _say(check: CheckResult) -> str:
    return f"{check.outcome.replace('_', ' ')}: {check.message}"


def _name_partitions(results: list[RefreshResult]) -> str:
    first = f"{results[0].table} {results[0].partition}" if results[0].partition else results[0].table
    return first if len(results) == 1 else f"{first} and {len(results) - 1:,} more partitions"


def _describe(result: RefreshResult) -> dict[str, Any]:
    """A result as plain JSON, with the checks that did not pass."""
    facts = asdict(replace(result, delivered=()))
    facts["delivered"] = [
        {"name": one.name, "format": one.format, "uri": one.uri, "status": one.status} for one in result.delivered
    ]
    facts["checks"] = [asdict(check) for check in result.checks if not check.passed]
    return facts

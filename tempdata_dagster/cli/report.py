"""What a command came to: lines for people, a document for programs, errors one per line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from tempdata_dagster.core.errors import Problem, SpecError, TempDataError


@dataclass
class Report:
    """What a command came to.

    Attributes:
        lines: For people, to stdout.
        document: For programs, to stdout in place of the lines: JSON, but for what `default=str` turns into text.
        problems: To stderr, one line each.
        exit_code: 0 done, 1 the data or a check failed, 2 the input is wrong, 3 the outside world failed.
        bare: The document is printed as it is, without `exit_code` and `errors`.
    """

    lines: Iterable[str] = ()
    document: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    exit_code: int = 0
    bare: bool = False


def report_error(error: TempDataError) -> Report:
    """The report of a command that failed."""
    return Report(problems=list_problems(error), exit_code=error.exit_code)


def list_problems(error: TempDataError) -> tuple[Problem, ...]:
    """The problems that an error carries, or the error as one."""
    if isinstance(error, SpecError) and error.problems:
        return error.problems
    return (Problem(error.code, error.message, hint=error.hint, where=error.where),)


def format_problem(problem: Problem) -> str:
    """`file:line:col: TD1012 message (hint)` on one line that a terminal shows as it is.

    Messages quote what users wrote, so that control characters in them are written as escapes.
    """
    hint = problem.hint or f"docs/errors.md explains {problem.code}"
    return escape(str(Problem(problem.code, problem.message, problem.path, hint, problem.where)))


def escape(text: str) -> str:
    r"""The text with what no terminal should be sent written as `\x1b`, `\n`, `\u2028`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def show(report: Report, *, as_json: bool) -> None:
    """Writes a report: errors to stderr, the result to stdout, and flushes both."""
    for problem in report.problems:
        sys.stderr.write(format_problem(problem) + "\n")
    # Before the result is written: in a log that takes both, errors then stand above it.
    sys.stderr.flush()
    if as_json:
        document = report.document
        if not report.bare or report.problems:
            errors = [describe_problem(problem) for problem in report.problems]
            document = {"exit_code": report.exit_code, "errors": errors, **document}
        if document:
            print(json.dumps(document, indent=2, ensure_ascii=False, default=str))
    else:
        for line in report.lines:
            print(line)
    sys.stdout.flush()


def describe_problem(problem: Problem) -> dict[str, Any]:
    """A problem as plain JSON."""
    where = asdict(problem.where) if problem.where else None
    return {
        "code": problem.code, "message": problem.message, "hint": problem.hint, "path": list(problem.path), "where": where,
    }  # fmt: skip

"""The errors of tempdata_dagster.

    TempDataError                 everything that we raise on purpose; carries a TD code, a place and a hint
    ├── InputError                the user's input is wrong (exit code 2)
    │   └── SpecError             one or more problems found in dataset files, each with its own place
    ├── DataError                 the data or a check failed (exit code 1)
    │   ├── AuditError            a blocking check failed: nothing was published
    │   └── GenerationError       a row could not be made as the spec asks
    └── OutsideError              the outside world failed (exit code 3)
        ├── TransientError        worth a retry: timeouts, throttling, a lost connection
        └── TerminalError         not worth a retry: permission, missing bucket, a full disk
            └── ConflictError     another writer won: ours was not published

Codes: TD1xxx spec, TD2xxx engine, TD3xxx publish, TD4xxx orchestration, TD5xxx checks, TD6xxx command line.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, order=True)
class Where:
    """A place in a file: 1-based line and column (0 when the place within the file is not known)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the input.

    Attributes:
        code: `TD` and four digits; stable, documented in docs/errors.md.
        message: What is wrong, in one sentence without a full stop.
        path: The path in the document, such as `("tables", "orders", "rows")`.
        hint: What to do about it.
        where: File, line and column; filled in by whoever holds the document's positions.
    """

    code: str
    message: str
    path: tuple[str | int, ...] = ()
    hint: str = ""
    where: Where | None = None

    def at(self, where: Where) -> Problem:
        """This problem, placed."""
        return replace(self, where=where)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        path = f" [{'.'.join(map(str, self.path))}]" if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.code} {self.message}{path}{hint}"


@dataclass
class TempDataError(Exception):
    """Base of every error raised on purpose.

    Attributes:
        code: `TD` and four digits.
        message: What went wrong.
        hint: What to do about it.
        where: The place in the user's files, if there is one.
    """

    code: str
    message: str
    hint: str = ""
    where: Where | None = None

    exit_code = 1

    def __str__(self) -> str:
        return str(Problem(self.code, self.message, hint=self.hint, where=self.where))

    def __reduce__(self) -> tuple[object, ...]:
        # Workers send errors pickled, and by default an exception forgets the arguments that were given by name.
        return (type(self), (self.code, self.message, self.hint, self.where))


class InputError(TempDataError):
    """The user's input is wrong: a file, an option, a name."""

    exit_code = 2


@dataclass
class SpecError(InputError):
    """All the problems of one or more dataset files, together."""

    code: str = "TD1000"
    message: str = "the dataset has problems"
    hint: str = ""
    where: Where | None = None
    problems: tuple[Problem, ...] = field(default=())

    @classmethod
    def of(cls, problems: list[Problem]) -> SpecError:
        """An error that carries these problems, in the order of their places, each with a hint."""
        advised = [p if p.hint else replace(p, hint=f"docs/errors.md explains {p.code}") for p in problems]
        ordered = sorted(advised, key=lambda p: (p.where or Where(""), p.code, p.message))
        return cls(message=f"{len(ordered)} problem(s) in the dataset", problems=tuple(ordered))

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.code, self.message, self.hint, self.where, self.problems))


class DataError(TempDataError):
    """The data or a check failed."""

    exit_code = 1


class AuditError(DataError):
    """A blocking check failed on staged data: nothing was published."""


class GenerationError(DataError):
    """A row could not be made as the spec asks, such as a reference with no live parent."""


class OutsideError(TempDataError):
    """The outside world failed: storage, network, disk."""

    exit_code = 3


class TransientError(OutsideError):
    """Worth a retry."""


class TerminalError(OutsideError):
    """Not worth a retry."""


class ConflictError(TerminalError):
    """Another writer published this partition: ours was not published."""

"""What drivers raise, mapped to our errors at the edge; never with a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tempdata_dagster.core.errors import DataError, InputError, TempDataError, TerminalError, TransientError
from tempdata_dagster.core.secrets import redact

Cause = Literal["lost", "conflict", "locked", "denied", "missing", "full", "duplicate", "orphan", "other"]
LOCKED = "TD3031"
RETRIED = "TD3068"


@dataclass(frozen=True)
class DriverError:
    """What a driver's error means.

    Attributes:
        cause: What to do about it.
        text: Its own words, one line.
    """

    cause: Cause
    text: str


def to_error(found: DriverError, action: str, place: str, secrets: tuple[str, ...] = ()) -> TempDataError:
    """Our error for what a driver raised while doing `action` ("publish to") at `place` (a URI without secrets)."""
    said = f"cannot {action} {place}"
    reason = redact(found.text, secrets)[:300]
    if found.cause == "lost":
        return TransientError("TD3010", f"{said}: the database did not answer as it should ({reason})", "run again")
    if found.cause == "conflict":
        return TransientError(RETRIED, f"{said}: another transaction was in the way ({reason})", "run again")
    if found.cause == "locked":
        return TransientError(
            LOCKED, f"{said}: another run holds it ({reason})", "run again when it is done, or raise lock_wait"
        )
    if found.cause == "denied":
        return TerminalError("TD3011", f"{said}: not allowed ({reason})", "check the user, the password and its rights")
    if found.cause == "missing":
        return TerminalError(
            "TD3013", f"{said}: not found ({reason})", "create the database first; tables are made for you"
        )
    if found.cause == "full":
        return TerminalError(
            "TD3012", f"{said}: no space is left", "free some space, then run again: nothing was changed"
        )
    if found.cause == "duplicate":
        hint = "the key is in another partition, or another dataset's rows are in this table"
        return DataError("TD3064", f"{said}: a value that must be unique is there already ({reason})", hint)
    return TerminalError("TD3014", f"{said}: {reason}")


def one_line(error: BaseException) -> str:
    """The error's class and its words, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


@contextmanager
def mapping_errors(
    understand: Callable[[BaseException], DriverError | None], action: str, place: str, secrets: tuple[str, ...] = ()
) -> Iterator[None]:
    """Map what a driver raises inside the block.

    Args:
        understand: A function of an exception to a `DriverError`; None for one that is not the driver's.
        action: What is done ("publish to").
        place: Where, without secrets.
        secrets: What must not show, whatever the driver says.

    Raises:
        OutsideError: TD3010 to TD3014, TD3031, TD3068.
        DataError: TD3064.
    """
    try:
        yield
    except TempDataError:
        raise
    except Exception as error:
        found = understand(error)
        if found is None:
            raise
        # `from None`: a driver may quote the settings that it was given.
        raise to_error(found, action, place, secrets) from None


def refuse_missing_driver(package: str, extra: str) -> InputError:
    """TD3015 for a driver that is not installed."""
    return InputError("TD3015", f"the package {package} is not installed", f"pip install 'tempdata-dagster[{extra}]'")

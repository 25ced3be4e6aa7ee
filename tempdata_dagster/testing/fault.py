"""The ways in which storage fails, and when."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import closest

FAULTS = (
    "status_500", "status_503", "timeout", "reset", "short_write", "lost_response", "error_body", "disk_full",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One failure of a storage.

    Attributes:
        kind: One of `FAULTS`.
            `status_500`, `status_503`, `timeout`, `reset`: the call fails, and nothing was done.
            `lost_response`: all was done, and the call fails.
            `short_write`: a call that writes does only half of it, and says that all is well.
            `error_body`: a call that writes does nothing, and says that all is well, as a client does that overlooks the error in
            the body of an answer with status 200. A call that reads notices it, and fails.
            `disk_full`: a call that writes fails for want of space.
        call: The first call that fails, counted from 1.
        times: How many calls fail, one after the other.

    Raises:
        InputError: TD3033 for a kind that there is not, or a number below 1.
    """

    kind: str
    call: int = 1
    times: int = 1

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise InputError("TD3033", f"there is no fault '{self.kind}'", closest(self.kind, list(FAULTS)))
        if self.call < 1 or self.times < 1:
            raise InputError(
                "TD3033", "calls are counted from 1, and at least one fails", "Fault(kind, call=1, times=1)"
            )

    def strikes(self, number: int) -> bool:
        """Whether it befalls call `number`."""
        return self.call <= number < self.call + self.times

    @property
    def is_silent(self) -> bool:
        """Whether a call that writes says that all is well."""
        return self.kind in ("short_write", "error_body")

    def to_foreign(self) -> OSError:
        """What a client library raises in such a case."""
        return {
            "status_500": OSError(errno.EREMOTEIO, "500 Internal Server Error"),
            "status_503": OSError(errno.EBUSY, "503 Slow Down"),
            "reset": ConnectionResetError(errno.ECONNRESET, "connection reset by peer"),
            "error_body": OSError(errno.EREMOTEIO, "200 OK: <Error><Code>InternalError</Code></Error>"),
            "disk_full": OSError(errno.ENOSPC, "no space left on device"),
        }.get(self.kind) or TimeoutError(errno.ETIMEDOUT, "no answer in time")

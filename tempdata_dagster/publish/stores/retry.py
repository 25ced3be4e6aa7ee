"""Trying again what failed for a moment: exponential waits with full jitter, and an end to them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from tempdata_dagster.core.errors import TransientError

Result = TypeVar("Result")


@dataclass(frozen=True)
class Retry:
    """How often, and for how long, a call that failed transiently is tried again.

    Each wait is drawn evenly between nothing and a limit that doubles ("full jitter": many clients that were turned away at
    once do not come back at once; Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

    Attributes:
        retries: Tries after the first; 0 for none.
        seconds: No try begins later than this after the first one.
        first: The limit of the first wait, in seconds.
        longest: The limit that no wait exceeds, in seconds.
    """

    retries: int = 4
    seconds: float = 60.0
    first: float = 0.2
    longest: float = 10.0

    def waits(self) -> Iterator[float]:
        """The seconds to wait before each further try."""
        # The system's own source: processes that were forked from one another must not wait the same.
        drawn = secrets.SystemRandom()
        for number in range(self.retries):
            yield drawn.uniform(0.0, min(self.longest, self.first * 2**number))


NEVER = Retry(retries=0)


def retrying(policy: Retry, attempt: Callable[[], Result], sleep: Callable[[float], None] = time.sleep) -> Result:
    """The result of `attempt`, which is called again after each `TransientError`.

    Args:
        policy: How often and for how long.
        attempt: Must be safe to repeat: what it did before it failed, it does again.
        sleep: How to wait.

    Raises:
        TransientError: The last try failed too, or the time is up.
    """
    deadline = time.monotonic() + policy.seconds
    for wait in policy.waits():
        try:
            return attempt()
        except TransientError:
            if time.monotonic() + wait > deadline:
                raise
        sleep(wait)
    return attempt()

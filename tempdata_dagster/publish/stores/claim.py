"""Locks on object stores: a small object that is created only if there is none, with an owner and an expiry."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tempdata_dagster.core.errors import ConflictError, OutsideError, TransientError
from tempdata_dagster.publish.stores.checked import put_checked

if TYPE_CHECKING:
    from tempdata_dagster.publish.stores.base import Store

# How long a claim outlives its dead holder. Copying one object takes seconds; each step renews a claim that is half over.
CLAIM_SECONDS = 300.0


class Claim:
    """A claim that is held: the only one until it expires, unless it is renewed.

    A holder that is paused for longer than the claim lasts may be overtaken. It finds out at its next `check`, and
    the conditional write of the manifest stops it at the latest.
    """

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key
        self._owner = uuid.uuid4().hex
        self._expires = 0.0
        self._version: str | None = None

    def take(self) -> bool:
        """Create the claim, or take over one that has expired; False when another holds it."""
        found = self._store.read(self._key)
        # By the clock on the wall, as other machines read it too.
        if found is not None and parse_claim(found.data)[1] > time.time():
            return False
        try:
            self._write(found.version if found else None)
        except ConflictError:
            return False
        return True

    def check(self) -> None:
        """Renew a claim that is half over; a claim that another took over cannot be renewed."""
        if time.time() > self._expires - CLAIM_SECONDS / 2:
            self._write(self._version)

    def _write(self, expected: str | None) -> None:
        # Counted from before the request, so that a slow answer does not make us believe in a claim that is over.
        expires = time.time() + CLAIM_SECONDS
        data = json.dumps({"owner": self._owner, "expires": expires}).encode()
        # Half a claim is one that anybody may take over.
        self._version = put_checked(self._store, self._key, data, expected)
        self._expires = expires

    def release(self) -> None:
        """Give the claim back, if it is still ours; one that cannot be given back now expires."""
        with suppress(OutsideError):
            found = self._store.read(self._key)
            # Another's is the claim of a run that took over.
            if found is not None and parse_claim(found.data)[0] == self._owner:
                self._store.delete([self._key])


def parse_claim(data: bytes) -> tuple[str, float]:
    """The owner of a claim, and when it expires, in seconds since 1970; nobody's and 0 for one that cannot be read."""
    try:
        claim = json.loads(data)
        return str(claim["owner"]), float(claim["expires"])
    except (ValueError, KeyError, TypeError):
        return "", 0.0


@contextmanager
def claiming(store: Store, key: str, wait: float) -> Iterator[Claim]:
    """Hold a claim for the length of the block.

    Raises:
        TransientError: TD3031 when another holds it for longer than `wait` seconds.
    """
    claim, deadline, pause = Claim(store, key), time.monotonic() + wait, 0.02
    try:
        while not claim.take():
            if time.monotonic() > deadline:
                raise TransientError(
                    "TD3031", f"{store.uri(key)} is held by another run", "run again when it has ended"
                )
            time.sleep(pause)
            # Every look is a request to be paid for.
            pause = min(pause * 1.5, 1.0)
        yield claim
    finally:
        # Also of a claim that was taken, and whose answer never came.
        claim.release()

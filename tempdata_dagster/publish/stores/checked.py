"""Conditional writes whose caller must be sure of them: read back, whatever was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempdata_dagster.core.errors import TransientError

if TYPE_CHECKING:
    from tempdata_dagster.publish.stores.base import Store

TRIES = 3


def put_checked(store: Store, key: str, data: bytes, expected: str | None) -> str:
    """`Store.put`, and then a look at what is stored: an answer of "done" has been seen with an error in its body.

    What was stored by halves, or not at all, is put again: of a manifest, half is worse than none.

    Returns:
        The new version.

    Raises:
        ConflictError: TD3020, as `put`.
        TransientError: TD3032 when something else is stored, such as the first half.
    """
    for _ in range(TRIES):
        version = store.put(key, data, expected)
        found = store.read(key)
        if found is not None and found.data == data:
            return found.version
        stored = found.version if found else None
        # Neither what was there before nor what we were told of: another run's.
        if stored not in (version, expected):
            break
        expected = stored
    raise TransientError("TD3032", f"{store.uri(key)} does not hold what was just written to it", "run again")

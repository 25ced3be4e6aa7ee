"""Conditional writes whose caller must be sure of them: read back, whatever was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempdata_dagster.core.errors import TransientError

if TYPE_CHECKING:
    from tempdata_dagster.publish.stores.base import Store


def put_checked(store: Store, key: str, data: bytes, expected: str | None) -> str:
    """`Store.put`, and then a look at what is stored: an answer of "done" has been seen with an error in its body.

    Returns:
        The new version.

    Raises:
        ConflictError: TD3020, as `put`.
        TransientError: TD3032 when something else is stored, such as the first half.
    """
    store.put(key, data, expected)
    found = store.read(key)
    if found is None or found.data != data:
        raise TransientError("TD3032", f"{store.uri(key)} does not hold what was just written to it", "run again")
    return found.version

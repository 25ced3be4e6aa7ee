"""A lake in this process's memory, for tests and previews: fsspec's memory file system."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from tempdata_dagster.core.errors import ConflictError
from tempdata_dagster.publish.stores.base import STORES
from tempdata_dagster.publish.stores.object import ObjectStore


class MemoryUpload:
    """Parts, joined when they are all there."""

    def __init__(self, store: MemoryStore, path: str) -> None:
        self._store = store
        self._path = path
        self._parts: dict[int, bytes] = {}

    def send(self, number: int, offset: int, data: bytes, *, last: bool) -> None:  # noqa: ARG002 - the interface
        """Keep a part."""
        self._parts[number] = data

    def complete(self) -> None:
        """Join them."""
        self._store.write_whole(self._path, b"".join(self._parts[number] for number in sorted(self._parts)))

    def abort(self) -> None:
        """Forget them."""
        self._parts.clear()


@STORES.register("memory")
class MemoryStore(ObjectStore):
    """Objects in memory, shared by all targets of the process and by no other process."""

    protocol: ClassVar[str] = "memory"
    extra: ClassVar[str] = "s3"
    # One for the process, as its objects are: fsspec keeps them with the class.
    _one_at_a_time: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        # What fails here once fails always.
        super().__init__(url, {"retries": 0, **options})

    def check_usable(self) -> None:
        """Memory has no buckets that could be missing."""

    def version_of(self, facts: Mapping[str, Any]) -> str:  # noqa: ARG002 - the interface
        """None: memory knows no versions, and contents are compared instead."""
        return ""

    def write_if(self, path: str, data: bytes, expected: str | None) -> str:
        """Compare and write, while no other thread does."""
        with self._one_at_a_time:
            stored = self.fs.cat_file(path) if self.fs.exists(path) else None
            if (hashlib.sha256(stored).hexdigest() if stored is not None else None) != expected:
                raise ConflictError("TD3020", f"{path} was changed by another thread")
            self.fs.pipe_file(path, data)
        return hashlib.sha256(data).hexdigest()

    def begin_upload(self, path: str) -> MemoryUpload:
        """Parts in memory."""
        return MemoryUpload(self, path)

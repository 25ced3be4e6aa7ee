"""A lake in this process's memory, for tests and previews: fsspec's memory file system."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from tempdata_dagster.core.errors import ConflictError
from tempdata_dagster.publish.stores.base import STORES
from tempdata_dagster.publish.stores.object import ObjectStore


@STORES.register("memory")
class MemoryStore(ObjectStore):
    """Objects in memory, shared by all targets of the process and by no other process."""

    protocol: ClassVar[str] = "memory"
    extra: ClassVar[str] = "s3"
    # One for the process, as its objects are: fsspec keeps them with the class.
    _one_at_a_time: ClassVar[threading.Lock] = threading.Lock()

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

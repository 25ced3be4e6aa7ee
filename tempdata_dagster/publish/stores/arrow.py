"""An object store as Arrow's file system, whose files are read as the store reads them: with retries, and by our errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyarrow import PythonFile, fs

if TYPE_CHECKING:
    from tempdata_dagster.publish.stores.object import ObjectStore


class ArrowHandler(fs.FSSpecHandler):  # type: ignore[misc]
    """An fsspec file system as Arrow's, whose files are a store's own readers."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store.fs)
        self._store = store

    def open_input_stream(self, path: str) -> PythonFile:
        """A reader; Arrow reads it from front to back."""
        return self.open_input_file(path)

    def open_input_file(self, path: str) -> PythonFile:
        """A reader that seeks."""
        return PythonFile(self._store.open(self._store.key(path)), mode="r")

"""A file as readers see it, which tells a damaged file from a storage that fails: libraries raise the same for both."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pyarrow as pa


class Source(io.RawIOBase):
    """A seekable file that keeps in mind why its storage failed."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._failure: Exception | None = None

    def readable(self) -> bool:
        """A file's interface."""
        return True

    def seekable(self) -> bool:
        """A file's interface."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes from here on."""
        with self._watching():
            return self._file.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go elsewhere."""
        with self._watching():
            return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._file.tell()

    @contextmanager
    def _watching(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._failure = error
            raise

    @contextmanager
    def parsing(self, *damage: type[Exception]) -> Iterator[None]:
        """Where a library parses the file: what it raises of the classes `damage`, and of Arrow's, means a damaged file.

        Raises:
            pyarrow.ArrowInvalid: The file is damaged. A failure of the storage is raised as it is.
        """
        try:
            yield
        except (pa.ArrowException, UnicodeDecodeError, *damage) as error:
            if self._failure is not None:
                raise self._failure from None
            if isinstance(error, pa.ArrowInvalid):
                raise
            raise pa.ArrowInvalid(f"the file is damaged: {error}"[:300]) from error

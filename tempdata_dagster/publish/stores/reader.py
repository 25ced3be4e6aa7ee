"""Reading an object by ranges of one version."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

# Parquet is read from its end backwards, and hashed in small bites: neither should be a request each.
AHEAD = 4 << 20


class ObjectReader(io.RawIOBase):
    """A seekable file over ranges.

    Args:
        size: Bytes in all.
        fetch: The bytes from one offset up to another; all of them.
    """

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self._size = size
        self._fetch = fetch
        self._at = 0
        self._start = 0
        self._data = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The offset of the next read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; nothing is fetched before it is read."""
        base = (0, self._at, self._size)[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, but for the end of the object."""
        wanted = max(0, min(len(buffer), self._size - self._at))
        end = self._at + wanted
        if wanted and not self._start <= self._at <= end <= self._start + len(self._data):
            self._data = self._fetch(self._at, min(self._size, max(end, self._at + AHEAD)))
            self._start = self._at
        buffer[:wanted] = self._data[self._at - self._start : end - self._start]
        self._at = end
        return wanted

"""Where the bytes of a file go: hashed on their way, and nowhere once the file is given up."""

from __future__ import annotations

from typing import Any

import xxhash

from tempdata_dagster.publish.stores import Sink


class Output:
    """What an encoder writes to, also as the file object that Arrow and others want.

    A `ParquetWriter` that is left by an exception writes a footer when it is closed or collected, which would make a
    short file that looks whole; those bytes end here.
    """

    closed = False

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._hash = xxhash.xxh3_128()
        self._deaf = False
        self.size = 0

    def write(self, data: Any) -> int:
        """Pass `data` on, unless the file was given up."""
        length = len(data)
        if not self._deaf:
            self._hash.update(data)
            self._sink.write(data)
            self.size += length
        return length

    def abort(self) -> None:
        """Give the file up."""
        self._deaf = True
        self._sink.abort()

    def commit(self) -> str:
        """Store the file; returns the checksum of its bytes."""
        self._deaf = True
        self._sink.commit()
        return self._hash.hexdigest()

    def flush(self) -> None:
        """A file's interface; committing is ours to decide."""

    def close(self) -> None:
        """A file's interface; likewise."""

    def tell(self) -> int:
        """Bytes so far."""
        return self.size

    def writable(self) -> bool:
        """A file's interface."""
        return True

    def readable(self) -> bool:
        """A file's interface."""
        return False

    def seekable(self) -> bool:
        """A file's interface: bytes that are hashed cannot be changed any more."""
        return False

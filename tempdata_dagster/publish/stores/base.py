"""What publishing asks of a storage, whatever it is. Keys are paths relative to the lake's root, with `/`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol

from tempdata_dagster.core.registry import Registry
from tempdata_dagster.publish.stores.retry import Retry


@dataclass(frozen=True)
class Entry:
    """One stored object.

    Attributes:
        size: Bytes.
        modified: When it was last written, with a zone.
        version: Changes whenever the object is written (an ETag, a generation); empty where storage has none.
    """

    key: str
    size: int
    modified: datetime
    version: str = ""


@dataclass(frozen=True)
class Blob:
    """A small object read whole, with the version to hold against in a conditional `put`."""

    data: bytes
    version: str


class Sink(Protocol):
    """An object being written. Nothing is stored for good before `commit`; `abort` leaves nothing behind."""

    def write(self, data: Any) -> int:
        """Append bytes; returns how many."""

    def commit(self) -> None:
        """Store the object."""

    def abort(self) -> None:
        """Forget the object, and whatever of it was sent already."""


class Lease(Protocol):
    """The right to change one partition, for as long as the `with` block of `exclusive` lasts."""

    def check(self) -> None:
        """Make sure that the right is still held, and renew it.

        Raises:
            ConflictError: TD3020 when another run took over.
        """


class Store(Protocol):
    """A folder of objects.

    Every method raises `TransientError` or `TerminalError` (see `failure.mapping_errors`) and nothing foreign.
    """

    url: str

    @property
    def retry(self) -> Retry:
        """When what failed transiently is worth another try; `stores.retrying` tries."""

    def uri(self, key: str) -> str:
        """Where a key lies, for people and other programs; never with credentials."""

    def check_usable(self) -> None:
        """Find out before any work whether the root can be written to.

        Raises:
            OutsideError: TD3002 when it cannot.
        """

    def create(self, key: str) -> Sink:
        """Begin an object under a key that nobody else uses."""

    def open(self, key: str) -> IO[bytes]:
        """A seekable reader."""

    def read(self, key: str) -> Blob | None:
        """A small object; None when there is none."""

    def find(self, key: str) -> Entry | None:
        """What is stored under a key; None when nothing is."""

    def entries(self, prefix: str) -> Iterator[Entry]:
        """All objects below a folder, at any depth, in the order of their keys."""

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below a folder, in order."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; one that is not there is no error."""

    def prune(self, prefix: str, before: datetime) -> None:
        """Remove the empty folders below a folder, and itself, that nothing was put into or taken from since."""

    def sweep(self, prefix: str, before: datetime, *, dry_run: bool) -> list[str]:
        """Give up the uploads below a folder that were begun before a moment and never completed; returns their keys."""

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        """Write a small object atomically, if its version is still `expected` (None: if there is none yet).

        Returns:
            The new version.

        Raises:
            ConflictError: TD3020 when it is not, after reading back that what is stored is not ours.
        """

    def place(self, folder: str, moves: Mapping[str, str], lease: Lease) -> None:
        """Make `folder` hold exactly these part files, atomically as far as the storage can.

        Args:
            folder: A partition's folder; what is no part file in it stays.
            moves: From file names in the folder to the keys where the files are staged. Staged files may be consumed.
            lease: Checked before each step that readers see.
        """

    def clear(self, folder: str, names: Iterable[str], lease: Lease) -> None:
        """Remove part files of a partition, for readers of its folder in one step as far as the storage can.

        Args:
            folder: A partition's folder; what is not named in it stays.
            names: Of the files in the folder; one that is not there is no error.
            lease: Checked before each step that readers see.
        """

    def add(self, folder: str, moves: Mapping[str, str], lease: Lease) -> None:
        """Put part files beside those that are in `folder`, each whole; one of the same name is replaced.

        Args:
            folder: A partition's folder.
            moves: As for `place`.
            lease: Checked before each step.
        """

    def exclusive(self, key: str, wait: float) -> AbstractContextManager[Lease]:
        """Hold a lock.

        Args:
            key: The lock's own key.
            wait: Seconds to wait for another holder.

        Raises:
            TransientError: TD3031 when it is still held by another after `wait`.
        """

    def filesystem(self) -> tuple[Any, str]:
        """A `pyarrow.fs.FileSystem` and the path of the root in it."""


STORES: Registry[Store] = Registry("store", "tempdata_dagster.publish.stores")

"""Files and folders that outlive a crash, among runs that create and remove the same folders."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, TypeVar, cast

Result = TypeVar("Result")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def persist(attempt: Callable[[], Result]) -> Result:
    """The result of `attempt`, begun anew when another run removes a folder that it needs because it is empty."""
    for _ in range(50):
        # `mkdir` answers that a folder is there even when it is gone a moment later.
        with suppress(FileNotFoundError, FileExistsError):
            return attempt()
    return attempt()


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, each durable in its own parent."""

    def make() -> None:
        for one in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
            one.mkdir(exist_ok=True)
            sync_folder(one.parent)

    persist(make)


def open_new(path: Path, mode: str) -> IO[bytes]:
    """A file for writing, in a folder that is created as needed: it need not outlive a crash."""

    def make() -> IO[bytes]:
        path.parent.mkdir(parents=True, exist_ok=True)
        return cast("IO[bytes]", path.open(mode, buffering=0))

    return persist(make)


def move(source: Path, target: Path) -> None:
    """Rename a file into a folder that is created as needed, replacing what is there."""

    def rename() -> None:
        make_folder(target.parent)
        source.replace(target)

    persist(rename)


def remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and those above it, up to a root, for as long as they are empty."""
    # A folder that another run fills at this moment is not empty, and rmdir leaves it alone.
    while root in folder.parents:
        try:
            folder.rmdir()
        # Another run removed it; what is above it may be empty now.
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = folder.parent


def try_lock(path: Path) -> IO[bytes] | None:
    """The locked file, or None when another holds it or removed it at this moment."""
    with ExitStack() as stack:
        file = stack.enter_context(open_new(path, "ab"))
        with suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The last holder may have removed the name: a lock on a file that nobody can open keeps nobody out.
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                stack.pop_all()
                return file
    return None

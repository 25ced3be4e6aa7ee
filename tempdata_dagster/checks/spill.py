"""Temporary files of audits: what does not fit into memory, gone when the audit is, or when a later one finds it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "tempdata-audit-"
# A folder is made a moment before it is locked.
_NEW_SECONDS = 60


@contextmanager
def open_spill() -> Iterator[str]:
    """A folder for the time of the block. Folders that killed processes have left behind are removed first."""
    remove_abandoned(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        # The kernel gives the lock back however the process ends.
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(descriptor)


def remove_abandoned(place: Path) -> None:
    """Remove the folders of audits that no living process holds."""
    for folder in place.glob(f"{_PREFIX}*"):
        try:
            if time.time() - folder.stat(follow_symlinks=False).st_mtime < _NEW_SECONDS:
                continue
            # Temporary folders are everybody's: a link that somebody left there must not be followed.
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # it has just gone, or it is a link, or another user's
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)

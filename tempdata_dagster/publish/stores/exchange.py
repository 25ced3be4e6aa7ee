"""Swapping two folders in one step: Linux `renameat2` with RENAME_EXCHANGE, since 3.15."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
# What file systems and kernels answer that cannot swap (NFS, some FUSE, an old kernel).
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTTY}


def swap_folders(first: Path, second: Path) -> bool:
    """Swap two folders atomically: at every moment each path names one whole folder.

    Returns:
        False when the platform or the file system cannot, and nothing was changed.

    Raises:
        OSError: It can, and it failed.
    """
    # Python has no call for it; glibc has since 2.28, macOS has not.
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), os.fspath(first), None, os.fspath(second))

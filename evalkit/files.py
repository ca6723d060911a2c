"""Paths as users write them, and files that may be anything but files."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path


def is_file(path: Path) -> bool:
    """Return whether a path is an existing file; False for a path that cannot name one.

    Args:
        path: any path, also one that is too long or holds a null character.
    """
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def open_regular(path: Path) -> io.BufferedReader:
    """Open a regular file for reading; a pipe or a device in its place could keep the reader waiting for ever.

    Raises:
        OSError: it cannot be opened, or is not a regular file.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    # Looked at again once it is open, since it may have been replaced meanwhile.
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return file

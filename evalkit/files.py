"""Paths as users write them."""

from __future__ import annotations

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

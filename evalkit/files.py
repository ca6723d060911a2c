"""Paths that people give."""

from __future__ import annotations

from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether there is such a file; also False for a name that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False

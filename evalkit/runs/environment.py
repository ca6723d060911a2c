"""Describe the environment of a run; run.json keeps it, so that differences between runs can be traced."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any


def describe_environment() -> dict[str, Any]:
    """Versions, platform and the git revision of the folder that this process was started in."""
    packages = ("evalkit-idk", "aiohttp", "pydantic", "tenacity", "numpy")
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: version(name) for name in packages},
        "git": _git_revision(Path()),
    }


def source_commit() -> str | None:
    """Return the commit of evalkit's own checkout, with -dirty for uncommitted changes; None if it was installed."""
    root = Path(__file__).resolve().parents[2]
    return _git_revision(root, length=12) if (root / ".git").exists() else None


def _git_revision(folder: Path, length: int = 40) -> str | None:
    """Commit of a folder, with -dirty for uncommitted changes."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", f"--abbrev={length}", "--exclude=*"]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - our own arguments
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout.strip() or None

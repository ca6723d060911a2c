"""Describe the environment of a run; run.json keeps it, so that differences between runs can be traced."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from typing import Any


def describe_environment() -> dict[str, Any]:
    """Versions, platform and the git revision of the folder that this process was started in."""
    packages = ("evalkit-idk", "aiohttp", "pydantic", "tenacity", "numpy")
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: version(name) for name in packages},
        "git": _git_revision(),
    }


def _git_revision() -> str | None:
    """Commit of the folder that the run was started in, with -dirty for uncommitted changes."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - constant arguments
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout.strip() or None

"""The single run that an experiment keeps in a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evalkit.runs.folder import runs_below
from evalkit.runs.manifest import read_manifest
from evalkit.runs.session import Watch
from evalkit.runs.start import run


def only_run(folder: Path) -> Path | None:
    """The first run in a folder, or None.

    Args:
        folder: a folder; it may be missing.
    """
    return next(iter(runs_below(folder)), None)


def ensure_run(folder: Path, watch: Watch, notify: Callable[[str], None] = lambda _: None, **settings: Any) -> None:
    """Start, resume or reuse the single run that an experiment keeps in a folder.

    Args:
        folder: for this run alone.
        watch, notify: as in `run`.
        settings: settings for a run that must be started.

    Raises:
        As `run`.
    """
    earlier = only_run(folder)
    if earlier is None:
        run(out=folder, watch=watch, notify=notify, **settings)
    elif read_manifest(earlier, scorecards=False).status != "finished":
        run(resume=earlier, watch=watch, notify=notify)

"""The one run inside a folder of something larger: started, gone on with, or left as it is where it has finished."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evalkit.runs import journal, session


def slug(name: str) -> str:
    """A model's name as that of a folder."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "model"


def only_run(folder: Path) -> Path | None:
    """The first run in a folder, or None.

    Args:
        folder: it may be missing.
    """
    return next((path.parent for path in sorted(folder.glob(f"*/{journal.RUN}"))), None)


def run_below(
    folder: Path, watch: session.Watch, notify: Callable[[str], None] = lambda _: None, **settings: Any
) -> None:
    """See that a folder holds a finished run.

    Args:
        folder: for this run alone.
        watch, notify: as `runs.run`.
        settings: of a run that has to be started.

    Raises:
        As `runs.run`.
    """
    earlier = only_run(folder)
    if earlier is None:
        session.run(out=folder, watch=watch, notify=notify, **settings)
    elif journal.read_run(earlier).get("status") != "finished":
        session.run(resume=earlier, watch=watch, notify=notify)

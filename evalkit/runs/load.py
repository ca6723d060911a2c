"""Runs as one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.runs import journal
from evalkit.runs.folder import DEFAULT_FOLDER, runs_below

if TYPE_CHECKING:
    import pandas as pd


def load(*paths: str | Path) -> pd.DataFrame:
    """Every run below the given folders as one DataFrame, one row a record; the public `evalkit.load`.

    Args:
        paths: run folders, or folders that hold them; default `results/`.

    Raises:
        InputError: there is no run there, or a record cannot be read.
    """
    from evalkit.runs.dataframe import records_frame

    # A folder inside another one that was given counts once.
    found = (folder.resolve() for path in paths or (DEFAULT_FOLDER,) for folder in _folders(Path(path)))
    folders = list(dict.fromkeys(found))
    return records_frame(record for folder in folders for record in journal.read_records(folder))


def _folders(path: Path) -> list[Path]:
    folders = runs_below(path)
    if not folders:
        raise InputError(f"no run below {path}")
    return folders

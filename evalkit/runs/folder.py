"""Run folders: create, name and find them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from evalkit.errors import InputError, SettingError
from evalkit.files import is_file

DEFAULT_FOLDER = "results"
"""Where runs are created and looked up, unless `--out` is given."""
RUN = "run.json"
RECORDS = "records.jsonl"
FAILURES = "failures.jsonl"
STUDY = "study.json"
"""The file in a study's folder that makes it one."""


def slug(name: str) -> str:
    """Turn any name into a valid folder name."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "unnamed"


def new_folder(out: Path, started: datetime, tasks: Iterable[str], name: str = "", suffix: str = "") -> Path:
    """Create a run folder named after the time and the tasks, or as requested.

    Args:
        out: the parent folder.
        started: when the run started.
        tasks: names of its tasks.
        name: the folder's name; default: made from the time and the tasks.
        suffix: what follows the name, requested or not.

    Raises:
        SettingError: the folder cannot be created, or the requested name is taken.
    """
    if name:
        if slug(name) != name:
            raise SettingError(
                "name",
                "{given}: use letters, digits, dots, dashes and underscores, as in {slug}",
                given=name,
                slug=slug(name),
            )
        folder = out / f"{name}{suffix}"
        if not _make(out, folder):
            raise SettingError("name", "{given}: {folder} exists; choose another name", given=name, folder=folder)
        return folder
    labels = [slug(task) for task in tasks]
    label = labels[0] if len(labels) == 1 else f"{labels[0]}-and-{len(labels) - 1}-more"
    stem = f"{started:%Y%m%d-%H%M}-{label}{suffix}"
    for number in ("", *(f"-{k}" for k in range(2, 10_000))):
        folder = out / f"{stem}{number}"
        if _make(out, folder):
            return folder
    raise SettingError("out", "{given}: too many runs named {stem}", given=out, stem=stem)


def find_run(run: str | Path, out: str | Path = DEFAULT_FOLDER) -> Path:
    """Find a run's folder by its path or by its name below `out`.

    Raises:
        InputError: no such run; the text names the newest ones.
    """
    for candidate in (Path(run), Path(out) / run):
        if is_file(candidate / RUN):
            return candidate
    names = sorted((path.parent.name for path in Path(out).glob(f"*/{RUN}")), reverse=True)[:3]
    hint = f"the newest below {out}: {', '.join(names)}" if names else f"there is none below {out}"
    raise InputError(f"no run {str(run)!r} ({hint})")


def newest_run(out: str | Path = DEFAULT_FOLDER) -> Path:
    """Find the most recently written run.

    Raises:
        InputError: there is no run below `out`.
    """
    runs = [path for path in Path(out).glob(f"*/{RUN}") if is_file(path)]
    if not runs:
        raise InputError(f"no run below {out}; start one with: evalkit run")
    return max(runs, key=lambda path: path.stat().st_mtime).parent


def runs_below(path: Path) -> list[Path]:
    """Every run folder at or below a path, in order of their names.

    A run.json that is no file, or a link to none, counts too: whoever reads the folder then says what is wrong with it.
    Links to folders are not followed.
    """
    return sorted(Path(folder) for folder, folders, files in os.walk(path) if RUN in files or RUN in folders)


def results_of(folder: Path) -> Path:
    """The results folder that a run is in: the one around it, or around its study."""
    parent = folder.parent
    return parent.parent if is_file(parent / STUDY) else parent


def not_written(folder: Path, error: OSError) -> InputError:
    """The error for a run folder that cannot be written; says how to resume."""
    again = f"evalkit run --resume {folder}"
    return InputError(f"{folder} cannot be written ({error.strerror}); fix that, then run: {again}")


def _make(out: Path, folder: Path) -> bool:
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        if not folder.is_dir():
            raise _not_made(out, error) from error
        return False
    except OSError as error:
        raise _not_made(out, error) from error
    return True


def _not_made(out: Path, error: OSError) -> SettingError:
    return SettingError("out", "{given}: no folder can be made there ({why})", given=out, why=error.strerror)

"""The life of runs: rename, delete, tag. Only folders that evalkit made, and nothing in them that it did not."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from evalkit.display import visible
from evalkit.errors import InputError, UsageError
from evalkit.files import is_file
from evalkit.runs import journal
from evalkit.runs.batch_folder import NAME as BATCHES
from evalkit.runs.corrections import FILE as CORRECTIONS
from evalkit.runs.folder import DEFAULT_FOLDER, FAILURES, RECORDS, RUN, STUDY, find_run, runs_below, slug
from evalkit.runs.manifest import read_manifest, write_manifest

OWN_FILES = (
    RUN, RECORDS, FAILURES, CORRECTIONS, "*.jsonl.damaged", "*.jsonl.before-regrading", ".lock", f".{RUN}.*",
    f".{RECORDS}.*",
)  # fmt: skip
"""What evalkit writes into a run's folder, as patterns."""
OWN_FILES_OF_BATCHES = ("*.json", "*.jsonl")
OWN_FILES_OF_A_STUDY = (STUDY, f".{STUDY}.*")


def find_run_or_study(name: str | Path, out: str | Path = DEFAULT_FOLDER) -> Path:
    """Find the folder of a run or a study by its path or by its name below `out`.

    Raises:
        InputError: there is none; the text names the newest runs.
    """
    for candidate in (Path(name), Path(out) / name):
        if is_file(candidate / STUDY):
            return candidate
    return find_run(name, out)


def rename(folder: Path, name: str) -> Path:
    """Rename a run or a study: its folder, and the name that its records and those of its children hold.

    Args:
        folder: of a run or a study.
        name: letters, digits, dots, dashes and underscores.

    Returns:
        The new folder, beside the old one.

    Raises:
        UsageError: the name is invalid or taken, the run belongs to a study, or another process has it open.
        InputError: the folder cannot be read or written.
    """
    folder = folder.resolve()
    target = folder.parent / name
    if slug(name) != name:
        raise UsageError(f"{name}: use letters, digits, dots, dashes and underscores, as in {slug(name)}")
    if target.exists():
        raise UsageError(f"{target} exists; choose another name")
    if is_file(folder.parent / STUDY):
        raise UsageError(
            f"{folder.name} belongs to the study {folder.parent.name}, which finds its runs by their names; rename the"
            f" study, or give the model a label in it"
        )
    with ExitStack() as locks:
        for run in runs_below(folder):
            locks.enter_context(journal.locked(run))
        try:
            folder.rename(target)
        except OSError as error:
            raise InputError(f"{folder} cannot be renamed ({error.strerror})") from error
        for run in runs_below(target):
            _write_place(run, renamed=run == target)
    for sibling in runs_below(target.parent):
        manifest = read_manifest(sibling)
        if manifest.parent == folder.name and sibling.parent == target.parent:
            write_manifest(sibling, manifest.model_copy(update={"parent": name}))
    return target


def delete(folder: Path) -> None:
    """Delete a run, or a study with its runs.

    Args:
        folder: of a run or a study.

    Raises:
        UsageError: it is a link, it holds something that evalkit did not write, or another process has it open.
        InputError: it is no run, or cannot be deleted.
    """
    check_deletable(folder)
    with ExitStack() as locks:
        for run in runs_below(folder):
            locks.enter_context(journal.locked(run))
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise InputError(f"{folder} cannot be deleted ({error.strerror})") from error


def check_deletable(folder: Path) -> None:
    """Check that a folder is a run's or a study's and holds nothing else.

    Raises:
        UsageError: it is a link, or holds something that evalkit did not write.
        InputError: it is no run.
    """
    if folder.is_symlink():
        raise UsageError(f"{folder} is a link; delete what it points to by its own name")
    if is_file(folder / STUDY):
        runs = {run.name for run in folder.iterdir() if is_file(run / RUN)}
        _check_files(folder, OWN_FILES_OF_A_STUDY, folders=runs)
        for run in sorted(runs):
            check_deletable(folder / run)
        return
    read_manifest(folder, scorecards=False)
    _check_files(folder, OWN_FILES, folders={BATCHES})
    if (folder / BATCHES).is_dir():
        _check_files(folder / BATCHES, OWN_FILES_OF_BATCHES)


def tag(folder: Path, tags: Iterable[str], *, remove: bool = False) -> list[str]:
    """Add tags to a run, or remove them; a study's go to each of its runs.

    Args:
        folder: of a run or a study.
        tags: words without commas.
        remove: whether they are removed.

    Returns:
        The tags that it has now, sorted.

    Raises:
        UsageError: a tag is empty or has a comma, or the run is open in another process.
        InputError: the folder cannot be read or written.
    """
    given = [one.strip() for one in tags]
    if bad := next((one for one in given if not one or "," in one or visible(one) != one), None):
        raise UsageError(f"{visible(bad)!r} is no tag: give words without commas")
    now: set[str] = set()
    for run in runs_below(folder):
        with journal.locked(run):
            manifest = read_manifest(run)
            had = set(manifest.tags)
            changed = sorted(had - set(given) if remove else had | set(given))
            write_manifest(run, manifest.model_copy(update={"tags": changed}))
        now |= set(changed)
    return sorted(now)


def children(folder: Path) -> list[Path]:
    """The runs beside a run that judged its answers again."""
    return [run for run in runs_below(folder.parent) if _names(run, folder.name)]


def _names(run: Path, parent: str) -> bool:
    try:
        return read_manifest(run, scorecards=False).parent == parent
    except InputError:
        return False


def _write_place(run: Path, *, renamed: bool) -> None:
    """Write where a run is now into its run.json, and its new name into its records."""
    manifest = read_manifest(run)
    cards = [card.model_copy(update={"run": str(run)}) for card in manifest.scorecards]
    write_manifest(run, manifest.model_copy(update={"run": run.name, "scorecards": cards}))
    if renamed:
        journal.rewrite_records(run, lambda record: record.model_copy(update={"run": run.name}))


def _check_files(folder: Path, patterns: Sequence[str], folders: Iterable[str] = ()) -> None:
    known = set(folders)
    for path in sorted(folder.iterdir()):
        if path.name in known and path.is_dir() and not path.is_symlink():
            continue
        if path.is_dir() or not any(path.match(pattern) for pattern in patterns):
            raise UsageError(f"{folder} holds {path.name}, which evalkit did not write; move it away first")

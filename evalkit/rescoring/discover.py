"""Which files are meant, what each of them is, and what its model is called where it does not say."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from evalkit import plugins
from evalkit.dataset.source import Source
from evalkit.errors import InputError
from evalkit.readers.base import Reader
from evalkit.readers.helm import STATE

GENERIC = re.compile(
    r"(?:records|report|results?|predictions?|all_preds|eval_results(?:_\w+)?|cautious_eval|math_eval|judgments|"
    r"scenario_state|per_instance_stats|outputs?|samples|responses|data|log|.*gpteval)"
)
"""File names that say nothing; the folder's does."""
NO_DATA = (".md", ".txt", ".py", ".yaml", ".yml", ".png", ".pdf", ".sh")
LARGE = 8_000_000
"""Bytes of a file from which what was read to recognise it is not kept."""


class Found(NamedTuple):
    """One file and its reader."""

    source: Source
    reader: Reader
    format: str


class Recognised(NamedTuple):
    """What was found."""

    files: list[Found]
    unknown: list[Path]
    """Files of folders that are of no known format."""


def detect(source: Source, name: str = "auto") -> tuple[str, Reader] | None:
    """The reader of a file: by name, or the one that recognises it.

    Raises:
        UsageError: no reader of that name.
        InputError: the file cannot be read at all.
    """
    if name != "auto":
        return name, plugins.find("readers", name)
    for known in plugins.names("readers"):
        reader: Reader = plugins.find("readers", known)
        if reader.sniff(source.head):
            return known, reader
    return None


def recognise(paths: Iterable[str | Path], open_: Callable[[Path], Source], wanted: str | Reader) -> Recognised:
    """Find the reader of every file.

    Args:
        paths: files, folders or patterns.
        open_: makes a source of a path.
        wanted: a reader, the name of one, or "auto".

    Raises:
        UsageError: no reader of that name.
        InputError: a file that was named is not there, cannot be read, or is of no known format.
    """
    found, unknown = [], []
    for path, named in _files(paths):
        source = open_(path)
        try:
            known = detect(source, wanted) if isinstance(wanted, str) else ("mapped", wanted)
        except InputError:
            if named:
                raise
            known = None
        if path.stat().st_size > LARGE:
            source.forget()
        if known is not None and known[0] == "helm" and not named and path.name != STATE:
            continue  # the verdicts of a run folder, read with its state
        if known is not None:
            found.append(Found(source, known[1], known[0]))
        elif named:
            raise InputError(f"{path}: I can't tell what this is; use --format (evalkit list readers) or --map")
        else:
            unknown.append(path)
    return Recognised(found, unknown)


def _files(paths: Iterable[str | Path]) -> Iterator[tuple[Path, bool]]:
    """Files with whether each was named; a folder is walked in order, hidden files left out."""
    for given in paths:
        path = Path(given)
        if path.is_dir():
            state = path / STATE
            if state.is_file():
                yield state, True
                continue
            yield from ((found, False) for found in sorted(path.rglob("*")) if _is_data(found, path))
        elif path.is_file():
            yield path, True
        elif matches := sorted(glob.glob(str(given), recursive=True)):  # noqa: PTH207 - may be absolute
            yield from ((Path(match), True) for match in matches if Path(match).is_file())
        else:
            raise InputError(f"{given}: no such file or folder")


def _is_data(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return (
        path.is_file()
        and not hidden
        and not path.is_symlink()
        and path.suffix.lower() not in (".md", ".txt", ".py", ".yaml", ".yml")
    )


def label(paths: Sequence[Path]) -> dict[Path, str]:
    """What a model is called where its file does not say: the file's name, or its folder's where that says more."""
    labels = {}
    for path in paths:
        stem = path.name
        for suffix in (".gz", ".zst", ".jsonl", ".json", ".csv", ".tsv", ".parquet", ".eval", ".zip", ".html"):
            stem = stem.removesuffix(suffix)
        labels[path] = path.parent.name or stem if GENERIC.fullmatch(stem) else stem
    repeated = {label for label, n in Counter(labels.values()).items() if n > 1}
    return {path: f"{path.parent.name}/{path.name}" if label in repeated else label for path, label in labels.items()}

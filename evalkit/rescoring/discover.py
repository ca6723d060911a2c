"""Discover input files, detect their format, and name models that the files leave unnamed."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from evalkit import plugins
from evalkit.dataset.source import Source
from evalkit.errors import InputError, UsageError
from evalkit.readers.base import Reader

GENERIC = re.compile(r"records|report|results?|predictions?|outputs?|samples|responses|data|log")
"""File names that name no model in any format."""
ENDINGS = (".gz", ".zst", ".jsonl", ".json", ".csv", ".tsv", ".parquet", ".eval", ".zip", ".html")
NO_DATA = (".md", ".txt", ".py", ".yaml", ".yml")
"""Endings of files that are passed over in a folder."""
LARGE = 8_000_000
"""Bytes of a file from which what was read to recognize it is not kept."""


class InputFile(NamedTuple):
    """One file and its reader."""

    source: Source
    reader: Reader


class SetAside(NamedTuple):
    """A file that could not be read, while others were."""

    name: str
    """What the user calls it."""
    reason: str
    """One line that names the file."""


class Discovery(NamedTuple):
    """The files to read, and those of folders that are in no known format."""

    files: list[InputFile]
    unknown: list[Path]
    set_aside: list[SetAside]


def detect(source: Source, readers: Mapping[str, Reader] | None = None) -> Reader | None:
    """Find the reader that recognizes a file.

    Args:
        source: the file.
        readers: those to ask, by name; default: all that are registered.

    Returns:
        The reader; None where no reader recognizes the file.

    Raises:
        UsageError: a plug-in raised.
        InputError: the file cannot be read at all, or several readers recognize it.
    """
    readers = registered_readers() if readers is None else readers
    head = source.head
    matches = []
    for name, reader in readers.items():
        with plugins.users_code(f"reader {name}, recognizing {source.path}"):
            if reader.sniff(head):
                matches.append(name)
    if len(matches) > 1:
        choices = " or ".join(f"--format {name}" for name in matches)
        raise InputError(f"{source.path}: several readers recognize it ({', '.join(matches)}); choose with {choices}")
    return readers[matches[0]] if matches else None


def registered_readers() -> dict[str, Reader]:
    """Load all registered readers, by name.

    Raises:
        UsageError: one cannot be imported, or is not a reader.
    """
    return {name: _checked(name, found) for name, found in plugins.find_all("readers").items()}


def find_reader(name: str) -> Reader:
    """Find a reader by its name, or in a user's file.

    Raises:
        UsageError: no such reader, or what is there is not one.
    """
    return _checked(name, plugins.find("readers", name))


def discover(
    paths: Iterable[str | Path], open_: Callable[[Path], Source], wanted: str | Reader, *, strict: bool = False
) -> Discovery:
    """Find the files to read and the reader of each.

    Args:
        paths: files, folders or patterns.
        open_: makes a source of a path.
        wanted: a reader, the name of one, or "auto".
        strict: whether one file that cannot be read stops the others too.

    Raises:
        UsageError: no reader of that name, or a plug-in raised.
        InputError: a named file is missing; or the only one, or with `strict` any, cannot be read, or is in no known
            format or in several.
    """
    discovery, readers = Discovery([], [], []), registered_readers()
    only = find_reader(wanted) if isinstance(wanted, str) and wanted != "auto" else wanted
    run_files = {name for reader in readers.values() if (name := getattr(reader, "run_file", ""))}
    found = list(_files(paths, run_files))
    for path, named in found:
        source = open_(path)
        try:
            reader = _detect(source, readers, named=named) if isinstance(only, str) else only
        except InputError as error:
            if strict or len(found) == 1:
                raise
            discovery.set_aside.append(SetAside(str(path), str(error)))
            continue
        if path.stat().st_size > LARGE:
            source.forget()
        if reader is None:
            discovery.unknown.append(path)
        elif named or getattr(reader, "run_file", "") in ("", path.name):  # else it is read with its run file
            discovery.files.append(InputFile(source, reader))
    return _without_companions(discovery)


def _without_companions(discovery: Discovery) -> Discovery:
    """Leave out files that belong to one beside them, and are read with it."""
    folders: dict[Path, list[InputFile]] = {}
    for file in discovery.files:
        folders.setdefault(file.source.path.parent, []).append(file)

    def belongs(path: Path, reader: Reader | None) -> bool:
        for file in folders.get(path.parent, ()):
            patterns = _names(file.reader, "companions")
            if reader is not None and (file.reader is not reader or _fits(file.source.path, patterns)):
                continue
            if _fits(path, patterns):
                return True
        return False

    return discovery._replace(
        files=[file for file in discovery.files if not belongs(file.source.path, file.reader)],
        unknown=[path for path in discovery.unknown if not belongs(path, None)],
    )


def _fits(path: Path, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path.name, pattern) for pattern in patterns)


def _names(reader: Reader, attribute: str) -> Sequence[str]:
    names: Sequence[str] = getattr(reader, attribute, ())
    return names


def model_labels(files: Sequence[InputFile]) -> dict[Path, str]:
    """Name the model of each file that does not: by the file's name, or its folder's where that says more."""
    labels = {file.source.path: _label(file.source.path, file.reader) for file in files}
    apart = {file.source.path for file in files if not getattr(file.reader, "in_parts", False)}
    repeated = {label for label, n in Counter(labels[path] for path in apart).items() if n > 1}
    return {path: f"{path.parent.name}/{path.name}" if label in repeated else label for path, label in labels.items()}


def _checked(name: str, found: object) -> Reader:
    for method in ("sniff", "read"):
        if not callable(getattr(found, method, None)):
            raise UsageError(f"reader {name} has no method {method}(); see evalkit.Reader")
    reader: Reader = found  # type: ignore[assignment] # checked above; what is optional is asked for with a default
    return reader


def _detect(source: Source, readers: Mapping[str, Reader], *, named: bool) -> Reader | None:
    """The reader of a file; None for one of a folder that is damaged or in no known format."""
    if not named:
        try:
            _ = source.head
        except InputError:
            return None
    reader = detect(source, readers)
    if reader is None and named:
        remedy = "name it with --format (evalkit list readers), or map columns with --map"
        raise InputError(f"{source.path}: unknown format; {remedy}")
    return reader


def _files(paths: Iterable[str | Path], run_files: Collection[str]) -> Iterator[tuple[Path, bool]]:
    """Walk files, each with whether it was named; folders in order, without hidden files."""
    for given in paths:
        path = Path(given)
        if path.is_dir():
            runs = [path / name for name in sorted(run_files) if (path / name).is_file()]
            if runs:
                yield from ((run, True) for run in runs)
            else:
                yield from ((child, False) for child in sorted(path.rglob("*")) if _is_data(child, path))
        elif path.is_file():
            yield path, True
        elif matches := sorted(glob.glob(str(given), recursive=True)):  # noqa: PTH207 - may be absolute
            yield from ((Path(match), True) for match in matches if Path(match).is_file())
        else:
            raise InputError(f"{given}: no such file or folder")


def _is_data(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and not hidden and not path.is_symlink() and path.suffix.lower() not in NO_DATA


def _label(path: Path, reader: Reader) -> str:
    stem = path.name
    for ending in ENDINGS:
        stem = stem.removesuffix(ending)
    nameless = GENERIC.fullmatch(stem) or any(fnmatchcase(stem, pattern) for pattern in _names(reader, "stems"))
    return path.parent.name or stem if nameless else stem

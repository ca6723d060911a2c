"""The questions of rescored records, read from the files they came from when somebody wants to see them."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit import plugins
from evalkit.dataset.source import one_line
from evalkit.errors import EvalkitError
from evalkit.files import is_file
from evalkit.readers.base import ForeignRow, Reader
from evalkit.readers.mapped import MappedReader
from evalkit.rescoring.terms import Terms
from evalkit.runs.manifest import Manifest

LONGEST = 200_000
"""Characters of one question that are kept."""
READING = ("mapping", "scorer", "metric", "filter", "rows", "pass_mark")
"""Options that decide how a file is read."""


class SourceQuestions:
    """Questions of one rescored run, each looked up by its record's source.

    A file is read no further than the row wanted, once, and only where it is the file that was rescored: its digest
    is compared first, so that run.json cannot make any other file readable.

    Args:
        manifest: of the run.
    """

    def __init__(self, manifest: Manifest) -> None:
        options = manifest.rescoring.options if manifest.rescoring else {}
        self._files = {str(one.get("path")): _File(one, options) for one in manifest.rescored}
        self._names = sorted(self._files, key=len, reverse=True)
        self._lock = threading.Lock()

    def find(self, source: str | None) -> str:
        """Return the question behind a record's source, "" where it cannot be read.

        Args:
            source: file:place, as the record states it.
        """
        file, place = self._split(source)
        if file is None:
            return ""
        with self._lock:
            return file.find(place)

    def problem(self, source: str | None) -> str:
        """Say why a question cannot be read; "" where it can."""
        file, place = self._split(source)
        if file is None:
            return "" if source is None else f"the question's file is not one that run.json names ({source})"
        with self._lock:
            return "" if file.find(place) else file.problem or "its file holds no question"

    def _split(self, source: str | None) -> tuple[_File | None, str]:
        for name in self._names:
            if source is not None and source.startswith(f"{name}:"):
                return self._files[name], source[len(name) + 1 :]
        return None, ""


class _File:
    """One source file; its questions lie in a temporary file, in the order read."""

    def __init__(self, described: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        self.problem = ""
        self._described = described
        self._options = options
        self._rows: Iterator[ForeignRow] | None = None
        self._places: dict[str, tuple[int, int]] = {}
        self._texts: Any = None
        self._end = 0

    def find(self, place: str) -> str:
        if self._texts is None and not self.problem:
            self._open()
        if place not in self._places and self._rows is not None:
            self._read_to(place)
        if place not in self._places:
            return ""
        start, size = self._places[place]
        self._texts.seek(start)
        text: str = self._texts.read(size).decode()
        return text

    def _open(self) -> None:
        try:
            self._start(self._path(), self._reader())
        except (EvalkitError, TypeError, ValueError, AttributeError) as error:  # run.json may say anything
            self.problem = f"run.json does not say how to read it ({one_line(error)})"

    def _start(self, path: Path | None, reader: Reader | None) -> None:
        if path is None:
            self.problem = f"{self._described.get('path')} is no longer there"
        elif reader is None:
            self.problem = f"it was read by {self._described.get('format')}, which is not installed"
        elif _digest(path) != self._described.get("sha256"):
            self.problem = f"{path} has changed since it was rescored"
        else:
            self._texts = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this object
            weakref.finalize(self, self._texts.close)
            terms = Terms(**{name: self._options[name] for name in READING if name in self._options}, skip_bad=True)
            self._rows = iter(reader.read(terms.open(path)))

    def _path(self) -> Path | None:
        """Where it lies: as it was named, seen from here, or where that was."""
        for name in (self._described.get("path"), self._described.get("found_at")):
            if isinstance(name, str) and name and is_file(Path(name)):
                return Path(name)
        return None

    def _reader(self) -> Reader | None:
        """The reader that read it; one in a file of the user's own is not run for a look at a page."""
        if mapping := self._options.get("mapping"):
            return MappedReader(mapping)
        found: Reader | None = plugins.find_all("readers").get(str(self._described.get("format")))
        return found

    def _read_to(self, place: str) -> None:
        assert self._rows is not None
        try:
            for row in self._rows:
                self._keep(row)
                if str(row.place) == place:
                    return
        except (EvalkitError, OSError, ValueError, TypeError, RecursionError) as error:
            self.problem = str(error)
        self._rows = None

    def _keep(self, row: ForeignRow) -> None:
        if not row.input or str(row.place) in self._places:
            return
        data = row.input[:LONGEST].encode(errors="replace")
        self._texts.seek(self._end)
        self._texts.write(data)
        self._places[str(row.place)] = (self._end, len(data))
        self._end += len(data)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""

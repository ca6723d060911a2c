"""A file to be read as data, whatever it is wrapped in: JSON, JSON lines, CSV, TSV, Parquet; gzip, zstandard, zip.

Files are hostile until read: lines, documents and archives have limits of size, and no path in an archive is used.
"""

from __future__ import annotations

import contextlib
import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import msgspec

from evalkit.dataset.cells import allow_long_cells
from evalkit.dataset.head import Head, head_of_document, head_of_lines, head_of_text, parse_json
from evalkit.dataset.unpack import ZSTANDARD, container, open_unpacked, open_zstandard_member, read_limited
from evalkit.errors import InputError

__all__ = ["BadRowError", "Head", "Source", "as_text", "targets_of"]

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one line."""
LARGEST_DOCUMENT = 1024 * 1024 * 1024
"""Bytes of one JSON document, unpacked; it has to be held in memory."""
PEEK = 4 * 1024 * 1024
"""Bytes from which the shape of a file is told."""
MEMBERS = 2_000_000
"""Files that an archive may hold."""
MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What code raises that reads a row which is not as its format has it."""


class BadRowError(InputError):
    """One row cannot be read; the rest of the file may be fine."""


class Source:
    """One file, and how it is to be read.

    Args:
        path: where it is.
        skip_bad: count rows that cannot be read instead of raising.
        scorer: which of several verdicts to take; "" leaves that to the reader.
        pass_mark: the score from which an answer counts as right, in formats that have scores and no verdicts.
    """

    def __init__(self, path: Path, *, skip_bad: bool = False, scorer: str = "", pass_mark: float | None = None) -> None:
        self.path = path
        self.skip_bad = skip_bad
        self.scorer = scorer
        self.pass_mark = pass_mark
        self.skipped = 0
        """Rows left out because they could not be read."""
        self.warnings: list[str] = []
        """What a reader noticed and the user should know."""
        self._document: Any = None
        self._head: Head | None = None

    def forget(self) -> None:
        """Free what was read to recognize the file; it is read again when needed."""
        self._document = None
        if self._head is not None and self._head.shape in ("object", "array"):
            self._head = replace(self._head, first={})

    def warn(self, text: str) -> None:
        """Add a warning, once."""
        if text not in self.warnings:
            self.warnings.append(text)

    @property
    def head(self) -> Head:
        """The file's beginning; read on first use."""
        if self._head is None:
            self._head = self._look()
        return self._head

    def error_at(self, place: object, what: str) -> BadRowError:
        """Make the error for a row that cannot be read.

        Args:
            place: line, position, or name of a member.
            what: what is wrong with it.
        """
        return BadRowError(f"{self.path}:{place}: {what[:300]}; fix it, or skip such rows with --skip-bad")

    def bad(self, error: BadRowError) -> None:
        """Count a row that cannot be read, or raise its error unless such rows are to be skipped."""
        if not self.skip_bad:
            raise error
        self.skipped += 1

    @contextlib.contextmanager
    def at(self, place: object) -> Iterator[None]:
        """Name a place in the file where code that reads it fails.

        Raises:
            BadRowError: the code inside raised one of MALFORMED.
        """
        try:
            yield
        except MALFORMED as error:
            raise self.error_at(place, describe(error)) from error

    def open(self) -> IO[bytes]:
        """Open the file, unpacked where it is gzip or zstandard.

        Raises:
            InputError: it cannot be opened.
        """
        return open_unpacked(self.path)

    def rows(self, decode: Callable[[bytes], Any] | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
        """Read a file of rows, one (position from 1, object) at a time.

        Args:
            decode: for JSON lines, decodes of a line what is needed; where it fails the line is decoded whole, which
                says why.

        Raises:
            InputError: a row cannot be read, unless such rows are to be skipped; the text names file and place.
        """
        shape = self.head.shape
        if shape == "lines":
            yield from self._lines(decode or parse_json)
        elif shape == "table":
            yield from self._table()
        elif shape == "parquet":
            yield from self._parquet()
        else:
            document = self.document()
            for number, row in enumerate(document if isinstance(document, list) else [document], start=1):
                if isinstance(row, dict):
                    yield number, row
                else:
                    self._reject(number, f"{type(row).__name__} where an object should be")

    def document(self) -> Any:
        """Read the whole file as one JSON value.

        Raises:
            InputError: it is too large, or not JSON.
        """
        if self._document is None:
            with self._damage():
                self._document = parse_json(read_limited(self.open(), self.path, LARGEST_DOCUMENT))
        return self._document

    def archive(self) -> zipfile.ZipFile:
        """Open it as a zip.

        Raises:
            InputError: it is damaged, or has too many members.
        """
        try:
            archive = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise InputError(f"{self.path} is a damaged zip ({_line(error)}); copy it again") from error
        if len(archive.namelist()) > MEMBERS:
            raise InputError(f"{self.path} has {len(archive.namelist()):,} members, more than any log has")
        return archive

    def member(self, archive: zipfile.ZipFile, name: str) -> Any:
        """Read one JSON member of an archive, deflated or packed with zstandard.

        The limit of size holds for what is unpacked, whatever size the archive states.

        Raises:
            InputError: it is too large, damaged, or not JSON.
        """
        with self._damage(name):
            info = archive.getinfo(name)
            packed = info.compress_type == ZSTANDARD
            file = open_zstandard_member(self.path, info) if packed else archive.open(info)
            return parse_json(read_limited(file, self.path, LARGEST_DOCUMENT))

    def fork(self, path: Path) -> Source:
        """Open another file under the same terms."""
        return Source(path, skip_bad=self.skip_bad, scorer=self.scorer, pass_mark=self.pass_mark)

    def _reject(self, place: object, what: str) -> None:
        self.bad(self.error_at(place, what))

    @contextlib.contextmanager
    def _damage(self, place: object = "") -> Iterator[None]:
        """Turn what damaged JSON and archives raise into one line that names file and place."""
        try:
            yield
        except InputError:
            raise
        except (ValueError, RecursionError, msgspec.DecodeError) as error:
            why = _line(error) or "nested too deeply"
            raise InputError(f"{self._named(place)} is not the JSON it began as ({why})") from error
        except (
            OSError,
            EOFError,
            zlib.error,
            zipfile.BadZipFile,
            KeyError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            why = _line(error)
            raise InputError(f"{self._named(place)} is damaged or cut off ({why}); copy it again") from error

    def _named(self, place: object) -> str:
        place = place() if callable(place) else place
        return f"{self.path}:{place}" if place else str(self.path)

    def _look(self) -> Head:
        try:
            with self.path.open("rb") as file:
                kind = container(file)
        except OSError as error:
            raise InputError(f"{self.path} cannot be read ({error.strerror or error})") from error
        if kind == "zip":
            with self.archive() as archive:
                return Head(shape="zip", members=tuple(archive.namelist()))
        if kind == "parquet":
            return Head(shape="parquet", keys=frozenset(self._parquet_file().schema_arrow.names))
        with self._damage(), self.open() as file:
            start = file.read(PEEK)
        return self._look_at(start.removeprefix(b"\xef\xbb\xbf").lstrip(), cut=len(start) == PEEK)

    def _look_at(self, start: bytes, *, cut: bool) -> Head:
        if start[:1] in (b"{", b"["):
            return head_of_lines(start) or head_of_document(self.document())
        try:
            text = start.decode("utf-8", "ignore" if cut else "strict")  # a cut may go through a character
        except UnicodeDecodeError as error:
            raise InputError(f"{self.path} is neither UTF-8 text nor a known archive ({error.reason})") from error
        return head_of_text(text)

    def _lines(self, decode: Callable[[bytes], Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        number = 0
        with self._damage(lambda: number + 1), self.open() as file:
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    most = LONGEST_LINE >> 20
                    raise InputError(f"{self.path}:{number}: longer than {most} MB; no log has such a line")
                if line.isspace():
                    continue
                try:
                    row = _decoded(line if number > 1 else line.removeprefix(b"\xef\xbb\xbf"), decode)
                except (ValueError, RecursionError, msgspec.DecodeError) as error:
                    self._reject(number, f"not JSON ({_line(error) or 'nested too deeply'})")
                    continue
                if isinstance(row, dict):
                    yield number, row
                else:
                    self._reject(number, f"{type(row).__name__} where an object should be")

    def _table(self) -> Iterator[tuple[int, dict[str, Any]]]:
        allow_long_cells()
        with self._damage(), self.open() as binary:
            text = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
            reader = csv.DictReader(text, delimiter=self.head.delimiter)
            reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
            while True:
                try:
                    row = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    raise InputError(f"{self.path}:{reader.line_num}: not CSV ({_line(error)})") from error
                if None in row or None in row.values():
                    self._reject(reader.line_num, "more or fewer cells than the header has")
                    continue
                yield reader.line_num, row

    def _parquet(self) -> Iterator[tuple[int, dict[str, Any]]]:
        number = 0
        with self._parquet_damage():
            for batch in self._parquet_file().iter_batches(batch_size=256):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row

    def _parquet_file(self) -> Any:
        from pyarrow import parquet

        with self._parquet_damage():
            return parquet.ParquetFile(self.path)

    @contextlib.contextmanager
    def _parquet_damage(self) -> Iterator[None]:
        from pyarrow import ArrowException

        try:
            yield
        except InputError:
            raise
        except (ArrowException, OSError, ValueError, MemoryError) as error:
            raise InputError(f"{self.path} is a damaged Parquet file ({_line(error)}); copy it again") from error


def describe(error: Exception) -> str:
    """Say what is wrong with a row, from what code that reads it raised."""
    if isinstance(error, KeyError):
        return f"no {_line(error.args[0])}"
    return f"not as its format has it ({_line(error) or type(error).__name__})"


def as_text(value: Any) -> str:
    """Read a cell or the content of a message as text: a string, or the text parts of a list of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(
            part if isinstance(part, str) else str(part.get("text") or "") if isinstance(part, dict) else str(part)
            for part in value
            if not (isinstance(part, dict) and part.get("type") in ("reasoning", "thinking"))
        )
    return "" if value is None else str(value)


def targets_of(value: Any) -> list[str]:
    """Read gold answers, one or several, as a list of strings."""
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]


def _line(said: object) -> str:
    """What an error says, on one line and not too long."""
    return " ".join(str(said).split())[:150]


def _decoded(line: bytes, decode: Callable[[bytes], Any]) -> Any:
    try:
        return decode(line)
    except (ValueError, RecursionError, msgspec.DecodeError):
        return parse_json(line)

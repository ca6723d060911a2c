"""A file to be read as data: JSON, JSON lines, tables as text, Parquet, Arrow, Excel, SQLite.

Text may be packed with gzip, zstandard, bzip2 or xz, and be UTF-8, UTF-16 or cp1252. Files are hostile until read:
lines, documents and archives have limits of size, and no path in an archive is used.
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

from evalkit.dataset import containers, delimited
from evalkit.dataset.encoding import UTF8, Recoded, detect_encoding, is_utf8
from evalkit.dataset.head import Head, head_of_document, head_of_lines, head_of_text, parse_json
from evalkit.dataset.layouts import pandas_rows, rows_under
from evalkit.dataset.limits import Limits, check_cells, exceeded
from evalkit.dataset.preference import Preference
from evalkit.dataset.unpack import ZSTANDARD, container, open_unpacked, read_limited, read_member
from evalkit.errors import InputError

__all__ = ["BadRowError", "Head", "Limits", "Preference", "Source", "as_text", "one_line", "targets_of"]

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
DAMAGED = (
    OSError, EOFError, zlib.error, zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, MemoryError,
    IndexError, OverflowError,
)  # fmt: skip
"""What damaged archives raise."""
Row = dict[str, Any]


class BadRowError(InputError):
    """One row cannot be read; the rest of the file may be fine."""


class Source:
    """One file, and how it is to be read.

    Args:
        path: where it is.
        skip_bad: count rows that cannot be read instead of raising.
        preference: which of several verdicts to take, and from which score an answer is right.
        rows: where in the file the rows are: keys joined by dots, or the name of a sheet or table.
        limits: how much the file may hold.
        remedy: what errors about a row tell the user to do.
    """

    def __init__(
        self,
        path: Path,
        *,
        skip_bad: bool = False,
        preference: Preference | None = None,
        rows: str = "",
        limits: Limits | None = None,
        remedy: str = "fix it, or skip such rows with --skip-bad",
    ) -> None:
        self.path = path
        self.skip_bad = skip_bad
        self.preference = preference or Preference()
        self.rows_at = rows
        self.limits = limits or Limits()
        self.remedy = remedy
        self.skipped = 0
        """Rows left out because they could not be read."""
        self.warnings: list[str] = []
        """What a reader noticed and the user should know."""
        self._document: Any = None
        self._head: Head | None = None
        self._kind = ""
        self._encoding = UTF8
        self._returns = False

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
        return BadRowError(f"{self.path}:{one_line(place)}: {one_line(what, 300)}; {self.remedy}")

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
        """Open the file, unpacked where it is packed, and as UTF-8 where it is text in another encoding.

        Raises:
            InputError: it cannot be opened; while reading, that it unpacks to more than it may.
        """
        stream = open_unpacked(self.path, self.limits)
        if self._encoding == UTF8 and not self._returns:
            return stream
        return io.BufferedReader(Recoded(stream, self._encoding, returns=self._returns))

    def rows(self, decode: Callable[[bytes], Any] | None = None) -> Iterator[tuple[int, Row]]:
        """Read a file of rows, one (position from 1, object) at a time.

        Args:
            decode: for JSON lines, decodes of a line what is needed; where it fails the line is decoded whole, which
                says why.

        Raises:
            InputError: a row cannot be read, unless such rows are to be skipped; the text names file and place.
        """
        for number, (place, row) in enumerate(self._all_rows(decode), start=1):
            if number > self.limits.rows:
                raise exceeded(f"{self.path}:{place}", "rows", self.limits.rows)
            yield place, row

    def document(self) -> Any:
        """Read the whole file as one JSON value; with `rows`, the list of rows there.

        Raises:
            InputError: it is too large, or not JSON.
        """
        if self._document is None:
            with self._damage():
                data = read_limited(self.open(), self.path, LARGEST_DOCUMENT)
                check_cells(data, self.limits, self.path)
                document = parse_json(data)
            self._document = rows_under(document, self.rows_at, self.path) if self.rows_at else document
        return self._document

    def archive(self) -> zipfile.ZipFile:
        """Open it as a zip.

        Raises:
            InputError: it is damaged, or has too many members.
        """
        try:
            archive = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, OverflowError) as error:
            raise InputError(f"{self.path} is a damaged zip ({one_line(error)}); copy it again") from error
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
            most = min(LARGEST_DOCUMENT, self.limits.bytes_of(self.path.stat().st_size))
            if info.compress_type == ZSTANDARD:
                data = read_member(self.path, info, most)
            else:
                data = read_limited(archive.open(info), self.path, most)
            check_cells(data, self.limits, self._named(name))
            return parse_json(data.removeprefix(b"\xef\xbb\xbf"))

    def fork(self, path: Path) -> Source:
        """Open another file under the same terms."""
        return Source(path, skip_bad=self.skip_bad, preference=self.preference, limits=self.limits)

    def _all_rows(self, decode: Callable[[bytes], Any] | None) -> Iterator[tuple[int, Row]]:
        shape = self.head.shape
        if shape == "lines":
            return self._lines(decode or parse_json)
        if self._kind in ("parquet", "arrow", "arrow stream"):
            return enumerate(containers.arrow_rows(self.path, self._kind, self.limits), start=1)
        if self._kind == "sqlite":
            table = containers.sqlite_table(self.path, self.rows_at)
            return enumerate(containers.sqlite_rows(self.path, table, self.limits), start=1)
        if self._kind == "workbook":
            return containers.workbook_table(self.path, self.rows_at)[1]
        return self._table() if shape == "table" else self._document_rows()

    def _document_rows(self) -> Iterator[tuple[int, Row]]:
        document = self.document()
        rows = document if isinstance(document, list) else pandas_rows(document) or [document]
        for number, row in enumerate(rows, start=1):
            if isinstance(row, dict):
                yield number, row
            else:
                self._reject(number, f"{type(row).__name__} where an object should be")

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
            why = one_line(error) or "nested too deeply"
            raise InputError(f"{self._named(place)} is not the JSON it began as ({why})") from error
        except csv.Error as error:
            raise InputError(f"{self._named(place)} is not the table it began as ({one_line(error)})") from error
        except DAMAGED as error:
            why = one_line(error) or type(error).__name__
            raise InputError(f"{self._named(place)} is damaged or cut off ({why}); copy it again") from error

    def _named(self, place: object) -> str:
        place = place() if callable(place) else place
        return f"{self.path}:{one_line(place)}" if place else str(self.path)

    def _look(self) -> Head:
        try:
            with self.path.open("rb") as file:
                self._kind = container(file)
        except OSError as error:
            raise InputError(f"{self.path} cannot be read ({error.strerror or error})") from error
        if self._kind == "zip":
            with self.archive() as archive:
                members = tuple(archive.namelist())
            if containers.WORKBOOK not in members:
                return Head(shape="zip", members=members)
            self._check_size_of_workbook()
            self._kind = "workbook"
        if self._kind in ("parquet", "arrow", "arrow stream", "sqlite", "workbook"):
            columns = self._columns()
            containers.refuse_repeated(self.path, columns)
            return Head(shape="parquet" if self._kind == "parquet" else "table", keys=frozenset(columns))
        with self._damage(), self.open() as file:
            start = file.read(PEEK)
        return self._look_at(start, cut=len(start) == PEEK)

    def _columns(self) -> list[str]:
        if self._kind == "sqlite":
            return containers.sqlite_table(self.path, self.rows_at).columns
        if self._kind == "workbook":
            table, _ = containers.workbook_table(self.path, self.rows_at)
            if table.note:
                self.warn(table.note)
            return table.columns
        return containers.arrow_columns(self.path, self._kind)

    def _check_size_of_workbook(self) -> None:
        most = self.limits.bytes_of(self.path.stat().st_size)
        with self.archive() as archive:
            size = sum(info.file_size for info in archive.infolist())
        if size > most:
            raise exceeded(self.path, "expansion", most)

    def _look_at(self, start: bytes, *, cut: bool) -> Head:
        encoding = detect_encoding(start, cut=cut)
        if encoding is None:
            raise InputError(f"{self.path} is neither UTF-8 text, UTF-16 nor cp1252, nor a known archive")
        text = start.decode(encoding, "replace").removeprefix("\ufeff")
        is_json = text.lstrip()[:1] in ("{", "[")
        if encoding == UTF8 and cut and not is_json and not self._is_utf8():
            encoding = "cp1252"
            text = start.decode(encoding, "replace")
        if encoding != UTF8:
            self.warn(f"read as {encoding}" + (", since it is not UTF-8" if encoding == "cp1252" else ""))
        self._encoding = encoding
        self._returns = "\n" not in text and "\r" in text
        if self._returns:
            text = text.replace("\r", "\n")
        if is_json:
            return self._look_at_json(text.lstrip())
        head = head_of_text(text)
        if head.shape == "table":
            containers.refuse_repeated(self.path, delimited.header_of(text, head.delimiter))
            if head.delimiter not in (",", "\t"):
                self.warn(f"cells are separated by {head.delimiter!r}")
        return head

    def _look_at_json(self, text: str) -> Head:
        lines = None if self.rows_at else head_of_lines(text.encode("utf-8", "replace"))
        return lines or head_of_document(self.document())

    def _is_utf8(self) -> bool:
        with self._damage():
            return is_utf8(open_unpacked(self.path, self.limits))

    def _lines(self, decode: Callable[[bytes], Any]) -> Iterator[tuple[int, Row]]:
        number = 0
        with self._damage(lambda: number + 1), self.open() as file:
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    most = LONGEST_LINE >> 20
                    raise InputError(f"{self.path}:{number}: longer than {most} MB; no log has such a line")
                if line.isspace():
                    continue
                check_cells(line, self.limits, f"{self.path}:{number}")
                try:
                    row = _decoded(line if number > 1 else line.removeprefix(b"\xef\xbb\xbf"), decode)
                except (ValueError, RecursionError, msgspec.DecodeError) as error:
                    self._reject(number, f"not JSON ({one_line(error) or 'nested too deeply'})")
                    continue
                if isinstance(row, dict):
                    yield number, row
                else:
                    self._reject(number, f"{type(row).__name__} where an object should be")

    def _table(self) -> Iterator[tuple[int, Row]]:
        line = 1
        with self._damage(lambda: line), self.open() as binary:
            text = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
            for line, cells in delimited.read_delimited(text, self.head.delimiter):
                if cells is None:
                    self._reject(line, delimited.MISFIT)
                else:
                    yield line, cells


def describe(error: Exception) -> str:
    """Say what is wrong with a row, from what code that reads it raised."""
    if isinstance(error, KeyError):
        return f"no {one_line(error.args[0])}"
    return f"not as its format has it ({one_line(error) or type(error).__name__})"


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


def one_line(said: object, longest: int = 150) -> str:
    """Write something on one line, not too long, and without half characters.

    Args:
        said: an error, or text of a file.
        longest: characters that are kept.
    """
    return " ".join(str(said).split())[:longest].encode("utf-8", "replace").decode()


def _decoded(line: bytes, decode: Callable[[bytes], Any]) -> Any:
    try:
        return decode(line)
    except (ValueError, RecursionError, msgspec.DecodeError):
        return parse_json(line)

"""A file to be read as data, whatever it is wrapped in: JSON, JSON lines, CSV, TSV, Parquet; gzip, zstandard, zip.

Everything here is hostile until read: lines have a length limit, documents a size limit, archives both and no paths.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from evalkit.errors import InputError

LONGEST_LINE = 64 * 1024 * 1024
LARGEST_DOCUMENT = 1024 * 1024 * 1024
"""Bytes of one JSON document, unpacked; it has to be held in memory."""
PEEK = 4 * 1024 * 1024
FIRST = 5
"""Lines that are looked at for a whole one."""
MEMBERS = 2_000_000
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip", b"PAR1": "parquet"}
_decode = msgspec.json.Decoder().decode

Shape = Literal["lines", "array", "object", "table", "parquet", "zip", "other"]


@dataclass(frozen=True)
class Head:
    """What can be seen of a file without reading it through."""

    shape: Shape
    keys: frozenset[str] = frozenset()
    """Of the first row; of the object, where the file is one."""
    first: dict[str, Any] = field(default_factory=dict)
    """The first row, or the object."""
    members: tuple[str, ...] = ()
    """Names in a zip."""

    @property
    def has_rows(self) -> bool:
        """Whether it is a sequence of rows."""
        return self.shape in ("lines", "array", "table", "parquet")


class Source:
    """One file.

    Args:
        path: where it is.
        skip_bad: count rows that cannot be read instead of raising.
        scorer: which of several verdicts is meant; "" leaves it to the reader.
        pass_mark: the score from which an answer counts as right, where a format has scores and no verdicts.
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
        """Let go of what was read to look at it; it is read again when it is needed."""
        self._document = None
        if self._head is not None and self._head.shape in ("object", "array"):
            self._head = Head(self._head.shape, self._head.keys)

    def warn(self, text: str) -> None:
        """Say something once."""
        if text not in self.warnings:
            self.warnings.append(text)

    @property
    def head(self) -> Head:
        """What it begins with; read once."""
        if self._head is None:
            self._head = self._look()
        return self._head

    @contextlib.contextmanager
    def at(self, number: object) -> Iterator[None]:
        """Name this place where reading a row fails; a callable says where when it is asked.

        Raises:
            InputError: with file, position and what is missing.
        """
        try:
            yield
        except InputError:
            raise
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
            what = f"no {error.args[0]}" if isinstance(error, KeyError) else str(error) or type(error).__name__
            place = number() if callable(number) else number
            raise InputError(f"{self.path}:{place}: the row is not as its format has it ({what[:200]})") from error

    def open(self) -> IO[bytes]:
        """The bytes, unpacked where they are gzip or zstandard.

        Raises:
            InputError: it cannot be opened.
        """
        try:
            file = self.path.open("rb")
            kind = _kind(file)
            if kind == "gzip":
                file.close()  # the reader below closes only what it has opened
                return io.BufferedReader(gzip.GzipFile(self.path, "rb"))
            if kind == "zstd":
                return _zstd(file)
        except OSError as error:
            raise InputError(f"{self.path} cannot be read ({error.strerror or error})") from error
        return file

    def rows(self, decode: Callable[[bytes], Any] | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
        """(position from 1, object) of a file of rows.

        Args:
            decode: for JSON lines, what decodes a line to what is needed of it; where it fails, the line is decoded
                whole, which says why.

        Raises:
            InputError: a row cannot be read, unless they are to be skipped; the text names file and place.
        """
        shape = self.head.shape
        if shape == "lines":
            yield from self._lines(decode or _json)
        elif shape == "table":
            yield from self._table()
        elif shape == "parquet":
            yield from self._parquet()
        else:
            document = self.document()
            for number, found in enumerate(document if isinstance(document, list) else [document], start=1):
                if isinstance(found, dict):
                    yield number, found
                else:
                    self._bad(number, f"{type(found).__name__} where an object should be")

    def document(self) -> Any:
        """The whole file as one JSON value.

        Raises:
            InputError: it is too large, or no JSON.
        """
        if self._document is None:
            with self._faults(0):
                data = _limited(self.open(), self.path)
                self._document = _json(data)
        return self._document

    def archive(self) -> zipfile.ZipFile:
        """It as a zip.

        Raises:
            InputError: it is none, or has too many members.
        """
        try:
            archive = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise InputError(f"{self.path} is a damaged zip ({error}); copy it again") from error
        if len(archive.namelist()) > MEMBERS:
            raise InputError(f"{self.path} has {len(archive.namelist()):,} members, more than any log has")
        return archive

    def member(self, archive: zipfile.ZipFile, name: str) -> Any:
        """One JSON member of an archive, deflated or with zstandard, however it lies about its size.

        Raises:
            InputError: it is too large, damaged or no JSON.
        """
        with self._faults(name):
            info = archive.getinfo(name)
            if info.compress_type == 93:  # noqa: PLR2004 - zstandard, which zipfile does not know yet
                with self.path.open("rb") as file:
                    return _json(_limited(_zstd(_raw(file, info)), self.path))
            with archive.open(info) as file:
                return _json(_limited(file, self.path))

    def fork(self, path: Path) -> Source:
        """Another file read under the same terms."""
        return Source(path, skip_bad=self.skip_bad, scorer=self.scorer, pass_mark=self.pass_mark)

    def bad(self, where: object, what: str) -> None:
        """A row that cannot be read: an error, or one more that is skipped.

        Raises:
            InputError: unless bad rows are to be skipped.
        """
        self._bad(where, what)

    def _bad(self, where: object, what: str) -> None:
        if not self.skip_bad:
            raise InputError(f"{self.path}:{where}: {what}; mend it, or leave such rows out with --skip-bad")
        self.skipped += 1

    @contextlib.contextmanager
    def _faults(self, where: object) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except (ValueError, RecursionError, msgspec.DecodeError) as error:
            why = str(error)[:150] or "nested too deeply"
            raise InputError(f"{self._place(where)} is not the JSON it began as ({why})") from error
        except (
            OSError,
            EOFError,
            zlib.error,
            zipfile.BadZipFile,
            KeyError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            why = str(error)[:150]
            raise InputError(f"{self._place(where)} is damaged or cut off ({why}); copy it again") from error

    def _place(self, where: object) -> str:
        where = where() if callable(where) else where
        return f"{self.path}:{where}" if where else str(self.path)

    def _look(self) -> Head:
        try:
            with self.path.open("rb") as file:
                kind = _kind(file)
        except OSError as error:
            raise InputError(f"{self.path} cannot be read ({error.strerror or error})") from error
        if kind == "zip":
            with self.archive() as archive:
                return Head("zip", members=tuple(archive.namelist()))
        if kind == "parquet":
            columns = frozenset(self._parquet_file().schema_arrow.names)
            return Head("parquet", columns)
        with self._faults(0), self.open() as file:
            start = file.read(PEEK)
        return self._look_at(start)

    def _look_at(self, start: bytes) -> Head:
        text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
        if text[:1] in (b"{", b"["):
            return _look_at_lines(text) or self._look_at_document()
        return self._look_at_table(text)

    def _look_at_document(self) -> Head:
        document = self.document()
        if isinstance(document, dict):
            return Head("object", frozenset(document), document)
        if isinstance(document, list) and document and isinstance(document[0], dict):
            return Head("array", frozenset(document[0]), document[0])
        return Head("other")

    def _look_at_table(self, text: bytes) -> Head:
        try:
            sample = text.decode("utf-8", "strict" if len(text) < PEEK - 8 else "ignore")
        except UnicodeDecodeError as error:
            raise InputError(f"{self.path} is neither UTF-8 text nor a known archive ({error.reason})") from error
        if text[:1] == b"<":
            return Head("other", first={"html": True} if "<h3>Prompt conversation</h3>" in sample else {})
        line = sample.split("\n", 1)[0]
        delimiter = "\t" if line.count("\t") > line.count(",") else ","
        if line.count(delimiter) == 0 or "\0" in line:
            return Head("other")
        columns = [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
        return Head("table", frozenset(columns), {"": delimiter})

    def _lines(self, decode: Callable[[bytes], Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        number = 0
        with self._faults(lambda: number + 1), self.open() as file:
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    most = LONGEST_LINE >> 20
                    raise InputError(f"{self.path}:{number}: longer than {most} MB; no log has such a line")
                if line.isspace():
                    continue
                try:
                    found = _decoded(line if number > 1 else line.removeprefix(b"\xef\xbb\xbf"), decode)
                except (ValueError, RecursionError, msgspec.DecodeError) as error:
                    self._bad(number, f"not JSON ({str(error)[:120] or 'nested too deeply'})")
                    continue
                if isinstance(found, dict):
                    yield number, found
                else:
                    self._bad(number, f"{type(found).__name__} where an object should be")

    def _table(self) -> Iterator[tuple[int, dict[str, Any]]]:
        csv.field_size_limit(LONGEST_LINE)
        with self._faults(0), self.open() as binary:
            text = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
            reader = csv.DictReader(text, delimiter=self.head.first.get("", ","))
            reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
            while True:
                try:
                    found = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    raise InputError(f"{self.path}:{reader.line_num}: not CSV ({error})") from error
                if None in found or None in found.values():
                    self._bad(reader.line_num, "more or fewer cells than the header has")
                    continue
                yield reader.line_num, found

    def _parquet(self) -> Iterator[tuple[int, dict[str, Any]]]:
        number = 0
        with self._parquet_faults():
            for batch in self._parquet_file().iter_batches(batch_size=256):
                for found in batch.to_pylist():
                    number += 1
                    yield number, found

    def _parquet_file(self) -> Any:
        from pyarrow import parquet

        with self._parquet_faults():
            return parquet.ParquetFile(self.path)

    @contextlib.contextmanager
    def _parquet_faults(self) -> Iterator[None]:
        from pyarrow import ArrowException

        try:
            yield
        except InputError:
            raise
        except (ArrowException, OSError, ValueError, MemoryError) as error:
            raise InputError(f"{self.path} is a damaged Parquet file ({str(error)[:150]}); copy it again") from error


def as_text(value: Any) -> str:
    """A cell or message content as text: a string, or the text parts of a list of parts."""
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
    """Gold answers as a list of strings."""
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]


def _json(data: bytes) -> Any:
    try:
        return _decode(data)
    except msgspec.DecodeError:
        return json.loads(data.decode("utf-8"))  # takes NaN and Infinity, which Python's harnesses write


def _look_at_lines(text: bytes) -> Head | None:
    """JSON lines, where one of the first is an object and more follow; a damaged one is named when it is read."""
    start, _, rest = text.partition(b"\n")
    for line in (start, *rest.split(b"\n", FIRST)[:FIRST]):
        if not line.startswith(b"{") or not rest.strip():
            continue
        with contextlib.suppress(ValueError, RecursionError, msgspec.DecodeError):
            first = _json(line)
            if isinstance(first, dict):
                return Head("lines", frozenset(first), first)
    return None


def _decoded(line: bytes, decode: Callable[[bytes], Any]) -> Any:
    try:
        return decode(line)
    except (ValueError, RecursionError, msgspec.DecodeError):
        return _json(line)


def _kind(file: IO[bytes]) -> str:
    start = file.read(4)
    file.seek(0)
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "")


def _zstd(file: IO[bytes]) -> IO[bytes]:
    import zstandard

    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(file, read_across_frames=True)
    return io.BufferedReader(reader)


def _raw(file: IO[bytes], info: zipfile.ZipInfo) -> IO[bytes]:
    """The packed bytes of a member."""
    file.seek(info.header_offset)
    header = file.read(30)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), io.SEEK_CUR)
    return io.BytesIO(file.read(info.compress_size))


def _limited(file: IO[bytes], path: Path) -> bytes:
    with file:
        data = file.read(LARGEST_DOCUMENT + 1)
    if len(data) > LARGEST_DOCUMENT:
        raise InputError(
            f"{path} unpacks to more than {LARGEST_DOCUMENT >> 30} GB in one document; as JSON lines it would be read"
        )
    return data.removeprefix(b"\xef\xbb\xbf")

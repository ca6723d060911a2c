"""Bytes of a file behind gzip, zstandard, bzip2, xz or zip, within a limit of size."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from evalkit.dataset.limits import Limits, Metered
from evalkit.errors import InputError

ZSTANDARD = 93
"""A zip's number for zstandard, which the zipfile module does not read yet."""
_MAGIC = {
    b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip", b"PAR1": "parquet",
    b"ARROW1\x00\x00": "arrow", b"\xff\xff\xff\xff": "arrow stream", b"SQLite format 3\x00": "sqlite",
    **{b"BZh%d1AY&SY" % level: "bzip2" for level in range(1, 10)},
}  # fmt: skip
_BOM = b"\xef\xbb\xbf"
_XZ_MEMORY = 1 << 28
"""Bytes that an xz file may claim for its dictionary; xz -9 needs 65 MB."""
_CHUNK = 1 << 16


def container(file: IO[bytes]) -> str:
    """Name what a file is by its first bytes, such as gzip, zip, parquet or sqlite; "" for none of those known."""
    start = file.read(16)
    file.seek(0)
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "")


def open_unpacked(path: Path, limits: Limits | None = None) -> IO[bytes]:
    """Open a file for reading, unpacked where it is gzip, zstandard, bzip2 or xz.

    Args:
        path: the file.
        limits: how much it may unpack to; reading beyond that raises InputError.

    Raises:
        InputError: it cannot be opened.
    """
    try:
        file = path.open("rb")
        kind = container(file)
        most = (limits or Limits()).bytes_of(path.stat().st_size)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error})") from error
    if kind not in _OPENERS:
        return file
    return io.BufferedReader(Metered(_OPENERS[kind](file), most, path), _CHUNK)


def read_member(path: Path, member: zipfile.ZipInfo, limit: int) -> bytes:
    """Read a member of a zip that is packed with zstandard, and compare it with its checksum.

    Args:
        path: the archive.
        member: which member.
        limit: bytes that it may have, unpacked.

    Raises:
        InputError: it has more.
        BadZipFile: it is not what was packed.
    """
    with path.open("rb") as file:
        file.seek(member.header_offset)
        header = file.read(30)
        name, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
        file.seek(name + extra, io.SEEK_CUR)
        data = read_limited(_zstandard(io.BytesIO(file.read(member.compress_size))), path, limit, bare=False)
    if len(data) != member.file_size or zlib.crc32(data) != member.CRC:
        raise zipfile.BadZipFile(f"bad checksum of {member.filename!r}")
    return data


def read_limited(file: IO[bytes], path: Path, limit: int, *, bare: bool = True) -> bytes:
    """Read a document to its end and close it.

    Args:
        file: the unpacked bytes.
        path: the file they come from, for the error.
        limit: bytes that it may have, unpacked.
        bare: leave out a byte order mark.

    Raises:
        InputError: it has more.
    """
    with file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise InputError(
            f"{path} unpacks to more than {limit >> 20:,} MB in one document; split it, convert it to JSON lines, or"
            " raise the limit with --limits expansion=N"
        )
    return data.removeprefix(_BOM) if bare else data


class _Layer(io.RawIOBase):
    """An unpacking reader that closes the file below it too, and raises no errors of its library.

    Args:
        stream: the reader.
        below: the file that it reads.
        error: what the library raises; it becomes OSError.
    """

    def __init__(self, stream: Any, below: IO[bytes], error: type[Exception] = OSError) -> None:
        super().__init__()
        self._stream = stream
        self._below = below
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type] # typeshed's name for it is no type at run time
        try:
            data: bytes = self._stream.read(len(view))
        except self._error as error:
            raise OSError(str(error)) from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        self._below.close()
        super().close()


class _Xz(io.RawIOBase):
    """An xz stream that may not claim more than a stated memory, which lzma.open does not offer."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._decoder = self._new()
        self._input = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while True:
            if self._decoder.eof:
                self._input = self._decoder.unused_data.lstrip(b"\0") or self._file.read(_CHUNK)
                if not self._input:
                    return 0
                self._decoder = self._new()
            elif self._decoder.needs_input:
                self._input = self._file.read(_CHUNK)
                if not self._input:
                    raise EOFError("the stream ends before its end marker")
            try:
                data = self._decoder.decompress(self._input, len(view))
            except lzma.LZMAError as error:
                raise OSError(str(error)) from error
            self._input = b""
            if data:
                view[: len(data)] = data
                return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(memlimit=_XZ_MEMORY)


def _gzip(file: IO[bytes]) -> IO[bytes]:
    return io.BufferedReader(_Layer(gzip.GzipFile(fileobj=file, mode="rb"), file))


def _bzip2(file: IO[bytes]) -> IO[bytes]:
    return io.BufferedReader(_Layer(bz2.BZ2File(file, "rb"), file))


def _xz(file: IO[bytes]) -> IO[bytes]:
    return io.BufferedReader(_Xz(file))


def _zstandard(file: IO[bytes]) -> IO[bytes]:
    import zstandard

    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(file, read_across_frames=True)
    return io.BufferedReader(_Layer(reader, file, zstandard.ZstdError))


_OPENERS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    "gzip": _gzip,
    "zstd": _zstandard,
    "bzip2": _bzip2,
    "xz": _xz,
}

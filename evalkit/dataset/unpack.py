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
_CHUNK = 1 << 10
"""Bytes of xz and zstandard that are unpacked together: at worst they give 32 MB."""
_BUFFER = 1 << 16


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
    return io.BufferedReader(Metered(_OPENERS[kind](file), most, path), _BUFFER)


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
    """An unpacking reader that closes the file below it too, which the library's own does not.

    Args:
        stream: the reader.
        below: the file that it reads.
    """

    def __init__(self, stream: gzip.GzipFile | bz2.BZ2File, below: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._below = below

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type] # typeshed's name for it is no type at run time
        data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        self._below.close()
        super().close()


class _Frames(io.RawIOBase):
    """A stream of one frame or several, each of which has to be whole.

    Args:
        file: the packed bytes.
        decoder: makes an object that unpacks one frame.
        chunk: bytes that are unpacked together.
        error: what the library raises; it becomes OSError.
    """

    def __init__(self, file: IO[bytes], decoder: Callable[[], Any], chunk: int, error: type[Exception]) -> None:
        super().__init__()
        self._file = file
        self._new = decoder
        self._decoder: Any = None
        self._chunk = chunk
        self._error = error
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type] # as in _Layer
        while not self._ready:
            between = self._decoder is None or self._decoder.eof
            packed = self._decoder.unused_data if self._decoder is not None and between else b""
            packed = packed or self._file.read(self._chunk)
            if not packed and between:
                return 0
            if not packed:
                raise EOFError("the stream ends before its end marker")
            if between:
                self._decoder = self._new()
            try:
                self._ready = self._decoder.decompress(packed)
            except self._error as error:
                raise OSError(str(error)) from error
        part, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._file.close()
        super().close()


def _gzip(file: IO[bytes]) -> IO[bytes]:
    return io.BufferedReader(_Layer(gzip.GzipFile(fileobj=file, mode="rb"), file))


def _bzip2(file: IO[bytes]) -> IO[bytes]:
    return io.BufferedReader(_Layer(bz2.BZ2File(file, "rb"), file))


def _xz(file: IO[bytes]) -> IO[bytes]:
    # lzma.open has no limit of memory.
    return io.BufferedReader(_Frames(file, lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY), _CHUNK, lzma.LZMAError))


def _zstandard(file: IO[bytes]) -> IO[bytes]:
    import zstandard

    # The library's own reader takes a file that is cut off for one that ends.
    decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    return io.BufferedReader(_Frames(file, decompressor.decompressobj, _CHUNK, zstandard.ZstdError))


_OPENERS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    "gzip": _gzip,
    "zstd": _zstandard,
    "bzip2": _bzip2,
    "xz": _xz,
}

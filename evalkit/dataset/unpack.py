"""Bytes of a file behind gzip, zstandard or zip, within a limit of size."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import IO

from evalkit.errors import InputError

ZSTANDARD = 93
"""A zip's number for zstandard, which the zipfile module does not read yet."""
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip", b"PAR1": "parquet"}
_BOM = b"\xef\xbb\xbf"


def container(file: IO[bytes]) -> str:
    """Name what a file is wrapped in, by its first bytes: gzip, zstd, zip or parquet; "" for none of them."""
    start = file.read(4)
    file.seek(0)
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "")


def open_unpacked(path: Path) -> IO[bytes]:
    """Open a file for reading, unpacked where it is gzip or zstandard.

    Raises:
        InputError: it cannot be opened.
    """
    try:
        file = path.open("rb")
        kind = container(file)
        if kind == "gzip":
            file.close()  # the reader below closes only what it has opened
            return io.BufferedReader(gzip.GzipFile(path, "rb"))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error})") from error
    return _zstandard(file) if kind == "zstd" else file


def open_zstandard_member(path: Path, member: zipfile.ZipInfo) -> IO[bytes]:
    """Open a member of a zip that is packed with zstandard."""
    with path.open("rb") as file:
        file.seek(member.header_offset)
        header = file.read(30)
        name, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
        file.seek(name + extra, io.SEEK_CUR)
        return _zstandard(io.BytesIO(file.read(member.compress_size)))


def read_limited(file: IO[bytes], path: Path, limit: int) -> bytes:
    """Read a document to its end and close it.

    Args:
        file: the unpacked bytes.
        path: the file they come from, for the error.
        limit: bytes that it may have, unpacked.

    Raises:
        InputError: it has more.
    """
    with file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise InputError(
            f"{path} unpacks to more than {limit >> 30} GB in one document; split it, or convert it to JSON lines"
        )
    return data.removeprefix(_BOM)


def _zstandard(file: IO[bytes]) -> IO[bytes]:
    import zstandard

    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(file, read_across_frames=True)
    return io.BufferedReader(reader)

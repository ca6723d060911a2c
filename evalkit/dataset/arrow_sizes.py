"""What an Arrow file unpacks to, read from its messages before any of them is unpacked.

Each buffer of a compressed batch begins with its unpacked size, and Arrow reserves that much memory at once: a file of
some kilobytes may ask for all there is. The layout is Arrow's columnar format 1.5, "IPC" (Message.fbs, Schema.fbs).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FILE_MAGIC = 8
"""Bytes before the stream inside an Arrow file."""
_DICTIONARY = 2
_RECORD_BATCH = 3


def batch_sizes(path: Path, kind: str) -> Iterator[int]:
    """Read the unpacked size of each batch of rows or of dictionary values, in bytes.

    Args:
        path: the file.
        kind: "arrow" for a file, "arrow stream" for a stream.

    Raises:
        ValueError: a message is damaged.
        ArrowException: as ValueError.
    """
    from pyarrow import ipc, memory_map

    with memory_map(str(path)) as file:
        file.seek(0 if kind == "arrow stream" else _FILE_MAGIC)
        for message in ipc.MessageReader.open_stream(file):
            if message.body is not None:
                yield _unpacked(bytes(message.metadata), message.body)


def _unpacked(metadata: bytes, body: Any) -> int:
    try:
        batch = _record_batch(metadata)
        compressed = batch is not None and _field(metadata, batch, 3) is not None
        if batch is None or not compressed:
            return int(body.size)
        return sum(_buffer_size(body, *where) for where in _buffers(metadata, batch))
    except (struct.error, IndexError) as error:
        raise ValueError(f"a message that cannot be read: {error}") from error


def _record_batch(data: bytes) -> int | None:
    """Where the table of the batch begins; None for another message, such as the schema."""
    message = _table(data, 0)
    kind, header = _field(data, message, 1), _field(data, message, 2)
    if kind is None or header is None or data[kind] not in (_DICTIONARY, _RECORD_BATCH):
        return None
    batch = _table(data, header)
    if data[kind] == _RECORD_BATCH:
        return batch
    inner = _field(data, batch, 1)
    return None if inner is None else _table(data, inner)


def _buffers(data: bytes, batch: int) -> Iterator[tuple[int, int]]:
    """Offset and length of each buffer in the body."""
    field = _field(data, batch, 2)
    if field is None:
        return
    vector = _table(data, field)
    (count,) = struct.unpack_from("<I", data, vector)
    for k in range(count):
        yield struct.unpack_from("<qq", data, vector + 4 + 16 * k)


def _buffer_size(body: Any, offset: int, length: int) -> int:
    if length == 0:
        return 0
    start = bytes(body.slice(offset, 8))
    (size,) = struct.unpack("<q", start)
    return length if size == -1 else int(size)


def _table(data: bytes, at: int) -> int:
    """Follow the offset that stands at a place."""
    return int(at + struct.unpack_from("<I", data, at)[0])


def _field(data: bytes, table: int, number: int) -> int | None:
    """Where a field of a table stands; None if it is left out."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    (size,) = struct.unpack_from("<H", data, vtable)
    if 4 + 2 * number >= size:
        return None
    (offset,) = struct.unpack_from("<H", data, vtable + 4 + 2 * number)
    return table + offset if offset else None

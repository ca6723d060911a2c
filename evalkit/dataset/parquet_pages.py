"""What the pages of a Parquet file unpack to, by their own headers.

The footer states the size of each column chunk, and each page states its own before its data; a reader reserves what
the page says. The layout is Apache Parquet's `PageHeader` in Thrift's compact protocol.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

_BOOLEANS = (1, 2)
_BYTE = 3
_INTEGERS = (4, 5, 6)
_DOUBLE = 7
_BINARY = 8
_LISTS = (9, 10)
_STRUCT = 12
_UNPACKED = 2
"""Number of the field `uncompressed_page_size`."""
_PACKED = 3
"""Number of the field `compressed_page_size`."""
_DEEPEST = 16
_LONG_LIST = 15
"""What stands for the length of a list that is written behind its head."""
_MORE = 0x80
"""Set in every byte of a number but its last."""


def pages_size(path: Path, group: Any) -> int:
    """Add up the unpacked sizes that the pages of a row group state, in bytes.

    Args:
        path: the file.
        group: pyarrow's metadata of the row group.

    Raises:
        ValueError: a page is damaged.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return sum(_chunk_size(data, group.column(k)) for k in range(group.num_columns))


def _chunk_size(data: mmap.mmap, chunk: Any) -> int:
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset is not None:
        at = min(at, chunk.dictionary_page_offset)
    end, total = min(at + chunk.total_compressed_size, len(data)), 0
    while 0 <= at < end:
        reader = _Header(data, at)
        reader.struct(0)
        if reader.unpacked < 0 or reader.packed < 0:
            raise ValueError("a page of negative size")
        total += reader.unpacked
        at = reader.at + reader.packed
    return total


class _Header:
    """A page's header as it is read.

    Args:
        data: the file.
        at: where the header begins.
    """

    def __init__(self, data: mmap.mmap, at: int) -> None:
        self._data = data
        self.at = at
        self.unpacked = 0
        self.packed = 0

    def struct(self, depth: int) -> None:
        """Read a struct to its end; the outermost is the header."""
        number = 0
        while (head := self._byte()) != 0:
            kind, step = head & 0x0F, head >> 4
            number = number + step if step else self._integer()
            if kind in _INTEGERS:
                self._keep(depth, number, self._integer())
            else:
                self._skip(kind, depth, element=False)

    def _keep(self, depth: int, number: int, value: int) -> None:
        if depth == 0 and number == _UNPACKED:
            self.unpacked = value
        if depth == 0 and number == _PACKED:
            self.packed = value

    def _skip(self, kind: int, depth: int, *, element: bool) -> None:
        if depth > _DEEPEST:
            raise ValueError("a page header too deep")
        if kind in _BOOLEANS:
            self.at += element  # a field's boolean stands in its head
        elif kind == _BYTE:
            self.at += 1
        elif kind in _INTEGERS:
            self._integer()
        elif kind == _DOUBLE:
            self.at += 8
        elif kind == _BINARY:
            length = self._varint()
            self.at += length
        elif kind in _LISTS:
            self._list(depth)
        elif kind == _STRUCT:
            self.struct(depth + 1)
        else:
            raise ValueError(f"a page header with a field of type {kind}")

    def _list(self, depth: int) -> None:
        head = self._byte()
        short = head >> 4
        count = self._varint() if short == _LONG_LIST else short
        for _ in range(count):
            self._skip(head & 0x0F, depth + 1, element=True)

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & ~_MORE) << shift
            if byte < _MORE:
                return value
        raise ValueError("a number without an end")

    def _byte(self) -> int:
        if not 0 <= self.at < len(self._data):
            raise ValueError("a page header beyond the end of the file")
        self.at += 1
        return self._data[self.at - 1]

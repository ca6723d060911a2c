"""Limits on what a file may unpack to: hostile files are small and grow."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO

from evalkit.errors import InputError, UsageError

FREE = 8 << 20
"""Bytes that any file may unpack to, however small it is."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a file may hold; `--limits NAME=N` raises one."""

    rows: float = 5_000_000
    """Rows of a file."""
    cells: float = 5_000_000
    """Values in one JSON document, line or sheet, which are held in memory together."""
    expansion: float = 100
    """Unpacked bytes for each packed one, beyond the first 8 MB."""

    @classmethod
    def of(cls, changes: Mapping[str, str]) -> Limits:
        """Change limits by name.

        Args:
            changes: name → number above 0.

        Raises:
            UsageError: there is no limit of that name, or the value is not such a number.
        """
        known = [field.name for field in fields(cls)]
        numbers = {}
        for name, value in changes.items():
            if name not in known:
                raise UsageError(f"--limits {name}={value}: no such limit; available: {', '.join(known)}")
            try:
                numbers[name] = float(value)
            except ValueError:
                numbers[name] = 0.0
            if not numbers[name] > 0:
                raise UsageError(f"--limits {name}={value}: must be a number above 0")
        return cls(**numbers)

    def bytes_of(self, packed: int) -> int:
        """Bytes that a file may unpack to.

        Args:
            packed: its size on disk.
        """
        return int(min(FREE + self.expansion * packed, 2.0**62))


def exceeded(where: object, name: str, most: float) -> InputError:
    """Make the error for a file beyond a limit.

    Args:
        where: the file, and where in it.
        name: the limit.
        most: what it allows.
    """
    what = {"rows": "rows", "cells": "values in one piece", "expansion": "bytes unpacked for its size"}[name]
    return InputError(
        f"{where}: more than {most:,.0f} {what}; if that is right, raise the limit with --limits {name}=N"
    )


def check_cells(data: bytes, limits: Limits, where: object) -> None:
    """Refuse JSON with more values than may be held in memory.

    Args:
        data: the JSON text.
        limits: how many there may be.
        where: the file and place, for the error.

    Raises:
        InputError: there are more.
    """
    if len(data) <= limits.cells:  # a value takes a byte at least
        return
    if data.count(b",") + data.count(b"[") + data.count(b"{") > limits.cells:
        raise exceeded(where, "cells", limits.cells)


class Metered(io.RawIOBase):
    """A stream that ends in an error where it gives more bytes than it may.

    Args:
        stream: the unpacked bytes.
        most: how many there may be.
        path: the file, for the error.
        limits: for the error.
    """

    def __init__(self, stream: IO[bytes], most: int, path: Path) -> None:
        super().__init__()
        self._stream = stream
        self._left = self._most = most
        self._path = path

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read into a buffer.

        Raises:
            InputError: more bytes came than there may be.
        """
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._stream.read(len(view))
        self._left -= len(data)
        if self._left < 0:
            raise exceeded(self._path, "expansion", self._most)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the stream below."""
        self._stream.close()
        super().close()

"""Reads the metadata at the head of a GGUF file, up to what is wanted of it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from evalkit.errors import InputError

CHAT_TEMPLATE = "tokenizer.chat_template"
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Type of a number → its bytes."""
_STRING, _ARRAY = 8, 9
_LONGEST = 1 << 30


def read_chat_template(path: Path) -> str | None:
    """The chat template of a model; None for a base model, which has none.

    Args:
        path: a GGUF file.

    Raises:
        InputError: its head cannot be read.
    """
    try:
        with path.open("rb") as file:
            return _find(file, CHAT_TEMPLATE)
    except (OSError, struct.error, ValueError, KeyError) as error:
        raise InputError(f"cannot load {path}: the head of the GGUF file cannot be read; is it complete?") from error


def _find(file: BinaryIO, wanted: str) -> str | None:
    """The text under a key; None if there is none."""
    magic, version, _, pairs = struct.unpack("<4sIQQ", file.read(24))
    if magic != b"GGUF" or version < 2:  # noqa: PLR2004 - version 1 had shorter counts and is extinct
        raise ValueError(version)
    for _ in range(pairs):
        key = _text(file)
        (kind,) = struct.unpack("<I", file.read(4))
        if key == wanted and kind == _STRING:
            return _text(file) or None
        _skip(file, kind)
    return None


def _text(file: BinaryIO) -> str:
    return file.read(_length(file)).decode("utf-8", "replace")


def _length(file: BinaryIO) -> int:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > _LONGEST:
        raise ValueError(length)
    return int(length)


def _skip(file: BinaryIO, kind: int) -> None:
    """Skip a value."""
    if kind == _STRING:
        file.seek(_length(file), 1)
    elif kind == _ARRAY:
        (inner,) = struct.unpack("<I", file.read(4))
        count = _length(file)
        if inner in _SIZES:
            file.seek(count * _SIZES[inner], 1)
        else:
            for _ in range(count):
                _skip(file, inner)
    else:
        file.seek(_SIZES[kind], 1)

"""Digest of a task's whole data, whatever part of it is asked and in whatever order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from evalkit.records import Sample, Task

_SIZE = 16


def fingerprint(rows: Iterable[Mapping[str, object] | Sequence[object] | str]) -> str:
    """Digest of rows, whatever their order; the public `evalkit.fingerprint`.

    Args:
        rows: all rows that samples are drawn from, each a mapping, a sequence or a text.

    Returns:
        32 hexadecimal digits.
    """
    return _combined(json.dumps(row, sort_keys=True, default=str, ensure_ascii=True).encode() for row in rows)


@lru_cache(maxsize=64)
def file_fingerprint(path: Path) -> str:
    """Digest of a file's bytes.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_SIZE)).hexdigest()


def data_fingerprint(task: Task) -> str | None:
    """Digest of the data that a task's samples are drawn from.

    Returns:
        The task's own digest, else that of its samples if they are a list, else None.
    """
    if task.fingerprint:
        return task.fingerprint
    if not isinstance(task.samples, Sequence):
        return None
    return _combined(_content(sample) for sample in task.samples if isinstance(sample, Sample))


def _content(sample: Sample) -> bytes:
    parts = (sample.id, sample.asked, *sample.target, *(sample.choices or ()))
    return "\0".join(parts).encode(errors="surrogatepass")


def _combined(contents: Iterable[bytes]) -> str:
    """Sum of the digests; unlike a digest of them all, it does not depend on their order."""
    total = sum(int.from_bytes(hashlib.blake2b(content, digest_size=_SIZE).digest()) for content in contents)
    return f"{total % (1 << 8 * _SIZE):032x}"

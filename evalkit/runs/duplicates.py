"""Find values that occur twice among any number, at 16 bytes each."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

SIZE = 16


class Digests:
    """Digests of values, in the order added. Two values share one with a probability below 2⁻⁶⁴ at 10⁹ values."""

    def __init__(self) -> None:
        self._digests = bytearray()

    def __len__(self) -> int:
        """How many were added."""
        return len(self._digests) // SIZE

    def add(self, *parts: object) -> None:
        """Add a value: its parts as text."""
        self._digests += digest(*parts)

    def twice(self) -> set[bytes]:
        """The digests that were added more than once."""
        ordered = np.sort(self._pairs(), order=["high", "low"])
        again = ordered[1:][ordered[1:] == ordered[:-1]]
        return {one.tobytes() for one in again}

    def _pairs(self) -> NDArray[np.void]:
        """Two numbers a digest, since numpy sorts them far faster than 16 bytes."""
        return np.frombuffer(self._digests, dtype=[("high", ">u8"), ("low", ">u8")])


def digest(*parts: object) -> bytes:
    """Return the digest of a value: its parts as text, which must not hold NUL."""
    text = "\0".join(map(str, parts)).encode(errors="surrogatepass")
    return hashlib.blake2b(text, digest_size=SIZE).digest()

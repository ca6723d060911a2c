"""Which characters the bytes of a text file stand for: UTF-8, UTF-16 or cp1252, told from the bytes alone."""

from __future__ import annotations

import codecs
import io
import re
from typing import IO

UTF8, CP1252 = "utf-8", "cp1252"
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be", codecs.BOM_UTF8: UTF8,
    codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be",
}  # fmt: skip
"""The longer ones first: UTF-32's begins as UTF-16's."""
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ufeff\ufffe\uffff]")
_LOOKED_AT = 4096
_MOSTLY = 0.4
_CHUNK = 1 << 16


def detect_encoding(start: bytes, *, cut: bool) -> str | None:
    """Tell the encoding of a text.

    Args:
        start: its first bytes.
        cut: more bytes follow, so that the last character may be incomplete.

    Returns:
        "utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be" or "cp1252"; None where it is no text in any.
    """
    for mark, name in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return name if _is_text(start[len(mark) :], name, cut=cut) else None
    guesses = [UTF8, *_without_mark(start), CP1252]
    return next((name for name in guesses if _is_text(start, name, cut=cut)), None)


def is_utf8(stream: IO[bytes]) -> bool:
    """Whether a stream is UTF-8 to its end; it is read and closed."""
    decoder = codecs.getincrementaldecoder(UTF8)()
    with stream:
        try:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


class Recoded(io.RawIOBase):
    """A text stream as UTF-8 without a byte order mark.

    Args:
        stream: the bytes in another encoding.
        encoding: which.
        returns: lines end in a carriage return alone; each becomes a line feed.
    """

    def __init__(self, stream: IO[bytes], encoding: str, *, returns: bool = False) -> None:
        super().__init__()
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._returns = returns
        self._ready = b""
        self._begun = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read into a buffer; 0 bytes at the end."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._ready:
            chunk = self._stream.read(_CHUNK)
            text = self._decoder.decode(chunk, final=not chunk)
            if text and not self._begun:
                text, self._begun = text.removeprefix("\ufeff"), True
            self._ready = (text.replace("\r", "\n") if self._returns else text).encode()
            if not chunk:
                break
        part, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Close the stream below."""
        self._stream.close()
        super().close()


def _is_text(data: bytes, encoding: str, *, cut: bool) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(data, final=not cut)
    except UnicodeDecodeError:
        return False
    # JSON lines may hold runs of NUL where a disk was full: whoever reads the rows names the line.
    return encoding == UTF8 or not _CONTROL.search(text)


def _without_mark(start: bytes) -> list[str]:
    """UTF-16 without a byte order mark: every other byte of western text is 0."""
    head = start[:_LOOKED_AT]
    pairs = max(len(head) // 2, 1)
    if head[1::2].count(0) > _MOSTLY * pairs:
        return ["utf-16-le"]
    return ["utf-16-be"] if head[0::2].count(0) > _MOSTLY * pairs else []

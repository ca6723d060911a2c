"""Output for terminals and pipes that are not UTF-8: symbols become readable ASCII, never a traceback."""

from __future__ import annotations

import codecs
import sys
from typing import TextIO

HANDLER, ASCII = "evalkit-readable", "evalkit_ascii"
SYMBOLS = {
    "−": "-", "–": "-", "—": "-", "…": "...", "·": "*", "×": "x", "±": "+-", "≤": "<=", "≥": ">=", "½": "1/2",
    "→": "->", "↑": "^", "↓": "v", "√": "sqrt ", "“": '"', "”": '"', "‘": "'", "’": "'", "δ": "delta", "β": "beta",
    "₊": "+", "─": "-", "━": "-", "╸": "-", "╺": "-", "│": "|", "⁶": "^6", "∈": " in ",
}  # fmt: skip
"""Symbol → ASCII."""


def make_readable(stream: TextIO) -> None:
    """Let a stream write what its encoding lacks as ASCII; other characters as `\\uXXXX`.

    Args:
        stream: standard output or error; one that cannot be changed is left as it is.
    """
    name = codecs.lookup(stream.encoding or "ascii").name
    if name == "utf-8" or not hasattr(stream, "reconfigure"):
        return
    codecs.register_error(HANDLER, _replaced)
    if name == "ascii":
        # click writes UTF-8 to a stream that calls itself ASCII, taking that for a mistake.
        codecs.register(_find_codec)
        stream.reconfigure(encoding=ASCII, errors=HANDLER)
    else:
        stream.reconfigure(errors=HANDLER)


def make_output_readable() -> None:
    """Do so for standard output and error."""
    make_readable(sys.stdout)
    make_readable(sys.stderr)


def _find_codec(name: str) -> codecs.CodecInfo | None:
    """ASCII under another name."""
    if name != ASCII:
        return None
    ascii_ = codecs.lookup("ascii")
    return codecs.CodecInfo(
        ascii_.encode, ascii_.decode, ascii_.streamreader, ascii_.streamwriter, ascii_.incrementalencoder,
        ascii_.incrementaldecoder, name=ASCII,
    )  # fmt: skip


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    parts = (SYMBOLS.get(char) or char.encode("ascii", "backslashreplace").decode() for char in text)
    return "".join(parts), error.end

"""Normalize text: the same words written differently become the same string."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "\u00a0": " "}
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b-\x1f]")
# Emphasis, but not the underscore of snake_case or the asterisk of 2*3.
_MARKUP = re.compile(
    r"(?:(?<!\w)_{1,3}|(?<!\d)\*{1,3})(?=\S)|(?<=\S)(?:_{1,3}(?!\w)|\*{1,3}(?!\d))|^#{1,6} |`", re.MULTILINE
)
_BACKTICK_APOSTROPHE = re.compile(r"(?<=\w)`(?=\w)")
_BOXED = re.compile(r"\\boxed\{([^{}]*)\}")
_LATEX = re.compile(r"\\[()\[\]]|\$|\\(?:text|mathrm|textbf)\{([^{}]*)\}")
_MARKUP_CHARACTERS = "*_`#$\\"
LETTERS = 26
"""Options that the letters A to Z can name."""
_SPACES = re.compile(r"[ \t]{2,}|\t")
_SEPARATORS = re.compile(r"[^\w]+|_")
_NO_DECOMPOSITION = str.maketrans(
    {"'": "", "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "&": " and "}
)


def plain(text: str) -> str:
    """Return text with straight quotes and without emphasis, LaTeX markup and invisible characters.

    Lines and case stay. Full-width and other compatibility characters become their plain forms (NFKC).

    Args:
        text: an answer as the model wrote it.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    # Most answers contain none of what follows, and this is a hot path: test before substituting.
    if not text.replace("\n", "").isprintable():
        text = _INVISIBLE.sub("", text)
    if has_any(text, _MARKUP_CHARACTERS):
        text = _BACKTICK_APOSTROPHE.sub("'", text)
        text = _LATEX.sub(lambda match: match.group(1) or "", _BOXED.sub(r"\1", text))
        text = _MARKUP.sub("", text)
    if "  " in text or "\t" in text:
        text = _SPACES.sub(" ", text)
    return text.strip()


def has_any(text: str, parts: Iterable[str]) -> bool:
    """Whether a text has one of some parts; a bare loop is several times as fast as any() with a generator."""
    for part in parts:  # noqa: SIM110 - see above
        if part in text:
            return True
    return False


def last_boxed(text: str) -> str | None:
    """Return the contents of the last \\boxed{…}, with nested braces; None if there is none or it is cut off.

    Args:
        text: an answer or a solution in LaTeX.
    """
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    start, depth = start + len("\\boxed{"), 1
    for end in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if not depth:
            return text[start:end]
    return None


def lettered(options: Sequence[str]) -> str:
    """Return options as lines "A) …", "B) …" in the order given.

    Args:
        options: at most 26.

    Raises:
        ValueError: there are more than 26 options, which letters cannot name.
    """
    if len(options) > LETTERS:
        raise ValueError(f"{len(options)} options cannot be named by the letters A to Z; give at most {LETTERS}")
    return "\n".join(f"{chr(ord('A') + k)}) {option}" for k, option in enumerate(options))


def simplify(text: str) -> str:
    """Return the bare words of a text, without case, diacritics or punctuation: "Über-Größe!" becomes "uber grosse".

    Args:
        text: any text; the result may be empty.
    """
    decomposed = unicodedata.normalize("NFKD", plain(text).casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_NO_DECOMPOSITION)
    return _SEPARATORS.sub(" ", bare).strip()


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula and run it, also one behind blanks or in wide characters.

    A quotation mark counts too: where a cell with a separator is read without its quotes, a new cell begins behind it.
    """
    return text.lstrip(_IGNORED).startswith(_FORMULAS) or text.startswith(("\t", "\r", "\n"))


_FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_IGNORED = " \t\r\n\v\f\0\"'\u00a0\u200b\ufeff"
"""Characters that spreadsheets drop before they look for a formula, and quotation marks."""

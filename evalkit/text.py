"""Text made comparable: the same words written differently become the same string. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "\u00a0": " "}
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b-\x1f]")
_MARKUP = re.compile(r"[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}|^#{1,6} |`", re.MULTILINE)
_BACKTICK_APOSTROPHE = re.compile(r"(?<=\w)`(?=\w)")
_BOXED = re.compile(r"\\boxed\{([^{}]*)\}")
_LATEX = re.compile(r"\\[()\[\]]|\$|\\(?:text|mathrm|textbf)\{([^{}]*)\}")
_DRESS = "*_`#$\\"
_SPACES = re.compile(r"[ \t]{2,}|\t")
_SEPARATORS = re.compile(r"[^\w]+|_")
_NO_DECOMPOSITION = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "&": " and "}
)


def plain(text: str) -> str:
    """Text with straight quotes, without emphasis, LaTeX dress or invisible characters; lines and case stay.

    Args:
        text: an answer as the model wrote it.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    # Most answers hold none of what follows, and this is the hot path: ask before searching.
    if not text.replace("\n", "").isprintable():
        text = _INVISIBLE.sub("", text)
    if any(mark in text for mark in _DRESS):
        text = _BACKTICK_APOSTROPHE.sub("'", text)
        text = _LATEX.sub(lambda found: found.group(1) or "", _BOXED.sub(r"\1", text))
        text = _MARKUP.sub("", text)
    if "  " in text or "\t" in text:
        text = _SPACES.sub(" ", text)
    return text.strip()


def last_boxed(text: str) -> str | None:
    """What the last \\boxed{…} holds, braces balanced; None where there is none, or it is cut off.

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
    """Options a line each, as "A) …", in the order given.

    Args:
        options: at most 26.
    """
    return "\n".join(f"{chr(ord('A') + k)}) {option}" for k, option in enumerate(options))


def simplify(text: str) -> str:
    """Words alone: no case, diacritics or punctuation, single spaces. "Über-Größe!" becomes "uber grosse".

    Args:
        text: any text; what is left may be empty.
    """
    decomposed = unicodedata.normalize("NFKD", plain(text).casefold().translate(_NO_DECOMPOSITION))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char)).replace("'", "")
    return _SEPARATORS.sub(" ", bare).strip()

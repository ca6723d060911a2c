"""Measure a piece of text: its words, numbers and names, and its overlap with the question."""

from __future__ import annotations

import re

CONTENT = re.compile(r"[^\W_]")
VALUE = re.compile(r"(?<![\w.])[$€£]?\d[\d,]*(?:\.\d+)?(?!\s*%?\s*(?:confident|sure|certain|points?\b))")
NAME = re.compile(r"(?<=[\w,;:\")] )[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĪİŁŃŇŌŐŘŚŞŠŢŤŪŮŰŹŻŽƠƯȘȚΑ-ΩА-ЯЁЂЈЉЊЋЏІЇЄ][\w'-]+")
QUOTED = re.compile(r"\"[^\"]{3,200}\"|「[^」]{2,}」|『[^』]{2,}』|《[^》]{2,}》")
UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_LONGER = re.compile(r"[^\W\d_]{5,}")


STEM = 4
"""Fewest letters of a name that must agree; up to three more at its end may differ."""


def count_words(text: str) -> int:
    """Count words; in Chinese and Japanese, which write no spaces, two characters count as one word."""
    words = len(text.split())
    return words if text.isascii() else max(words, len(UNSPACED.findall(text)) // 2)


def is_on_topic(lower: str, asked: str) -> bool:
    """Whether a sentence shares at least two longer words with the question, compared by their first five letters."""
    stems = {word[:5] for word in _LONGER.findall(asked)}
    return len(stems & {word[:5] for word in _LONGER.findall(lower)}) > 1


def is_specific(sentence: str, asked: str) -> bool:
    """Whether a sentence has a number or a name that the question lacks."""
    known = asked.lower()
    new_value = any(found.group().strip("$€£") not in known for found in VALUE.finditer(sentence))
    if asked.isascii():
        return new_value or any(found.group().lower() not in known for found in NAME.finditer(sentence))
    # In languages with grammatical cases, names are inflected too.
    return new_value or any(_stem(found.group()) not in known for found in NAME.finditer(sentence))


def _stem(name: str) -> str:
    """The part of a name that its inflected forms share: "fattorus" of "Fattorusa" and "Fattoruso"."""
    lower = name.lower().removesuffix("'s")
    return lower[: max(STEM, len(lower) - STEM + 1)]

"""What the marks in a verdict column mean, decided for the column as a whole: known, or asked, never guessed.

A letter means one thing in one tool and another in the next (C is "correct" in Inspect, "not attempted" in SimpleQA),
so letters are unknown here, and so is any other mark that no list below names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from evalkit.readers.base import Verdict

KNOWN: dict[str, Verdict] = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "correct", "right", "pass", "passed"), "right"),
    **dict.fromkeys(("false", "0", "0.0", "no", "incorrect", "wrong"), "wrong"),
    **dict.fromkeys(("idk", "abstain", "abstained", "abstention", "not_attempted", "not attempted"), "idk"),
    **dict.fromkeys(("", "nan", "null", "none", "na", "n/a", "<na>", "-"), "unscored"),
}
"""Marks that mean the same everywhere, in lower case."""
PASSING, FAILING = {"pass", "passed"}, ("fail", "failed")
"""`failed` is wrong beside `passed`; alone it may as well mean that there is no verdict."""
OURS = {"correct", "error", "idk"}
"""evalkit's own outcomes: `error` is wrong where no other mark says so."""


def column_meanings(marks: Iterable[str]) -> dict[str, Verdict]:
    """Find what the marks of a column mean.

    Args:
        marks: all marks of the column, as written.

    Returns:
        Mark → verdict, without marks that are unknown. Where numbers other than 0 and 1 are among them, the column
        holds scores, and no number is a verdict.
    """
    lower = {mark: mark.lower() for mark in marks}
    said = {text for text in lower.values() if KNOWN.get(text) != "unscored"}
    known = dict(KNOWN)
    if said & PASSING:
        known.update(dict.fromkeys(FAILING, "wrong"))
    if "error" in said and said <= OURS:
        known["error"] = "wrong"
    if any((score := score_of(text)) is not None and score not in (0, 1) for text in said):
        known = {text: meaning for text, meaning in known.items() if score_of(text) is None}
    return {mark: known[text] for mark, text in lower.items() if text in known}


def score_of(text: str) -> float | None:
    """Read a mark as a number; None where it is none, or not finite."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None

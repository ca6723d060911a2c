"""Scores of formats that have no verdict: 1 is right and 0 is wrong; anything else needs a pass mark."""

from __future__ import annotations

import math

from evalkit.errors import InputError
from evalkit.readers.base import Verdict
from evalkit.readers.fields import Fields


def verdict_of_score(row: Fields, name: str) -> Verdict:
    """Read a score as a verdict.

    Args:
        row: the row.
        name: the field that holds the score; one that is absent or not a number means that there was no verdict.

    Raises:
        BadRowError: it is something else than a number.
        InputError: it is neither 0 nor 1, and no pass mark was given.
    """
    score = row.number(name, math.nan)
    if math.isnan(score):
        return "failed"
    mark = row.source.pass_mark
    if mark is not None:
        return "right" if score >= mark else "wrong"
    if score not in (0, 1):
        place = f"{row.source.path}:{row.place}"
        raise InputError(
            f"{place}: {row.path}{name} is {score:g}, neither 0 nor 1; give the score to pass with --pass-mark X"
        )
    return "right" if score == 1 else "wrong"


def share(score: float | None) -> float | None:
    """Return a score as partial credit; None where it is not in [0, 1]."""
    return score if score is not None and 0 <= score <= 1 else None

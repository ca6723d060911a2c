"""Scores of formats that grade on a scale, and partial credit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evalkit.dataset.source import Source


def pass_mark(source: Source, default: float) -> float:
    """Return the score from which an answer is right: the user's, or the format's own.

    Args:
        source: the file.
        default: the format's own.
    """
    given = source.preference.pass_mark
    if given is None:
        return default
    source.preference.meet("pass_mark")
    return given


def share(score: float | None) -> float | None:
    """Return a score as partial credit; None where it is not in [0, 1]."""
    return score if score is not None and 0 <= score <= 1 else None


def is_number(value: object) -> bool:
    """Whether a value is a number and not NaN; true and false are 1 and 0."""
    return isinstance(value, (bool, int, float)) and not math.isnan(value)


def is_binary(value: object) -> bool:
    """Whether a value is true, false, 1 or 0: a verdict by itself."""
    return isinstance(value, (bool, int, float)) and value in (0, 1)


def most_likely(values: Sequence[float]) -> tuple[int, float]:
    """Return which option is the most probable, and its share of the probability of all.

    Args:
        values: log-probability of each option, at least one.
    """
    top = max(values)
    return values.index(top), 1 / sum(math.exp(value - top) for value in values)

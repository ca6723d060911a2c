"""Counts to scores: the threshold rule of "Why Language Models Hallucinate" beside plain accuracy.

Pure functions on integers. With c correct, e error and i IDK answers, n = c + e + i and a confidence
target t in [0, 1), a mistake costs t/(1−t) points, a correct answer earns 1 and IDK earns 0 (Kalai, Nachum,
Vempala, Zhang 2025, §4.2). A rate that is undefined is None, never 0.
"""

from __future__ import annotations

from numbers import Integral, Real


def check_threshold(t: float) -> float:
    """Return t as a float if it is a usable confidence target.

    Args:
        t: a real number, 0 ≤ t < 1.

    Raises:
        TypeError: t is a bool, a string or anything else that is no number.
        ValueError: t is NaN, infinite, negative, or 1 and more, where a mistake would cost infinitely much.
    """
    _check_number(t)
    if not 0 <= t < 1:  # also refuses NaN
        raise ValueError(f"the confidence target t must be at least 0 and below 1, not {t}")
    return float(t)


def check_counts(correct: int, error: int, idk: int) -> int:
    """Return n = correct + error + idk.

    Raises:
        TypeError: a count is no integer (bools and fractions are refused).
        ValueError: a count is negative, or all are 0: a score of nothing is undefined.
    """
    counts: tuple[tuple[str, object], ...] = (("correct", correct), ("error", error), ("idk", idk))
    for name, count in counts:
        if isinstance(count, bool) or not isinstance(count, Integral):
            raise TypeError(f"{name} must be an integer count, not {count!r}")
        if int(count) < 0:
            raise ValueError(f"{name} must not be negative, not {count}")
    n = int(correct) + int(error) + int(idk)
    if n == 0:
        raise ValueError("no answers: a score of nothing is undefined")
    return n


def penalty(t: float) -> float:
    """What a mistake costs at confidence target t: t/(1−t) points (0.5 → 1, 0.75 → 3, 0.9 → 9).

    Args:
        t: confidence target, 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `check_threshold`.
    """
    t = check_threshold(t)
    return t / (1 - t)


def score(correct: int, error: int, idk: int, t: float) -> float:
    """S_t = (c − e·t/(1−t)) / n, in [−t/(1−t), 1]; S_0 is accuracy, always answering IDK scores 0.

    Equal to net benefit in decision-curve analysis, and to coverage·(accuracy given attempted − t)/(1−t).

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        t: confidence target, 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `check_counts` and `check_threshold`.
    """
    cost = penalty(t)
    n = check_counts(correct, error, idk)
    return (correct - error * cost) / n


def normalized_score(correct: int, error: int, idk: int, t: float) -> float:
    """N_t = (1−t)·S_t + t = ((1−t)·c + t·i) / n, in [0, 1]: correct 1 − t above IDK, IDK t above an error.

    The bounded form, and the one that may be averaged over t. The same ranking as S_t at one t; never to be
    put in one column with it.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        t: 0 ≤ t ≤ 1; t = 1 is allowed here, where it is 1 − error/n.

    Raises:
        TypeError, ValueError: as `check_counts`; t outside [0, 1].
    """
    _check_number(t)
    if not 0 <= t <= 1:
        raise ValueError(f"t must be between 0 and 1, not {t}")
    n = check_counts(correct, error, idk)
    return ((1 - t) * correct - t * error + t * n) / n


def accuracy(correct: int, error: int, idk: int) -> float:
    """Plain binary accuracy c/n, in which IDK earns what a mistake earns."""
    return correct / check_counts(correct, error, idk)


def coverage(correct: int, error: int, idk: int) -> float:
    """Share of the questions that were answered, (c + e)/n."""
    return (correct + error) / check_counts(correct, error, idk)


def error_rate(correct: int, error: int, idk: int) -> float:
    """Share of all questions answered wrongly, e/n."""
    return error / check_counts(correct, error, idk)


def accuracy_given_attempted(correct: int, error: int, idk: int) -> float | None:
    """c/(c + e); None where nothing was attempted. S_t is above 0 exactly where this is above t."""
    check_counts(correct, error, idk)
    attempted = correct + error
    return correct / attempted if attempted else None


def _check_number(t: object) -> None:
    if isinstance(t, bool) or not isinstance(t, Real):
        raise TypeError(f"the confidence target t must be a number, not {t!r}")

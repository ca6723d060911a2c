"""Counts to scores: the threshold rule of "Why Language Models Hallucinate" beside plain accuracy.

Pure functions on integers. With c correct, e error and i IDK answers, n = c + e + i and a confidence
target t in [0, 1), a mistake costs t/(1−t) points, a correct answer earns 1 and IDK earns 0 (Kalai, Nachum,
Vempala, Zhang 2025, §4.2). A rate that is undefined is None, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import NamedTuple


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


def sweep(correct: int, error: int, idk: int, ts: Sequence[float]) -> list[float]:
    """S_t at many targets; O(1) each, since S_t = a − λ·ε needs the counts only once.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        ts: confidence targets, each 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `score`.
    """
    n = check_counts(correct, error, idk)
    return [(correct - error * penalty(t)) / n for t in ts]


def breakeven(correct: int, error: int, idk: int) -> float | None:
    """The target at which S_t is 0: the accuracy given attempted; None where nothing was attempted."""
    return accuracy_given_attempted(correct, error, idk)


def abstention_rate(correct: int, error: int, idk: int) -> float:
    """Share of the questions that were not answered, i/n."""
    return idk / check_counts(correct, error, idk)


def error_given_attempted(correct: int, error: int, idk: int) -> float | None:
    """e/(c + e), the share of the answers that are wrong; None where nothing was attempted.

    One of three rates that go by the name of "hallucination rate"; the others are `error_rate` (e/n, OpenAI's
    GPT-5 system card) and `error_given_not_correct` (e/(n − c), Artificial Analysis).
    """
    given = accuracy_given_attempted(correct, error, idk)
    return None if given is None else error / (correct + error)


def error_given_not_correct(correct: int, error: int, idk: int) -> float | None:
    """e/(n − c), the share of wrong answers among what was not answered correctly; None where all was.

    The "hallucination rate" of Artificial Analysis (Omniscience).
    """
    n = check_counts(correct, error, idk)
    return error / (n - correct) if n > correct else None


def simpleqa_f(correct: int, error: int, idk: int) -> float:
    """2c/(n + c + e), the harmonic mean of accuracy and accuracy given attempted (SimpleQA); 0 where c is 0.

    Answering with confidence q raises it where q > F/2: who maximises it guesses at no more than one half, and at
    a target that depends on the model.
    """
    n = check_counts(correct, error, idk)
    return 2 * correct / (n + correct + error)


def omniscience_index(correct: int, error: int, idk: int) -> float:
    """100·(c − e)/n, in [−100, 100]: 100 times S at t = ½ (Artificial Analysis, arXiv:2511.13029)."""
    n = check_counts(correct, error, idk)
    return 100 * (correct - error) / n


class DecisionCurve(NamedTuple):
    """Net benefit over t, of the model and of the two policies that need none (Vickers and Elkin 2006)."""

    thresholds: list[float]
    model: list[float]
    answer_all: list[float]
    """(accuracy − t)/(1 − t) of whoever always answers; needs an answer to every question."""
    abstain_all: list[float]
    """0 at every t."""


def decision_curve(counts: tuple[int, int, int], forced_correct: int, ts: Sequence[float]) -> DecisionCurve:
    """S_t as net benefit, beside always answering and always abstaining.

    Args:
        counts: correct, error, idk of the model.
        forced_correct: of the same n questions, how many are right where all are answered.
        ts: confidence targets, each 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `score`; forced_correct above n.
    """
    n = check_counts(*counts)
    everything = sweep(forced_correct, n - forced_correct, 0, ts)
    return DecisionCurve([float(t) for t in ts], sweep(*counts, ts), everything, [0.0] * len(ts))


def _check_number(t: object) -> None:
    if isinstance(t, bool) or not isinstance(t, Real):
        raise TypeError(f"the confidence target t must be a number, not {t!r}")

"""The scoring rule of a confidence target t: counts to S_t and N_t.

With c correct, e error and i IDK answers, n = c + e + i, and a target t in [0, 1), a correct answer earns 1 point,
IDK earns 0, and a mistake costs t/(1−t) points (Kalai, Nachum, Vempala, Zhang 2025, "Why Language Models
Hallucinate"). Answering then pays exactly where the probability of being right is above t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import NamedTuple


@dataclass(frozen=True, order=True, slots=True)
class ConfidenceTarget:
    """A confidence target t, checked once: how sure to be before answering beats saying IDK.

    Targets compare, sort and hash by t. `str(target)` is "t = 0.75".

    Args:
        t: a real number, 0 ≤ t < 1.

    Raises:
        TypeError: t is a bool, a string or anything else that is not a number.
        ValueError: t is NaN, infinite, negative, or at least 1, where a mistake would cost infinitely much.
    """

    t: float

    def __post_init__(self) -> None:
        _check_number(self.t)
        if not 0 <= self.t < 1:  # also refuses NaN
            raise ValueError(f"confidence target {self.t} is out of range: must be 0 ≤ t < 1")
        object.__setattr__(self, "t", float(self.t) + 0.0)  # a sum with 0 turns −0 into 0

    @property
    def penalty(self) -> float:
        """Points that a mistake costs, t/(1−t): 0 → 0, 0.5 → 1, 0.75 → 3, 0.9 → 9."""
        return self.t / (1 - self.t)

    def __float__(self) -> float:
        return self.t

    def __str__(self) -> str:
        rounded = f"{self.t:g}"
        return f"t = {rounded if float(rounded) < 1 else repr(self.t)}"


def check_threshold(t: float) -> float:
    """Return t as a float if it is a confidence target.

    Args:
        t: a real number, 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `ConfidenceTarget`.
    """
    return ConfidenceTarget(t).t


def check_counts(correct: int, error: int, idk: int) -> int:
    """Return n = correct + error + idk.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.

    Raises:
        TypeError: a count is not an integer; bools and fractions are refused.
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
    """Return the points that a mistake costs at confidence target t: t/(1−t).

    Args:
        t: confidence target, 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `ConfidenceTarget`.
    """
    return ConfidenceTarget(t).penalty


def score(correct: int, error: int, idk: int, t: float) -> float:
    """Return S_t = (c − e·t/(1−t)) / n, in points per question, in [−t/(1−t), 1].

    S_0 is accuracy; a model that always says IDK scores 0 at every t. S_t equals net benefit in decision-curve
    analysis, and coverage·(accuracy given attempted − t)/(1−t).

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        t: confidence target, 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `check_counts` and `ConfidenceTarget`.
    """
    cost = penalty(t)
    n = check_counts(correct, error, idk)
    return (correct - error * cost) / n


def normalized_score(correct: int, error: int, idk: int, t: float) -> float:
    """Return N_t = (1−t)·S_t + t = ((1−t)·c + t·i) / n, in [0, 1].

    The bounded form of S_t, and the one that may be averaged over t. At one t both rank models alike, but their
    values are not comparable: do not put them in one column.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        t: 0 ≤ t ≤ 1; t = 1 is allowed here, where N_t is 1 − e/n.

    Raises:
        TypeError, ValueError: as `check_counts`; t is not a number or lies outside [0, 1].
    """
    _check_number(t)
    if not 0 <= t <= 1:
        raise ValueError(f"confidence target {t} is out of range: must be 0 ≤ t ≤ 1")
    n = check_counts(correct, error, idk)
    return ((1 - t) * correct - t * error + t * n) / n


def sweep(correct: int, error: int, idk: int, ts: Sequence[float]) -> list[float]:
    """Return S_t at each of several targets, in the order given.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        ts: confidence targets, each 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `score`.
    """
    n = check_counts(correct, error, idk)
    return [(correct - error * penalty(t)) / n for t in ts]


class DecisionCurve(NamedTuple):
    """Net benefit over t: of the model, and of two policies that need no model (Vickers and Elkin 2006)."""

    thresholds: list[float]
    """The targets t."""
    model: list[float]
    """S_t of the model."""
    answer_all: list[float]
    """S_t of answering every question: (accuracy − t)/(1 − t)."""
    abstain_all: list[float]
    """S_t of answering none: 0."""


def decision_curve(counts: tuple[int, int, int], forced_correct: int, ts: Sequence[float]) -> DecisionCurve:
    """Return S_t as net benefit, beside always answering and always abstaining.

    Args:
        counts: correct, error and IDK answers of the model, each ≥ 0, not all 0.
        forced_correct: correct answers, of the same n questions, when the model has to answer all of them; 0 to n.
        ts: confidence targets, each 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `score`; `forced_correct` is above n.
    """
    n = check_counts(*counts)
    everything = sweep(forced_correct, n - forced_correct, 0, ts)
    return DecisionCurve([float(t) for t in ts], sweep(*counts, ts), everything, [0.0] * len(ts))


def _check_number(t: object) -> None:
    if isinstance(t, bool) or not isinstance(t, Real):
        raise TypeError(f"a confidence target must be a number, not {t!r}")

"""Averages of the score over t, and the proper scoring rules that they imply.

Take a weight w(t) ≥ 0 on the S_t scale and an answer of confidence p, given wherever t < p. A correct answer earns
G(p, 1) = ∫₀^p w dt and a wrong one G(p, 0) = −∫₀^p w·t/(1−t) dt, which is a proper scoring rule (Schervish 1989).
A weight w(t) on S_t is w(t)/(1−t) on N_t, so each average names its scale:

* `brier`: w = 2(1−t) on S_t, which is uniform on N_t. G is bounded, and averages to accuracy − Brier score.
* `uniform`: w = 1 on S_t. G is −∞ for a wrong answer of confidence 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from evalkit.metrics.threshold import check_counts, check_threshold, normalized_score, penalty, score

Weight = Literal["brier", "uniform"]
CLIP = 1 - 1e-6
"""What `confidence_score` takes confidence 1 for under the uniform weight if asked to clip."""


def integral_score(correct: int, error: int, idk: int, weight: Weight, upper: float = 1.0) -> float:
    """Return the average of S_t over t for fixed counts, in points per question.

    Under the Brier weight it is (c − e)/n, which is S at t = ½: averaging a single run over t says no more than one
    score. Under the uniform weight on [0, T] it is c/n − (e/n)·(−T − ln(1−T))/T.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        weight: "brier" or "uniform"; see the module.
        upper: T, the end of the uniform weight, 0 < T < 1; ignored under the Brier weight.

    Raises:
        TypeError, ValueError: as `check_counts`; T ≥ 1 under the uniform weight, where one error makes it −∞.
    """
    n = check_counts(correct, error, idk)
    if weight == "brier":
        return (correct - error) / n
    if not 0 < upper < 1:
        raise ValueError(f"the uniform average diverges at t = 1: set upper between 0 and 1, not {upper}")
    return correct / n - (error / n) * (-upper - math.log1p(-upper)) / upper


def beta_average(correct: int, error: int, idk: int, a: float, b: float) -> float:
    """Return the average of S_t under a Beta(a, b) weight on the S_t scale, which is S at t = a/(a + b − 1).

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        a, b: parameters of the weight, a > 0 and b > 1; for b ≤ 1 the average diverges.

    Raises:
        TypeError, ValueError: as `check_counts`; a ≤ 0 or b ≤ 1.
    """
    if a <= 0 or b <= 1:
        raise ValueError(f"the Beta average needs a > 0 and b > 1, not {a:g} and {b:g}")
    return score(correct, error, idk, a / (a + b - 1))


def grid_average(correct: int, error: int, idk: int, weights: Mapping[float, float]) -> float:
    """Return Σ w_k·S at t_k for fixed counts, which is the score at the penalty Σ w_k·λ_k.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        weights: target t_k → its weight w_k; the weights sum to 1.

    Raises:
        TypeError, ValueError: as `score`; the weights do not sum to 1.
    """
    if not math.isclose(sum(weights.values()), 1):
        raise ValueError(f"the weights sum to {sum(weights.values()):g}, not to 1")
    n = check_counts(correct, error, idk)
    return (correct - error * sum(w * penalty(t) for t, w in weights.items())) / n


def mean_normalized(runs: Sequence[tuple[float, tuple[int, int, int]]]) -> float:
    """Return the mean of N_t over runs that were each told their own target, in [0, 1].

    Args:
        runs: at least one pair of t and the counts (correct, error, IDK) of the run that was told t.

    Raises:
        TypeError, ValueError: as `normalized_score`; there are no runs, or a t is outside [0, 1).
    """
    if not runs:
        raise ValueError("no runs: an average of nothing is undefined")
    return sum(normalized_score(*counts, check_threshold(t)) for t, counts in runs) / len(runs)


def confidence_score(confidence: float, right: bool, weight: Weight, *, clip: bool = False) -> float:
    """Return G(p, y): what an answer of confidence p earns on average over t if it is given wherever t < p.

    Brier weight: 1 − (1−p)² if right, −p² if wrong. Uniform weight: p if right, p + ln(1−p) if wrong.

    Args:
        confidence: p, in [0, 1].
        right: whether the answer is correct.
        weight: "brier" or "uniform"; see the module.
        clip: under the uniform weight, score a wrong answer of confidence 1 as if it were `CLIP`.

    Raises:
        ValueError: p is outside [0, 1], or a wrong answer of confidence 1 meets the uniform weight without `clip`.
    """
    p = float(confidence)
    if not 0 <= p <= 1:
        raise ValueError(f"confidence {confidence} is out of range: must be from 0 to 1")
    if weight == "brier":
        return 1 - (1 - p) ** 2 if right else -(p**2)
    if right:
        return p
    p = min(p, CLIP) if clip else p
    if p == 1:
        raise ValueError("a wrong answer of confidence 1 earns −∞ under the uniform weight; set clip=True")
    return p + math.log1p(-p)

"""Averages of the score over t, and the proper scoring rules that they are. Pure.

With a weight w(t) ≥ 0 on the S_t scale, an answer of confidence p that is given wherever t < p earns
G(p, right) = ∫₀^p w dt and G(p, wrong) = −∫₀^p w·t/(1−t) dt: a proper scoring rule (Schervish 1989). A weight on
S_t is w(t)/(1−t) on N_t, so each average is named with its scale:

* `brier`: w = 2(1−t) on S_t, which is uniform on N_t: G averages to accuracy − Brier score; bounded.
* `uniform`: w = 1 on S_t: −∞ for certainty that is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from evalkit.metrics.threshold import check_counts, check_threshold, normalized_score, penalty, score

Weight = Literal["brier", "uniform"]
CLIP = 1 - 1e-6
"""Confidence that a certain and wrong answer is taken for under the uniform weight, where asked for."""


def integral_score(correct: int, error: int, idk: int, weight: Weight, upper: float = 1.0) -> float:
    """The average of S_t over t for fixed counts, under a weight on the S_t scale.

    Brier weight: (c − e)/n, which is S_½: averaging one run over t adds nothing to one score. Uniform on
    [0, upper]: c/n − (e/n)·(−T − ln(1−T))/T.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        weight: see the module.
        upper: T, the end of the uniform weight, 0 < T < 1; without meaning for the Brier weight.

    Raises:
        ValueError: T = 1 under the uniform weight, where a single error makes it −∞; counts as `check_counts`.
    """
    n = check_counts(correct, error, idk)
    if weight == "brier":
        return (correct - error) / n
    if not 0 < upper < 1:
        raise ValueError(f"the uniform average diverges at t = 1: give an upper end below 1, not {upper}")
    return correct / n - (error / n) * (-upper - math.log1p(-upper)) / upper


def beta_average(correct: int, error: int, idk: int, a: float, b: float) -> float:
    """The average of S_t under a Beta(a, b) weight on the S_t scale: S at t = a/(a + b − 1).

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        a, b: a > 0, b > 1; for b ≤ 1 the average diverges.

    Raises:
        ValueError: b ≤ 1 or a ≤ 0.
    """
    if a <= 0 or b <= 1:
        raise ValueError(f"the Beta average needs a > 0 and b > 1, not {a:g} and {b:g}")
    return score(correct, error, idk, a / (a + b - 1))


def grid_average(correct: int, error: int, idk: int, weights: Mapping[float, float]) -> float:
    """Σ w_k·S_{t_k} for fixed counts: S at the penalty Σ w_k·λ_k.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        weights: target t_k → weight, the weights summing to 1.

    Raises:
        ValueError: the weights do not sum to 1.
    """
    if not math.isclose(sum(weights.values()), 1):
        raise ValueError(f"the weights sum to {sum(weights.values()):g}, not to 1")
    n = check_counts(correct, error, idk)
    return (correct - error * sum(w * penalty(t) for t, w in weights.items())) / n


def mean_normalized(runs: Sequence[tuple[float, tuple[int, int, int]]]) -> float:
    """The headline of several runs, each under its own stated target: the equal-weight mean of N_{t_k}, in [0, 1].

    Args:
        runs: (t_k, (correct, error, idk) of the run that was told t_k), at least one.

    Raises:
        ValueError: no run, or counts and targets as in `normalized_score`.
    """
    if not runs:
        raise ValueError("no runs: an average of nothing is undefined")
    return sum(normalized_score(*counts, check_threshold(t)) for t, counts in runs) / len(runs)


def confidence_score(confidence: float, right: bool, weight: Weight, *, clip: bool = False) -> float:
    """G(p, y): what an answer of confidence p earns on average over t, given wherever t < p.

    Brier: 1 − (1−p)² where right, −p² where wrong. Uniform: p where right, p + ln(1−p) where wrong.

    Args:
        confidence: p in [0, 1].
        right: whether the answer is correct.
        weight: see the module.
        clip: take p = 1 for `CLIP` under the uniform weight.

    Raises:
        ValueError: p outside [0, 1]; certainty that is wrong under the uniform weight, unless clipped.
    """
    p = float(confidence)
    if not 0 <= p <= 1:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
    if weight == "brier":
        return 1 - (1 - p) ** 2 if right else -(p**2)
    if right:
        return p
    p = min(p, CLIP) if clip else p
    if p == 1:
        raise ValueError("certain and wrong earns −∞ under the uniform weight; clip, or use the Brier weight")
    return p + math.log1p(-p)

"""Two models on the same questions: difference, exact test, crossing and sample size.

A table holds 3×3 counts of questions: rows are the outcome of model A, columns that of model B, both in the order
correct, error, IDK.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.threshold import check_counts, penalty

Floats = NDArray[np.float64]
Table = Sequence[Sequence[int]]


class Difference(NamedTuple):
    """Score of A minus score of B, in points per question."""

    value: float
    se: float
    """Standard error of the paired difference; 0 where no two questions differ in their difference."""


def difference(table: Table, t: float) -> Difference:
    """Return S_t(A) − S_t(B) and its paired standard error √((Σ n_jk·d_jk²/n − diff²)/n).

    d_jk = v_j − v_k with the points v = (1, −λ, 0).

    Args:
        table: 3×3 counts by outcome of A (rows) and B (columns).
        t: confidence target, 0 ≤ t < 1.

    Raises:
        TypeError: t is not a number.
        ValueError: t is out of range, or the table is not 3×3, holds a negative count, or is empty.
    """
    counts, d = _counts(table), _differences(penalty(t))
    n = counts.sum()
    value = float((counts * d).sum() / n)
    variance = float((counts * d**2).sum() / n) - value**2
    return Difference(value, math.sqrt(max(variance, 0.0) / n))


def sign_flip(table: Table, t: float) -> float:
    """Return the exact two-sided p of the sign-flip permutation test, in (0, 1].

    If the models' labels are exchangeable, each difference keeps or changes its sign with probability one half.
    |d| takes three values, 1 (correct and IDK), λ (IDK and error) and 1 + λ (correct and error), so that the null
    distribution is the convolution of three binomials. At t = 0 this is the exact McNemar test. The null hypothesis is
    exchangeability question by question; two models of equal score but different distributions violate it.

    Args:
        table: as in `difference`.
        t: confidence target, 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `difference`.
    """
    counts, cost = _counts(table), penalty(t)
    observed = abs(float((counts * _differences(cost)).sum()))
    sums, probabilities = np.zeros(1), np.ones(1)
    for size, first, second in ((1.0, (0, 2), (2, 0)), (cost, (2, 1), (1, 2)), (1.0 + cost, (0, 1), (1, 0))):
        pairs = int(counts[first] + counts[second])
        if pairs and size:
            heads = np.arange(pairs + 1)
            sums = np.add.outer(sums, size * (2 * heads - pairs)).ravel()
            probabilities = np.multiply.outer(probabilities, _fair_coin(pairs)).ravel()
            sums, probabilities = _merge_equal(sums, probabilities)
    slack = 1e-9 * max(1.0, observed)
    return float(min(1.0, probabilities[np.abs(sums) >= observed - slack].sum()))


def z_test(result: Difference) -> float:
    """Return the two-sided p of the paired z test, in [0, 1]; the null hypothesis is that the scores are equal.

    Args:
        result: a difference and its standard error. With standard error 0, p is 1 for no difference, and else 0.
    """
    if result.se == 0:
        return 1.0 if result.value == 0 else 0.0
    return 2 * NormalDist().cdf(-abs(result.value) / result.se)


def sign_flip_of_differences(differences: Floats, draws: int = 10_000, seed: int = 0) -> float:
    """Return the two-sided sign-flip p of any differences, in (0, 1]: means over epochs, or sums over clusters.

    Up to 14 differences other than 0, all sign patterns are enumerated and p is exact; beyond, patterns are drawn at
    random and p is at least 1/(draws + 1).

    Args:
        differences: shape (units,), A minus B for each question or cluster.
        draws: number of random sign patterns; a multiple of 100, else rounded down to one.
        seed: seed of the random patterns.
    """
    d = differences[differences != 0]
    if not len(d):
        return 1.0
    observed = abs(float(d.sum()))
    slack = 1e-9 * max(1.0, observed)
    if len(d) <= 14:  # noqa: PLR2004 - 16,384 patterns
        signs = 1 - 2 * ((np.arange(2 ** len(d))[:, None] >> np.arange(len(d))) & 1)
        return float(np.mean(np.abs(signs @ d) >= observed - slack))
    random = np.random.default_rng(seed)
    hits = sum(
        int(np.sum(np.abs(random.choice((-1.0, 1.0), size=(size, len(d))) @ d) >= observed - slack))
        for size in [100] * (draws // 100)
    )
    return (hits + 1) / (draws // 100 * 100 + 1)


class Crossing(NamedTuple):
    """Where the order of two models changes with t."""

    kind: Literal["crosses", "A dominates", "B dominates", "identical"]
    t: float | None
    """For "crosses": the target of equal scores, below which the model with more correct answers leads. Else None."""


def crossing(accuracy_a: float, error_a: float, accuracy_b: float, error_b: float) -> Crossing:
    """Return the target t* = Δa/(Δa + Δε) at which two models score the same.

    S_t(A) = S_t(B) at the penalty λ* = Δa/Δε, which is positive where Δa and Δε have the same sign; otherwise one
    model leads at every t.

    Args:
        accuracy_a, accuracy_b: c/n of A and B, in [0, 1].
        error_a, error_b: e/n of A and B, in [0, 1].
    """
    more, worse = accuracy_a - accuracy_b, error_a - error_b
    if more == 0 and worse == 0:
        return Crossing("identical", None)
    if more * worse > 0:
        return Crossing("crosses", more / (more + worse))
    return Crossing("A dominates" if more > 0 or worse < 0 else "B dominates", None)


class FiellerSet(NamedTuple):
    """Targets at which equal scores cannot be ruled out."""

    kind: Literal["interval", "empty", "unbounded", "everything"]
    low: float | None
    """Lowest such target; None where the set is empty."""
    high: float | None
    """Highest such target, 1 where the set is unbounded; None where it is empty."""


def crossing_interval(table: Table, level: float = 0.95) -> FiellerSet:
    """Return Fieller's confidence set of the crossing, {λ ≥ 0: (Δa − λΔε)² ≤ z²(σ_aa − 2λσ_aε + λ²σ_εε)/n}.

    Penalties λ are mapped to targets t = λ/(1 + λ).

    Args:
        table: as in `difference`.
        level: confidence level, in (0, 1).

    Raises:
        ValueError: the table is not 3×3, holds a negative count, or is empty.
    """
    counts = _counts(table)
    n = counts.sum()
    right = np.subtract.outer([1.0, 0, 0], [1.0, 0, 0])
    wrong = np.subtract.outer([0, 1.0, 0], [0, 1.0, 0])
    da, de = float((counts * right).sum() / n), float((counts * wrong).sum() / n)
    aa = float((counts * right**2).sum() / n) - da**2
    ee = float((counts * wrong**2).sum() / n) - de**2
    ae = float((counts * right * wrong).sum() / n) - da * de
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2 / n
    return _fieller(de**2 - z2 * ee, -2 * (da * de - z2 * ae), da**2 - z2 * aa)


def _fieller(a: float, b: float, c: float) -> FiellerSet:
    """Return where a·λ² + b·λ + c ≤ 0 for λ ≥ 0, as targets."""
    roots = sorted(float(root.real) for root in np.roots([a, b, c]) if abs(root.imag) < 1e-12)  # noqa: PLR2004
    edges = [0.0, *(root for root in roots if root > 0), math.inf]
    inside = []
    for low, high in itertools.pairwise(edges):
        middle = low + 1 if math.isinf(high) else (low + high) / 2
        if a * middle**2 + b * middle + c <= 0:
            inside.append((low / (1 + low), 1.0 if math.isinf(high) else high / (1 + high)))
    if not inside:
        return FiellerSet("empty", None, None)
    low, high = inside[0][0], inside[-1][1]
    if len(inside) > 1 or (low, high) == (0.0, 1.0):
        return FiellerSet("everything" if len(inside) == 1 else "unbounded", low, high)
    return FiellerSet("unbounded" if high == 1.0 else "interval", low, high)


def variance_of_difference(table: Table, t: float) -> float:
    """Return ω² = Var(d), the variance of one question's difference; the sample size depends on it.

    Args:
        table: as in `difference`.
        t: confidence target, 0 ≤ t < 1.

    Raises:
        TypeError, ValueError: as `difference`.
    """
    counts, d = _counts(table), _differences(penalty(t))
    n = counts.sum()
    return float((counts * d**2).sum() / n - ((counts * d).sum() / n) ** 2)


def sample_size(effect: float, variance: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return how many questions a paired test needs: (z_{1−α/2} + z_{power})²·ω²/Δ² (Miller 2024, eq. 9).

    Args:
        effect: Δ, the difference in score to detect, not 0.
        variance: ω² > 0, the variance of one question's difference; see `variance_of_difference`.
        alpha: two-sided significance level, in (0, 1).
        power: probability of detecting Δ, in (0, 1).

    Raises:
        ValueError: the effect is 0, or the variance, alpha or power is out of range.
    """
    if not effect or variance <= 0 or not 0 < alpha < 1 or not 0 < power < 1:
        raise ValueError("a sample size needs an effect other than 0, a variance above 0, and 0 < alpha, power < 1")
    normal = NormalDist()
    return math.ceil((normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) ** 2 * variance / effect**2)


def achieved_power(n: int, effect: float, variance: float, *, alpha: float = 0.05) -> float:
    """Return the probability that a paired z test on n questions detects a difference, in [0, 1].

    Args:
        n: questions, at least 1.
        effect: Δ, the true difference in score.
        variance: ω² > 0, the variance of one question's difference.
        alpha: two-sided significance level, in (0, 1).

    Raises:
        ValueError: n, the variance or alpha is out of range.
    """
    if n < 1 or variance <= 0 or not 0 < alpha < 1:
        raise ValueError("the power of a test needs a question, a variance above 0, and 0 < alpha < 1")
    normal = NormalDist()
    shift, edge = abs(effect) / math.sqrt(variance / n), normal.inv_cdf(1 - alpha / 2)
    return normal.cdf(shift - edge) + normal.cdf(-shift - edge)


def size_for_half_width(accuracy: float, error: float, t: float, half_width: float, level: float = 0.95) -> int:
    """Return how many questions an interval S_t ± h needs: n = z²(a + λ²ε − (a − λε)²)/h².

    Args:
        accuracy, error: expected c/n and e/n, each in [0, 1].
        t: confidence target, 0 ≤ t < 1.
        half_width: h > 0, in points of S_t.
        level: confidence level of the interval, in (0, 1).

    Raises:
        TypeError: t is not a number.
        ValueError: t, the half width or the level is out of range.
    """
    if half_width <= 0 or not 0 < level < 1:
        raise ValueError("a sample size needs a half width above 0 and 0 < level < 1")
    cost = penalty(t)
    variance = accuracy + cost**2 * error - (accuracy - cost * error) ** 2
    return math.ceil(NormalDist().inv_cdf((1 + level) / 2) ** 2 * variance / half_width**2)


def _counts(table: Table) -> NDArray[np.int64]:
    counts = np.asarray(table, dtype=np.int64)
    if counts.shape != (3, 3) or (counts < 0).any():
        raise ValueError("a table must hold 3×3 counts ≥ 0: correct, error, IDK of A by correct, error, IDK of B")
    check_counts(*(int(row.sum()) for row in counts))
    return counts


def _differences(cost: float) -> Floats:
    values = np.array([1.0, -cost, 0.0])
    return np.asarray(np.subtract.outer(values, values), dtype=np.float64)


def _fair_coin(n: int) -> Floats:
    """Return the probabilities of 0 … n heads of n coins."""
    logs = np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(n + 1)])
    return np.asarray(np.exp(logs - n * math.log(2)), dtype=np.float64)


def _merge_equal(sums: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Add up the probabilities of equal sums: the convolution stays as small as its number of distinct sums."""
    rounded, where = np.unique(np.round(sums, 9), return_inverse=True)
    return rounded, np.asarray(np.bincount(where.ravel(), weights=probabilities), dtype=np.float64)

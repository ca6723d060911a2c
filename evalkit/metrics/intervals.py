"""Error bars: standard errors and 95% intervals of scores and shares, over items, epochs and clusters.

Every score that evalkit prints has the interval of `dirichlet_interval`: the 95% quantile range of a − λe under
Dirichlet(c+½, e+½, i+½). It has width even where every answer has the same outcome, and it covers better than Wald's
interval at high t: at accuracy .5, error rate .005, n = 200 and t = .9, nominal .95, Wald's covers .892 and this one
.958. Every share has the interval of `share_interval`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FEW = 10
"""Number of clusters below which `ClusterMean.few` warns."""


class Bounds(NamedTuple):
    """Ends of an interval, in the unit of the number it belongs to."""

    low: float
    high: float


def standard_error(correct: float, error: float, idk: float, penalty: float) -> float:
    """Return the standard error of the mean of item scores s ∈ {1, −λ, 0}: √((a + λ²ε − (a − λε)²) / n).

    a = c/n and ε = e/n. This plug-in form (divisor n) is exactly the standard deviation of the nonparametric bootstrap
    over items, so no resampling is needed. It is 0 where every answer has the same outcome; use an interval then.

    Args:
        correct, error, idk: counts ≥ 0 with a sum above 0; fractions are allowed (item means over epochs).
        penalty: λ = t/(1−t) ≥ 0, the points that a mistake costs; 0 gives the standard error of accuracy.

    Raises:
        ValueError: the counts sum to 0.
    """
    n = correct + error + idk
    if n <= 0:
        raise ValueError("no answers: an error bar of nothing is undefined")
    a, e = correct / n, error / n
    variance = a + penalty * penalty * e - (a - penalty * e) ** 2
    return math.sqrt(max(variance, 0.0) / n)


def dirichlet_interval(correct: float, error: float, idk: float, penalty: float, level: float = 0.95) -> Bounds:
    """Return the equal-tailed interval of a − λε under Dirichlet(c+½, e+½, i+½).

    This is the three-outcome form of Jeffreys' interval. A = W·P and E = W·(1−P), with independent W ~ Beta(c+e+1, i+½)
    and P ~ Beta(c+½, e+½), are evaluated on a fixed low-discrepancy point set, so that equal counts give equal digits
    on every machine; the ends lie within 1% of a standard deviation of exact integration. Where the estimate lies
    outside, as with no or only correct answers, the interval is extended to it (Brown, Cai, DasGupta 2001).

    Args:
        correct, error, idk: counts ≥ 0, not all 0; fractions are allowed.
        penalty: λ = t/(1−t) ≥ 0.
        level: probability inside the interval, in (0, 1).

    Raises:
        ValueError: the counts sum to 0.
    """
    return dirichlet_intervals(correct, error, idk, [penalty], level)[0]


def dirichlet_intervals(
    correct: float, error: float, idk: float, penalties: list[float], level: float = 0.95
) -> list[Bounds]:
    """Return `dirichlet_interval` at each of several penalties, which cost little more than one.

    Args:
        correct, error, idk: counts ≥ 0, not all 0; fractions are allowed.
        penalties: each λ ≥ 0.
        level: probability inside each interval, in (0, 1).

    Raises:
        ValueError: the counts sum to 0.
    """
    if correct + error + idk <= 0:
        raise ValueError("no answers: an error bar of nothing is undefined")
    u, v = _lattice()
    attempted = _beta_quantiles(correct + error + 1.0, idk + 0.5, u)
    right = attempted * _beta_quantiles(correct + 0.5, error + 0.5, v)
    wrong = attempted - right
    tail = (1 - level) / 2
    bounds = []
    for cost in penalties:
        low, high = np.quantile(right - cost * wrong, [tail, 1 - tail])
        # Where every answer has the same outcome, the estimate is an end of the range and belongs to the interval.
        estimate = (correct - cost * error) / (correct + error + idk)
        bounds.append(Bounds(min(float(low), estimate), max(float(high), estimate)))
    return bounds


def share_interval(count: float, n: float, level: float = 0.95) -> Bounds:
    """Return Jeffreys' interval of the share k/n: quantiles of Beta(k + ½, n − k + ½), within [0, 1].

    It reaches 0 where k = 0, and 1 where k = n (Brown, Cai, DasGupta 2001).

    Args:
        count: k, 0 ≤ k ≤ n; fractions are allowed.
        n: above 0.
        level: probability inside the interval, in (0, 1).

    Raises:
        ValueError: n is not above 0, or the count lies outside [0, n].
    """
    if n <= 0 or not 0 <= count <= n:
        raise ValueError("a share needs 0 ≤ count ≤ n and n above 0")
    tail = (1 - level) / 2
    low, high = _beta_quantiles(count + 0.5, n - count + 0.5, np.array([tail, 1 - tail]))
    return Bounds(0.0 if count == 0 else float(low), 1.0 if count == n else float(high))


class ItemMean(NamedTuple):
    """Mean over items, with its standard error."""

    mean: float
    se: float
    """NaN for a single item."""


def item_mean(item_means: Floats) -> ItemMean:
    """Return the mean of item means and its standard error sd/√n (divisor n − 1): how to average several epochs.

    The epochs of an item are not independent: treating n·K answers as n·K items understates the error (Miller 2024,
    arXiv:2411.00640).

    Args:
        item_means: shape (items,), the mean score of each item over its epochs; at least one item.

    Raises:
        ValueError: there are no items.
    """
    n = len(item_means)
    if not n:
        raise ValueError("no items: a mean of nothing is undefined")
    mean = float(np.mean(item_means))
    if n == 1:
        return ItemMean(mean, math.nan)
    return ItemMean(mean, float(np.std(item_means, ddof=1) / math.sqrt(n)))


class VarianceParts(NamedTuple):
    """Parts of the variance of a mean over items and epochs."""

    within: float
    """Mean variance inside an item (divisor K − 1)."""
    between: float
    """Variance of the items' true means; 0 where its estimate is negative."""
    negative: bool
    """Whether the estimate was negative: epochs of an item then differ more than items do."""


def variance_parts(scores: Sequence[Sequence[float]]) -> VarianceParts:
    """Split the variance of a mean into parts between and within items: Var(S) = (σ_b² + σ̄_w²/K)/n (Miller 2024).

    Args:
        scores: for each item, the scores of its epochs; at least two items with at least two epochs each.

    Raises:
        ValueError: there are fewer than two items, or an item has fewer than two epochs.
    """
    if len(scores) < 2 or min(map(len, scores)) < 2:  # noqa: PLR2004 - one value has no variance
        raise ValueError("parts of a variance need two items and two epochs of each")
    within = float(np.mean([np.var(row, ddof=1) for row in scores]))
    means = [float(np.mean(row)) for row in scores]
    epochs = len(scores) / sum(1 / len(row) for row in scores)
    between = float(np.var(means, ddof=1)) - within / epochs
    return VarianceParts(within, max(0.0, between), between < 0)


class ClusterMean(NamedTuple):
    """Mean over items that come in clusters, such as several questions on one text."""

    mean: float
    se: float
    """Cluster-robust standard error."""
    clusters: int
    t_quantile: float
    """97.5% quantile of Student's t with clusters − 1 degrees of freedom: the 95% interval is mean ± t_quantile·se."""
    few: bool
    """Whether there are fewer than ten clusters, so that the standard error itself is uncertain."""


def cluster_mean(scores: Floats, clusters: Sequence[object]) -> ClusterMean:
    """Return the mean and its cluster-robust standard error (1/n)·√(G/(G−1)·Σ_g(Σ_{i∈g}(s_i − S))²).

    Items of a cluster are not independent; on DROP, ignoring that makes the error three times too small (Miller 2024).

    Args:
        scores: shape (items,), one score an item (its mean over epochs where there are several).
        clusters: the cluster of each item, told apart by `str`.

    Raises:
        ValueError: there are fewer than two clusters.
    """
    names, where = np.unique(np.asarray([str(c) for c in clusters]), return_inverse=True)
    groups = len(names)
    if groups < 2:  # noqa: PLR2004 - one value has no variance
        raise ValueError("a clustered error bar needs at least two clusters")
    mean = float(np.mean(scores))
    sums = np.bincount(where.ravel(), weights=scores - mean)
    se = math.sqrt(groups / (groups - 1) * float((sums**2).sum())) / len(scores)
    return ClusterMean(mean, se, groups, _t_quantile(groups - 1), groups < FEW)


def _t_quantile(df: int) -> float:
    """Return the 97.5% quantile of Student's t, by bisection of its distribution function."""
    low, high = 1.9, 13.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_cdf(middle, df) < 0.975 else (low, middle)  # noqa: PLR2004 - two-sided 95%
    return (low + high) / 2


def _t_cdf(x: float, df: int) -> float:
    """Return Student's distribution function for an integer number of degrees (Abramowitz and Stegun 26.7.3–4)."""
    angle = math.atan(x / math.sqrt(df))
    term = total = math.cos(angle) if df % 2 else 1.0
    for k in range(2 + df % 2, df, 2):
        term *= math.cos(angle) ** 2 * (k - 1) / k
        total += term
    if df == 1:
        total = 0.0
    area = 2 / math.pi * (angle + math.sin(angle) * total) if df % 2 else math.sin(angle) * total
    return 0.5 + area / 2


@lru_cache(maxsize=1)
def _lattice(size: int = 16384) -> tuple[Floats, Floats]:
    """Return the first points of the R2 sequence in the unit square (Roberts 2018, plastic number)."""
    plastic = 1.32471795724474602596
    index = np.arange(1, size + 1)
    u = (0.5 + index / plastic) % 1.0
    v = (0.5 + index / plastic**2) % 1.0
    return u, v


def _beta_quantiles(a: float, b: float, probabilities: Floats) -> Floats:
    """Return quantiles of Beta(a, b), a and b ≥ ½, from a table of the distribution function.

    In the angle θ with p = sin²θ the density 2·sin^{2a−1}θ·cos^{2b−1}θ is bounded for a, b ≥ ½, so that a table of
    equal steps around the mode is accurate.
    """
    mean = a / (a + b)
    center = math.asin(math.sqrt(mean))
    spread = 0.5 / math.sqrt(a + b)  # standard deviation on the variance-stabilizing scale
    low = max(0.0, center - 12 * spread)
    high = min(math.pi / 2, center + 12 * spread)
    edges = np.linspace(low, high, 4097)
    middle = (edges[1:] + edges[:-1]) / 2
    log_density = (2 * a - 1) * np.log(np.sin(middle)) + (2 * b - 1) * np.log(np.cos(middle))
    mass = np.exp(log_density - log_density.max())
    cumulative = np.concatenate(([0.0], np.cumsum(mass)))
    angle = np.interp(probabilities, cumulative / cumulative[-1], edges)
    return np.sin(angle) ** 2

"""Calibration and discrimination: how well confidences agree with correctness.

Every function takes two arrays of equal length with one entry an answer: `p`, confidences in [0, 1], and `y`, 1 where
the answer is right and 0 where it is wrong. Every function raises ValueError if they are empty, of different length
or hold anything else. A quantity that is undefined is None.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.metrics.threshold import check_threshold

Floats = NDArray[np.float64]
Bins = Literal["width", "mass"]
EDGE = 1e-12
"""Distance from the edge of a bin, in bins, below which a probability is on the edge."""


class Bin(NamedTuple):
    """One bin of a reliability histogram."""

    low: float
    """Lower end of the bin; answers at this confidence belong to the bin below."""
    high: float
    """Upper end of the bin, included."""
    n: int
    """Answers in the bin."""
    confidence: float
    """Mean confidence of these answers."""
    accuracy: float
    """Share of them that are right."""


def bin_numbers(p: Floats, bins: int) -> NDArray[np.int64]:
    """Return the bin of each probability, 0 to bins − 1: the one binning of every reliability histogram.

    The bins have equal width 1/bins and include their upper end; 0 falls into the first. A probability within 1e-12
    of an edge counts as the edge, so that 0.7 is in (0.6, 0.7] although 0.7·10 exceeds 7 in floating point.

    Args:
        p: probabilities in [0, 1], of any shape.
        bins: how many, at least 1.

    Raises:
        ValueError: there are fewer than one bin.
    """
    if bins < 1:
        raise ValueError(f"bins={bins} must be at least 1")
    return np.clip(np.ceil(p * bins - EDGE).astype(np.int64) - 1, 0, bins - 1)


def reliability(p: ArrayLike, y: ArrayLike, bins: int = 10, by: Bins = "width") -> list[Bin]:
    """Return the bins of a reliability histogram that hold an answer, from low to high confidence.

    Args:
        p, y: confidences and correctness; see the module.
        bins: how many, at least 1.
        by: "width" for bins of equal width (see `bin_numbers`), "mass" for bins of an equal number of answers.

    Raises:
        ValueError: p or y is invalid, or there are fewer than one bin.
    """
    p, y = _check(p, y)
    if by == "mass":
        parts = [part for part in np.array_split(np.argsort(p, kind="stable"), bins) if len(part)]
        return [
            Bin(float(p[k].min()), float(p[k].max()), len(k), float(p[k].mean()), float(y[k].mean())) for k in parts
        ]
    numbers = bin_numbers(p, bins)
    histogram = []
    for number in range(bins):
        inside = numbers == number
        if inside.any():
            ends = number / bins, (number + 1) / bins
            histogram.append(Bin(*ends, int(inside.sum()), float(p[inside].mean()), float(y[inside].mean())))
    return histogram


def ece(p: ArrayLike, y: ArrayLike, bins: int = 10, by: Bins = "width") -> float:
    """Return the expected calibration error Σ (n_b/n)·|mean confidence − accuracy|, in [0, 1] (Guo et al. 2017).

    It is biased upwards: perfect calibration in ten bins gives about .10 at n = 100 and .03 at n = 1000.

    Args:
        p, y: confidences and correctness; see the module.
        bins: how many, at least 1.
        by: "width" or "mass", as in `reliability`.

    Raises:
        ValueError: p or y is invalid, or there are fewer than one bin.
    """
    histogram = reliability(p, y, bins, by)
    n = sum(part.n for part in histogram)
    return sum(part.n / n * abs(part.confidence - part.accuracy) for part in histogram)


def debiased_squared_error(p: ArrayLike, y: ArrayLike, bins: int = 10) -> float:
    """Return the squared calibration error corrected for its bias (Kumar, Liang, Ma 2019); it may be negative.

    Σ (n_b/n)·[(p̄_b − ȳ_b)² − ȳ_b(1 − ȳ_b)/(n_b − 1)] over bins of equal mass that hold at least two answers.

    Args:
        p, y: confidences and correctness; see the module.
        bins: how many, at least 1.

    Raises:
        ValueError: p or y is invalid, or there are fewer than one bin.
    """
    histogram = reliability(p, y, bins, "mass")
    n = sum(part.n for part in histogram)
    return sum(
        part.n / n * ((part.confidence - part.accuracy) ** 2 - part.accuracy * (1 - part.accuracy) / (part.n - 1))
        for part in histogram
        if part.n > 1
    )


def smooth_ece(p: ArrayLike, y: ArrayLike, points: int = 2001) -> float:
    """Return the smooth calibration error, in [0, 1] (Błasiok and Nakkiran 2023): the fixed point σ = ∫|r_σ(t)| dt.

    r_σ(t) = (1/n)·Σ (y_i − p_i)·K_σ(t, p_i) with a Gaussian kernel reflected at 0 and 1; σ is found by bisection.

    Args:
        p, y: confidences and correctness; see the module.
        points: grid points of the integral, at least 2.

    Raises:
        ValueError: p or y is invalid.
    """
    p, y = _check(p, y)
    grid = np.linspace(0, 1, points)
    sums = np.bincount(np.clip(np.round(p * (points - 1)).astype(int), 0, points - 1), weights=y - p, minlength=points)

    def at(width: float) -> float:
        reflected = [(sums, grid), (sums[::-1], grid - 1), (sums[::-1], grid + 1)]
        centers = np.concatenate([where for _, where in reflected])
        weights = np.concatenate([part for part, _ in reflected])
        used = weights != 0
        kernel = np.exp(-0.5 * ((grid[:, None] - centers[used]) / width) ** 2) / (width * math.sqrt(2 * math.pi))
        return float(np.trapezoid(np.abs(kernel @ weights[used]), grid) / len(p))

    low, high = 1e-3, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) > middle else (low, middle)
    return (low + high) / 2


def brier(p: ArrayLike, y: ArrayLike) -> float:
    """Return the Brier score, the mean of (p − y)², in [0, 1]; lower is better (Brier 1950).

    Args:
        p, y: confidences and correctness; see the module.

    Raises:
        ValueError: p or y is invalid.
    """
    p, y = _check(p, y)
    return float(np.mean((p - y) ** 2))


class Murphy(NamedTuple):
    """Parts of the Brier score: Brier = reliability − resolution + uncertainty (Murphy 1973)."""

    reliability: float
    """Mean squared difference of confidence and accuracy at that confidence; 0 is calibrated."""
    resolution: float
    """Variance of accuracy over confidences; higher tells right from wrong better."""
    uncertainty: float
    """Variance of correctness, a(1 − a) at accuracy a."""


def murphy(p: ArrayLike, y: ArrayLike) -> Murphy:
    """Return Murphy's parts of the Brier score over distinct confidences, where they add up exactly.

    Args:
        p, y: confidences and correctness; see the module.

    Raises:
        ValueError: p or y is invalid.
    """
    p, y = _check(p, y)
    values, where = np.unique(p, return_inverse=True)
    n = np.bincount(where)
    right = np.bincount(where, weights=y) / n
    base = float(y.mean())
    return Murphy(
        float((n * (values - right) ** 2).sum() / len(p)),
        float((n * (right - base) ** 2).sum() / len(p)),
        base * (1 - base),
    )


def auroc(p: ArrayLike, y: ArrayLike) -> float | None:
    """Return the area under the ROC curve, in [0, 1]: P(right more confident than wrong) + ½·P(equal).

    None where all answers are right or all are wrong.

    Args:
        p, y: confidences and correctness; see the module.

    Raises:
        ValueError: p or y is invalid.
    """
    p, y = _check(p, y)
    right = int(y.sum())
    wrong = len(y) - right
    if not right or not wrong:
        return None
    _, where, n = np.unique(p, return_inverse=True, return_counts=True)
    ranks = np.cumsum(n) - (n - 1) / 2
    return float((ranks[where][y == 1].sum() - right * (right + 1) / 2) / (right * wrong))


class RiskCoverage(NamedTuple):
    """Risk–coverage curve: the error rate of a model that answers only its k most confident questions."""

    coverage: Floats
    """Shape (n,): k/n for k = 1 … n."""
    risk: Floats
    """Shape (n,): share of wrong answers among the k most confident."""


def risk_coverage(p: ArrayLike, y: ArrayLike) -> RiskCoverage:
    """Return the risk–coverage curve; equal confidences take the expectation over their order.

    Args:
        p, y: confidences and correctness; see the module.

    Raises:
        ValueError: p or y is invalid.
    """
    errors = _expected_errors(p, y)
    k = np.arange(1, len(errors) + 1)
    return RiskCoverage(k / len(errors), np.cumsum(errors) / k)


def aurc(p: ArrayLike, y: ArrayLike) -> float:
    """Return the area under the risk–coverage curve, in [0, 1] (Geifman, Uziel, El-Yaniv 2019); lower is better.

    It is (1/n)·Σ_k (errors among the k most confident)/k.

    Args:
        p, y: confidences and correctness; see the module.

    Raises:
        ValueError: p or y is invalid.
    """
    return float(risk_coverage(p, y).risk.mean())


def best_aurc(y: ArrayLike) -> float:
    """Return the AURC of the perfect order, in [0, 1], in which every right answer precedes every wrong one.

    `aurc(p, y) - best_aurc(y)` is E-AURC.

    Args:
        y: correctness; see the module.

    Raises:
        ValueError: y is invalid.
    """
    y = np.asarray(y, dtype=float)
    return aurc(y, y)


def augrc(p: ArrayLike, y: ArrayLike) -> float:
    """Return the area under the generalized risk–coverage curve, in [0, ½] (Traub et al. 2024); lower is better.

    The curve is (errors among the k most confident)/n over coverage; its area equals (1 − AUROC)·a(1 − a) + ½(1 − a)²
    at accuracy a.

    Args:
        p, y: confidences and correctness; see the module.

    Raises:
        ValueError: p or y is invalid.
    """
    p, y = _check(p, y)
    _, where = np.unique(-p, return_inverse=True)
    n = np.bincount(where)
    errors = np.concatenate(([0.0], np.cumsum(np.bincount(where, weights=1 - y)))) / len(y)
    reach = np.concatenate(([0.0], np.cumsum(n))) / len(y)
    return float(np.trapezoid(errors, reach))


def counts_at(p: ArrayLike, y: ArrayLike, t: float) -> tuple[int, int, int]:
    """Return correct, error and IDK counts if only answers of confidence above t are kept; the others count as IDK.

    Args:
        p, y: confidences and correctness; see the module.
        t: confidence target, 0 ≤ t < 1.

    Raises:
        TypeError: t is not a number.
        ValueError: p or y is invalid, or t is out of range.
    """
    p, y = _check(p, y)
    t = check_threshold(t)
    kept = p > t
    right = int(y[kept].sum())
    return right, int(kept.sum()) - right, int((~kept).sum())


def _expected_errors(p: ArrayLike, y: ArrayLike) -> Floats:
    """Return 1 − y in falling order of confidence; answers of equal confidence share their mean."""
    p, y = _check(p, y)
    _, where = np.unique(-p, return_inverse=True)
    mean = np.bincount(where, weights=1 - y) / np.bincount(where)
    expected: Floats = mean[np.sort(where)]
    return expected


def _check(p: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    confidence, right = np.asarray(p, dtype=float).ravel(), np.asarray(y, dtype=float).ravel()
    if len(confidence) != len(right) or not len(right):
        raise ValueError(f"{len(confidence)} confidences and {len(right)} outcomes: need as many of each, at least one")
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError("a confidence is out of range: must be from 0 to 1")
    if not np.isin(right, (0.0, 1.0)).all():
        raise ValueError("an outcome must be 1 for right or 0 for wrong")
    return confidence, right

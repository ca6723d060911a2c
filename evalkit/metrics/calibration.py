"""How well confidences agree with being right. Pure functions on arrays; numpy only.

Confidences p lie in [0, 1], y is 1 where the answer is right and 0 where it is not; both hold one number an answer.
A quantity that is undefined is None.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bins = Literal["width", "mass"]


class Bin(NamedTuple):
    """One bar of a reliability histogram."""

    low: float
    high: float
    n: int
    confidence: float
    """Mean confidence of the answers in it."""
    accuracy: float


def reliability(p: ArrayLike, y: ArrayLike, bins: int = 10, by: Bins = "width") -> list[Bin]:
    """The non-empty bars of a reliability histogram.

    Args:
        p, y: see the module; not empty.
        bins: how many, at least 1.
        by: "width", right-closed bins of equal width (0 into the first), or "mass", of equal size by sorted p.

    Raises:
        ValueError: p outside [0, 1], y other than 0 and 1, different lengths, or nothing at all.
    """
    p, y = _checked(p, y)
    if by == "mass":
        parts = [part for part in np.array_split(np.argsort(p, kind="stable"), bins) if len(part)]
        return [
            Bin(float(p[k].min()), float(p[k].max()), len(k), float(p[k].mean()), float(y[k].mean())) for k in parts
        ]
    where = np.clip(np.ceil(p * bins - 1e-12).astype(int) - 1, 0, bins - 1)
    found = []
    for number in range(bins):
        inside = where == number
        if inside.any():
            ends = number / bins, (number + 1) / bins
            found.append(Bin(*ends, int(inside.sum()), float(p[inside].mean()), float(y[inside].mean())))
    return found


def ece(p: ArrayLike, y: ArrayLike, bins: int = 10, by: Bins = "width") -> float:
    """Expected calibration error: Σ (n_b/n)·|mean confidence − accuracy|, in [0, 1].

    Biased upwards: about .10 at n = 100 and .03 at n = 1000 for perfect calibration with ten bins.

    Args, raises: as `reliability`.
    """
    found = reliability(p, y, bins, by)
    n = sum(part.n for part in found)
    return sum(part.n / n * abs(part.confidence - part.accuracy) for part in found)


def debiased_squared_error(p: ArrayLike, y: ArrayLike, bins: int = 10) -> float:
    """Squared calibration error with its bias taken off (Kumar, Liang, Ma 2019), equal-mass bins; may be negative.

    Σ (n_b/n)·[(p̄_b − ȳ_b)² − ȳ_b(1 − ȳ_b)/(n_b − 1)] over bins of two answers and more.
    """
    found = reliability(p, y, bins, "mass")
    n = sum(part.n for part in found)
    return sum(
        part.n / n * ((part.confidence - part.accuracy) ** 2 - part.accuracy * (1 - part.accuracy) / (part.n - 1))
        for part in found
        if part.n > 1
    )


def smooth_ece(p: ArrayLike, y: ArrayLike, points: int = 2001) -> float:
    """Smooth calibration error (Błasiok and Nakkiran 2023): ∫|r_σ| at the width σ that equals it.

    r_σ(t) = (1/n)·Σ (y_i − p_i)·K_σ(t, p_i) with a Gaussian reflected at 0 and 1; found by bisection.

    Args:
        p, y: see the module.
        points: of the grid that the integral is taken on.
    """
    p, y = _checked(p, y)
    grid = np.linspace(0, 1, points)
    sums = np.bincount(np.clip(np.round(p * (points - 1)).astype(int), 0, points - 1), weights=y - p, minlength=points)

    def at(width: float) -> float:
        reflected = [(sums, grid), (sums[::-1], grid - 1), (sums[::-1], grid + 1)]
        centres = np.concatenate([where for _, where in reflected])
        weights = np.concatenate([part for part, _ in reflected])
        used = weights != 0
        kernel = np.exp(-0.5 * ((grid[:, None] - centres[used]) / width) ** 2) / (width * math.sqrt(2 * math.pi))
        return float(np.trapezoid(np.abs(kernel @ weights[used]), grid) / len(p))

    low, high = 1e-3, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) > middle else (low, middle)
    return (low + high) / 2


def brier(p: ArrayLike, y: ArrayLike) -> float:
    """Mean of (p − y)², in [0, 1]; lower is better."""
    p, y = _checked(p, y)
    return float(np.mean((p - y) ** 2))


class Murphy(NamedTuple):
    """Parts of the Brier score: Brier = reliability − resolution + uncertainty (Murphy 1973)."""

    reliability: float
    resolution: float
    uncertainty: float


def murphy(p: ArrayLike, y: ArrayLike) -> Murphy:
    """The parts, over distinct confidences, where they add up exactly."""
    p, y = _checked(p, y)
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
    """P(a right answer is the more confident one) + ½·P(equal); None where all are right or all are wrong."""
    p, y = _checked(p, y)
    right = int(y.sum())
    wrong = len(y) - right
    if not right or not wrong:
        return None
    values, where, n = np.unique(p, return_inverse=True, return_counts=True)
    ranks = np.cumsum(n) - (n - 1) / 2
    return float((ranks[where][y == 1].sum() - right * (right + 1) / 2) / (right * wrong)) if len(values) else None


class RiskCoverage(NamedTuple):
    """The share of wrong answers among the k most confident, for each share answered."""

    coverage: Floats
    risk: Floats


def risk_coverage(p: ArrayLike, y: ArrayLike) -> RiskCoverage:
    """The curve, one point an answer; among equal confidences the expectation over their order."""
    errors = _expected_errors(p, y)
    k = np.arange(1, len(errors) + 1)
    return RiskCoverage(k / len(errors), np.cumsum(errors) / k)


def aurc(p: ArrayLike, y: ArrayLike) -> float:
    """Area under the risk–coverage curve, (1/n)·Σ_k (errors among the k most confident)/k (Geifman 2019)."""
    return float(risk_coverage(p, y).risk.mean())


def best_aurc(y: ArrayLike) -> float:
    """AURC of the perfect order, every right answer before every wrong one; E-AURC is AURC less this."""
    y = np.asarray(y, dtype=float)
    return aurc(y, y)


def augrc(p: ArrayLike, y: ArrayLike) -> float:
    """Area under the generalised risk–coverage curve (Traub et al. 2024): accepted errors/n over coverage.

    (1 − AUROC)·a(1 − a) + ½(1 − a)² with a the accuracy: trapezoids over blocks of equal confidence.
    """
    p, y = _checked(p, y)
    _, where = np.unique(-p, return_inverse=True)
    n = np.bincount(where)
    errors = np.concatenate(([0.0], np.cumsum(np.bincount(where, weights=1 - y)))) / len(y)
    reach = np.concatenate(([0.0], np.cumsum(n))) / len(y)
    return float(np.trapezoid(errors, reach))


def counts_at(p: ArrayLike, y: ArrayLike, t: float) -> tuple[int, int, int]:
    """Correct, error and IDK where an answer is kept only if its confidence is above t (mode `simulated`)."""
    p, y = _checked(p, y)
    kept = p > t
    right = int(y[kept].sum())
    return right, int(kept.sum()) - right, int((~kept).sum())


def _expected_errors(p: ArrayLike, y: ArrayLike) -> Floats:
    """1 − y from the most confident down; inside a block of equal confidence, the block's mean."""
    p, y = _checked(p, y)
    _, where = np.unique(-p, return_inverse=True)
    mean = np.bincount(where, weights=1 - y) / np.bincount(where)
    expected: Floats = mean[np.sort(where)]
    return expected


def _checked(p: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    confidence, right = np.asarray(p, dtype=float).ravel(), np.asarray(y, dtype=float).ravel()
    if len(confidence) != len(right) or not len(right):
        raise ValueError("confidences and outcomes must be as many, and at least one")
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError("a confidence lies between 0 and 1")
    if not np.isin(right, (0.0, 1.0)).all():
        raise ValueError("an outcome is 1 for right or 0 for wrong")
    return confidence, right

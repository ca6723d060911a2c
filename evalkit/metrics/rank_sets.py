"""Many models at once: corrected p values, bands over all t, rank confidence sets, and which model leads where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.intervals import Bounds, standard_error
from evalkit.metrics.threshold import check_counts, penalty

Floats = NDArray[np.float64]
SIMULTANEOUS = math.sqrt(-2 * math.log(0.05))
"""√χ²_{2,.95} = 2.448, in place of 1.96, for a band that holds at all t at once."""


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected for multiple tests by Holm's step-down method (Holm 1979), in the order given.

    Args:
        p_values: one p value a test, each in [0, 1].
    """
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, k in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[k]))
        corrected[k] = largest
    return corrected


def simultaneous_band(correct: int, error: int, idk: int, ts: Sequence[float]) -> list[Bounds]:
    """Return a 95% band for S_t at all t at once: S_t ± 2.448·SE_t (Scheffé's method on accuracy and error rate).

    It holds for one set of answers scored at every t (prompts that state no target), not for a run at each t.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        ts: confidence targets, each 0 ≤ t < 1.

    Returns:
        The ends of the band at each t, in points per question.

    Raises:
        TypeError, ValueError: as `evalkit.metrics.score`.
    """
    n = check_counts(correct, error, idk)
    bounds = []
    for cost in map(penalty, ts):
        middle = (correct - cost * error) / n
        half = SIMULTANEOUS * standard_error(correct, error, idk, cost)
        bounds.append(Bounds(middle - half, middle + half))
    return bounds


class RankSet(NamedTuple):
    """Ranks that a model may have; 1 is the best."""

    best: int
    worst: int


def rank_confidence_sets(
    scores: Floats, level: float = 0.95, draws: int = 2000, seed: int = 0, *, worst: Floats | None = None
) -> list[RankSet]:
    """Return a confidence set for the rank of each model, all valid at once (Mogstad, Romano, Shaikh, Wilhelm 2024).

    The method studentizes pairwise differences and takes as critical value the `level` quantile of their largest
    centered size over a joint bootstrap of items. Where answers are missing, a model counts as better than another
    only if it is so at its worst against the other's best.

    Args:
        scores: shape (items, models), item scores of all models on the same items; missing answers at their best.
        level: probability that every set holds its model's rank, in (0, 1).
        draws: number of bootstrap samples, at least 1.
        seed: seed of the bootstrap.
        worst: shape (items, models), the same with missing answers at their worst; default: no answer is missing.

    Returns:
        One set a model, in the order of the columns.
    """
    items, models = scores.shape
    lowest = scores if worst is None else worst
    first, second = np.triu_indices(models, 1)
    # Each pair appears twice, once for either model being certainly better.
    better, other = np.concatenate([first, second]), np.concatenate([second, first])
    pairs = lowest[:, better] - scores[:, other]
    means = pairs.mean(axis=0)
    errors = pairs.std(axis=0) / math.sqrt(items)
    usable = errors > 0
    random = np.random.default_rng(seed)
    greatest = np.zeros(draws)
    for k in range(draws):
        weights = random.multinomial(items, np.full(items, 1 / items)) / items
        moved = weights @ pairs - means
        greatest[k] = np.max(np.abs(moved[usable]) / errors[usable], initial=0.0)
    critical = float(np.quantile(greatest, level))
    certain = means > critical * errors
    above = np.bincount(other[certain], minlength=models)
    below = np.bincount(better[certain], minlength=models)
    return [RankSet(1 + int(above[k]), models - int(below[k])) for k in range(models)]


class Reign(NamedTuple):
    """Range of t over which no other model scores higher."""

    model: int
    """Index of the model."""
    start: float
    end: float


def winners(rates: Sequence[tuple[float, float]]) -> list[Reign]:
    """Return which model scores highest from t = 0 to t = 1: the upper-left hull of (error rate, accuracy).

    This is the convex hull of ROC analysis (Provost and Fawcett 2001).

    Args:
        rates: (accuracy, error rate) of each model, at least one; of equal models the first is named.

    Returns:
        Ranges of t in rising order, which together cover [0, 1].

    Raises:
        ValueError: there are no models.
    """
    if not rates:
        raise ValueError("no models: nobody leads")
    current = max(range(len(rates)), key=lambda k: (rates[k][0], -rates[k][1], -k))
    reigns, start = [], 0.0
    while True:
        accuracy, error = rates[current]
        crossings = [
            ((accuracy - a) / ((accuracy - a) + (error - e)), e, k) for k, (a, e) in enumerate(rates) if e < error
        ]
        if not crossings:
            reigns.append(Reign(current, start, 1.0))
            return reigns
        end, _, successor = min(crossings)
        reigns.append(Reign(current, start, end))
        current, start = successor, end

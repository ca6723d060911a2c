"""Many models at once: corrected p values, bands over all t, rank confidence sets, who wins where. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.intervals import Bounds, standard_error
from evalkit.metrics.threshold import penalty

Floats = NDArray[np.float64]
SIMULTANEOUS = math.sqrt(-2 * math.log(0.05))
"""√χ²_{2,.95} = 2.448: what replaces 1.96 in a band that holds for all t at once."""


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected for their number, step-down (Holm 1979); in the order given.

    Args:
        p_values: each in [0, 1].
    """
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, k in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[k]))
        corrected[k] = largest
    return corrected


def simultaneous_band(correct: int, error: int, idk: int, ts: Sequence[float]) -> list[Bounds]:
    """A band that holds S_t for all t at once with 95%: S_t ± 2.448·SE_t (Scheffé on (a, ε); closed rubric only).

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        ts: confidence targets.
    """
    n = correct + error + idk
    bounds = []
    for cost in map(penalty, ts):
        middle = (correct - cost * error) / n
        half = SIMULTANEOUS * standard_error(correct, error, idk, cost)
        bounds.append(Bounds(middle - half, middle + half))
    return bounds


class RankSet(NamedTuple):
    """Ranks that one model may have, 1 the best; all models' sets hold at once with the stated probability."""

    best: int
    worst: int


def rank_sets(
    scores: Floats, level: float = 0.95, draws: int = 2000, seed: int = 0, *, worst: Floats | None = None
) -> list[RankSet]:
    """Simultaneous rank confidence sets (Mogstad, Romano, Shaikh, Wilhelm 2024).

    Studentised pairwise differences; the critical value is the `level` quantile of their greatest centred size over
    a joint bootstrap of items. Where answers are missing, a model counts as better than another only if it is so at
    its worst against the other's best.

    Args:
        scores: item scores, shape (items, models), all models on the same items; missing answers at their best.
        level: probability that every set holds its model's rank.
        draws: bootstrap samples.
        seed: of their draw.
        worst: the same with missing answers at their worst; default: none is missing.
    """
    items, models = scores.shape
    lowest = scores if worst is None else worst
    first, second = np.triu_indices(models, 1)
    # Each pair twice: whether the first is better for sure, and whether the second is.
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
    """One model's stretch of t in which no other scores higher."""

    model: int
    start: float
    end: float


def winners(rates: Sequence[tuple[float, float]]) -> list[Reign]:
    """Who scores highest, from t = 0 to t = 1: the upper-left hull of (error rate, accuracy), as in ROC analysis.

    Args:
        rates: (accuracy, error rate) of each model, at least one; of equals the first is named.
    """
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

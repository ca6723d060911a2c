"""Behavioural calibration: runs of one model, each told another confidence target, held against each other. Pure.

A behaviourally calibrated model answers at every stated t exactly the questions that it gets right with probability
above t. What that implies can be counted: accuracy given attempted of at least t; on what it refused, an accuracy of
at most t where it is made to answer; nothing answered at a higher t that it refused at a lower one; and no other run's
answers that would have scored more (Kalai et al. 2025, "behavioral calibration"; the tests are derived in the theory).
"Accuracy ≥ t" alone is passed by whoever never answers, so it never stands alone here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.threshold import check_threshold, penalty

CORRECT, ERROR, IDK = 0, 1, 2
ROUNDING = 1e-9
"""Within which a sum of weights is whole."""


class AtTarget(NamedTuple):
    """What one run shows, told the target t."""

    t: float
    n: int
    """Questions."""
    correct: float
    """Correct answers; each question weighs 1, whatever its number of epochs. Likewise below."""
    error: float
    idk: float
    score: float
    coverage: float
    accuracy_given_attempted: float | None
    deficiency: float
    """max(0, t − accuracy given attempted); 0 where nothing was attempted, which says nothing good."""
    deficiency_p: float | None
    """One-sided exact binomial p of that few right answers if each were right with probability t."""
    refused_accuracy: float | None
    """Accuracy at t = 0 on what was refused here; None where nothing was, or where t = 0 refused some of it too."""
    wrongful_answers: float
    """Share of all questions answered wrongly: e/n."""
    wrongful_abstentions: float | None
    """Share of all questions refused here and answered correctly at t = 0."""
    regret_at_least: float
    """Points a question lost, at the least: [κ·max(0, t − accuracy) + (1 − κ)·max(0, refused accuracy − t)]/(1 − t)."""
    incentive_gap: float
    """Points a question that answering as at another target would have gained."""


class Band(NamedTuple):
    """Questions whose last answered target is t_k: their implied confidence lies between t_k and the next target."""

    low: float
    high: float
    n: float
    accuracy: float
    distance: float
    """From the accuracy to the band; 0 inside."""


class Behaviour(NamedTuple):
    """The whole audit."""

    targets: list[AtTarget]
    cross_scores: list[list[float]]
    """[k][j]: what the answers given under t_j score at t_k (mode `cross`)."""
    pair_rate: float
    """Pairs of targets where a question was refused at the lower and answered at the higher, of all pairs."""
    flip_rate: float
    """Least share of decisions to change for every question to be answered up to some t and refused above."""
    non_monotone: float
    """Share of questions with such a pair."""
    bands: list[Band]
    never_answered: float
    bce: float | None
    """Behavioural calibration error: mean distance of the bands, weighted by their questions."""


def behaviour(
    outcomes: NDArray[np.int64], ts: Sequence[float], weights: NDArray[np.float64] | None = None
) -> Behaviour:
    """Hold the answers of one model to the same questions under several stated targets against each other.

    Args:
        outcomes: shape (rows, targets), one row a question or an epoch of it: 0 correct, 1 error, 2 IDK.
        ts: the stated targets, rising, each 0 ≤ t < 1.
        weights: shape (rows,), what each row weighs; the epochs of a question sum to 1. Default: 1 each.

    Raises:
        ValueError: targets that do not rise, other codes, another shape, or no question.
    """
    ts = [check_threshold(t) for t in ts]
    outcomes = np.asarray(outcomes)
    if outcomes.ndim != 2 or outcomes.shape[1] != len(ts) or not len(outcomes):  # noqa: PLR2004 - questions × targets
        raise ValueError("outcomes must have a row for each question and a column for each target")
    if sorted(set(ts)) != ts:
        raise ValueError("the targets must rise")
    if not np.isin(outcomes, (CORRECT, ERROR, IDK)).all():
        raise ValueError("an outcome is 0 (correct), 1 (error) or 2 (IDK)")
    w = np.ones(len(outcomes)) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != (len(outcomes),):
        raise ValueError("weights must have one entry for each row of outcomes")
    n = _whole(w.sum())
    counts = [[_whole(w[outcomes[:, k] == code].sum()) for code in (CORRECT, ERROR, IDK)] for k in range(len(ts))]
    cross = [[(c - e * penalty(t)) / n for c, e, _ in counts] for t in ts]
    answered = outcomes != IDK
    bands, never = _bands(outcomes, answered, ts, w)
    in_bands = sum(band.n for band in bands)
    turned = (np.diff(answered.astype(int), axis=1) > 0).any(axis=1) if len(ts) > 1 else np.zeros(len(w), bool)
    return Behaviour(
        targets=[_at(k, t, outcomes, ts, cross[k], w) for k, t in enumerate(ts)],
        cross_scores=cross,
        pair_rate=_pair_rate(answered, w),
        flip_rate=_flips(answered, w) / (n * len(ts)),
        non_monotone=_whole(w[turned].sum()) / n,
        bands=bands,
        never_answered=never,
        bce=sum(band.n * band.distance for band in bands) / in_bands if in_bands else None,
    )


def _whole(value: float) -> float:
    """A sum of weights without its rounding error: whole where it is one."""
    nearest = round(float(value))
    return nearest if abs(value - nearest) < ROUNDING else float(value)


def binomial_tail(successes: int, n: int, p: float) -> float:
    """P[Bin(n, p) ≤ successes], exact up to rounding."""
    if p <= 0 or successes >= n:
        return 1.0
    logs = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log1p(-p)
        for k in range(successes + 1)
    ]
    top = max(logs)
    return min(1.0, math.exp(top) * sum(math.exp(value - top) for value in logs))


def _at(
    k: int,
    t: float,
    outcomes: NDArray[np.int64],
    ts: list[float],
    scores: list[float],
    w: NDArray[np.float64],
) -> AtTarget:
    n = _whole(w.sum())
    column = outcomes[:, k]
    c, e, i = (_whole(w[column == code].sum()) for code in (CORRECT, ERROR, IDK))
    attempted = _whole(c + e)
    accuracy = c / attempted if attempted else None
    deficiency = max(0.0, t - accuracy) if accuracy is not None else 0.0
    refused = column == IDK
    at_zero = outcomes[:, 0]
    forced = None
    if ts[0] == 0 and refused.any() and not (at_zero[refused] == IDK).any():
        forced = _whole(w[refused & (at_zero == CORRECT)].sum()) / _whole(w[refused].sum())
    kappa = attempted / n
    return AtTarget(
        t=t,
        n=round(n),
        correct=c,
        error=e,
        idk=i,
        score=scores[k],
        coverage=kappa,
        accuracy_given_attempted=accuracy,
        deficiency=deficiency,
        # Questions, not answers, are the unit; of a broken number of them the rounding that claims less is taken.
        deficiency_p=binomial_tail(math.ceil(c), max(math.floor(attempted), math.ceil(c)), t) if attempted else None,
        refused_accuracy=forced,
        wrongful_answers=e / n,
        wrongful_abstentions=_whole(w[refused & (at_zero == CORRECT)].sum()) / n if ts[0] == 0 else None,
        regret_at_least=(kappa * deficiency + (1 - kappa) * max(0.0, (forced or 0.0) - t)) / (1 - t),
        incentive_gap=max(0.0, *scores) - scores[k],
    )


def _bands(
    outcomes: NDArray[np.int64], answered: NDArray[np.bool_], ts: list[float], w: NDArray[np.float64]
) -> tuple[list[Band], float]:
    any_answer = answered.any(axis=1)
    last = len(ts) - 1 - np.argmax(answered[:, ::-1], axis=1)
    bands = []
    for k, low in enumerate(ts):
        inside = any_answer & (last == k)
        if not inside.any():
            continue
        high = ts[k + 1] if k + 1 < len(ts) else 1.0
        accuracy = _whole(w[inside & (outcomes[:, k] == CORRECT)].sum()) / _whole(w[inside].sum())
        distance = max(0.0, low - accuracy, accuracy - high)
        bands.append(Band(low, high, _whole(w[inside].sum()), accuracy, distance))
    return bands, _whole(w[~any_answer].sum())


def _pair_rate(answered: NDArray[np.bool_], w: NDArray[np.float64]) -> float:
    m = answered.shape[1]
    if m < 2:  # noqa: PLR2004 - no pair
        return 0.0
    pairs = sum(_whole(w[~answered[:, k] & answered[:, j]].sum()) for k in range(m) for j in range(k + 1, m))
    return float(pairs / (_whole(w.sum()) * m * (m - 1) / 2))


def _flips(answered: NDArray[np.bool_], w: NDArray[np.float64]) -> float:
    """Fewest decisions to change: for each question the best place to stop answering."""
    m = answered.shape[1]
    costs = [(~answered[:, :cut]).sum(axis=1) + answered[:, cut:].sum(axis=1) for cut in range(m + 1)]
    return _whole(np.min(costs, axis=0) @ w)

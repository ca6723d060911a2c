"""Behavioural calibration: does a model that is told a confidence target t answer accordingly?

A behaviourally calibrated model (Kalai et al. 2025) answers, at every stated t, exactly the questions that it gets
right with probability above t. Answers of one model to the same questions under several targets show whether

* its accuracy given attempted is at least t;
* the questions it refused at t would have been right at most with probability t;
* it answers nothing at a higher t that it refused at a lower one;
* no other target's answers would have scored more at t.

A model that never answers passes the first test, so no number here rests on it alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.outcomes import CORRECT, ERROR, IDK
from evalkit.metrics.threshold import check_threshold, penalty

ROUNDING = 1e-9
"""Distance from an integer below which a sum of weights is that integer."""


class AtTarget(NamedTuple):
    """Answers under one stated target. Every question weighs 1, whatever its number of epochs."""

    t: float
    """The stated target."""
    n: int
    """Questions."""
    correct: float
    """Correct answers."""
    error: float
    """Wrong answers."""
    idk: float
    """IDK answers."""
    score: float
    """S_t, in points per question."""
    coverage: float
    """κ, the share of questions answered."""
    accuracy_given_attempted: float | None
    """Share of answers that are right; None where nothing was answered."""
    deficiency: float
    """max(0, t − accuracy given attempted); 0 where nothing was answered, which is no merit."""
    deficiency_p: float | None
    """One-sided exact binomial p of so few right answers if each were right with probability t."""
    refused_accuracy: float | None
    """Accuracy at t = 0 on the questions refused here; None where there are none, or t = 0 refused some too."""
    wrongful_answers: float
    """Share of all questions answered wrongly: e/n."""
    wrongful_abstentions: float | None
    """Share of all questions refused here and answered correctly at t = 0; None where t = 0 was not asked."""
    regret_at_least: float
    """Points per question lost, at least: [κ·max(0, t − accuracy) + (1 − κ)·max(0, refused accuracy − t)]/(1 − t)."""
    incentive_gap: float
    """Points per question gained if it answered as under the best other target."""


class Band(NamedTuple):
    """Questions whose highest answered target is t_k, which implies a confidence from t_k to the next target."""

    low: float
    """t_k."""
    high: float
    """The next target; 1 after the last."""
    n: float
    """Questions."""
    accuracy: float
    """Their accuracy under t_k."""
    distance: float
    """Distance of the accuracy from the band; 0 inside it."""


class Behaviour(NamedTuple):
    """Behavioural calibration of one model over several stated targets."""

    targets: list[AtTarget]
    """One entry a target, rising."""
    cross_scores: list[list[float]]
    """[k][j]: score at t_k of the answers given under t_j, in points per question."""
    pair_rate: float
    """Of all pairs of targets of a question, the share refused at the lower and answered at the higher one."""
    flip_rate: float
    """Least share of decisions to change for every question to be answered up to some t and refused above it."""
    non_monotone: float
    """Share of questions with a pair refused at the lower and answered at the higher target."""
    bands: list[Band]
    """Bands that hold a question, rising."""
    never_answered: float
    """Questions refused under every target."""
    bce: float | None
    """Behavioural calibration error: mean distance of the bands, weighted by their questions; None without any."""


def behaviour(
    outcomes: NDArray[np.int64], ts: Sequence[float], weights: NDArray[np.float64] | None = None
) -> Behaviour:
    """Compare the answers of one model to the same questions under several stated targets.

    Args:
        outcomes: shape (rows, targets), integers; a row is a question, or one epoch of it. The codes are
            `evalkit.metrics.CORRECT`, `ERROR` and `IDK` (0, 1, 2).
        ts: the stated targets, strictly rising, each 0 ≤ t < 1.
        weights: shape (rows,), the weight of each row; the epochs of a question sum to 1. Default: 1 each.

    Raises:
        TypeError: a target is not a number.
        ValueError: a target is out of range, the targets do not rise, a code is unknown, a shape does not fit, or
            there are no questions.
    """
    ts = [check_threshold(t) for t in ts]
    outcomes = np.asarray(outcomes)
    if outcomes.ndim != 2 or outcomes.shape[1] != len(ts) or not len(outcomes):  # noqa: PLR2004 - questions × targets
        raise ValueError("outcomes must have one row a question, at least one, and one column a target")
    if sorted(set(ts)) != ts:
        raise ValueError("the targets must rise strictly")
    if not np.isin(outcomes, (CORRECT, ERROR, IDK)).all():
        raise ValueError("an outcome is 0 (correct), 1 (error) or 2 (IDK)")
    w = np.ones(len(outcomes)) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != (len(outcomes),):
        raise ValueError("weights must have one entry a row of outcomes")
    n = _whole(w.sum())
    counts = [[_whole(w[outcomes[:, k] == code].sum()) for code in (CORRECT, ERROR, IDK)] for k in range(len(ts))]
    cross = [[(c - e * penalty(t)) / n for c, e, _ in counts] for t in ts]
    answered = outcomes != IDK
    bands, never = _bands(outcomes, answered, ts, w)
    in_bands = sum(band.n for band in bands)
    returns = (np.diff(answered.astype(int), axis=1) > 0).any(axis=1) if len(ts) > 1 else np.zeros(len(w), bool)
    return Behaviour(
        targets=[_at_target(k, t, outcomes, ts, cross[k], w) for k, t in enumerate(ts)],
        cross_scores=cross,
        pair_rate=_pair_rate(answered, w),
        flip_rate=_fewest_flips(answered, w) / (n * len(ts)),
        non_monotone=_whole(w[returns].sum()) / n,
        bands=bands,
        never_answered=never,
        bce=sum(band.n * band.distance for band in bands) / in_bands if in_bands else None,
    )


def _whole(value: float) -> float:
    """Remove the rounding error of a sum of weights that should be an integer."""
    nearest = round(float(value))
    return nearest if abs(value - nearest) < ROUNDING else float(value)


def binomial_tail(successes: int, n: int, p: float) -> float:
    """Return P[Bin(n, p) ≤ successes], exact up to rounding.

    Args:
        successes: at least 0; from n on the probability is 1.
        n: trials, at least 0.
        p: probability of a success, in [0, 1).
    """
    if p <= 0 or successes >= n:
        return 1.0
    logs = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log1p(-p)
        for k in range(successes + 1)
    ]
    top = max(logs)
    return min(1.0, math.exp(top) * sum(math.exp(value - top) for value in logs))


def _at_target(
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
        # Questions, not answers, are the unit; where their number is fractional, it is rounded to claim less.
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
    if m < 2:  # noqa: PLR2004 - one target makes no pair
        return 0.0
    pairs = sum(_whole(w[~answered[:, k] & answered[:, j]].sum()) for k in range(m) for j in range(k + 1, m))
    return float(pairs / (_whole(w.sum()) * m * (m - 1) / 2))


def _fewest_flips(answered: NDArray[np.bool_], w: NDArray[np.float64]) -> float:
    """Return the fewest decisions to change: for each question, those of the best target to stop answering at."""
    m = answered.shape[1]
    costs = [(~answered[:, :cut]).sum(axis=1) + answered[:, cut:].sum(axis=1) for cut in range(m + 1)]
    return _whole(np.min(costs, axis=0) @ w)

"""Two sets of answers to the same samples: of two models, runs or wordings, or of one model told nothing and told t."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics import paired
from evalkit.metrics.threshold import penalty
from evalkit.records import Outcome

Z = 1.959964
"""Standard errors on each side of a 95% interval."""
GRADED = {Outcome.CORRECT: 0, Outcome.ERROR: 1, Outcome.IDK: 2}
Outcomes = Sequence[tuple[Outcome, Outcome]]
"""A's outcome and B's, of each epoch of one sample."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What A scores more than B at one t, on the samples that both were graded on."""

    t: float
    n: int
    """Samples."""
    a: float
    """Score of A, points a question."""
    b: float
    value: float
    low: float | None
    """End of the 95% interval; None where nothing varies."""
    high: float | None
    p: float
    """Two-sided sign-flip test of equal scores."""


def differences(samples: Mapping[str, Outcomes], ts: Sequence[float]) -> list[Difference]:
    """Compare two sets of answers at several t; a sample weighs the same however many epochs it has.

    Args:
        samples: pairs of outcomes by sample; those with a missing answer are left out.
        ts: confidence targets, each 0 ≤ t < 1.

    Returns:
        One for each t; none where no sample is graded on both sides.
    """
    counts_a, counts_b = _counts(samples)
    if not len(counts_a):
        return []
    return [_difference(counts_a, counts_b, t) for t in ts]


def crossing(samples: Mapping[str, Outcomes]) -> paired.Crossing | None:
    """Where the two change places as t grows, if both are scored at every t; None without a sample."""
    counts_a, counts_b = _counts(samples)
    if not len(counts_a):
        return None
    rates = [float(share) for counts in (counts_a, counts_b) for share in _rates(counts)]
    return paired.crossing(*rates)


def _difference(counts_a: NDArray[np.float64], counts_b: NDArray[np.float64], t: float) -> Difference:
    scores = [_scores(counts, t) for counts in (counts_a, counts_b)]
    each = scores[0] - scores[1]
    n, value = len(each), float(each.mean())
    half = Z * float(each.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    return Difference(
        t=t, n=n, a=float(scores[0].mean()), b=float(scores[1].mean()), value=value,
        low=value - half if half else None, high=value + half if half else None,
        p=paired.sign_flip_of_differences(each),
    )  # fmt: skip


def _counts(samples: Mapping[str, Outcomes]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of correct, wrong and IDK answers of each sample, on both sides."""
    rows: list[list[list[float]]] = [[], []]
    for pairs in samples.values():
        graded = [pair for pair in pairs if all(outcome in GRADED for outcome in pair)]
        for side, of in enumerate(rows):
            if graded:
                found = [GRADED[pair[side]] for pair in graded]
                of.append([found.count(k) / len(found) for k in range(3)])
    a, b = (np.array(of, dtype=float).reshape(len(of), 3) for of in rows)
    return a, b


def _scores(counts: NDArray[np.float64], t: float) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = counts[:, 0] - penalty(t) * counts[:, 1]
    return scores


def _rates(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    rates: NDArray[np.float64] = counts.mean(axis=0)[:2]
    return rates

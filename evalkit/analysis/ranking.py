"""Ranks on a board: by the low end of each score, with how sure they are, and where they change with t."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.entries import Crossing, Entry, Mode
from evalkit.metrics import paired
from evalkit.metrics.rank_sets import rank_confidence_sets
from evalkit.metrics.threshold import penalty

TIED = 1e-12
"""Scores nearer than this are equal."""
LARGEST = 200_000
"""Records of one board from which rank sets are left out: they need every answer of every model."""
TASK_SEPARATOR = "\0\0"
"""Between task and item on a board of several tasks; no item's name holds it."""


def base_ranks(entries: Sequence[Entry], mode: Mode) -> list[int]:
    """Rank by plain accuracy: of answers to plain prompts, or at t = 0; empty where not all have them.

    Args:
        entries: the rows.
        mode: of the board.
    """
    if mode == "closed":
        return competition_ranks([entry.worst_rates[0] for entry in entries])
    if any(0.0 not in entry.counted for entry in entries):
        return []
    return competition_ranks([entry.pessimistic(0.0) for entry in entries])


def ranks_at(entries: Sequence[Entry], ts: Sequence[float]) -> list[list[int]]:
    """Rank the rows of a closed board at any thresholds, as the board ranks them at its own.

    Args:
        entries: all rows.
        ts: confidence targets, each 0 ≤ t < 1.

    Returns:
        A list a row, with a rank for each threshold.
    """
    by_threshold = [competition_ranks([entry.pessimistic_at(t) for entry in entries]) for t in ts]
    return [list(ranks) for ranks in zip(*by_threshold, strict=True)]


def competition_ranks(values: Sequence[float]) -> list[int]:
    """Rank values, the highest first; equal ones share the better rank.

    Args:
        values: a row each.
    """
    return [1 + sum(other > value for other in values) for value in values]


def add_rank_sets(entries: Sequence[Entry], t: float, mode: Mode, common: frozenset[str]) -> None:
    """Write into each row the ranks it may have at a threshold (95%, all rows at once), where that can be told.

    Args:
        entries: the rows placed there.
        t: confidence target, 0 ≤ t < 1.
        mode: of the board.
        common: items that all models have.
    """
    models = [entry for entry in entries if entry.kind == "model"]
    if len(entries) < 2 or len(common) < 2 or len(common) * len(models) > LARGEST:  # noqa: PLR2004 - nothing to tell apart
        return
    told = None if mode == "closed" else t
    if not models or any(told not in entry.items for entry in models):
        return
    items = sorted(common & frozenset.intersection(*(frozenset(entry.items[told].counts) for entry in models)))
    if len(items) < 2:  # noqa: PLR2004 - likewise
        return
    weights = _weights(items)[:, None]
    best = np.array([_item_scores(entry, told, items, t, best=True) for entry in entries]).T * weights
    worst = np.array([_item_scores(entry, told, items, t, best=False) for entry in entries]).T * weights
    for entry, ranks in zip(entries, rank_confidence_sets(best, worst=worst, draws=500), strict=True):
        entry.rank_sets[t] = (ranks.best, ranks.worst)


def _item_scores(
    entry: Entry, told: float | None, items: Sequence[str], t: float, *, best: bool
) -> NDArray[np.float64]:
    """Mean score of each item, its missing answers taken at their best or worst."""
    if entry.kind != "model":
        return np.full(len(items), entry.scores[t].value)
    counts = np.array([entry.items[told].counts[item] for item in items], dtype=float)
    right, wrong, _, missing = counts.T
    if best:
        answerable = np.array([item not in entry.items[told].unanswerable for item in items])
        right = right + missing * answerable
    else:
        wrong = wrong + missing
    scores: NDArray[np.float64] = (right - penalty(t) * wrong) / counts.sum(axis=1)
    return scores


def _weights(items: Sequence[str]) -> NDArray[np.float64]:
    """What an item weighs so that every task weighs the same; 1 on a board of a single task."""
    tasks = [item.partition(TASK_SEPARATOR)[0] if TASK_SEPARATOR in item else "" for item in items]
    sizes = Counter(tasks)
    return np.array([len(items) / (len(sizes) * sizes[task]) for task in tasks])


def find_crossings(entries: Sequence[Entry]) -> list[Crossing]:
    """Find every change of places between t = 0 and 1, in that order; where two cross, they are neighbours.

    Missing answers count as errors, as they do in the ranks: being cut off overtakes nobody.

    Args:
        entries: models of a closed board.
    """
    rates = [(entry, *entry.worst_rates) for entry in entries]
    crossings = []
    for (a, *of_a), (b, *of_b) in itertools.combinations(sorted(rates, key=lambda one: -one[1]), 2):
        crossing = paired.crossing(*of_a, *of_b)
        if crossing.t is not None:
            leads = _leads(of_b[0], of_b[1], crossing.t, [(right, wrong) for _, right, wrong in rates])
            crossings.append(Crossing(a.name, b.name, crossing.t, leads))
    return sorted(crossings, key=lambda crossing: crossing.t)


def _leads(right: float, wrong: float, t: float, rates: Sequence[tuple[float, float]]) -> bool:
    """Whether nobody scores higher at that t."""
    scores = [r + t * (1 - r - w) for r, w in rates]  # N_t, linear in t
    return right + t * (1 - right - wrong) >= max(*scores, t) - TIED  # never answering scores N_t = t

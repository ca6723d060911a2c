"""How a model's probabilities compare with the truth, over all pairs of prompt and response (the paper's Figure 2)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.theory.worlds import World

BINS = 10


class Bin(NamedTuple):
    """Pairs whose p̂ lies in one stretch."""

    low: float
    high: float
    """Right-closed; p̂ = 0 falls into the first."""
    confidence: float
    """Mean p̂ of the pairs."""
    valid: float
    """Mean p: how often such a pair is the right answer."""
    pairs: float
    """Pairs a prompt, Σ μ."""
    mass: float
    """Probability that an answer drawn from the model is one of them, Σ μ·p̂."""


def histogram(world: World, bins: int = BINS) -> list[Bin]:
    """Bins of equal width that hold a pair.

    Args:
        world: any.
        bins: how many, at least 1.
    """
    place = _places(world, bins)
    sums = [
        np.bincount(place, weights=weights, minlength=bins)
        for weights in (world.weight, world.weight * world.q, world.weight * world.p)
    ]
    return [
        Bin(k / bins, (k + 1) / bins, float(q / w), float(p / w), float(w), float(q))
        for k, (w, q, p) in enumerate(zip(*sums, strict=True))
        if w > 0
    ]


def classwise_ece(world: World, bins: int | None = None) -> float:
    """Σ over bins of |Σ μ·(p̂ − p)|; with None the bins are the values of p̂, and it is the variation of δ_z over z.

    Args:
        world: any.
        bins: of equal width, or None.
    """
    gap = world.weight * (world.q - world.p)
    place = np.unique(world.q, return_inverse=True)[1] if bins is None else _places(world, bins)
    return float(np.abs(np.bincount(place, weights=gap)).sum())


def _places(world: World, bins: int) -> NDArray[np.int64]:
    """The bin of each pair."""
    return np.clip(np.ceil(world.q * bins).astype(np.int64) - 1, 0, bins - 1)

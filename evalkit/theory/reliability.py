"""Calibration of a model on a world, over all pairs of prompt and response (as in the paper's Figure 2)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evalkit.metrics.calibration import bin_numbers
from evalkit.theory.worlds import World

BINS = 10
"""Bins of equal width that the reports use."""


class Bin(NamedTuple):
    """Pairs whose p̂ lies in one bin; bins are those of `evalkit.metrics.bin_numbers`."""

    low: float
    """Lower end of the bin."""
    high: float
    """Upper end of the bin, included."""
    confidence: float
    """Mean p̂ of the pairs."""
    valid: float
    """Mean p of the pairs: how often such a response is the right one."""
    pairs: float
    """Pairs per prompt, Σ μ."""
    mass: float
    """Probability that a response drawn from the model is one of them, Σ μ·p̂."""


def histogram(world: World, bins: int = BINS) -> list[Bin]:
    """Return the bins that hold a pair, rising.

    Args:
        world: any world.
        bins: number of bins of equal width, at least 1.

    Raises:
        ValueError: there are fewer than one bin.
    """
    place = bin_numbers(world.q, bins)
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
    """Return the classwise calibration error Σ_bins |Σ μ·(p̂ − p)|, in [0, 2].

    Args:
        world: any world.
        bins: number of bins of equal width, at least 1; None for one bin a distinct p̂, which gives the total
            variation of δ_z over the threshold z.

    Raises:
        ValueError: there are fewer than one bin.
    """
    gap = world.weight * (world.q - world.p)
    place = np.unique(world.q, return_inverse=True)[1] if bins is None else bin_numbers(world.q, bins)
    return float(np.abs(np.bincount(place, weights=gap)).sum())

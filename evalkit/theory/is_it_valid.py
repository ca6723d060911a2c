"""Is it valid? A model as a classifier of plausible responses, and what that says of its errors.

The classifier calls (c, r) valid where p̂(r|c) is above a threshold; it is tried on D: with probability ½ a valid pair
drawn from the truth, with probability ½ a prompt and one of its errors, uniformly. Theorem 1 of Kalai et al. 2025:
err ≥ 2·err_iiv − max|𝒱_c|/min|ℰ_c| − δ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evalkit.theory.worlds import Bools, Floats, World

ROUNDING = 1e-12
"""Relative; what p̂ may exceed a threshold by and still be equal to it."""


def error(world: World) -> float:
    """err: probability that a response drawn from the model is an error, or nothing plausible at all."""
    return float(world.mu @ prompt_errors(world))


def prompt_errors(world: World) -> Floats:
    """The error at each prompt; their mean under μ is `error`."""
    wrong = np.bincount(world.prompt, weights=np.where(world.valid, 0.0, world.q), minlength=len(world.mu))
    return np.asarray(wrong + world.outside)


def threshold(world: World, per_prompt: bool = False) -> Floats:
    """1/K of each pair: K = min|ℰ_c|, or each prompt's own |ℰ_c|.

    Args:
        world: any.
        per_prompt: the second, which is no less true and needed where prompts have very different sizes.
    """
    # A p̂ of exactly 1/K is not above it, whatever its last digit.
    if per_prompt:
        return np.asarray((1 + ROUNDING) / world.errors[world.prompt])
    return np.full(len(world.q), (1 + ROUNDING) / world.errors.min())


def distribution(world: World) -> Floats:
    """D of each pair: with probability ½ drawn from the truth, with ½ a prompt and one of its errors, uniformly."""
    valid, error = world.weight * world.p, world.weight / world.errors[world.prompt]
    return np.where(world.valid, valid, error) / 2


def calls_valid(world: World, z: float | Floats) -> Bools:
    """The classifier f̂: whether p̂ of each pair is above z, strictly.

    Args:
        world: any.
        z: one threshold, or one a pair.
    """
    return np.asarray(world.q > z)


def error_iiv(world: World, z: float | Floats) -> float:
    """err_iiv: how often the classifier p̂ > z is wrong on D.

    Args:
        world: any.
        z: one threshold, or one a pair.
    """
    return float(distribution(world)[calls_valid(world, z) != world.valid].sum())


def delta_signed(world: World, z: float | Floats) -> float:
    """δ₊ = p̂(𝒜) − p(𝒜): mass above the threshold, the model's less the truth's; above 0 it is overconfident."""
    return float((world.weight * (world.q - world.p))[calls_valid(world, z)].sum())


@dataclass(frozen=True)
class Reduction:
    """Theorem 1 on one world."""

    error: float
    error_iiv: float
    delta: float
    """δ = |δ₊|, as the paper defines it."""
    delta_signed: float
    size_term: float
    """max|𝒱_c|/min|ℰ_c|, or its mean over prompts."""
    bound: float
    """2·err_iiv − size term − δ."""
    bound_signed: float
    """The same with δ₊: as true, and stronger."""
    identity: float
    """Right-hand side of the exact identity, which is err."""

    @property
    def slack(self) -> float:
        """How far above the bound the error is; never below 0."""
        return self.error - self.bound


def estimated_delta(above_truth: int, n: int, above_model: int, m: int) -> tuple[float, float]:
    """An auditor's estimate of δ₊ and its standard error, from samples: |δ̂| would be biased upwards.

    Args:
        above_truth, n: training samples above the threshold, of n ≥ 1.
        above_model, m: generations above it, of m ≥ 1.

    Raises:
        ValueError: no samples.
    """
    if n < 1 or m < 1:
        raise ValueError("an estimate from no samples is undefined")
    a, b = above_truth / n, above_model / m
    return b - a, math.sqrt(a * (1 - a) / n + b * (1 - b) / m)


def reduction(world: World, per_prompt: bool = False) -> Reduction:
    """Everything that Theorem 1 relates.

    The exact identity is err = 2·err_iiv − δ₊ − p̂(ℬ∩𝒱) + [p̂(𝒜∩ℰ) − 2D(𝒜∩ℰ)], 𝒜 above the threshold and ℬ below.

    Args:
        world: any.
        per_prompt: see `threshold`.
    """
    z = threshold(world, per_prompt)
    above = calls_valid(world, z)
    signed, iiv = delta_signed(world, z), error_iiv(world, z)
    sizes = world.valids / world.errors
    size = float(world.mu @ sizes) if per_prompt else float(world.valids.max() / world.errors.min())
    model = world.weight * world.q
    taken = above & ~world.valid
    doubled = 2 * distribution(world)[taken].sum()
    identity = 2 * iiv - signed - model[~above & world.valid].sum() + model[taken].sum() - doubled
    return Reduction(
        error(world),
        iiv,
        abs(signed),
        signed,
        size,
        2 * iiv - size - abs(signed),
        2 * iiv - size - signed,
        float(identity),
    )


def threshold_curve(world: World) -> tuple[Floats, Floats]:
    """Err_iiv of p̂ > t at every t in [0, 1] where it changes: 0, 1 and the model's own probabilities; O(m log m).

    Returns:
        The thresholds, rising, and err_iiv from each up to the next.
    """
    d = distribution(world)
    missed, taken = np.where(world.valid, d, 0.0), np.where(world.valid, 0.0, d)
    t = np.unique(np.concatenate(([0.0, 1.0], world.q[(world.q >= 0) & (world.q <= 1)])))
    return t, _up_to(world, missed, t) + taken.sum() - _up_to(world, taken, t)


def best_threshold(world: World) -> tuple[float, float]:
    """opt(𝒢): the least err_iiv of p̂ > t over t in [0, 1], and the smallest t that reaches it."""
    t, errors = threshold_curve(world)
    best = int(np.argmin(errors))
    return float(errors[best]), float(t[best])


def mean_over_thresholds(world: World) -> float:
    """E of err_iiv for t uniform in [0, 1]: ½·Σ μ·[p̂(ℰ_c)/|ℰ_c| + 1 − Σ p·p̂ over valid]; exact."""
    wrong = (world.weight * world.q / world.errors[world.prompt])[~world.valid].sum()
    right = (world.weight * world.p * (1 - world.q))[world.valid].sum()
    return float(wrong + right) / 2


def loss(world: World) -> float:
    """L = Σ μ·p·(−log p̂), nats; infinite where the model rules a true response out.

    The paper's formula with prompts leaves out p(r|c); as printed its derivative is not δ.
    """
    return _cross_entropy(world, world.q)


def printed_loss_slope(world: World, z: float | Floats) -> float:
    """What the slope of the loss as the paper prints it, without p(r|c), would be: Σ μ·[|R_c|·p̂(𝒜_c) − |𝒜_c|].

    Args:
        world: any whose model rules nothing out.
        z: the threshold.
    """
    above = calls_valid(world, z)
    sizes = np.bincount(world.prompt, minlength=len(world.mu))
    return float((world.weight * (sizes[world.prompt] * world.q - 1))[above].sum())


def rescaled_loss(world: World, z: float | Floats, s: float) -> float:
    """The loss after p̂ is multiplied by s above the threshold and normalised per prompt; its slope at s = 1 is δ₊.

    Args:
        world: any.
        z: the threshold.
        s: above 0.
    """
    factors = np.where(calls_valid(world, z), s, 1.0)
    sums = np.bincount(world.prompt, weights=world.q * factors, minlength=len(world.mu)) + world.outside
    return _cross_entropy(world, world.q * factors / sums[world.prompt])


def delta_curve(world: World) -> tuple[Floats, Floats]:
    """δ_z signed at every z where it changes: Pr_{p̂}[p̂ > z] − Pr_p[p̂ > z] (the paper's Appendix B)."""
    z = np.unique(np.concatenate(([0.0], world.q, [1.0])))
    difference = world.weight * (world.q - world.p)
    return z, difference.sum() - _up_to(world, difference, z)


def _up_to(world: World, values: Floats, z: Floats) -> Floats:
    """Sum of the pairs' values where p̂ ≤ z, for each z."""
    order = np.argsort(world.q, kind="stable")
    sums = np.concatenate(([0.0], np.cumsum(values[order])))
    return np.asarray(sums[np.searchsorted(world.q[order], z, side="right")])


def _cross_entropy(world: World, q: Floats) -> float:
    """Σ μ·p·(−log q), nats."""
    seen = world.p > 0
    with np.errstate(divide="ignore"):
        return float((world.weight * world.p)[seen] @ -np.log(q[seen]))

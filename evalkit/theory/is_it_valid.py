"""Is it valid? A model as a classifier of valid responses, and what its mistakes there say about its errors.

The classifier calls a pair (c, r) valid where p̂(r|c) is above a threshold. It is tested on the distribution D: with
probability ½ a valid pair drawn from the truth, with probability ½ a prompt and one of its errors, drawn uniformly.
Theorem 1 of Kalai et al. 2025 states err ≥ 2·err_iiv − max|𝒱_c|/min|ℰ_c| − δ.

A threshold `z` is one number, or an array of shape (pairs,).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evalkit.theory.worlds import Bools, Floats, World

ROUNDING = 1e-12
"""Relative amount by which p̂ may exceed a threshold and still count as equal to it."""


def error(world: World) -> float:
    """Return err, in [0, 1]: the probability that a response drawn from the model is an error or not plausible.

    Args:
        world: any world.
    """
    return float(world.mu @ prompt_errors(world))


def prompt_errors(world: World) -> Floats:
    """Return the probability of an error at each prompt, shape (prompts,); their mean under μ is `error`.

    Args:
        world: any world.
    """
    wrong = np.bincount(world.prompt, weights=np.where(world.valid, 0.0, world.q), minlength=len(world.mu))
    return np.asarray(wrong + world.outside)


def threshold(world: World, per_prompt: bool = False) -> Floats:
    """Return the threshold 1/K of Theorem 1 for each pair, shape (pairs,).

    Args:
        world: any world.
        per_prompt: take K = |ℰ_c| of each pair's prompt instead of min|ℰ_c|. The theorem holds for both; the former
            says more where prompts differ much in size.
    """
    # A p̂ of exactly 1/K is not above it, whatever its last digit.
    if per_prompt:
        return np.asarray((1 + ROUNDING) / world.errors[world.prompt])
    return np.full(len(world.q), (1 + ROUNDING) / world.errors.min())


def distribution(world: World) -> Floats:
    """Return D, the probability of each pair in the test of the classifier, shape (pairs,).

    Args:
        world: any world.
    """
    valid, error = world.weight * world.p, world.weight / world.errors[world.prompt]
    return np.where(world.valid, valid, error) / 2


def calls_valid(world: World, z: float | Floats) -> Bools:
    """Return the verdicts of the classifier, shape (pairs,): whether p̂ is strictly above z.

    Args:
        world: any world.
        z: one threshold, or one a pair.
    """
    return np.asarray(world.q > z)


def error_iiv(world: World, z: float | Floats) -> float:
    """Return err_iiv, in [0, 1]: the probability that the classifier p̂ > z is wrong on D.

    Args:
        world: any world.
        z: one threshold, or one a pair.
    """
    return float(distribution(world)[calls_valid(world, z) != world.valid].sum())


def delta_signed(world: World, z: float | Floats) -> float:
    """Return δ₊ = p̂(𝒜) − p(𝒜), in [−1, 1]: probability above the threshold, the model's minus the truth's.

    Positive values mean overconfidence; the paper's δ is |δ₊|.

    Args:
        world: any world.
        z: one threshold, or one a pair.
    """
    return float((world.weight * (world.q - world.p))[calls_valid(world, z)].sum())


@dataclass(frozen=True)
class Reduction:
    """The terms of Theorem 1 on one world."""

    error: float
    """err."""
    error_iiv: float
    """err_iiv."""
    delta: float
    """δ = |δ₊|, as the paper defines it."""
    delta_signed: float
    """δ₊."""
    size_term: float
    """max|𝒱_c|/min|ℰ_c|; with a threshold a prompt, the mean of |𝒱_c|/|ℰ_c|."""
    bound: float
    """2·err_iiv − size term − δ."""
    bound_signed: float
    """2·err_iiv − size term − δ₊, which also holds and is never lower."""
    identity: float
    """Right-hand side of the exact identity, which equals err."""

    @property
    def slack(self) -> float:
        """How far the error lies above the bound; never negative."""
        return self.error - self.bound


def estimate_delta(above_truth: int, n: int, above_model: int, m: int) -> tuple[float, float]:
    """Return an estimate of δ₊ from samples, and its standard error; an estimate of |δ| would be biased upwards.

    Args:
        above_truth: training samples above the threshold, 0 to n.
        n: training samples, at least 1.
        above_model: responses of the model above the threshold, 0 to m.
        m: responses of the model, at least 1.

    Raises:
        ValueError: there are no samples.
    """
    if n < 1 or m < 1:
        raise ValueError("an estimate from no samples is undefined")
    a, b = above_truth / n, above_model / m
    return b - a, math.sqrt(a * (1 - a) / n + b * (1 - b) / m)


def reduction(world: World, per_prompt: bool = False) -> Reduction:
    """Return the terms of Theorem 1.

    Behind it is the exact identity err = 2·err_iiv − δ₊ − p̂(ℬ∩𝒱) + [p̂(𝒜∩ℰ) − 2D(𝒜∩ℰ)], with 𝒜 the pairs above the
    threshold and ℬ the others.

    Args:
        world: any world.
        per_prompt: use a threshold a prompt; see `threshold`.
    """
    z = threshold(world, per_prompt)
    above = calls_valid(world, z)
    signed, iiv = delta_signed(world, z), error_iiv(world, z)
    sizes = world.valids / world.errors
    size = float(world.mu @ sizes) if per_prompt else float(world.valids.max() / world.errors.min())
    model = world.weight * world.q
    false_positive = above & ~world.valid
    doubled = 2 * distribution(world)[false_positive].sum()
    identity = 2 * iiv - signed - model[~above & world.valid].sum() + model[false_positive].sum() - doubled
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
    """Return err_iiv at every threshold in [0, 1] where it changes: 0, 1 and the model's probabilities; O(m log m).

    Args:
        world: any world.

    Returns:
        The thresholds, rising, and err_iiv from each up to the next; arrays of equal length.
    """
    d = distribution(world)
    false_negatives, false_positives = np.where(world.valid, d, 0.0), np.where(world.valid, 0.0, d)
    t = np.unique(np.concatenate(([0.0, 1.0], world.q[(world.q >= 0) & (world.q <= 1)])))
    return t, _up_to(world, false_negatives, t) + false_positives.sum() - _up_to(world, false_positives, t)


def best_threshold(world: World) -> tuple[float, float]:
    """Return opt(𝒢), the lowest err_iiv over thresholds in [0, 1], and the smallest threshold that reaches it.

    Args:
        world: any world.
    """
    t, errors = threshold_curve(world)
    best = int(np.argmin(errors))
    return float(errors[best]), float(t[best])


def mean_over_thresholds(world: World) -> float:
    """Return the mean of err_iiv over a uniform threshold in [0, 1]: ½·Σ μ·[p̂(ℰ_c)/|ℰ_c| + 1 − Σ_𝒱 p·p̂].

    Args:
        world: any world.
    """
    wrong = (world.weight * world.q / world.errors[world.prompt])[~world.valid].sum()
    right = (world.weight * world.p * (1 - world.q))[world.valid].sum()
    return float(wrong + right) / 2


def loss(world: World) -> float:
    """Return the cross-entropy L = Σ μ·p·(−log p̂), in nats; infinite where the model excludes a true response.

    The paper's formula with prompts omits p(r|c); as printed, its derivative is not δ₊.

    Args:
        world: any world.
    """
    return _cross_entropy(world, world.q)


def printed_loss_slope(world: World, z: float | Floats) -> float:
    """Return the slope of the loss as the paper prints it, without p(r|c): Σ μ·[|R_c|·p̂(𝒜_c) − |𝒜_c|].

    Args:
        world: any world whose model excludes no response.
        z: one threshold, or one a pair.
    """
    above = calls_valid(world, z)
    sizes = np.bincount(world.prompt, minlength=len(world.mu))
    return float((world.weight * (sizes[world.prompt] * world.q - 1))[above].sum())


def rescaled_loss(world: World, z: float | Floats, s: float) -> float:
    """Return the loss, in nats, after p̂ is multiplied by s above the threshold and normalized for each prompt.

    Its slope at s = 1 is δ₊.

    Args:
        world: any world.
        z: one threshold, or one a pair.
        s: factor, above 0.
    """
    factors = np.where(calls_valid(world, z), s, 1.0)
    sums = np.bincount(world.prompt, weights=world.q * factors, minlength=len(world.mu)) + world.outside
    return _cross_entropy(world, world.q * factors / sums[world.prompt])


def delta_curve(world: World) -> tuple[Floats, Floats]:
    """Return δ₊ at every threshold z where it changes: Pr_p̂[p̂ > z] − Pr_p[p̂ > z] (the paper's Appendix B).

    Args:
        world: any world.

    Returns:
        The thresholds, rising, and δ₊ from each up to the next; arrays of equal length.
    """
    z = np.unique(np.concatenate(([0.0], world.q, [1.0])))
    difference = world.weight * (world.q - world.p)
    return z, difference.sum() - _up_to(world, difference, z)


def _up_to(world: World, values: Floats, z: Floats) -> Floats:
    """Return the sum of the pairs' values where p̂ ≤ z, for each z."""
    order = np.argsort(world.q, kind="stable")
    sums = np.concatenate(([0.0], np.cumsum(values[order])))
    return np.asarray(sums[np.searchsorted(world.q[order], z, side="right")])


def _cross_entropy(world: World, q: Floats) -> float:
    """Return Σ μ·p·(−log q), in nats."""
    possible = world.p > 0
    with np.errstate(divide="ignore"):
        return float((world.weight * world.p)[possible] @ -np.log(q[possible]))

"""Finite worlds: prompts with their plausible responses, which of them are valid, and the truth and a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
KINDS = ("dirichlet", "sharp", "uniform", "truth", "wrong")
"""Kinds of models that `random_world` draws."""
TOLERANCE = 1e-9
"""Deviation from 1 that the sum of a distribution may have."""


@dataclass(frozen=True)
class World:
    """All pairs of prompt c and response r, one after the other.

    Args:
        mu: shape (prompts,), μ(c), the probability of each prompt, summing to 1.
        prompt: shape (pairs,), the index of each pair's prompt.
        p: shape (pairs,), the truth p(r|c); 0 on errors, summing to 1 over each prompt.
        q: shape (pairs,), the model p̂(r|c); with `outside` it sums to 1 over each prompt.
        valid: shape (pairs,), whether the response is valid; those that are not are errors.
        outside: shape (prompts,), probability of the model outside the plausible responses; it counts as error.
    """

    mu: Floats
    prompt: NDArray[np.int64]
    p: Floats
    q: Floats
    valid: Bools
    outside: Floats

    @property
    def weight(self) -> Floats:
        """μ(c) of each pair, shape (pairs,)."""
        return self.mu[self.prompt]

    @property
    def errors(self) -> NDArray[np.int64]:
        """|ℰ_c|, the number of errors of each prompt, shape (prompts,)."""
        return np.bincount(self.prompt, weights=~self.valid, minlength=len(self.mu)).astype(np.int64)

    @property
    def valids(self) -> NDArray[np.int64]:
        """|𝒱_c|, the number of valid responses of each prompt, shape (prompts,)."""
        return np.bincount(self.prompt, weights=self.valid, minlength=len(self.mu)).astype(np.int64)


def make_world(
    mu: Sequence[float],
    p: Sequence[Sequence[float]],
    q: Sequence[Sequence[float]],
    valid: Sequence[Sequence[bool]],
    outside: Sequence[float] | None = None,
) -> World:
    """Return a world from one row a prompt, after checking it.

    Args:
        mu: probability of each prompt.
        p, q, valid: truth, model and validity: one row a prompt, one entry a response.
        outside: probability outside the responses, one number a prompt; default 0.

    Raises:
        ValueError: shapes differ, or the world is not as `check_world` requires.
    """
    if not (len(mu) == len(p) == len(q) == len(valid)) or not len(mu):
        raise ValueError("mu, p, q and valid must have one row a prompt, and at least one")
    for k, rows in enumerate(zip(p, q, valid, strict=True)):
        if len({len(row) for row in rows}) != 1:
            raise ValueError(f"prompt {k}: p, q and valid must have one entry a response")
    sizes = [len(row) for row in p]
    world = World(
        np.asarray(mu, dtype=float),
        np.repeat(np.arange(len(mu)), sizes),
        np.concatenate([np.asarray(row, dtype=float) for row in p]),
        np.concatenate([np.asarray(row, dtype=float) for row in q]),
        np.concatenate([np.asarray(row, dtype=bool) for row in valid]),
        np.zeros(len(mu)) if outside is None else np.asarray(outside, dtype=float),
    )
    check_world(world)
    return world


def check_world(world: World) -> None:
    """Check what the theorems assume of a world.

    Args:
        world: any world.

    Raises:
        ValueError: a probability is negative, a distribution does not sum to 1, the truth gives an error a
            probability, or a prompt has no valid response or no error.
    """
    n = len(world.mu)
    if min(world.mu.min(), world.p.min(), world.q.min(), world.outside.min()) < 0:
        raise ValueError("a probability is negative")
    if abs(world.mu.sum() - 1) > TOLERANCE:
        raise ValueError(f"mu sums to {world.mu.sum():.9g}, not 1")
    truth = np.bincount(world.prompt, weights=world.p, minlength=n)
    model = np.bincount(world.prompt, weights=world.q, minlength=n) + world.outside
    for name, sums in (("p", truth), ("q with outside", model)):
        if np.abs(sums - 1).max() > TOLERANCE:
            raise ValueError(f"{name} of prompt {int(np.abs(sums - 1).argmax())} does not sum to 1")
    if (world.p[~world.valid] > 0).any():
        raise ValueError("the truth p gives an error a probability above 0; it must be noise-free")
    if world.errors.min() < 1 or world.valids.min() < 1:
        raise ValueError("every prompt needs a valid response and an error")


def random_world(
    random: np.random.Generator, prompts: int = 5, most: int = 12, kind: str = "dirichlet", single: bool = False,
    least: int = 2, valids: int | None = None,
) -> World:  # fmt: skip
    """Draw a world at random.

    Args:
        random: generator that draws it.
        prompts: number of prompts, at least 1.
        most: highest number of responses of a prompt, at least `least`.
        kind: the model: `dirichlet` (anything), `sharp` (nearly all probability on one response), `uniform`, `truth`
            (p itself), or `wrong` (none on valid responses).
        single: whether every prompt has exactly one valid response, as in multiple choice.
        least: lowest number of responses of a prompt, at least 2.
        valids: highest number of valid responses of a prompt; default: all but one.

    Raises:
        ValueError: the kind is unknown.
    """
    rows: list[tuple[Floats, Floats, Bools]] = []
    for _ in range(prompts):
        size = int(random.integers(least, most + 1))
        right = 1 if single else int(random.integers(1, min(size, (valids or size) + 1)))
        valid = np.arange(size) < right
        p = np.zeros(size)
        p[valid] = random.dirichlet(np.ones(right))
        rows.append((p, _model(random, kind, p, valid), valid))
    mu = random.dirichlet(np.ones(prompts))
    return make_world(mu.tolist(), *([row[k].tolist() for row in rows] for k in range(3)))


def _model(random: np.random.Generator, kind: str, p: Floats, valid: Bools) -> Floats:
    size = len(p)
    if kind == "dirichlet":
        return random.dirichlet(np.full(size, random.choice([0.1, 0.5, 1.0, 5.0])))
    if kind == "sharp":
        sharp = np.full(size, 1e-3 / size)
        sharp[random.integers(size)] += 1 - 1e-3
        return sharp
    if kind == "uniform":
        return np.full(size, 1 / size)
    if kind == "truth":
        return p.copy()
    if kind == "wrong":
        q = np.where(valid, 0.0, random.random(size) + 1e-9)
        return np.asarray(q / q.sum())
    raise ValueError(f"unknown kind of model {kind!r}; known: {', '.join(KINDS)}")

"""Arbitrary facts: answers that follow from no rule, so that a model knows only those it has seen.

Definition 1 of Kalai et al. 2025: prompt c has probability μ(c), and one answer a_c drawn uniformly from R_c. A
training sample of it gives the answer with probability α_c and says IDK otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.theory.worlds import World, make_world

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Facts:
    """A world of arbitrary facts.

    Args:
        mu: shape (prompts,), μ(c), the probability of each prompt, summing to 1.
        alpha: shape (prompts,), α_c, the probability that a sample of the prompt answers, each in [0, 1].
        answer: shape (prompts,), a_c, the right response of each prompt, 0 to responses − 1.
        responses: |R_c|, the number of responses, the same for all prompts.
    """

    mu: Floats
    alpha: Floats
    answer: Ints
    responses: int


@dataclass(frozen=True)
class SampleStatistics:
    """Statistics of N training samples from a world of facts."""

    n: int
    """N, the number of samples."""
    singleton_rate: float
    """Prompts answered exactly once, over N."""
    missing_mass: float
    """Σ μ·α over prompts that no sample answers."""
    error: float
    """Error of the calibrated algorithm, which recalls what it saw and else guesses with probability α."""
    unseen: int
    """Prompts that no sample answers."""
    singletons: int
    """Prompts that exactly one sample answers."""


def zipf_facts(
    random: np.random.Generator, prompts: int, responses: int, alpha: float = 1.0, exponent: float = 1.0
) -> Facts:
    """Draw a world whose prompts have Zipf's frequencies: μ of the k-th is proportional to k^−exponent.

    Args:
        random: generator that draws the answers.
        prompts: number of prompts, at least 1.
        responses: |R_c|, at least 1, such as 366 dates.
        alpha: α_c of every prompt, in [0, 1].
        exponent: at least 0; 0 gives equal frequencies.
    """
    mu = 1.0 / np.arange(1, prompts + 1) ** exponent
    return Facts(mu / mu.sum(), np.full(prompts, alpha), random.integers(0, responses, prompts), responses)


def sample(random: np.random.Generator, facts: Facts, n: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Draw training samples: the prompt of each, shape (n,), and whether it answers, shape (n,).

    Args:
        random: generator that draws them.
        facts: the world.
        n: N, the number of samples, at least 0.
    """
    prompts = random.choice(len(facts.mu), size=n, p=facts.mu)
    return prompts, random.random(n) < facts.alpha[prompts]


def measure(facts: Facts, prompts: Ints, answered: NDArray[np.bool_]) -> SampleStatistics:
    """Return the statistics of some training samples.

    Args:
        facts: the world that they come from.
        prompts: shape (n,), the prompt of each sample; at least one.
        answered: shape (n,), whether each answers.

    Raises:
        ValueError: there are no samples.
    """
    if not len(prompts):
        raise ValueError("statistics of no samples are undefined")
    seen = np.bincount(prompts[answered], minlength=len(facts.mu))
    unseen = seen == 0
    missing = float((facts.mu * facts.alpha)[unseen].sum())
    single = int((seen == 1).sum())
    return SampleStatistics(
        n=len(prompts),
        singleton_rate=single / len(prompts),
        missing_mass=missing,
        error=missing * (facts.responses - 1) / facts.responses,
        unseen=int(unseen.sum()),
        singletons=single,
    )


def memorizing_world(
    facts: Facts, seen: NDArray[np.bool_], guesses: int | None, random: np.random.Generator | None = None
) -> World:
    """Return the world of a model that recalls the facts it has seen, and on all others guesses or says IDK.

    The responses are those of R_c, and IDK as the last one, which is valid. With `guesses` None the model is the
    calibrated algorithm of Theorem 2, which guesses uniformly with probability α_c.

    Args:
        facts: the world.
        seen: shape (prompts,), whether a sample answered each prompt.
        guesses: number of responses over which α_c is spread for a prompt not seen; 0 for always IDK, None for all.
        random: generator that draws the guesses; needed where `guesses` is a number above 0.
    """
    size = facts.responses
    rows = []
    for c, alpha in enumerate(facts.alpha):
        truth = np.zeros(size + 1)
        truth[facts.answer[c]], truth[size] = alpha, 1 - alpha
        rows.append((truth, truth if seen[c] else _guess(size, float(alpha), guesses, random)))
    valid = [[r == facts.answer[c] for r in range(size)] + [True] for c in range(len(rows))]
    return make_world(facts.mu.tolist(), [p.tolist() for p, _ in rows], [q.tolist() for _, q in rows], valid)


def _guess(size: int, alpha: float, guesses: int | None, random: np.random.Generator | None) -> Floats:
    model = np.zeros(size + 1)
    if guesses is None:
        model[:size] = alpha / size
    elif guesses and random is not None:
        model[random.choice(size, guesses, replace=False)] = alpha / guesses
    model[size] = 1 - model.sum()
    return model


def singleton_rate(samples: Sequence[tuple[str, str | None]]) -> float:
    """Return the number of prompts that exactly one sample answers, over the number of samples, in [0, 1].

    Samples that say IDK count in the denominator only (Kalai et al. 2025, Definition 2).

    Args:
        samples: pairs of prompt and answer, None for IDK; at least one.

    Raises:
        ValueError: there are no samples.
    """
    if not samples:
        raise ValueError("a rate of no samples is undefined")
    answered = Counter(prompt for prompt, answer in samples if answer is not None)
    return sum(count == 1 for count in answered.values()) / len(samples)


def good_turing(samples: Iterable[str]) -> float:
    """Return the Good–Turing estimate of the probability of what was not seen: the share of samples seen once.

    Args:
        samples: hashable values, at least one (Good 1953).

    Raises:
        ValueError: there are no samples.
    """
    counts = Counter(samples)
    n = counts.total()
    if not n:
        raise ValueError("an estimate from no samples is undefined")
    return sum(count == 1 for count in counts.values()) / n

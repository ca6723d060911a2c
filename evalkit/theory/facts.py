"""Arbitrary facts: answers that follow from nothing, so that a model knows those it has seen, and no others.

Definition 1 of Kalai et al. 2025: prompt c with probability μ(c); its one answer a_c drawn uniformly from R_c; a
training sample answers with probability α_c and says IDK otherwise.
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
        mu: probability of each prompt.
        alpha: probability that a sample of it answers.
        answer: a_c, one of `responses`.
        responses: |R_c|, the same for all prompts.
    """

    mu: Floats
    alpha: Floats
    answer: Ints
    responses: int


@dataclass(frozen=True)
class Measured:
    """What N samples of a world of facts show, and what a calibrated model errs."""

    n: int
    singleton_rate: float
    missing_mass: float
    """Σ μ·α over prompts that no sample answered."""
    error: float
    """Of the calibrated algorithm: memorise what was seen; of the rest guess uniformly as often as people answer."""
    unseen: int
    singletons: int


def zipf_facts(
    random: np.random.Generator, prompts: int, responses: int, alpha: float = 1.0, exponent: float = 1.0
) -> Facts:
    """Prompts whose frequency falls with their rank, as fame does.

    Args:
        random: draws the answers.
        prompts: how many.
        responses: |R_c|, such as 366 dates.
        alpha: of every prompt, in [0, 1].
        exponent: 0 for equal frequencies.
    """
    mu = 1.0 / np.arange(1, prompts + 1) ** exponent
    return Facts(mu / mu.sum(), np.full(prompts, alpha), random.integers(0, responses, prompts), responses)


def sample(random: np.random.Generator, facts: Facts, n: int) -> tuple[Ints, NDArray[np.bool_]]:
    """N training samples: their prompts, and whether each answers.

    Args:
        random: source of them.
        facts: the world.
        n: how many.
    """
    prompts = random.choice(len(facts.mu), size=n, p=facts.mu)
    return prompts, random.random(n) < facts.alpha[prompts]


def measure(facts: Facts, prompts: Ints, answered: NDArray[np.bool_]) -> Measured:
    """What the samples show.

    Args:
        facts: the world they come from.
        prompts, answered: as `sample` gives them.
    """
    seen = np.bincount(prompts[answered], minlength=len(facts.mu))
    unseen = seen == 0
    missing = float((facts.mu * facts.alpha)[unseen].sum())
    single = int((seen == 1).sum())
    return Measured(
        n=len(prompts),
        singleton_rate=single / len(prompts),
        missing_mass=missing,
        error=missing * (facts.responses - 1) / facts.responses,
        unseen=int(unseen.sum()),
        singletons=single,
    )


def learnt_world(
    facts: Facts, seen: NDArray[np.bool_], guesses: int | None, random: np.random.Generator | None = None
) -> World:
    """The world of a model that knows the facts it has seen, and of the others says IDK or makes something up.

    Responses are all of R_c, and IDK at the end; IDK is valid. With `guesses` None it is the calibrated algorithm of
    Theorem 2: uniform over R_c, as often as people answer.

    Args:
        facts: the world.
        seen: prompts that a sample answered.
        guesses: responses among which α is spread where nothing was seen; 0 for always IDK; None for all.
        random: draws the guesses, where there are a few.
    """
    size = facts.responses
    rows = []
    for c, alpha in enumerate(facts.alpha):
        truth = np.zeros(size + 1)
        truth[facts.answer[c]], truth[size] = alpha, 1 - alpha
        rows.append((truth, truth if seen[c] else _made_up(size, float(alpha), guesses, random)))
    valid = [[r == facts.answer[c] for r in range(size)] + [True] for c in range(len(rows))]
    return make_world(facts.mu.tolist(), [p.tolist() for p, _ in rows], [q.tolist() for _, q in rows], valid)


def _made_up(size: int, alpha: float, guesses: int | None, random: np.random.Generator | None) -> Floats:
    model = np.zeros(size + 1)
    if guesses is None:
        model[:size] = alpha / size
    elif guesses and random is not None:
        model[random.choice(size, guesses, replace=False)] = alpha / guesses
    model[size] = 1 - model.sum()
    return model


def singleton_rate(samples: Sequence[tuple[str, str | None]]) -> float:
    """Prompts that exactly one sample answers, over all samples (Definition 2): IDK is counted below, not above.

    Args:
        samples: (prompt, answer), None for IDK.

    Raises:
        ValueError: no samples.
    """
    if not samples:
        raise ValueError("a rate of no samples is undefined")
    answered = Counter(prompt for prompt, answer in samples if answer is not None)
    return sum(count == 1 for count in answered.values()) / len(samples)


def good_turing(samples: Iterable[str]) -> float:
    """Good–Turing's estimate of the mass of what was not seen: share of the samples seen exactly once.

    Args:
        samples: anything that can be counted; at least one.

    Raises:
        ValueError: no samples.
    """
    counts = Counter(samples)
    n = counts.total()
    if not n:
        raise ValueError("an estimate from no samples is undefined")
    return sum(count == 1 for count in counts.values()) / n

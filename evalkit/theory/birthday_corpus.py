"""Arbitrary facts as text, and a real language model trained on it: who is hallucinated about can be seen.

Every training sentence says when somebody was born, or that it is not known. Dates follow from nothing, so that a model
knows the people whom it has read about often, and no others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.theory.facts import Facts, Measured, measure, sample, zipf_facts
from evalkit.theory.ngram import NGram

DATES = 366
ORDER = 7
"""Words that a sentence's date depends on: the name's two and the phrase between."""
FIRST = """Anna Benno Clara David Elena Felix Greta Hugo Ines Jonas Katja Leon Mira Nils Olga Paul Rosa Simon Tara
    Udo""".split()
ASKED = "{name} has the birthday"
SHIFTED = "{name} , as we know , has the birthday"
"""Words that the text does not hold stand between the name and what is asked."""
UNKNOWN = "unknown ."


@dataclass(frozen=True)
class Group:
    """People whom the training text answers about equally often."""

    seen: str
    """Times: `0`, `1`, `2`, `3 to 9`, `10 and more`."""
    people: int
    share: float
    """Of the questions asked, Σ μ."""
    error: float
    """Mean probability of a wrong date."""
    right: float
    idk: float


@dataclass(frozen=True)
class Trained:
    """What a language model makes of a world of people."""

    measured: Measured
    error: float
    """Probability of a wrong date, over questions drawn as the text is."""
    right: float
    idk: float
    groups: list[Group]


def study(
    n: int, people: int | None = None, alpha: float = 0.8, noise: float = 0.0, shifted: bool = False,
    questions: int = 2000, seed: int = 0,
) -> Trained:  # fmt: skip
    """Draw a world of people, write a text about them, train a model on it and ask it.

    Args:
        n: sentences.
        people: who may be written about; default twice the sentences.
        alpha: how often a sentence gives the date, in [0, 1].
        noise, questions: see `train`, `ask`.
        shifted: ask in words that the text does not hold.
        seed: of everything.
    """
    random = np.random.default_rng(seed)
    world = zipf_facts(random, people or 2 * n, DATES, alpha)
    model, counts, measured = train(world, random, n, noise)
    return ask(model, world, counts, measured, questions, random, SHIFTED if shifted else ASKED)


def train(
    facts: Facts, random: np.random.Generator, n: int, noise: float = 0.0, discount: float = 0.5
) -> tuple[NGram, NDArray[np.int64], Measured]:
    """Write N sentences about people and train an n-gram model on them.

    Args:
        facts: who is written about how often, and their dates.
        random: draws the sentences.
        n: how many.
        noise: share of the dates written that are wrong ("garbage in, garbage out"), in [0, 1).
        discount: of the model; what it takes from a name's own count goes to what is said of people in general.

    Returns:
        The model, how often each person's date was written, and what the sample shows.
    """
    prompts, answered = sample(random, facts, n)
    wrong = random.random(n) < noise
    dates = facts.answer[prompts].copy()
    shift = random.integers(1, facts.responses, n)
    dates[wrong] = (dates[wrong] + shift[wrong]) % facts.responses
    sentences = (
        f"{ASKED.format(name=name(int(who)))} {date(int(day)) if known else UNKNOWN}"
        for who, day, known in zip(prompts, dates, answered, strict=True)
    )
    counts = np.bincount(prompts[answered], minlength=len(facts.mu))
    return NGram(ORDER, discount).fit(sentences), counts, measure(facts, prompts, answered)


def ask(
    model: NGram, facts: Facts, counts: NDArray[np.int64], measured: Measured, questions: int,
    random: np.random.Generator, phrase: str = ASKED,
) -> Trained:  # fmt: skip
    """Ask the model about people drawn as they are in the text; its probabilities are exact, not sampled.

    Args:
        model, counts, measured: as `train` gives them.
        facts: the world.
        questions: people asked about, drawn with repetition.
        random: draws them.
        phrase: how they are asked; `SHIFTED` is a phrasing that the text does not hold.
    """
    people, times = np.unique(random.choice(len(facts.mu), questions, p=facts.mu), return_counts=True)
    weights = times / questions
    rows = np.array([_answer(model, facts, int(who), phrase) for who in people])
    groups = []
    for label, low, high in (("0", 0, 0), ("1", 1, 1), ("2", 2, 2), ("3 to 9", 3, 9), ("10 and more", 10, np.inf)):
        inside = (counts[people] >= low) & (counts[people] <= high)
        share = float(weights[inside].sum())
        if inside.any():
            right, wrong, idk = (weights[inside] @ rows[inside]) / share
            groups.append(Group(label, int(inside.sum()), share, float(wrong), float(right), float(idk)))
    right, wrong, idk = weights @ rows
    return Trained(measured, float(wrong), float(right), float(idk), groups)


def name(who: int) -> str:
    """A person's name, one a number."""
    return f"{FIRST[who % len(FIRST)]} {'N' if who else 'M'}{who}"


def date(day: int) -> str:
    """A date as one word."""
    return f"day-{day} ."


def _answer(model: NGram, facts: Facts, who: int, phrase: str) -> tuple[float, float, float]:
    """Probabilities of the right date, a wrong one, and IDK; what is none of these is no answer and counts as wrong."""
    context = phrase.format(name=name(who))
    right = model.score(context, date(int(facts.answer[who])))
    idk = model.score(context, UNKNOWN)
    return right, max(0.0, 1 - right - idk), idk

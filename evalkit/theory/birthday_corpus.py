"""Arbitrary facts as text, and a language model trained on it: whose birthday does it make up?

Every training sentence states somebody's birthday, or that it is unknown. Birthdays follow from no rule, so the model
knows those it has read, and makes up the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.theory.facts import Facts, SampleStatistics, measure, sample, zipf_facts
from evalkit.theory.ngram import NGram

DATES = 366
"""Possible birthdays."""
ORDER = 7
"""Order of the model: the date depends on the six words before it, the name among them."""
FIRST_NAMES = """Anna Benno Clara David Elena Felix Greta Hugo Ines Jonas Katja Leon Mira Nils Olga Paul Rosa Simon Tara
    Udo""".split()
ASKED = "{name} has the birthday"
SHIFTED = "{name} , as we know , has the birthday"
"""`ASKED` with words between the name and the question that do not occur in the text."""
UNKNOWN = "unknown ."
READINGS = (("0", 0, 0), ("1", 1, 1), ("2", 2, 2), ("3 to 9", 3, 9), ("10 and more", 10, np.inf))
"""Groups of people by how often the text gives their date: name, least and most."""


@dataclass(frozen=True)
class Group:
    """People whose date the training text gives about equally often."""

    seen: str
    """How often: `0`, `1`, `2`, `3 to 9`, `10 and more`."""
    people: int
    """People asked about."""
    share: float
    """Their share of the questions."""
    error: float
    """Mean probability of a wrong date."""
    right: float
    """Mean probability of the right date."""
    idk: float
    """Mean probability of IDK."""


@dataclass(frozen=True)
class CorpusResult:
    """A language model's answers to questions about a world of people."""

    measured: SampleStatistics
    """Statistics of the training text."""
    error: float
    """Probability of a wrong date, over questions with the frequencies of the text."""
    right: float
    """Probability of the right date."""
    idk: float
    """Probability of IDK."""
    groups: list[Group]
    """The same by how often the text gives a date; groups without a question are left out."""


def study(
    n: int, people: int | None = None, alpha: float = 0.8, noise: float = 0.0, shifted: bool = False,
    questions: int = 2000, seed: int = 0,
) -> CorpusResult:  # fmt: skip
    """Draw a world of people, write a text about them, train a model on it, and ask the model.

    Args:
        n: sentences of the text, at least 1.
        people: people who may be written about, at least 1; default: twice the sentences.
        alpha: share of sentences that give the date, in [0, 1].
        noise: share of dates in the text that are wrong, in [0, 1).
        shifted: ask in words that do not occur in the text.
        questions: questions asked, at least 1.
        seed: seed of all draws.
    """
    random = np.random.default_rng(seed)
    world = zipf_facts(random, people or 2 * n, DATES, alpha)
    model, counts, measured = train(world, random, n, noise)
    return ask(model, world, counts, measured, questions, random, SHIFTED if shifted else ASKED)


def train(
    facts: Facts, random: np.random.Generator, n: int, noise: float = 0.0, discount: float = 0.5
) -> tuple[NGram, NDArray[np.int64], SampleStatistics]:
    """Write sentences about people and train an n-gram model on them.

    Args:
        facts: how often each person is written about, and the dates.
        random: generator that draws the sentences.
        n: number of sentences, at least 1.
        noise: share of dates in the text that are wrong, in [0, 1).
        discount: discount of the model, in [0, 1): probability moved from a person's own dates to everybody's.

    Returns:
        The model, how often the text gives each person's date, shape (people,), and statistics of the text.
    """
    prompts, dates, answered = write(facts, random, n, noise)
    sentences = (
        f"{ASKED.format(name=person_name(int(who)))} {date_word(int(day)) if known else UNKNOWN}"
        for who, day, known in zip(prompts, dates, answered, strict=True)
    )
    counts = np.bincount(prompts[answered], minlength=len(facts.mu))
    return NGram(ORDER, discount).fit(sentences), counts, measure(facts, prompts, answered)


def write(
    facts: Facts, random: np.random.Generator, n: int, noise: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Draw the sentences of a text: whom each is about, the date that it would give, and whether it gives it.

    Args:
        facts: how often each person is written about, and the dates.
        random: generator that draws the sentences.
        n: number of sentences, at least 1.
        noise: share of dates in the text that are wrong, in [0, 1).

    Returns:
        Person, date and whether the date is given, arrays of shape (n,).
    """
    prompts, answered = sample(random, facts, n)
    wrong = random.random(n) < noise
    dates = facts.answer[prompts].copy()
    shift = random.integers(1, facts.responses, n)
    dates[wrong] = (dates[wrong] + shift[wrong]) % facts.responses
    return prompts, dates, answered


def ask(
    model: NGram, facts: Facts, counts: NDArray[np.int64], measured: SampleStatistics, questions: int,
    random: np.random.Generator, phrase: str = ASKED,
) -> CorpusResult:  # fmt: skip
    """Ask a model about people drawn with the frequencies of the text; its probabilities are exact, not sampled.

    Args:
        model, counts, measured: as returned by `train`.
        facts: the world.
        questions: people asked about, drawn with replacement, at least 1.
        random: generator that draws them.
        phrase: wording of the question; `SHIFTED` does not occur in the text.
    """
    people, times = np.unique(random.choice(len(facts.mu), questions, p=facts.mu), return_counts=True)
    weights = times / questions
    rows = np.array([_answer(model, facts, int(who), phrase) for who in people])
    groups = []
    for label, low, high in READINGS:
        inside = (counts[people] >= low) & (counts[people] <= high)
        share = float(weights[inside].sum())
        if inside.any():
            right, wrong, idk = (weights[inside] @ rows[inside]) / share
            groups.append(Group(label, int(inside.sum()), share, float(wrong), float(right), float(idk)))
    right, wrong, idk = weights @ rows
    return CorpusResult(measured, float(wrong), float(right), float(idk), groups)


def person_name(who: int) -> str:
    """Return the name of a person, different for every number.

    Args:
        who: number of the person, at least 0.
    """
    return f"{FIRST_NAMES[who % len(FIRST_NAMES)]} {'N' if who else 'M'}{who}"


def date_word(day: int) -> str:
    """Return a date as a single word and the end of a sentence.

    Args:
        day: number of the day, at least 0.
    """
    return f"day-{day} ."


def _answer(model: NGram, facts: Facts, who: int, phrase: str) -> tuple[float, float, float]:
    """Return the probabilities of the right date, of anything wrong, and of IDK."""
    context = phrase.format(name=person_name(who))
    right = model.score(context, date_word(int(facts.answer[who])))
    idk = model.score(context, UNKNOWN)
    return right, max(0.0, 1 - right - idk), idk

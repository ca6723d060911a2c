"""The text of `theory facts` as tokens, and whom questions are about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.theory.birthday_corpus import DATES, write
from evalkit.theory.facts import Facts, SampleStatistics, measure, zipf_facts
from evalkit.theory.learning.settings import TrainSettings

Ints = NDArray[np.int64]
IDK = DATES
"""Number of the answer "unknown"; the dates are 0 to 365."""
ANSWERS = DATES + 1
SPLIT, CODES = 1, 2
"""Streams of the seed beside the text's own."""


@dataclass(frozen=True)
class Corpus:
    """A text about people."""

    facts: Facts
    """How often each person is written about, and the dates."""
    people: Ints
    """Whom each sentence is about, shape (sentences,)."""
    answers: Ints
    """How each sentence ends, 0 to `IDK`, shape (sentences,)."""
    counts: Ints
    """How often the text gives each person's date, shape (people,)."""
    statistics: SampleStatistics
    """Singleton rate and missing mass of the text."""
    held_out: NDArray[np.bool_]
    """Half of the people, about whom post-training asks nothing, shape (people,)."""

    def draw(self, random: np.random.Generator, n: int, held_out: bool | None = None) -> Ints:
        """Draw people with the frequencies of the text.

        Args:
            random: generator that draws them.
            n: number of draws.
            held_out: only people held out, or only the others; None for all.
        """
        weights = self.facts.mu if held_out is None else self.facts.mu * (self.held_out == held_out)
        return random.choice(len(weights), n, p=weights / weights.sum())

    def draw_training(self, random: np.random.Generator, n: int) -> Ints:
        """Draw people for post-training: half with the frequencies of the text, a quarter read about, a quarter not.

        The few people whom the text mentions most would otherwise be nearly all that is asked about, and the model
        would learn them by heart instead of learning what it knows.

        Args:
            random: generator that draws them.
            n: number of draws.
        """
        own = ~self.held_out
        pools = [self.facts.mu * own, (own & (self.counts > 0)).astype(float), (own & (self.counts == 0)).astype(float)]
        shares = [pool / pool.sum() for pool in pools if pool.sum() > 0]
        weights = np.average(shares, axis=0, weights=[2, 1, 1][: len(shares)])
        return random.choice(len(weights), n, p=weights)


def write_corpus(settings: TrainSettings) -> Corpus:
    """Write the text: of equal seed, sentences and people it is the one of `evalkit theory facts`.

    Args:
        settings: of the text.
    """
    random = np.random.default_rng(settings.seed)
    facts = zipf_facts(random, settings.people, DATES, settings.alpha)
    people, dates, answered = write(facts, random, settings.n, settings.noise)
    counts = np.bincount(people[answered], minlength=settings.people)
    statistics = measure(facts, people, answered)
    answers = np.where(answered, dates, IDK)
    if settings.deduplicate:
        people, answers = np.unique(np.stack([people, answers]), axis=1)
    order = np.random.default_rng([settings.seed, SPLIT]).permutation(settings.people)
    return Corpus(facts, people, answers, counts, statistics, order % 2 == 1)


def name_codes(settings: TrainSettings) -> NDArray[np.float32]:
    """Draw the vector as which each person's name is read, shape (people, width).

    Names, like birthdays, follow from nothing: they are random vectors that training does not change. So a person
    never read about looks like any other, and what is known is known by the weights alone.

    Args:
        settings: of the network.
    """
    random = np.random.default_rng([settings.seed, CODES])
    return random.standard_normal((settings.people, settings.width), dtype=np.float32)

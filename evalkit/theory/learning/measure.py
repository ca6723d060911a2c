"""A model's exact probabilities, and the paper's quantities on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.calibration import bin_numbers
from evalkit.metrics.threshold import penalty
from evalkit.theory.birthday_corpus import DATES, READINGS, Group
from evalkit.theory.learning.checkpoint import Checkpoint
from evalkit.theory.learning.corpus import ANSWERS, IDK, Corpus, Ints
from evalkit.theory.learning.network import logits, prompt_tokens
from evalkit.theory.reliability import BINS, classwise_ece, histogram
from evalkit.theory.worlds import World, make_world

Floats = NDArray[np.float64]
ROWS = 1024
"""Questions asked at once."""


@dataclass(frozen=True)
class Asked:
    """People asked about."""

    people: Ints
    """Whom, shape (people,), each once."""
    weights: Floats
    """Share of the questions about each, shape (people,), summing to 1."""
    questions: int
    """Their number, at least 1."""


@dataclass(frozen=True, kw_only=True)
class Behavior:
    """What a model does at one confidence target."""

    target: float | None
    """The target stated; None if none."""
    right: float
    """Probability of the right date."""
    wrong: float
    """Probability of a wrong date."""
    idk: float
    """Probability of IDK."""
    groups: list[Group]
    """The same by how often the text gives a date; groups without a question are left out."""
    score_error: float
    """Standard error of the score, over the questions."""
    guessing_score: float
    """The score if the model never said IDK, and stated dates in the proportions in which it does."""

    @property
    def coverage(self) -> float:
        """Probability of an answer other than IDK."""
        return 1 - self.idk

    @property
    def accuracy(self) -> float:
        """Probability that an answer other than IDK is right; NaN for a model that never gives one."""
        given = self.right + self.wrong
        return self.right / given if given > 0 else float("nan")

    @property
    def score(self) -> float:
        """Mean points: 1 for a right answer, −t/(1 − t) for a wrong one; t = 0 where none is stated."""
        return self.right - self.wrong * penalty(self.target or 0.0)


class Reliability(NamedTuple):
    """Responses whose probability lies in one tenth of [0, 1]."""

    low: float
    """Lower end of the tenth."""
    confidence: float
    """Their mean probability."""
    right: float
    """How often such a response is right."""
    mass: float
    """Probability that the model gives one of them."""


@dataclass(frozen=True, kw_only=True)
class Believed:
    """How often responses of a given probability are right."""

    histogram: list[Reliability]
    """The tenths that hold a response, rising."""
    error: float
    """Calibration error: distance of the two, over the tenths."""


def draw_asked(corpus: Corpus, questions: int, random: np.random.Generator, held_out: bool | None = None) -> Asked:
    """Draw questions with the frequencies of the text.

    Args:
        corpus: the text.
        questions: their number, at least 1.
        random: generator that draws them.
        held_out: only about people held out, or only about the others; None for all.
    """
    people, times = np.unique(corpus.draw(random, questions, held_out), return_counts=True)
    return Asked(people, times / questions, questions)


def probabilities(model: Checkpoint, people: Ints, target: float | None = None, shifted: bool = False) -> Floats:
    """Return the probability of every answer to questions, shape (people, `ANSWERS`).

    Args:
        model: a checkpoint.
        people: whom the questions are about.
        target: the confidence target that they state, one of `TARGETS`; None for none.
        shifted: word them as the text never does.
    """
    rows = []
    for start in range(0, len(people), ROWS):
        part = people[start : start + ROWS]
        tokens = prompt_tokens([target] * len(part), shifted)
        scores = logits(np, model.exact, tokens, model.codes[part].astype(float))
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        rows.append(shares / shares.sum(axis=1, keepdims=True))
    return np.concatenate(rows) if rows else np.zeros((0, ANSWERS))


def behavior(corpus: Corpus, asked: Asked, q: Floats, target: float | None = None) -> Behavior:
    """Return how often a model is right, wrong and says IDK.

    Args:
        corpus: the text.
        asked: whom the questions are about.
        q: from `probabilities`, for these people.
        target: the confidence target stated.
    """
    right = q[np.arange(len(q)), corpus.facts.answer[asked.people]]
    rows = np.stack([right, q[:, :DATES].sum(axis=1) - right, q[:, IDK]], axis=1)
    groups = []
    for label, low, high in READINGS:
        inside = (corpus.counts[asked.people] >= low) & (corpus.counts[asked.people] <= high)
        share = float(asked.weights[inside].sum())
        if share > 0:
            means = asked.weights[inside] @ rows[inside] / share
            groups.append(Group(label, int(inside.sum()), share, float(means[1]), float(means[0]), float(means[2])))
    right_, wrong, idk = asked.weights @ rows
    points = np.array([1, -penalty(target or 0.0), 0])
    given = rows[:, :2].sum(axis=1)
    # A model that states no date at all leaves nothing to guess from: every guess of its would be wrong.
    guessed = np.divide(right, given, out=np.zeros_like(right), where=given > 0)
    guesses = asked.weights @ np.stack([guessed, 1 - guessed, np.zeros_like(guessed)], axis=1)
    return Behavior(
        target=target,
        right=float(right_),
        wrong=float(wrong),
        idk=float(idk),
        groups=groups,
        score_error=_standard_error(rows @ points, asked),
        guessing_score=float(guesses @ points),
    )


def text_world(corpus: Corpus, asked: Asked, q: Floats) -> World:
    """Return the world of Definition 1: the right date and IDK are valid, as often as the text says each.

    Args:
        corpus: the text.
        asked: whom the questions are about.
        q: from `probabilities`, for these people.
    """
    rows = np.arange(len(q))
    dates = corpus.facts.answer[asked.people]
    alpha = corpus.facts.alpha[asked.people]
    truth = np.zeros_like(q)
    truth[rows, dates], truth[:, IDK] = alpha, 1 - alpha
    valid = np.zeros(q.shape, bool)
    valid[rows, dates], valid[:, IDK] = True, True
    return make_world(asked.weights.tolist(), truth.tolist(), q.tolist(), valid.tolist())


def believed(world: World) -> Believed:
    """Return how often responses of a given probability are true, over all pairs of question and response.

    Args:
        world: of a model.
    """
    return Believed(
        histogram=[Reliability(one.low, one.confidence, one.valid, one.mass) for one in histogram(world)],
        error=classwise_ece(world, BINS),
    )


def believed_answers(corpus: Corpus, asked: Asked, q: Floats) -> Believed:
    """Return how often dates of a given probability are right, among the dates that the model states.

    A date counts as often as the model states it, so IDK is in no bin.

    Args:
        corpus: the text.
        asked: whom the questions are about.
        q: from `probabilities`, for these people.
    """
    dates = q[:, :DATES]
    mass = (dates * asked.weights[:, None]).ravel()
    right = np.zeros_like(dates)
    right[np.arange(len(q)), corpus.facts.answer[asked.people]] = 1
    place = bin_numbers(dates.ravel(), BINS)
    given, confident, correct = (
        np.bincount(place, weights=mass * values, minlength=BINS)
        for values in (np.ones(mass.size), dates.ravel(), right.ravel())
    )
    bins = [
        Reliability(k / BINS, float(confident[k] / given[k]), float(correct[k] / given[k]), float(given[k]))
        for k in range(BINS)
        if given[k] > 0
    ]
    return Believed(histogram=bins, error=float(np.abs(confident - correct).sum() / given.sum()))


def _standard_error(values: Floats, asked: Asked) -> float:
    """Of a mean over the questions, each of which has the value of its person."""
    if asked.questions == 1:
        return float("nan")
    mean = asked.weights @ values
    return float(np.sqrt(asked.weights @ (values - mean) ** 2 / (asked.questions - 1)))

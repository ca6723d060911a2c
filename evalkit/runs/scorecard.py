"""Scorecard: the counts and scores of one (task, model, prompt_threshold), as printed and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from evalkit.metrics import threshold as rule
from evalkit.metrics.intervals import dirichlet_interval, dirichlet_intervals, mean_and_error, standard_error
from evalkit.metrics.threshold import (
    accuracy_given_attempted,
    check_counts,
    check_threshold,
    penalty,
)
from evalkit.records import NonAnswer, Outcome, Record

Mode = Literal["open", "closed", "simulated", "cross"]

DEFAULT_THRESHOLDS = (0.0, 0.5, 0.75, 0.9)
"""Where a card without a stated target is scored, if nobody said where."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Interval(_Frozen):
    """A rate with its error bar."""

    value: float
    se: float | None
    """Standard error; None where one item tells nothing of it."""
    ci95: tuple[float, float]


class Score(_Frozen):
    """S_t of a card at one threshold."""

    threshold: float
    penalty: float
    """Points a mistake costs, t/(1−t)."""
    mode: Mode
    """open: t stated in the prompt; closed: not stated; simulated and cross: applied afterwards."""
    value: float
    """S_t, in [−penalty, 1]; with epochs the mean of item means."""
    se: float | None
    ci95: tuple[float, float]
    normalized: float
    """N_t = (1−t)·S_t + t, in [0, 1]."""


class NonAnswers(_Frozen):
    """How many answers were none, by kind."""

    abstained: int = 0
    refusal: int = 0
    empty: int = 0
    unparsed: int = 0


class Tokens(_Frozen):
    """Tokens used, as far as the server said."""

    prompt: int = 0
    completion: int = 0
    reasoning: int = 0


class Stratum(_Frozen):
    """Counts of one stratum."""

    n: int
    correct: int
    error: int
    idk: int


class Scorecard(_Frozen):
    """Counts and scores of one (task, model, prompt_threshold). The attributes are the JSON's keys."""

    task: str | None
    model: str | None
    prompt_threshold: float | None
    run: str | None
    """Folder of the run, None for a card made from bare counts."""
    n: int
    """Answers graded: correct + error + idk. Failures are not among them."""
    items: int
    """Different samples among them; below n with several epochs."""
    correct: int
    error: int
    idk: int
    failed: int
    """Samples without a completion or verdict, counted nowhere else."""
    truncated: int
    """Answers cut off at the token limit."""
    undecided: int = 0
    """Answers that the grader's rules could not tell; counted as errors."""
    non_answers: NonAnswers
    accuracy: Interval | None
    """None where n is 0, as every rate below."""
    scores: list[Score]
    coverage: float | None
    accuracy_given_attempted: float | None
    error_rate: float | None
    count_as: dict[str, str] = Field(default_factory=dict)
    """Changes to what a kind of non-answer counts as."""
    policy: str | None = None
    """Abstention applied afterwards, where the scores are simulated."""
    unstated: int = 0
    """Claims without a known confidence, which a policy by confidence keeps as they are."""
    credit: float | None = None
    """Mean partial credit, where the benchmark gives it."""
    answerable: float | None = None
    """Share of the answers given to questions that have an answer; IDK is the only right response to the rest."""
    tokens: Tokens = Tokens()
    strata: dict[str, Stratum] = Field(default_factory=dict)


@dataclass(frozen=True)
class CardHead:
    """What identifies a card: everything that does not follow from its records."""

    task: str | None = None
    model: str | None = None
    prompt_threshold: float | None = None
    run: str | None = None
    failed: int = 0
    count_as: dict[str, str] = field(default_factory=dict)


def score(
    *, correct: int, error: int, idk: int, threshold: float | Sequence[float] = 0.0, stated: bool = False
) -> Scorecard:
    """Score bare counts, one answer an item: the public `evalkit.score`.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
        threshold: confidence target(s) t, each 0 ≤ t < 1.
        stated: whether the (one) target was stated in the prompt: mode `open` instead of `closed`.

    Returns:
        A Scorecard with one Score a threshold.

    Raises:
        TypeError, ValueError: as `scoring.check_counts` and `scoring.check_threshold`; several thresholds
            with `stated`.
    """
    thresholds = [threshold] if isinstance(threshold, (int, float)) else list(threshold)
    if stated and len(thresholds) != 1:
        raise ValueError("answers given under one stated target have one score, at that target")
    for t in thresholds:
        check_threshold(t)
    check_counts(correct, error, idk)
    head = CardHead(prompt_threshold=thresholds[0] if stated else None)
    return CardBuilder.of_counts(correct, error, idk).build(head, thresholds)


def from_records(records: Iterable[Record], head: CardHead, thresholds: Sequence[float] = ()) -> Scorecard:
    """Count and score records of one (task, model, prompt_threshold).

    Args:
        records: their keys must be unique.
        head: what identifies the card.
        thresholds: where a card without a stated target is scored; default 0, 0.5, 0.75, 0.9. A card with
            a stated target has one score, at that.

    Raises:
        ValueError: a key occurs twice: counting it twice would be silent inflation.
    """
    builder = CardBuilder()
    seen = set()
    for record in records:
        if record.key in seen:
            raise ValueError(f"sample {record.sample_id!r}, epoch {record.epoch} occurs twice")
        seen.add(record.key)
        builder.add(record)
    return builder.build(head, thresholds)


class CardBuilder:
    """Adds up records one by one.

    Args:
        by_item: keep counts per sample, which means over several epochs need. Without it memory is constant
            and every record is taken for an item of its own.
    """

    def __init__(self, *, by_item: bool = True) -> None:
        self.correct = self.error = self.idk = 0
        self._by_item = by_item
        self._non_answers = dict.fromkeys(NonAnswer, 0)
        self._truncated = self._undecided = 0
        self._answerable = 0
        self._credits: list[float] = []
        self._tokens = [0, 0, 0]
        self._strata: dict[str, list[int]] = {}
        self._items: dict[str, list[int]] = {}

    @classmethod
    def of_counts(cls, correct: int, error: int, idk: int) -> CardBuilder:
        """Start from bare counts, one answer an item."""
        builder = cls(by_item=False)
        builder.correct, builder.error, builder.idk = correct, error, idk
        builder._answerable = builder.n
        return builder

    @property
    def n(self) -> int:
        """Answers graded so far."""
        return self.correct + self.error + self.idk

    def add(self, record: Record) -> None:
        """Count one record."""
        grade, completion = record.grade, record.completion
        position = _POSITION[grade.outcome]
        if position == 0:
            self.correct += 1
        elif position == 1:
            self.error += 1
        else:
            self.idk += 1
        if grade.non_answer is not None:
            self._non_answers[grade.non_answer] += 1
        self._truncated += completion.finish_reason == "length"
        self._undecided += grade.undecided
        if grade.credit is not None:
            self._credits.append(grade.credit)
        self._add_tokens(record)
        metadata = record.metadata
        self._answerable += metadata.get("answerable", True) is not False
        if (stratum := metadata.get("stratum")) is not None:
            self._strata.setdefault(str(stratum), [0, 0, 0])[position] += 1
        if self._by_item:
            self._items.setdefault(record.sample_id, [0, 0, 0])[position] += 1

    def add_all(self, other: CardBuilder) -> None:
        """Count everything that another builder has counted."""
        self.correct += other.correct
        self.error += other.error
        self.idk += other.idk
        for kind, count in other._non_answers.items():
            self._non_answers[kind] += count
        self._truncated += other._truncated
        self._undecided += other._undecided
        self._answerable += other._answerable
        self._credits += other._credits
        self._tokens = [a + b for a, b in zip(self._tokens, other._tokens, strict=True)]
        for mine, theirs in ((self._strata, other._strata), (self._items, other._items)):
            for name, counts in theirs.items():
                kept = mine.setdefault(name, [0, 0, 0])
                kept[:] = [a + b for a, b in zip(kept, counts, strict=True)]

    def build(self, head: CardHead, thresholds: Sequence[float] = ()) -> Scorecard:
        """Make the card; see `from_records` for the thresholds."""
        c, e, i = self.correct, self.error, self.idk
        shown = (head.prompt_threshold,) if head.prompt_threshold is not None else thresholds
        mode: Mode = "closed" if head.prompt_threshold is None else "open"
        ts = [float(t) for t in (shown or DEFAULT_THRESHOLDS)]
        return Scorecard(
            task=head.task,
            model=head.model,
            prompt_threshold=head.prompt_threshold,
            run=head.run,
            n=self.n,
            items=self._item_count(),
            correct=c,
            error=e,
            idk=i,
            failed=head.failed,
            truncated=self._truncated,
            undecided=self._undecided,
            non_answers=NonAnswers(**{k.value: v for k, v in self._non_answers.items()}),
            accuracy=self._intervals([0.0])[0] if self.n else None,
            scores=self._scores(ts, mode),
            coverage=rule.coverage(c, e, i) if self.n else None,
            accuracy_given_attempted=accuracy_given_attempted(c, e, i) if self.n else None,
            error_rate=rule.error_rate(c, e, i) if self.n else None,
            count_as=dict(head.count_as),
            credit=float(np.mean(self._credits)) if self._credits else None,
            answerable=self._answerable / self.n if self.n else None,
            tokens=Tokens(prompt=self._tokens[0], completion=self._tokens[1], reasoning=self._tokens[2]),
            strata={name: _stratum(*counts) for name, counts in sorted(self._strata.items())},
        )

    def _add_tokens(self, record: Record) -> None:
        usage = record.completion.usage
        self._tokens[0] += usage.prompt_tokens or 0
        self._tokens[1] += usage.completion_tokens or 0
        self._tokens[2] += usage.reasoning_tokens or 0

    def _item_count(self) -> int:
        return len(self._items) if self._by_item else self.n

    def _scores(self, thresholds: Sequence[float], mode: Mode) -> list[Score]:
        if not self.n:
            return []
        intervals = self._intervals(thresholds)
        return [
            Score(
                threshold=t,
                penalty=_tidy(penalty(t)),
                mode=mode,
                value=interval.value,
                se=interval.se,
                ci95=interval.ci95,
                normalized=(1 - t) * interval.value + t,
            )
            for t, interval in zip(thresholds, intervals, strict=True)
        ]

    def _intervals(self, thresholds: Sequence[float]) -> list[Interval]:
        if self._item_count() == self.n:
            return _plain_intervals(self.correct, self.error, self.idk, thresholds)
        return _epoch_intervals(np.array(list(self._items.values()), dtype=float), thresholds)


def _plain_intervals(correct: int, error: int, idk: int, thresholds: Sequence[float]) -> list[Interval]:
    penalties = [penalty(t) for t in thresholds]
    bounds = dirichlet_intervals(correct, error, idk, penalties)
    return [
        Interval(
            value=rule.score(correct, error, idk, t),
            se=standard_error(correct, error, idk, cost),
            ci95=(ends.low, ends.high),
        )
        for t, cost, ends in zip(thresholds, penalties, bounds, strict=True)
    ]


def _epoch_intervals(
    counts: np.ndarray[tuple[int, int], np.dtype[np.float64]], thresholds: Sequence[float]
) -> list[Interval]:
    """Intervals of means of item means.

    The interval is Dirichlet's at the effective sample size, the number of independent answers that would
    have the standard error of the item means (Korn and Graubard 1998), between the number of items and
    of answers.
    """
    shares = counts / counts.sum(axis=1, keepdims=True)
    items, answers = len(counts), counts.sum()
    c, e, i = shares.mean(axis=0)
    intervals = []
    for cost in map(penalty, thresholds):
        mean, se = mean_and_error(shares[:, 0] - cost * shares[:, 1])
        single = standard_error(c * items, e * items, i * items, cost) ** 2 * items
        effective = single / se**2 if se > 0 else items
        size = float(np.clip(effective, items, answers))
        ends = dirichlet_interval(c * size, e * size, i * size, cost)
        intervals.append(Interval(value=mean, se=None if math.isnan(se) else se, ci95=(ends.low, ends.high)))
    return intervals


def _stratum(correct: int, error: int, idk: int) -> Stratum:
    return Stratum(n=correct + error + idk, correct=correct, error=error, idk=idk)


def _tidy(value: float) -> float:
    """0.9/(1−0.9) is 9.000000000000002 in floats: print 9."""
    return float(f"{value:.12g}")


_POSITION = {Outcome.CORRECT: 0, Outcome.ERROR: 1, Outcome.IDK: 2}

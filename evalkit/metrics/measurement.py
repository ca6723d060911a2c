"""The measurement: what one condition gave on one set of items, and every number that follows from it. Pure.

The unit of all uncertainty is the item. Repeated answers to one item (epochs) are averaged inside it, so that asking
the same question twenty times does not pass for twenty questions. An answer that is missing (no completion, no
verdict, cut off, undecided) is in no count, but it widens the score into a range: at worst every missing answer is an
error, at best it is correct, or IDK where the item has no right answer. Missing answers are not missing at random, so
nothing narrower is honest.

All of it follows from how many items show which pattern of outcomes, which is what a `Measurement` holds: its size
does not grow with the number of items, and neither order nor names matter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from evalkit.metrics import threshold as rule
from evalkit.metrics.intervals import dirichlet_intervals, standard_error
from evalkit.metrics.outcomes import CODES

SAME = 1e-9
"""Relative difference below which an effective sample size is the number of items."""


class Pattern(NamedTuple):
    """Outcomes of one item, summed over its epochs."""

    correct: int = 0
    error: int = 0
    idk: int = 0
    missing: int = 0
    """Epochs without a verdict."""
    answerable: bool = True
    """Whether a right answer exists; where none does, a missing answer is at best IDK."""

    @property
    def graded(self) -> int:
        """Epochs with a verdict."""
        return self.correct + self.error + self.idk


class Rates(NamedTuple):
    """Means over items of the shares of correct, wrong and IDK answers; they sum to 1."""

    correct: float
    error: float
    idk: float


class Estimate(NamedTuple):
    """A number with its uncertainty."""

    value: float
    se: float | None
    """Standard error over items; None where there is one item."""
    low: float
    """Lower end of the 95% interval."""
    high: float
    """Upper end of the 95% interval."""


class AbstentionQuality(NamedTuple):
    """How well IDK picks out the unanswerable items; every item weighs the same."""

    precision: float | None
    """Share of the IDK answers given to unanswerable items; None without an IDK."""
    recall: float | None
    """Share of the unanswerable items answered with IDK."""
    f1: float | None
    """Harmonic mean of precision and recall; None where one is undefined."""
    over_abstention: float | None
    """Share of the answerable items answered with IDK."""


class Span(NamedTuple):
    """Where a score lies whatever the missing answers would have been."""

    low: float
    """The score if every missing answer were an error."""
    high: float
    """The score if every missing answer were correct (IDK where the item is unanswerable)."""
    ci_low: float
    """Lower end of the 95% interval around `low`."""
    ci_high: float
    """Upper end of the 95% interval around `high`."""


class Measurement:
    """Outcomes of one condition on one set of items.

    Args:
        patterns: how many items show which pattern.
    """

    def __init__(self, patterns: Mapping[Pattern, int]) -> None:
        self._patterns = {pattern: count for pattern, count in sorted(patterns.items()) if count}

    @classmethod
    def of_counts(cls, correct: int, error: int, idk: int, missing: int = 0) -> Measurement:
        """Measure bare counts, one answer an item.

        Args:
            correct, error, idk, missing: counts ≥ 0.
        """
        singles = (Pattern(correct=1), Pattern(error=1), Pattern(idk=1), Pattern(missing=1))
        return cls(dict(zip(singles, (correct, error, idk, missing), strict=True)))

    @classmethod
    def of_items(cls, items: Iterable[Pattern]) -> Measurement:
        """Measure items, each with the outcomes of its epochs."""
        return cls(Counter(items))

    @classmethod
    def of_arrays(
        cls,
        items: Sequence[object],
        outcomes: Sequence[str],
        answerable: Sequence[bool] | None = None,
    ) -> Measurement:
        """Measure answers given as parallel arrays, one entry an answer; an item's epochs are its entries.

        Args:
            items: which item each answer belongs to.
            outcomes: "correct", "error", "idk" or "missing".
            answerable: whether the item has a right answer; default: all have.

        Raises:
            ValueError: arrays of different length, or another outcome.
        """
        counts: dict[object, list[int]] = {}
        has_answer: dict[object, bool] = {}
        flags = answerable if answerable is not None else [True] * len(items)
        for item, outcome, flag in zip(items, outcomes, flags, strict=True):
            if outcome not in CODES:
                raise ValueError(f"unknown outcome {outcome!r}; known: {', '.join(CODES)}")
            counts.setdefault(item, [0, 0, 0, 0])[CODES[outcome]] += 1
            has_answer[item] = bool(flag)
        return cls.of_items(Pattern(c, e, i, m, answerable=has_answer[item]) for item, (c, e, i, m) in counts.items())

    def __add__(self, other: Measurement) -> Measurement:
        """The measurement of both sets of items; they must be different items."""
        return Measurement(Counter(self._patterns) + Counter(other._patterns))

    def __eq__(self, other: object) -> bool:
        """Whether both measure the same: equal patterns, equally often."""
        return isinstance(other, Measurement) and self._patterns == other._patterns

    def __hash__(self) -> int:
        """Consistent with equality."""
        return hash(tuple(self._patterns.items()))

    def __repr__(self) -> str:
        """Counts, for debugging."""
        return (
            f"Measurement({self.items} items: {self.correct} correct, {self.error} error, {self.idk} idk,"
            f" {self.missing} missing)"
        )

    @property
    def patterns(self) -> Mapping[Pattern, int]:
        """How many items show which pattern."""
        return self._patterns

    @cached_property
    def correct(self) -> int:
        """Correct answers."""
        return sum(p.correct * k for p, k in self._patterns.items())

    @cached_property
    def error(self) -> int:
        """Wrong answers."""
        return sum(p.error * k for p, k in self._patterns.items())

    @cached_property
    def idk(self) -> int:
        """Answers that make no claim."""
        return sum(p.idk * k for p, k in self._patterns.items())

    @cached_property
    def missing(self) -> int:
        """Answers without a verdict."""
        return sum(p.missing * k for p, k in self._patterns.items())

    @property
    def n(self) -> int:
        """Answers with a verdict: correct + error + idk."""
        return self.correct + self.error + self.idk

    @cached_property
    def items(self) -> int:
        """Items with at least one verdict."""
        return sum(k for p, k in self._patterns.items() if p.graded)

    @property
    def missing_share(self) -> float:
        """Missing answers, of all that were asked for; 0 where nothing was."""
        asked = self.n + self.missing
        return self.missing / asked if asked else 0.0

    @cached_property
    def rates(self) -> Rates | None:
        """Means over items; None without a verdict."""
        return _rates([(p.correct / p.graded, p.error / p.graded, k) for p, k in self._patterns.items() if p.graded])

    @cached_property
    def worst(self) -> Rates | None:
        """Rates if every missing answer were an error; None where nothing was asked."""
        return _rates(list(self._filled(best=False)))

    @property
    def accuracy(self) -> Estimate | None:
        """Share of correct answers, with its interval; None without a verdict."""
        return self.score(0.0)

    @property
    def coverage(self) -> float | None:
        """Share of answers that make a claim, a mean over items; None without a verdict."""
        right, wrong = self._sums
        return (right + wrong) / self.items if self.items else None

    @property
    def error_rate(self) -> float | None:
        """Share of wrong answers; None without a verdict."""
        return None if self.rates is None else self.rates.error

    @property
    def accuracy_given_attempted(self) -> float | None:
        """Share of correct answers among those that make a claim, each item weighing the same; None where none does."""
        right, wrong = self._sums
        return right / (right + wrong) if right + wrong else None

    @cached_property
    def _sums(self) -> tuple[float, float]:
        """Correct and wrong answers, each item counting as one answer."""
        graded = [(p, k) for p, k in self._patterns.items() if p.graded]
        right = sum(k * p.correct / p.graded for p, k in graded)
        return right, sum(k * p.error / p.graded for p, k in graded)

    @property
    def abstention(self) -> AbstentionQuality | None:
        """How well IDK picks out the unanswerable items; None where the items are not of both kinds."""
        sums = {True: [0.0, 0], False: [0.0, 0]}
        for p, k in self._patterns.items():
            if p.graded:
                sums[p.answerable][0] += k * p.idk / p.graded
                sums[p.answerable][1] += k
        (wrongly, answerable), (rightly, unanswerable) = sums[True], sums[False]
        if not answerable or not unanswerable:
            return None
        abstained = wrongly + rightly
        precision = rightly / abstained if abstained else None
        recall = rightly / unanswerable
        f1 = 2 * rightly / (abstained + unanswerable) if precision is not None else None
        return AbstentionQuality(precision, recall, f1, wrongly / answerable)

    def score(self, t: float) -> Estimate | None:
        """S_t with its 95% interval; None without a verdict.

        Args:
            t: confidence target, 0 ≤ t < 1.
        """
        return self.scores([t])[0] if self.items else None

    def scores(self, ts: Sequence[float]) -> list[Estimate]:
        """S_t at several targets, which is cheaper than one by one; empty without a verdict.

        S_t is the mean over items of (correct − error·t/(1−t)) / epochs. Where every item's answers agree this is the
        one-epoch case: plug-in standard error, Dirichlet(c+½, e+½, i+½) interval on the number of items. Otherwise the
        standard error is that of the item means (n − 1 divisor), and the interval is Dirichlet's at the effective
        sample size: the number of independent answers with that standard error (Korn and Graubard 1998), at least
        the number of items and at most that of answers.
        """
        if not self.items:
            return []
        shares = [(p.correct / p.graded, p.error / p.graded, k) for p, k in self._patterns.items() if p.graded]
        return _estimates(shares, self.items, self.n, ts)

    def span(self, t: float) -> Span | None:
        """Where S_t lies whatever the missing answers would have been; None where none is missing.

        Args:
            t: confidence target, 0 ≤ t < 1.
        """
        if not self.missing:
            return None
        worst = _estimates(list(self._filled(best=False)), self._asked_items, self.n + self.missing, [t])[0]
        best = _estimates(list(self._filled(best=True)), self._asked_items, self.n + self.missing, [t])[0]
        return Span(worst.value, best.value, worst.low, best.high)

    def ends(self, t: float) -> tuple[float, float] | None:
        """The two scores of `span`, without the intervals, which take far longer; None where none is missing.

        Args:
            t: confidence target, 0 ≤ t < 1.
        """
        if not self.missing:
            return None
        worst, best = self._extremes
        return _value(*worst, self._asked_items, t), _value(*best, self._asked_items, t)

    def pessimistic(self, t: float) -> float:
        """S_t if every missing answer were an error: what boards order by.

        Raises:
            ValueError: nothing was asked.
        """
        if not self._asked_items:
            raise ValueError("nothing was asked: a score of nothing is undefined")
        return _value(*self._extremes[0], self._asked_items, t)

    @cached_property
    def _extremes(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Sums over items of the shares of correct and wrong answers, missing ones at their worst and at their best."""
        worst, best = (list(self._filled(best=best)) for best in (False, True))
        return _sums_of(worst), _sums_of(best)

    @cached_property
    def _asked_items(self) -> int:
        return sum(self._patterns.values())

    def _filled(self, *, best: bool) -> Iterator[tuple[float, float, int]]:
        """Shares of correct and wrong answers by item, the missing ones taken at their best or worst."""
        for p, k in self._patterns.items():
            asked = p.graded + p.missing
            gained = p.missing if best and p.answerable else 0
            lost = 0 if best else p.missing
            yield (p.correct + gained) / asked, (p.error + lost) / asked, k


Shares = Sequence[tuple[float, float, int]]
"""(share correct, share wrong, how many items), of all epochs of an item."""


def normalized(value: float, t: float) -> float:
    """N_t = (1−t)·S_t + t, in [0, 1]: orders models as S_t does, and may be averaged over t."""
    return (1 - t) * value + t


def _rates(shares: Shares) -> Rates | None:
    items = sum(k for _, _, k in shares)
    if not items:
        return None
    right = sum(c * k for c, _, k in shares) / items
    wrong = sum(e * k for _, e, k in shares) / items
    return Rates(right, wrong, sum((1 - c - e) * k for c, e, k in shares) / items)


def _sums_of(shares: Shares) -> tuple[float, float]:
    return sum(c * k for c, _, k in shares), sum(e * k for _, e, k in shares)


def _value(right: float, wrong: float, items: int, t: float) -> float:
    return (right - rule.penalty(t) * wrong) / items


def _estimates(shares: Shares, items: int, answers: int, ts: Sequence[float]) -> list[Estimate]:
    right = sum(c * k for c, _, k in shares)
    wrong = sum(e * k for _, e, k in shares)
    rest = items - right - wrong
    if all(c in (0.0, 1.0) and e in (0.0, 1.0) for c, e, _ in shares):
        return _one_answer_an_item(round(right), round(wrong), round(rest), ts)
    return [_mean_of_items(shares, (right, wrong, rest), items, answers, t) for t in ts]


def _one_answer_an_item(correct: int, error: int, idk: int, ts: Sequence[float]) -> list[Estimate]:
    costs = [rule.penalty(t) for t in ts]
    bounds = dirichlet_intervals(correct, error, idk, costs)
    return [
        Estimate(rule.score(correct, error, idk, t), standard_error(correct, error, idk, cost), ends.low, ends.high)
        for t, cost, ends in zip(ts, costs, bounds, strict=True)
    ]


def _mean_of_items(shares: Shares, sums: tuple[float, float, float], items: int, answers: int, t: float) -> Estimate:
    cost = rule.penalty(t)
    mean = (sums[0] - cost * sums[1]) / items
    squares = sum(k * (c - cost * e - mean) ** 2 for c, e, k in shares)
    se = math.sqrt(squares / (items - 1) / items) if items > 1 else None
    single = standard_error(*sums, cost) ** 2 * items  # variance of one answer
    effective = single / se**2 if se else items
    size = items if effective <= items * (1 + SAME) else min(effective, answers)
    scale = size / items
    right, wrong, rest = (value * scale for value in sums)
    ends = dirichlet_intervals(right, wrong, rest, [cost])[0]
    return Estimate(mean, se, ends.low, ends.high)

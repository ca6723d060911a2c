"""What a board is made of: its rows, their counts, curves and ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from evalkit.metrics.measurement import Measurement, normalized
from evalkit.metrics.threshold import penalty
from evalkit.runs.scorecard import NonAnswers, Range, Score, Scorecard

Mode = Literal["closed", "open"]
Kind = Literal["model", "never", "guess"]


class Point(NamedTuple):
    """A score at one threshold, as charts and pages draw it."""

    value: float
    low: float
    high: float
    """The 95% interval is [low, high]."""
    worst: float
    best: float
    """The score with every missing answer at its worst and best; both are `value` where none is missing."""


class Items(NamedTuple):
    """Outcomes by item of one set of answers."""

    counts: Mapping[str, Sequence[int]]
    """Item → counts of correct, wrong, IDK and missing answers."""
    unanswerable: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Counts:
    """One set of answers: those to plain prompts, or those under one stated target."""

    n: int
    items: int
    correct: int
    error: int
    idk: int
    failed: int
    truncated: int
    undecided: int
    missing: int
    non_answers: NonAnswers
    cut: int = 0
    """Cut off at the token limit before they committed to an answer, whatever they count as."""
    correct_rate: float
    """Mean over items."""
    error_rate: float
    """Mean over items."""
    coverage: float
    """Share of the answers that make a claim, those included that are partly right; a mean over items."""

    @property
    def missing_share(self) -> float:
        """Missing answers, of all that were asked for."""
        asked = self.n + self.missing
        return self.missing / asked if asked else 0.0


@dataclass(kw_only=True)
class Entry:
    """One row of a board: one condition of one model in one mode, or a reference that no model is needed for."""

    task: str
    model: str
    mode: Mode
    kind: Kind = "model"
    label: str = ""
    """What tells it from other conditions of the same model."""
    accuracy: tuple[float, float, float] | None = None
    """Value and 95% interval; closed only, since it is one set of answers."""
    scores: dict[float, Score] = field(default_factory=dict)
    """Threshold → score; without it where every answer is missing."""
    ranges: dict[float, Range] = field(default_factory=dict)
    """Threshold → where the score lies whatever the missing answers would have been."""
    counted: dict[float, Counts] = field(default_factory=dict)
    """Threshold → the answers that were scored there: the same ones at all, where none was stated."""
    cards: list[Scorecard] = field(default_factory=list)
    ranks: dict[float, int] = field(default_factory=dict)
    rank_sets: dict[float, tuple[int, int]] = field(default_factory=dict)
    """95%, all rows of the board at once, whatever the missing answers would have been."""
    rank_changes: dict[float, int] = field(default_factory=dict)
    """Ranks won (above 0) or lost against plain accuracy."""
    runs: list[str] = field(default_factory=list)
    items: dict[float | None, Items] = field(default_factory=dict, repr=False)
    """Stated target → outcomes by item."""
    measured: dict[float | None, Measurement] = field(default_factory=dict, repr=False)
    """Stated target → the measurement."""
    parts: list[Entry] = field(default_factory=list, repr=False)
    """The rows that this one is the mean of."""

    @property
    def name(self) -> str:
        """Model and what tells this condition from others of it."""
        return f"{self.model} [{self.label}]" if self.label else self.model

    @property
    def thresholds(self) -> list[float]:
        """Where it is placed."""
        return sorted(self.scores.keys() | self.ranges.keys())

    @property
    def counts(self) -> Counts:
        """The answers at the lowest threshold; at any, where none was stated."""
        return self.counted[min(self.counted)]

    @property
    def sizes(self) -> tuple[int, int]:
        """Fewest and most answers at a threshold."""
        return min(counts.n for counts in self.counted.values()), max(counts.n for counts in self.counted.values())

    def curve(self, ts: Sequence[float]) -> list[Point]:
        """The scores of answers to plain prompts at any thresholds; empty where there is no point.

        Args:
            ts: confidence targets, each 0 ≤ t < 1.
        """
        if self.parts:
            curves = [part.curve(ts) for part in self.parts]
            return [_mean_point(points) for points in zip(*curves, strict=True)] if all(curves) else []
        if self.kind != "model":
            right, wrong = self.counts.correct_rate, self.counts.error_rate
            values = [right - penalty(t) * wrong for t in ts]
            return [Point(value, value, value, value, value) for value in values]
        measurement = self.measured.get(None)
        if measurement is None:
            return []
        ends = [measurement.ends(t) for t in ts]
        return [
            Point(one.value, one.low, one.high, *(both or (one.value, one.value)))
            for one, both in zip(measurement.scores(ts), ends, strict=False)
        ]

    def extents(self, ts: Sequence[float]) -> list[tuple[float, float]]:
        """Where those scores lie whatever the missing answers would have been; empty where none is missing.

        Args:
            ts: confidence targets, each 0 ≤ t < 1.
        """
        if self.parts:
            ends = [part.extents(ts) or [(one.value, one.value) for one in part.curve(ts)] for part in self.parts]
            if not all(ends) or not any(part.extents(ts[:1]) for part in self.parts):
                return []
            n = len(ends)
            return [(sum(low for low, _ in at) / n, sum(high for _, high in at) / n) for at in zip(*ends, strict=True)]
        measurement = self.measured.get(None)
        found = [measurement.ends(t) for t in ts] if measurement else []
        return [both for both in found if both]

    @property
    def worst_rates(self) -> tuple[float, float]:
        """Shares of correct and wrong answers to plain prompts, missing ones taken as errors: what ranks follow."""
        if self.parts:
            pairs = [part.worst_rates for part in self.parts]
            return sum(p[0] for p in pairs) / len(pairs), sum(p[1] for p in pairs) / len(pairs)
        measurement = self.measured.get(None)
        worst = measurement.worst if measurement else None
        return (worst.correct, worst.error) if worst else (self.counts.correct_rate, self.counts.error_rate)

    def pessimistic(self, t: float) -> float:
        """S_t if every missing answer were an error."""
        return self.ranges[t].low if t in self.ranges else self.scores[t].value

    def pessimistic_at(self, t: float) -> float:
        """The same of the answers to plain prompts at any threshold.

        Args:
            t: confidence target, 0 ≤ t < 1.
        """
        if self.parts:
            return sum(part.pessimistic_at(t) for part in self.parts) / len(self.parts)
        measurement = self.measured.get(None)
        if measurement is None:
            return self.counts.correct_rate - penalty(t) * self.counts.error_rate
        return measurement.pessimistic(t)

    @property
    def mean_normalized(self) -> float:
        """Equal-weight mean of N_t over the thresholds, missing answers taken as errors: what orders the board."""
        values = [normalized(self.pessimistic(t), t) for t in self.thresholds]
        return sum(values) / len(values) if values else float("-inf")


@dataclass(frozen=True)
class Crossing:
    """Where one model overtakes its neighbour as a mistake comes to cost more."""

    ahead_below: str
    ahead_above: str
    t: float
    leads: bool = False
    """Whether the one ahead above it is then first of all."""


@dataclass(kw_only=True)
class Board:
    """One task in one mode, best first."""

    task: str
    mode: Mode
    thresholds: list[float]
    entries: list[Entry]
    common: int
    """Items that all models have."""
    uncommon: int
    """Items that some of them lack."""
    crossings: list[Crossing] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    """What it is the mean of, if of several tasks."""
    left_out: list[str] = field(default_factory=list)
    """Models that lack one of those."""
    notes: list[str] = field(default_factory=list)
    """What was put together."""


def _mean_point(points: Sequence[Point]) -> Point:
    value, low, high = mean_interval([(one.value, one.low, one.high) for one in points])
    n = len(points)
    return Point(value, low, high, sum(one.worst for one in points) / n, sum(one.best for one in points) / n)


def mean_interval(parts: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Mean of independent estimates with a 95% interval from theirs (MOVER; Zou and Donner 2008).

    L = θ − √Σ(w(θ_k − l_k))², and so upwards: it keeps the parts' skewness, which ±1.96 SE would lose.

    Args:
        parts: (value, lower end, upper end) of each, at least one.
    """
    n = len(parts)
    middle = sum(value for value, _, _ in parts) / n
    below = math.sqrt(sum((value - low) ** 2 for value, low, _ in parts)) / n
    above = math.sqrt(sum((high - value) ** 2 for value, _, high in parts)) / n
    return middle, middle - below, middle + above

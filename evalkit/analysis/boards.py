"""Boards: who scores how much at each threshold on one set of items, how sure each rank is, and where ranks change."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.collection import Measured
from evalkit.metrics import paired
from evalkit.metrics.measurement import Measurement, normalized
from evalkit.metrics.rank_sets import rank_confidence_sets
from evalkit.metrics.threshold import penalty
from evalkit.runs.condition import differing
from evalkit.runs.scorecard import NonAnswers, Range, Score, Scorecard, tidy

Mode = Literal["closed", "open"]
Kind = Literal["model", "never", "guess"]
TIED = 1e-12
"""Scores nearer than this are equal."""
LARGEST = 200_000
"""Records of one board from which rank sets are left out: they need every answer of every model."""
TASK_SEPARATOR = "\0\0"
"""Between task and item on a board of several tasks; no item's name holds it."""
NEVER, GUESS = "never answering", "uniform guess"


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


def make_boards(measured: Iterable[Measured], thresholds: Sequence[float]) -> list[Board]:
    """Boards of everything measured: one for each task, mode and set of items that have any in common.

    Args:
        measured: answers, put together by condition.
        thresholds: where answers to plain prompts are scored.
    """
    entries: dict[tuple[str, Mode, str, str], Entry] = {}
    parts: dict[tuple[str, Mode, str, str], list[Measured]] = {}
    for one in measured:
        mode: Mode = "closed" if one.key.threshold is None else "open"
        key = (one.key.task, mode, one.key.model, one.key.condition)
        entry = entries.setdefault(key, Entry(task=key[0], model=key[2], mode=mode))
        parts.setdefault(key, []).append(one)
        add_measured(entry, one, thresholds)
    boards = []
    for task, mode in sorted({key[:2] for key in entries}):
        keys = [key for key in entries if key[:2] == (task, mode)]
        groups = _item_groups(keys, entries)
        for number, group in enumerate(groups, start=1):
            name = task if len(groups) == 1 else f"{task}, item set {number} of {len(groups)}"
            boards.append(_board(name, mode, group, entries, parts))
    return boards


def make_board(task: str, mode: Mode, entries: list[Entry]) -> Board:
    """Rank the entries of one task in one mode, best first.

    Args:
        task: what the board is called.
        mode: of all entries.
        entries: a row each.
    """
    ts = sorted({t for entry in entries for t in entry.thresholds})
    base = _base_ranks(entries, mode)
    models = [entry for entry in entries if entry.kind == "model"]
    sets = [frozenset(item for items in entry.items.values() for item in items.counts) for entry in models]
    common = frozenset.intersection(*sets) if sets else frozenset()
    everything = frozenset.union(*sets) if sets else frozenset()
    for t in ts:
        placed = [(k, entry) for k, entry in enumerate(entries) if t in entry.thresholds]
        ranks = _ranks([entry.pessimistic(t) for _, entry in placed])
        for (k, entry), place in zip(placed, ranks, strict=True):
            entry.ranks[t] = place
            if base and len(placed) == len(entries):
                entry.rank_changes[t] = base[k] - place
        _add_rank_sets([entry for _, entry in placed], t, mode, common)
    ordered = sorted(entries, key=lambda entry: (-entry.mean_normalized, entry.kind != "model", entry.name))
    crossings = _crossings([entry for entry in ordered if entry.kind == "model"]) if mode == "closed" else []
    return Board(
        task=task,
        mode=mode,
        thresholds=ts,
        entries=ordered,
        common=len(common),
        uncommon=len(everything) - len(common),
        crossings=crossings,
    )


def add_measured(entry: Entry, one: Measured, thresholds: Sequence[float]) -> None:
    """Add the answers under one stated target, or under none, to a row."""
    told = one.key.threshold
    card = one.card(thresholds)
    entry.cards.append(card)
    entry.measured[told] = one.builder.measurement
    unanswerable = frozenset(item for item in one.builder.items if not one.builder.is_answerable(item))
    entry.items[told] = Items(one.builder.items, unanswerable)
    entry.runs += [run for run in one.runs if run not in entry.runs]
    if told is None and card.accuracy is not None:
        entry.accuracy = (card.accuracy.value, *card.accuracy.ci95)
    entry.scores |= {score.threshold: score for score in card.scores}
    entry.ranges |= {one_range.threshold: one_range for one_range in card.range}
    counts = _counts(card)
    entry.counted |= dict.fromkeys([*(s.threshold for s in card.scores), *(r.threshold for r in card.range)], counts)


def reference_entry(kind: Kind, board: Board, chance: float | None = None) -> Entry:
    """A row that needs no model: never answering, or guessing uniformly.

    Args:
        kind: which.
        board: where it will stand.
        chance: of a right guess, for the latter.
    """
    right = 0.0 if kind == "never" else float(chance or 0.0)
    wrong = 0.0 if kind == "never" else 1 - right
    entry = Entry(task=board.task, model=NEVER if kind == "never" else GUESS, mode=board.mode, kind=kind)
    zeros = Counts(
        n=0, items=0, correct=0, error=0, idk=0, failed=0, truncated=0, undecided=0, missing=0,
        non_answers=NonAnswers(), correct_rate=right, error_rate=wrong, coverage=right + wrong,
    )  # fmt: skip
    for t in board.thresholds:
        value = right - penalty(t) * wrong
        entry.scores[t] = Score(
            threshold=t, penalty=tidy(penalty(t)), mode=board.mode, value=value, se=0.0, ci95=(value, value),
            normalized=normalized(value, t),
        )  # fmt: skip
        entry.counted[t] = zeros
    entry.accuracy = (right, right, right) if board.mode == "closed" else None
    return entry


def _board(
    name: str,
    mode: Mode,
    group: list[tuple[str, Mode, str, str]],
    entries: Mapping[tuple[str, Mode, str, str], Entry],
    parts: Mapping[tuple[str, Mode, str, str], list[Measured]],
) -> Board:
    _label(group, entries, parts)
    rows = [entries[key] for key in group if entries[key].thresholds]
    board = make_board(name, mode, rows)
    references = [reference_entry("never", board)]
    chances = {one.chance for key in group for one in parts[key]}
    if len(chances) == 1 and (chance := chances.pop()) is not None:
        references.append(reference_entry("guess", board, chance))
    replaced = {"never": "baseline/idk", "guess": "baseline/guess"}
    kept = [row for row in rows if row.model not in {replaced[one.kind] for one in references}]
    board = make_board(name, mode, [*kept, *references]) if kept else board
    board.notes = [note for key in group for one in parts[key] for note in _merged(one, entries[key])]
    return board


def _label(
    group: Sequence[tuple[str, Mode, str, str]],
    entries: Mapping[tuple[str, Mode, str, str], Entry],
    parts: Mapping[tuple[str, Mode, str, str], list[Measured]],
) -> None:
    """Tell the conditions of each model apart by what differs between them."""
    by_model: dict[str, list[tuple[str, Mode, str, str]]] = {}
    for key in group:
        by_model.setdefault(key[2], []).append(key)
    for keys in by_model.values():
        conditions = [parts[key][0].condition for key in keys]
        for key, label in zip(keys, differing(conditions), strict=True):
            entries[key].label = label


def _merged(one: Measured, entry: Entry) -> list[str]:
    told = "" if one.key.threshold is None else f" at t = {one.key.threshold:g}"
    notes = []
    if one.repeated:
        notes.append(
            f"{entry.name}{told}: {len(one.runs)} runs of one condition; {one.repeated:,} answers count as further"
            " epochs of items that another run had asked."
        )
    if one.identical:
        notes.append(f"{entry.name}{told}: {one.identical:,} records that two runs hold identically count once.")
    return notes


def _item_groups(
    keys: Sequence[tuple[str, Mode, str, str]], entries: Mapping[tuple[str, Mode, str, str], Entry]
) -> list[list[tuple[str, Mode, str, str]]]:
    """Rows that share items, directly or through others; rows without a common item get no common rank."""
    groups: list[tuple[set[str], list[tuple[str, Mode, str, str]]]] = []
    for key in keys:
        items = {item for part in entries[key].items.values() for item in part.counts}
        touching = [group for group in groups if not items.isdisjoint(group[0])]
        groups = [group for group in groups if group not in touching]
        groups.append((items.union(*(g[0] for g in touching)), [k for g in touching for k in g[1]] + [key]))
    return sorted((group[1] for group in groups), key=lambda group: keys.index(group[0]))


def _counts(card: Scorecard) -> Counts:
    rates = (card.accuracy.value if card.accuracy else 0.0, card.error_rate or 0.0)
    return Counts(
        n=card.n, items=card.items, correct=card.correct, error=card.error, idk=card.idk, failed=card.failed,
        truncated=card.missing.truncated, undecided=card.missing.undecided, missing=card.missing.total,
        cut=card.truncated, non_answers=card.non_answers, correct_rate=rates[0], error_rate=rates[1],
        coverage=card.coverage or 0.0,
    )  # fmt: skip


def _base_ranks(entries: Sequence[Entry], mode: Mode) -> list[int]:
    """Ranks by plain accuracy: of answers to plain prompts, or at t = 0; empty where not all have them."""
    if mode == "closed":
        return _ranks([entry.worst_rates[0] for entry in entries])
    if any(0.0 not in entry.counted for entry in entries):
        return []
    return _ranks([entry.pessimistic(0.0) for entry in entries])


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


def ranks_at(entries: Sequence[Entry], ts: Sequence[float]) -> list[list[int]]:
    """Rank the rows of a closed board at any thresholds, as the board ranks them at its own.

    Args:
        entries: all rows.
        ts: confidence targets, each 0 ≤ t < 1.

    Returns:
        A list a row, with a rank for each threshold.
    """
    by_threshold = [_ranks([entry.pessimistic_at(t) for entry in entries]) for t in ts]
    return [list(ranks) for ranks in zip(*by_threshold, strict=True)]


def _ranks(values: Sequence[float]) -> list[int]:
    return [1 + sum(other > value for other in values) for value in values]


def _add_rank_sets(entries: Sequence[Entry], t: float, mode: Mode, common: frozenset[str]) -> None:
    models = [entry for entry in entries if entry.kind == "model"]
    if len(entries) < 2 or len(common) < 2 or len(common) * len(models) > LARGEST:  # noqa: PLR2004 - nothing to tell apart
        return
    told = None if mode == "closed" else t
    if not models or any(told not in entry.items for entry in models):
        return
    items = sorted(common & frozenset.intersection(*(frozenset(entry.items[told].counts) for entry in models)))
    if len(items) < 2:  # noqa: PLR2004 - likewise
        return
    weights = _weights(items)[:, None]
    best = np.array([_item_scores(entry, told, items, t, best=True) for entry in entries]).T * weights
    worst = np.array([_item_scores(entry, told, items, t, best=False) for entry in entries]).T * weights
    for entry, ranks in zip(entries, rank_confidence_sets(best, worst=worst, draws=500), strict=True):
        entry.rank_sets[t] = (ranks.best, ranks.worst)


def _item_scores(
    entry: Entry, told: float | None, items: Sequence[str], t: float, *, best: bool
) -> NDArray[np.float64]:
    """Mean score of each item, its missing answers taken at their best or worst."""
    if entry.kind != "model":
        return np.full(len(items), entry.scores[t].value)
    counts = np.array([entry.items[told].counts[item] for item in items], dtype=float)
    right, wrong, _, missing = counts.T
    if best:
        answerable = np.array([item not in entry.items[told].unanswerable for item in items])
        right = right + missing * answerable
    else:
        wrong = wrong + missing
    scores: NDArray[np.float64] = (right - penalty(t) * wrong) / counts.sum(axis=1)
    return scores


def _weights(items: Sequence[str]) -> NDArray[np.float64]:
    """What an item weighs so that every task weighs the same; 1 on a board of a single task."""
    tasks = [item.partition(TASK_SEPARATOR)[0] if TASK_SEPARATOR in item else "" for item in items]
    sizes = Counter(tasks)
    return np.array([len(items) / (len(sizes) * sizes[task]) for task in tasks])


def _crossings(entries: Sequence[Entry]) -> list[Crossing]:
    """Every change of places between t = 0 and 1, in that order; where two cross, they are neighbours.

    Missing answers count as errors, as they do in the ranks: being cut off overtakes nobody.
    """
    rates = [(entry, *entry.worst_rates) for entry in entries]
    crossings = []
    for (a, *of_a), (b, *of_b) in itertools.combinations(sorted(rates, key=lambda one: -one[1]), 2):
        crossing = paired.crossing(*of_a, *of_b)
        if crossing.t is not None:
            leads = _leads(of_b[0], of_b[1], crossing.t, [(right, wrong) for _, right, wrong in rates])
            crossings.append(Crossing(a.name, b.name, crossing.t, leads))
    return sorted(crossings, key=lambda crossing: crossing.t)


def _leads(right: float, wrong: float, t: float, rates: Sequence[tuple[float, float]]) -> bool:
    """Whether nobody scores higher at that t."""
    scores = [r + t * (1 - r - w) for r, w in rates]  # N_t, linear in t
    return right + t * (1 - right - wrong) >= max(*scores, t) - TIED  # never answering scores N_t = t

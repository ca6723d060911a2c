"""Two runs or two models on the same samples: paired differences with exact tests, and which samples flip."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.behaviour import CODES
from evalkit.analysis.collection import canonical
from evalkit.errors import InputError, UsageError
from evalkit.metrics import paired, rank_sets
from evalkit.metrics.measurement import Measurement, Pattern
from evalkit.metrics.threshold import penalty
from evalkit.records import Outcome
from evalkit.runs.condition import card_conditions, differing
from evalkit.runs.folder import DEFAULT_FOLDER, find_run
from evalkit.runs.manifest import read_manifest
from evalkit.runs.outcomes import read_missing, read_outcomes
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS, Condition
from evalkit.runs.tally import CardKey

MOST_MODELS = 2


class Flip(NamedTuple):
    """Samples on which A and B came out differently in one way."""

    a: str
    b: str
    samples: list[str]


class Row(NamedTuple):
    """A and B at one target."""

    task: str
    threshold: float
    mode: Literal["open", "closed"]
    """open: this target was stated to both; closed: none was stated to either."""
    n: int
    """Samples that both have, with at least one graded answer each."""
    score_a: float | None
    """None where no sample is graded on both sides; so are all numbers below but the range."""
    score_b: float | None
    difference: float | None
    """A less B; above 0 means that A is better."""
    se: float | None
    ci95: tuple[float, float] | None
    p: float | None
    """Exact sign-flip test, two-sided; the unit is the sample."""
    p_holm: float | None
    """The same, corrected for the number of rows of this comparison."""
    flips: list[Flip]
    missing: int = 0
    """Answers to common samples that one of them lacks."""
    range: tuple[float, float] | None = None
    """The difference with every missing answer at its worst for A, and at its best; None where none is missing."""
    missing_share: float = 0.0
    """Missing answers, of all that were asked for, in [0, 1]."""


class CutOff(NamedTuple):
    """Answers of one side that the token limit ended before they committed to one."""

    cut: int
    truncated: int
    """Those of them that are missing, as they are by default."""
    asked: int
    limit: str = ""
    """The limit in tokens, where it is known."""
    own: bool = True
    """Whether evalkit asked; an answer read from a log is not asked for again."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All that two runs have in common."""

    a: str
    """Name of A's run."""
    b: str
    rows: list[Row]
    only_a: int
    """Samples that B lacks."""
    only_b: int
    crossings: dict[str, tuple[paired.Crossing, paired.FiellerSet | None]]
    """Task → where the ranks change with t, no target stated; the set needs one epoch a sample."""
    heading_a: str = ""
    """A's model, and what differs from B's condition."""
    heading_b: str = ""
    cut_off: tuple[CutOff, CutOff]
    """Of A and of B."""


def compare_runs(
    a: str | Path,
    b: str | Path | None = None,
    thresholds: Sequence[float] = (),
    out: str | Path = DEFAULT_FOLDER,
    models: Sequence[str] = (),
) -> Comparison:
    """Compare two runs, or two models of one run, on the samples that both have.

    Args:
        a, b: run folders, or names below `out`; without `b`, two models of `a` are compared.
        thresholds: where they are compared; default: the targets that were stated to both, and 0, 0.5, 0.75, 0.9
            where none was stated to either.
        out: where runs are looked for by name.
        models: A's model and B's, of runs that hold several; one name stands for both.

    Raises:
        UsageError: one run without two models.
        InputError: no such run or model, several models in a run and none named, or no sample in common.
    """
    names = _models(models, alone=b is None)
    folders = find_run(a, out), find_run(a if b is None else b, out)
    first, second = (_read(folder, name) for folder, name in zip(folders, names, strict=True))
    rows: list[Row] = []
    only_a = only_b = 0
    crossings = {}
    for key in sorted(first.cards.keys() & second.cards.keys(), key=str):
        mine, theirs = first.cards[key], second.cards[key]
        both = sorted(mine.keys() & theirs.keys())
        only_a, only_b = only_a + len(mine) - len(both), only_b + len(theirs) - len(both)
        if not both:
            continue
        pair = _Pair(mine, theirs, both, first.unanswerable | second.unanswerable)
        rows.extend(pair.row(key, t) for t in _targets(key.prompt_threshold, thresholds))
        if key.prompt_threshold is None and pair.shared:
            crossings[key.task] = pair.crossing()
    if not rows:
        raise InputError(f"{folders[0].name} and {folders[1].name} have no sample in common that was asked alike")
    headings = _headings(first, second)
    return Comparison(
        a=folders[0].name,
        b=folders[1].name,
        rows=_corrected(rows),
        only_a=only_a,
        only_b=only_b,
        crossings=crossings,
        heading_a=headings[0],
        heading_b=headings[1],
        cut_off=(first.cut_off, second.cut_off),
    )


Epochs = dict[int, Outcome]
Samples = dict[str, Epochs]


@dataclass(kw_only=True)
class _Side:
    """What one model answered in one run."""

    model: str
    condition: Condition
    cards: dict[CardKey, Samples] = field(default_factory=dict)
    unanswerable: set[str] = field(default_factory=set)
    cut: int = 0
    truncated: int = 0
    asked: int = 0
    own: bool = True

    @property
    def cut_off(self) -> CutOff:
        """Its answers that were cut off."""
        limit = self.condition.settings.get("max_tokens", "")
        return CutOff(self.cut, self.truncated, self.asked, limit, self.own)


class _Pair:
    """The answers of A and B to the same samples."""

    def __init__(self, mine: Samples, theirs: Samples, both: Sequence[str], unanswerable: set[str]) -> None:
        self.shared = [sample for sample in both if _graded(mine[sample]) and _graded(theirs[sample])]
        """Samples that both have and that are graded on both sides."""
        self._both = both
        self._mine, self._theirs = mine, theirs
        self._unanswerable = unanswerable
        self._counts_a, self._counts_b = _counts(self.shared, mine), _counts(self.shared, theirs)

    def row(self, key: CardKey, t: float) -> Row:
        """Both at one target."""
        missing, share, bounds = self._missing(t)
        mode: Literal["open", "closed"] = "closed" if key.prompt_threshold is None else "open"
        scores = [self._measure(self.shared, side).score(t) for side in (self._mine, self._theirs)]
        if scores[0] is None or scores[1] is None:
            return Row(
                task=key.task, threshold=t, mode=mode, n=0, score_a=None, score_b=None, difference=None, se=None,
                ci95=None, p=None, p_holm=None, flips=[], missing=missing, range=bounds, missing_share=share,
            )  # fmt: skip
        difference, p = self._difference(t)
        half = 1.959964 * difference.se
        return Row(
            task=key.task,
            threshold=t,
            mode=mode,
            n=len(self.shared),
            score_a=scores[0].value,
            score_b=scores[1].value,
            difference=difference.value,
            se=difference.se,
            ci95=(difference.value - half, difference.value + half),
            p=p,
            p_holm=p,
            flips=self._flips(),
            missing=missing,
            range=bounds,
            missing_share=share,
        )

    def crossing(self) -> tuple[paired.Crossing, paired.FiellerSet | None]:
        """Where the ranks change with t."""
        rates = [float(share) for counts in (self._counts_a, self._counts_b) for share in _shares(counts)[:2]]
        table = self._table()
        return paired.crossing(*rates), paired.crossing_interval(table) if table is not None else None

    def _difference(self, t: float) -> tuple[paired.Difference, float]:
        table = self._table()
        if table is not None:
            return paired.difference(table, t), paired.sign_flip(table, t)
        differences = _item_scores(self._counts_a, t) - _item_scores(self._counts_b, t)
        spread = float(np.std(differences, ddof=1)) if len(differences) > 1 else math.nan
        difference = paired.Difference(float(differences.mean()), spread / math.sqrt(len(differences)))
        return difference, paired.sign_flip_of_differences(differences)

    def _table(self) -> list[list[int]] | None:
        """Samples by both outcomes; None where the epochs of a sample disagree."""
        if not (_agree(self._counts_a) and _agree(self._counts_b)):
            return None
        pairs = Counter(zip(self._counts_a.argmax(axis=1), self._counts_b.argmax(axis=1), strict=True))
        return [[pairs[a, b] for b in range(3)] for a in range(3)]

    def _measure(self, samples: Sequence[str], side: Samples) -> Measurement:
        return Measurement.of_items(_pattern(side[sample], sample not in self._unanswerable) for sample in samples)

    def _missing(self, t: float) -> tuple[int, float, tuple[float, float] | None]:
        """Missing answers, their share, and where the difference lies whatever they would have been."""
        sides = [self._measure(self._both, side) for side in (self._mine, self._theirs)]
        missing = sum(side.missing for side in sides)
        if not missing:
            return 0, 0.0, None
        (low_a, high_a), (low_b, high_b) = (_ends(side, t) for side in sides)
        return missing, missing / sum(side.n + side.missing for side in sides), (low_a - high_b, high_a - low_b)

    def _flips(self) -> list[Flip]:
        """By the first graded epoch of each."""
        flips: dict[tuple[int, int], list[str]] = {}
        for sample in self.shared:
            pair = CODES[_graded(self._mine[sample])[0]], CODES[_graded(self._theirs[sample])[0]]
            if pair[0] != pair[1]:
                flips.setdefault(pair, []).append(sample.partition("\0")[0])
        names = [outcome.value for outcome in CODES]
        return [Flip(names[a], names[b], samples) for (a, b), samples in sorted(flips.items())]


def _models(models: Sequence[str], *, alone: bool) -> tuple[str | None, str | None]:
    """A's model and B's."""
    if len(models) > MOST_MODELS:
        raise UsageError(f"a comparison is of two models; given are {', '.join(models)}")
    if alone and len(models) < MOST_MODELS:
        raise UsageError("give two runs, or one run and two models: --model A --model B")
    if not models:
        return None, None
    return models[0], models[-1]


def _read(folder: Path, wanted: str | None) -> _Side:
    """The outcomes of one model of a run by card, failures as missing answers."""
    manifest = read_manifest(folder)
    sides: dict[str, _Side] = {}

    def side(model: str) -> _Side:
        return sides.setdefault(model, _Side(model=model, condition=Condition(), own=manifest.kind == "run"))

    done = set()
    for row in read_outcomes(folder):
        one = side(row.model)
        done.add((row.task, row.model, row.sample_id, row.epoch, row.prompt_threshold))
        outcome = Outcome.MISSING if row.grade.undecided else Outcome(row.grade.outcome)
        one.cards.setdefault(CardKey(row.task, row.prompt_threshold), {}).setdefault(row.item, {})[row.epoch] = outcome
        one.asked += 1
        one.cut += row.grade.non_answer == "truncated"
        one.truncated += row.grade.non_answer == "truncated" and outcome is Outcome.MISSING
        if row.metadata.get("answerable", True) is False:
            one.unanswerable.add(row.item)
    for failure in read_missing(folder, done):
        one = side(failure.model)
        card = one.cards.setdefault(CardKey(failure.task, failure.prompt_threshold), {})
        card.setdefault(failure.sample_id, {}).setdefault(failure.epoch, Outcome.MISSING)
        one.asked += 1
        if not failure.answerable:
            one.unanswerable.add(failure.sample_id)
    chosen = _chosen(folder, sides, wanted)
    conditions = card_conditions(manifest)
    chosen.condition = next((one for (_, model), one in conditions.items() if model == chosen.model), Condition())
    return chosen


def _chosen(folder: Path, sides: Mapping[str, _Side], wanted: str | None) -> _Side:
    if wanted is not None:
        for model, side in sides.items():
            if wanted in (model, canonical(model)):
                return side
        raise InputError(f"{folder.name} holds no model {wanted!r}; it holds {', '.join(sorted(sides)) or 'no answer'}")
    if len(sides) > 1:
        raise InputError(
            f"{folder} holds {len(sides)} models; say which with --model A --model B: {', '.join(sorted(sides))}"
        )
    if not sides:
        raise InputError(f"{folder.name} holds no answer; see: evalkit show {folder}")
    return next(iter(sides.values()))


def _headings(first: _Side, second: _Side) -> tuple[str, str]:
    labels = differing([first.condition, second.condition])
    names = [
        f"{side.model} [{label}]" if label else side.model for side, label in zip((first, second), labels, strict=True)
    ]
    return names[0], names[1]


def _corrected(rows: Sequence[Row]) -> list[Row]:
    """The rows with Holm's correction over those that have a p-value."""
    known = [row.p for row in rows if row.p is not None]
    corrected = iter(rank_sets.holm(known)) if known else iter(())
    return [row if row.p is None else row._replace(p_holm=next(corrected)) for row in rows]


def _graded(epochs: Epochs) -> list[Outcome]:
    return [outcome for _, outcome in sorted(epochs.items()) if outcome in CODES]


def _targets(told: float | None, thresholds: Sequence[float]) -> Sequence[float]:
    if told is None:
        return thresholds or DEFAULT_THRESHOLDS
    return [told] if not thresholds or told in thresholds else []


def _counts(samples: Sequence[str], outcomes: Samples) -> NDArray[np.int64]:
    """Correct, wrong and IDK answers of each sample, shape (samples, 3)."""
    counts = [[_graded(outcomes[s]).count(outcome) for outcome in CODES] for s in samples]
    return np.array(counts, dtype=np.int64).reshape(len(samples), len(CODES))


def _pattern(epochs: Epochs, answerable: bool) -> Pattern:
    counts = Counter(epochs.values())
    right, wrong, idk = (counts[outcome] for outcome in CODES)
    return Pattern(right, wrong, idk, counts[Outcome.MISSING], answerable=answerable)


def _ends(measured: Measurement, t: float) -> tuple[float, float]:
    """The score with every missing answer at its worst and at its best."""
    ends = measured.ends(t)
    if ends is not None:
        return ends
    value = measured.pessimistic(t)
    return value, value


def _agree(counts: NDArray[np.int64]) -> bool:
    return bool(((counts > 0).sum(axis=1) == 1).all())


def _shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = (counts / counts.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares


def _item_scores(counts: NDArray[np.int64], t: float) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = (counts[:, 0] - penalty(t) * counts[:, 1]) / counts.sum(axis=1)
    return scores

"""Two runs on the same samples: paired differences with exact tests, and which samples flip."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.behaviour import CODES, outcomes_by_card
from evalkit.errors import InputError
from evalkit.metrics import paired, rank_sets
from evalkit.metrics.threshold import penalty
from evalkit.records import Outcome
from evalkit.runs.condition import card_conditions, differing
from evalkit.runs.folder import DEFAULT_FOLDER, find_run
from evalkit.runs.manifest import read_manifest
from evalkit.runs.outcomes import read_missing
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS, Condition
from evalkit.runs.tally import CardKey, Outcomes


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
    score_a: float
    score_b: float
    difference: float
    """A less B; above 0 means that A is better."""
    se: float
    ci95: tuple[float, float]
    p: float
    """Exact sign-flip test, two-sided; the unit is the sample."""
    p_holm: float
    """The same, corrected for the number of rows of this comparison."""
    flips: list[Flip]
    missing: int = 0
    """Answers to common samples that one of them lacks."""
    range: tuple[float, float] | None = None
    """The difference with every missing answer at its worst for A, and at its best; None where none is missing."""


class Comparison(NamedTuple):
    """All that two runs have in common."""

    a: str
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


def compare(
    a: str | Path, b: str | Path, thresholds: Sequence[float] = (), out: str | Path = DEFAULT_FOLDER
) -> Comparison:
    """Compare two runs on the samples that both have; the public `evalkit.compare`.

    Args:
        a, b: run folders, or names below `out`.
        thresholds: where they are compared; default: the targets that were stated to both, and 0, 0.5, 0.75, 0.9
            where none was stated to either.
        out: where runs are looked for by name.

    Raises:
        InputError: no such run, several models in one, or no sample in common.
    """
    folders = find_run(a, out), find_run(b, out)
    first, second = (_with_failures(folder) for folder in folders)
    rows: list[Row] = []
    only_a = only_b = 0
    crossings = {}
    for key in sorted(first.keys() & second.keys(), key=str):
        mine, theirs = first[key], second[key]
        both = sorted(mine.keys() & theirs.keys())
        only_a, only_b = only_a + len(mine) - len(both), only_b + len(theirs) - len(both)
        shared = [sample for sample in both if _graded(mine[sample]) and _graded(theirs[sample])]
        if not shared:
            continue
        pair = _Pair(shared, both, mine, theirs)
        rows.extend(pair.row(key, t) for t in _targets(key.prompt_threshold, thresholds))
        if key.prompt_threshold is None:
            crossings[key.task] = pair.crossing()
    if not rows:
        raise InputError(f"{folders[0].name} and {folders[1].name} have no sample in common that was asked alike")
    corrected = rank_sets.holm([row.p for row in rows])
    rows = [row._replace(p_holm=p) for row, p in zip(rows, corrected, strict=True)]
    headings = _headings(*folders)
    return Comparison(folders[0].name, folders[1].name, rows, only_a, only_b, crossings, *headings)


class _Pair:
    """The answers of A and B to the same samples."""

    def __init__(self, shared: Sequence[str], both: Sequence[str], mine: Outcomes, theirs: Outcomes) -> None:
        self._shared = shared
        self._both = both
        self._mine, self._theirs = mine, theirs
        self._counts_a, self._counts_b = _counts(shared, mine), _counts(shared, theirs)

    def row(self, key: CardKey, t: float) -> Row:
        """Both at one target."""
        a, b = _item_scores(self._counts_a, t), _item_scores(self._counts_b, t)
        table = self._table()
        if table is not None:
            difference, p = paired.difference(table, t), paired.sign_flip(table, t)
        else:
            differences = a - b
            spread = float(np.std(differences, ddof=1)) if len(differences) > 1 else math.nan
            difference = paired.Difference(float(differences.mean()), spread / math.sqrt(len(differences)))
            p = paired.sign_flip_of_differences(differences)
        half = 1.959964 * difference.se
        missing, bounds = self._missing(t)
        return Row(
            task=key.task,
            threshold=t,
            mode="closed" if key.prompt_threshold is None else "open",
            n=len(self._shared),
            score_a=float(a.mean()),
            score_b=float(b.mean()),
            difference=difference.value,
            se=difference.se,
            ci95=(difference.value - half, difference.value + half),
            p=p,
            p_holm=p,
            flips=self._flips(),
            missing=missing,
            range=bounds,
        )

    def crossing(self) -> tuple[paired.Crossing, paired.FiellerSet | None]:
        """Where the ranks change with t."""
        rates = [float(share) for counts in (self._counts_a, self._counts_b) for share in _shares(counts)[:2]]
        table = self._table()
        return paired.crossing(*rates), paired.crossing_interval(table) if table is not None else None

    def _table(self) -> list[list[int]] | None:
        """Samples by both outcomes; None where the epochs of a sample disagree."""
        if not (_agree(self._counts_a) and _agree(self._counts_b)):
            return None
        pairs = Counter(zip(self._counts_a.argmax(axis=1), self._counts_b.argmax(axis=1), strict=True))
        return [[pairs[a, b] for b in range(3)] for a in range(3)]

    def _missing(self, t: float) -> tuple[int, tuple[float, float] | None]:
        mine, theirs = _with_missing(self._both, self._mine), _with_missing(self._both, self._theirs)
        missing = int(mine[:, 3].sum() + theirs[:, 3].sum())
        if not missing:
            return 0, None
        cost = penalty(t)
        (worst_a, best_a), (worst_b, best_b) = (_extremes(counts, cost) for counts in (mine, theirs))
        return missing, (float((worst_a - best_b).mean()), float((best_a - worst_b).mean()))

    def _flips(self) -> list[Flip]:
        """By the first graded epoch of each."""
        flips: dict[tuple[int, int], list[str]] = {}
        for sample in self._shared:
            pair = CODES[_graded(self._mine[sample])[0]], CODES[_graded(self._theirs[sample])[0]]
            if pair[0] != pair[1]:
                flips.setdefault(pair, []).append(sample)
        names = [outcome.value for outcome in CODES]
        return [Flip(names[a], names[b], samples) for (a, b), samples in sorted(flips.items())]


def _with_failures(folder: Path) -> dict[CardKey, Outcomes]:
    """Outcomes by card, the failures as missing answers."""
    cards = outcomes_by_card(folder)
    for failure in read_missing(folder, set()):
        epochs = cards.setdefault(CardKey(failure.task, failure.prompt_threshold), {}).setdefault(failure.sample_id, {})
        epochs.setdefault(failure.epoch, Outcome.MISSING)
    return cards


def _headings(a: Path, b: Path) -> tuple[str, str]:
    sides: list[tuple[str, Condition]] = []
    for folder in (a, b):
        (_, model), condition = next(iter(card_conditions(read_manifest(folder)).items()), (("", ""), Condition()))
        sides.append((model, condition))
    labels = differing([condition for _, condition in sides])
    first, second = (f"{model} [{label}]" if label else model for (model, _), label in zip(sides, labels, strict=True))
    return first, second


def _graded(epochs: dict[int, Outcome]) -> list[Outcome]:
    return [outcome for _, outcome in sorted(epochs.items()) if outcome in CODES]


def _targets(told: float | None, thresholds: Sequence[float]) -> Sequence[float]:
    if told is None:
        return thresholds or DEFAULT_THRESHOLDS
    return [told] if not thresholds or told in thresholds else []


def _counts(samples: Sequence[str], outcomes: Outcomes) -> NDArray[np.int64]:
    """Correct, wrong and IDK answers of each sample, shape (samples, 3)."""
    return np.array([[_graded(outcomes[s]).count(outcome) for outcome in CODES] for s in samples], dtype=np.int64)


def _with_missing(samples: Sequence[str], outcomes: Outcomes) -> NDArray[np.int64]:
    """The same with the missing answers, shape (samples, 4)."""
    kinds = (*CODES, Outcome.MISSING)
    return np.array([[list(outcomes[s].values()).count(kind) for kind in kinds] for s in samples], dtype=np.int64)


def _agree(counts: NDArray[np.int64]) -> bool:
    return bool(((counts > 0).sum(axis=1) == 1).all())


def _shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = (counts / counts.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares


def _item_scores(counts: NDArray[np.int64], t: float) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = (counts[:, 0] - penalty(t) * counts[:, 1]) / counts.sum(axis=1)
    return scores


def _extremes(counts: NDArray[np.int64], cost: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    right, wrong, _, missing = counts.T
    asked = counts.sum(axis=1)
    return (right - cost * (wrong + missing)) / asked, (right + missing - cost * wrong) / asked

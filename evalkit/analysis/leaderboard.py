"""Runs to one leaderboard: who scores how much at each threshold, how sure that rank is, and where ranks change."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.comparison import Outcomes, outcomes_by_card
from evalkit.errors import InputError
from evalkit.metrics import paired
from evalkit.metrics.rank_sets import rank_sets
from evalkit.metrics.threshold import check_threshold, penalty
from evalkit.rescoring.rescore import Terms, rescore_files
from evalkit.runs import journal
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS, CardBuilder, CardHead, NonAnswers, Score, Scorecard
from evalkit.runs.session import DEFAULT_FOLDER, read_result

if TYPE_CHECKING:
    import pandas as pd

Mode = Literal["closed", "open"]
LARGEST = 200_000
"""Records of one board from which rank sets are left out: they need every answer of every model."""

TIED = 1e-12
"""Scores nearer than this are equal."""
STRATUM = "\0"
"""Between task and sample on a board of several tasks; no sample's name holds it."""


@dataclass(frozen=True)
class Counts:
    """One set of answers: those told nothing, or those told one target."""

    n: int
    correct: int
    error: int
    idk: int
    failed: int
    non_answers: NonAnswers
    rates: tuple[float, float] | None = None
    """Correct and error rate where they do not follow from the counts: means over tasks."""

    @property
    def correct_rate(self) -> float:
        """Share of the questions answered rightly."""
        return self.rates[0] if self.rates else self.correct / self.n

    @property
    def error_rate(self) -> float:
        """Share of the questions answered wrongly."""
        return self.rates[1] if self.rates else self.error / self.n

    @property
    def coverage(self) -> float:
        """Share of the questions answered."""
        return self.correct_rate + self.error_rate


@dataclass
class Entry:
    """One model on one task in one mode."""

    task: str
    model: str
    mode: Mode
    accuracy: tuple[float, float, float] | None
    """Value and 95% interval; closed only, since it is one set of answers."""
    scores: dict[float, Score]
    """Threshold → score."""
    counted: dict[float, Counts]
    """Threshold → the answers that were scored there: always the same ones where nothing was told."""
    ranks: dict[float, int] = field(default_factory=dict)
    rank_sets: dict[float, tuple[int, int]] = field(default_factory=dict)
    """95%, all models of the board at once; empty where their samples are not the same."""
    rank_changes: dict[float, int] = field(default_factory=dict)
    """Ranks won (above 0) or lost against plain accuracy."""
    runs: list[str] = field(default_factory=list)
    outcomes: dict[float | None, Outcomes] = field(default_factory=dict, repr=False)
    """Told → outcomes by sample."""

    @property
    def counts(self) -> Counts:
        """The answers at the lowest threshold; at any, where nothing was told."""
        return self.counted[min(self.counted)]

    @property
    def sizes(self) -> tuple[int, int]:
        """Fewest and most answers at a threshold."""
        return min(counts.n for counts in self.counted.values()), max(counts.n for counts in self.counted.values())

    @property
    def mean_normalized(self) -> float:
        """Equal-weight mean of N_t over the thresholds, in [0, 1]: what orders the board."""
        values = [score.normalized for score in self.scores.values()]
        return sum(values) / len(values) if values else float("-inf")


@dataclass(frozen=True)
class Crossing:
    """Where one model overtakes its neighbour as a mistake comes to cost more."""

    ahead_below: str
    ahead_above: str
    t: float
    leads: bool = False
    """Whether the one ahead above it is then first of all."""


@dataclass
class Board:
    """One task in one mode, best first."""

    task: str
    mode: Mode
    thresholds: list[float]
    entries: list[Entry]
    common: int
    """Samples that all models have."""
    uncommon: int
    """Samples that some of them lack."""
    crossings: list[Crossing] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    """What it is the mean of, if of several tasks."""
    left_out: list[str] = field(default_factory=list)
    """Models that lack one of those."""


@dataclass
class Ranking:
    """All boards."""

    boards: list[Board]
    superseded: int
    """Cards of older runs that a newer run of the same task, model and target replaces."""
    left_out: int
    """Cards without an answer."""


def leaderboard(
    paths: Iterable[str | Path] = (),
    *,
    thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
    threshold: float | None = None,
    macro: bool = False,
) -> pd.DataFrame:
    """Rank every run below some folders; the public `evalkit.leaderboard`.

    Args:
        paths: run folders, folders that hold them, or foreign outputs, which are rescored; default `results/`.
        thresholds: where answers that were told nothing are scored.
        threshold: the same, for one.
        macro: whether a board of the mean over tasks comes first.

    Returns:
        One row a task, model, mode and threshold, with the columns of the CSV.

    Raises:
        InputError: there is nothing to rank.
        ValueError: a threshold is none.
    """
    import pandas as pd

    found = rank(paths, [threshold] if threshold is not None else thresholds, macro=macro)
    return pd.DataFrame(rows(found), columns=COLUMNS)


COLUMNS = [
    "task", "mode", "threshold", "rank", "rank_low", "rank_high", "rank_change", "model", "n", "correct", "error",
    "idk", "failed", "accuracy", "accuracy_low", "accuracy_high", "score", "score_low", "score_high", "normalized",
    "coverage", "error_rate", "abstained", "refusal", "empty", "unparsed", "run",
]  # fmt: skip


def rows(ranking: Ranking) -> list[dict[str, Any]]:
    """The ranking as flat rows, one a threshold."""
    return [_row(entry, t) for board in ranking.boards for entry in board.entries for t in entry.scores]


def _row(entry: Entry, t: float) -> dict[str, Any]:
    score, counts = entry.scores[t], entry.counted[t]
    low, high = entry.rank_sets.get(t, (None, None))
    accuracy = entry.accuracy or (None, None, None)
    return {
        "task": entry.task,
        "mode": entry.mode,
        "threshold": t,
        "rank": entry.ranks.get(t),
        "rank_low": low,
        "rank_high": high,
        "rank_change": entry.rank_changes.get(t),
        "model": entry.model,
        "n": counts.n,
        "correct": counts.correct,
        "error": counts.error,
        "idk": counts.idk,
        "failed": counts.failed,
        "accuracy": accuracy[0],
        "accuracy_low": accuracy[1],
        "accuracy_high": accuracy[2],
        "score": score.value,
        "score_low": score.ci95[0],
        "score_high": score.ci95[1],
        "normalized": score.normalized,
        "coverage": counts.coverage,
        "error_rate": counts.error_rate,
        **counts.non_answers.model_dump(),
        "run": " ".join(entry.runs),
    }


def rank(
    paths: Iterable[str | Path] = (),
    thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
    out: Path = Path(DEFAULT_FOLDER),
    *,
    macro: bool = False,
) -> Ranking:
    """Rank every run below some folders.

    Args:
        paths: run folders, folders that hold them, or foreign outputs, which are rescored into `out`.
        thresholds: where answers that were told nothing are scored, each 0 ≤ t < 1.
        out: folder for rescored runs, and what is ranked where no path is given.
        macro: whether boards of the mean over tasks come first.

    Raises:
        InputError: there is nothing to rank.
        ValueError: a threshold is none.
    """
    ts = sorted({check_threshold(t) for t in thresholds})
    cards, superseded = _newest(_runs(paths, out))
    entries: dict[tuple[str, Mode, str], Entry] = {}
    empty = 0
    for card, folder, outcomes in cards:
        if not card.n:
            empty += 1
            continue
        _add(entries, card, folder, outcomes, ts)
    boards = []
    for task, mode in sorted({(task, mode) for task, mode, _ in entries}):
        boards.append(make_board(task, mode, [entry for key, entry in entries.items() if key[:2] == (task, mode)]))
    if not boards:
        raise InputError("there is nothing to rank: no run with an answer")
    if macro:
        from evalkit.analysis.macro import macro_boards  # it builds on the boards of this module

        boards = macro_boards(boards) + boards
    return Ranking(boards, superseded, empty)


def _runs(paths: Iterable[str | Path], out: Path) -> list[Path]:
    """Run folders, oldest first; foreign files become one."""
    folders, foreign = [], []
    for path in [Path(path) for path in paths] or [out]:
        below = sorted(found.parent for found in path.rglob(journal.RUN)) if path.is_dir() else []
        if below:
            folders += below
        else:
            foreign.append(path)
    empty = [path for path in foreign if path.is_dir() and not any(child.is_file() for child in path.rglob("*"))]
    if empty:
        raise InputError(f"no run and no output below {empty[0]}")
    if foreign:
        folders.append(rescore_files(foreign, Terms(), out).result.folder)
    return sorted(folders, key=lambda folder: (str(journal.read_run(folder).get("created", "")), str(folder)))


def _newest(folders: Sequence[Path]) -> tuple[list[tuple[Scorecard, Path, Outcomes]], int]:
    newest: dict[tuple[str, str, float | None], tuple[Scorecard, Path, Outcomes]] = {}
    superseded = 0
    for folder in folders:
        outcomes = _outcomes(folder)
        for card in read_result(folder).scorecards:
            if card.policy is not None:
                continue
            key = (str(card.task), str(card.model), card.prompt_threshold)
            superseded += key in newest
            newest[key] = (card, folder, outcomes.get(key, {}))
    return list(newest.values()), superseded


def _outcomes(folder: Path) -> dict[tuple[str, str, float | None], Outcomes]:
    models: dict[str, list[Any]] = {}
    for record in journal.read_records(folder):
        bare = record.model_copy(update={"messages": [], "metadata": {}, "target": []})
        models.setdefault(record.model, []).append(bare)
    return {
        (task, model, told): outcomes
        for model, records in models.items()
        for (task, told), outcomes in outcomes_by_card(records).items()
    }


def _add(
    entries: dict[tuple[str, Mode, str], Entry], card: Scorecard, folder: Path, outcomes: Outcomes, ts: Sequence[float]
) -> None:
    mode: Mode = "closed" if card.prompt_threshold is None else "open"
    key = (str(card.task), mode, str(card.model))
    accuracy = card.accuracy
    entry = entries.setdefault(key, Entry(key[0], key[2], mode, None, {}, {}))
    counts = Counts(card.n, card.correct, card.error, card.idk, card.failed, card.non_answers)
    if mode == "closed" and accuracy is not None:
        entry.accuracy = (accuracy.value, *accuracy.ci95)
    for score in _scores(card, ts):
        entry.scores[score.threshold] = score
        entry.counted[score.threshold] = counts
    entry.outcomes[card.prompt_threshold] = outcomes
    if str(folder) not in entry.runs:
        entry.runs.append(str(folder))


def _scores(card: Scorecard, ts: Sequence[float]) -> Sequence[Score]:
    """An open card has the score of its own target; a closed one is scored wherever asked."""
    if card.prompt_threshold is not None:
        return card.scores
    known = {score.threshold: score for score in card.scores}
    missing = [t for t in ts if t not in known]
    if missing:
        built = CardBuilder.of_counts(card.correct, card.error, card.idk).build(CardHead(), missing)
        known |= {score.threshold: score for score in built.scores}
    return [known[t] for t in ts]


def make_board(task: str, mode: Mode, entries: list[Entry]) -> Board:
    """Rank the entries of one task in one mode, best first.

    Args:
        task: what the board is called.
        mode: of all entries.
        entries: a model each.
    """
    ts = sorted({t for entry in entries for t in entry.scores})
    base = _base_ranks(entries, mode)
    sets = [frozenset(sample for told in entry.outcomes.values() for sample in told) for entry in entries]
    common = frozenset.intersection(*sets) if sets else frozenset()
    everything = frozenset.union(*sets) if sets else frozenset()
    for t in ts:
        having = [(k, entry) for k, entry in enumerate(entries) if t in entry.scores]
        found = _ranks([entry.scores[t].value for _, entry in having])
        for (k, entry), place in zip(having, found, strict=True):
            entry.ranks[t] = place
            if base and len(having) == len(entries):
                entry.rank_changes[t] = base[k] - place
        _add_rank_sets([entry for _, entry in having], t, mode, common)
    ordered = sorted(entries, key=lambda entry: (-entry.mean_normalized, entry.model))
    crossings = _crossings(ordered) if mode == "closed" else []
    return Board(task, mode, ts, ordered, len(common), len(everything) - len(common), crossings)


def _base_ranks(entries: Sequence[Entry], mode: Mode) -> list[int]:
    """Ranks by plain accuracy: of what was told nothing, or told t = 0; empty where not all were."""
    if mode == "closed":
        return _ranks([entry.counts.correct_rate for entry in entries])
    if any(0.0 not in entry.counted for entry in entries):
        return []
    return _ranks([entry.counted[0.0].correct_rate for entry in entries])


def _ranks(values: Sequence[float]) -> list[int]:
    return [1 + sum(other > value for other in values) for value in values]


def _add_rank_sets(entries: Sequence[Entry], t: float, mode: Mode, common: frozenset[str]) -> None:
    if len(entries) < 2 or len(common) < 2 or len(common) * len(entries) > LARGEST:  # noqa: PLR2004 - nothing to tell apart
        return
    told = None if mode == "closed" else t
    if any(told not in entry.outcomes for entry in entries):
        return
    values = np.array([1.0, -penalty(t), 0.0])
    samples = sorted(common & frozenset.intersection(*(frozenset(entry.outcomes[told]) for entry in entries)))
    if len(samples) < 2:  # noqa: PLR2004 - likewise
        return
    scores = np.array([[values[entry.outcomes[told][s]].mean() for entry in entries] for s in samples])
    scores *= _weights(samples)[:, None]
    for entry, found in zip(entries, rank_sets(scores, draws=500), strict=True):
        entry.rank_sets[t] = (found.best, found.worst)


def _weights(samples: Sequence[str]) -> NDArray[np.float64]:
    """What a sample weighs so that every task weighs the same; 1 on a board of a single task."""
    tasks = [sample.partition(STRATUM)[0] if STRATUM in sample else "" for sample in samples]
    sizes = Counter(tasks)
    return np.array([len(samples) / (len(sizes) * sizes[task]) for task in tasks])


def _crossings(entries: Sequence[Entry]) -> list[Crossing]:
    """Every change of places between t = 0 and 1, in that order; where two cross, they are neighbours."""
    by_accuracy = sorted(entries, key=lambda entry: -entry.counts.correct_rate)
    found = []
    for a, b in itertools.combinations(by_accuracy, 2):
        rates = (a.counts.correct_rate, a.counts.error_rate, b.counts.correct_rate, b.counts.error_rate)
        crossing = paired.crossing(*rates)
        if crossing.t is not None:
            found.append(Crossing(a.model, b.model, crossing.t, _leads(b, crossing.t, entries)))
    return sorted(found, key=lambda crossing: crossing.t)


def _leads(entry: Entry, t: float, entries: Sequence[Entry]) -> bool:
    """Whether nobody scores higher at that t."""
    scores = [one.counts.correct_rate + t * (1 - one.counts.coverage) for one in entries]  # N_t, linear in t
    return entry.counts.correct_rate + t * (1 - entry.counts.coverage) >= max(scores) - TIED

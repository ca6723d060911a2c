"""Two runs on the same samples, and one run under several targets: records to paired tables and audits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics import behavioural_calibration, paired, rank_sets
from evalkit.metrics.threshold import penalty
from evalkit.records import Outcome, Record
from evalkit.runs import journal
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS
from evalkit.runs.session import DEFAULT_FOLDER, find_run

CODES = {Outcome.CORRECT: 0, Outcome.ERROR: 1, Outcome.IDK: 2}
Outcomes = dict[str, list[int]]
"""Sample id → outcome codes, an epoch each."""


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
    """open: both were told this target; closed: both were told nothing."""
    n: int
    """Samples that both have."""
    score_a: float
    score_b: float
    difference: float
    """A less B; above 0 means that A is better."""
    se: float
    ci95: tuple[float, float]
    p: float
    """Exact sign-flip test, two-sided."""
    p_holm: float
    """The same, corrected for the number of rows of this comparison."""
    flips: list[Flip]


class Comparison(NamedTuple):
    """All that two runs have in common."""

    a: str
    b: str
    rows: list[Row]
    only_a: int
    """Samples that B lacks."""
    only_b: int
    crossings: dict[str, tuple[paired.Crossing, paired.FiellerSet | None]]
    """Task → where the ranks change with t, told nothing; the set needs one epoch a sample."""


def compare(
    a: str | Path, b: str | Path, thresholds: Sequence[float] = (), out: str | Path = DEFAULT_FOLDER
) -> Comparison:
    """Compare two runs on the samples that both have; the public `evalkit.compare`.

    Args:
        a, b: run folders, or names below `out`.
        thresholds: where they are compared; default: the targets that both were told, and 0, 0.5, 0.75, 0.9 where
            both were told nothing.
        out: where runs are looked for by name.

    Raises:
        InputError: no such run, several models in one, or no sample in common.
    """
    folders = find_run(a, out), find_run(b, out)
    first, second = (_by_card(journal.read_records(folder), folder) for folder in folders)
    rows: list[Row] = []
    only_a = only_b = 0
    crossings = {}
    for task, told in sorted(first.keys() & second.keys(), key=str):
        mine, theirs = first[task, told], second[task, told]
        shared = sorted(mine.keys() & theirs.keys())
        only_a, only_b = only_a + len(mine) - len(shared), only_b + len(theirs) - len(shared)
        if not shared:
            continue
        rows.extend(_row(task, t, told, shared, mine, theirs) for t in _targets(told, thresholds))
        if told is None:
            crossings[task] = _crossing(shared, mine, theirs)
    if not rows:
        raise InputError(f"{folders[0].name} and {folders[1].name} have no sample in common that was asked alike")
    corrected = rank_sets.holm([row.p for row in rows])
    rows = [row._replace(p_holm=p) for row, p in zip(rows, corrected, strict=True)]
    return Comparison(folders[0].name, folders[1].name, rows, only_a, only_b, crossings)


def behaviour(run: str | Path, out: str | Path = DEFAULT_FOLDER) -> dict[str, behavioural_calibration.Behaviour]:
    """Audit one run across the targets that its prompts stated; the public `evalkit.behaviour`.

    Every epoch of a sample counts as a question of its own, paired with the same epoch under the other targets.

    Args:
        run: a run folder, or its name below `out`.
        out: where runs are looked for by name.

    Returns:
        Task → audit, for tasks asked under two targets and more; `evalkit.behavioural` says what its numbers mean.

    Raises:
        InputError: no such run.
    """
    folder = find_run(run, out)
    return audits(_by_card(journal.read_records(folder), folder))


def audits(cards: dict[tuple[str, float | None], Outcomes]) -> dict[str, behavioural_calibration.Behaviour]:
    """`behaviour`, from outcomes by task and stated target."""
    found = {}
    for task in dict.fromkeys(task for task, _ in cards):
        ts = sorted(told for name, told in cards if name == task and told is not None)
        if len(ts) < 2:  # noqa: PLR2004 - nothing to hold against each other
            continue
        columns = [cards[task, t] for t in ts]
        rows = [
            [column[sample][epoch] for column in columns]
            for sample in columns[0]
            if all(sample in column for column in columns)
            for epoch in range(min(len(column[sample]) for column in columns))
        ]
        if rows:
            found[task] = behavioural_calibration.behaviour(np.array(rows, dtype=np.int64), ts)
    return found


Confidences = tuple[list[float], list[int]]
"""Confidences of claims, and 1 where the claim is right."""


def confidences(records: Iterable[Record]) -> dict[str, Confidences]:
    """Task → the claims whose confidence is known, of all targets.

    Args:
        records: of one run.
    """
    found: dict[str, Confidences] = {}
    for record in records:
        if record.grade.confidence is None or record.grade.outcome is Outcome.IDK:
            continue
        p, y = found.setdefault(record.task, ([], []))
        p.append(record.grade.confidence)
        y.append(int(record.grade.outcome is Outcome.CORRECT))
    return found


def outcomes_by_card(records: Iterable[Record]) -> dict[tuple[str, float | None], Outcomes]:
    """Outcome codes by (task, stated target), then by sample, in order of epochs."""
    cards: dict[tuple[str, float | None], dict[str, dict[int, int]]] = {}
    for record in records:
        card = cards.setdefault((record.task, record.prompt_threshold), {})
        card.setdefault(record.sample_id, {})[record.epoch] = CODES[record.grade.outcome]
    return {key: {s: [by[e] for e in sorted(by)] for s, by in card.items()} for key, card in cards.items()}


def _by_card(records: Iterable[Record], folder: Path) -> dict[tuple[str, float | None], Outcomes]:
    models: set[str] = set()

    def watched() -> Iterator[Record]:
        for record in records:
            models.add(record.model)
            yield record

    cards = outcomes_by_card(watched())
    if len(models) > 1:
        raise InputError(f"{folder} holds {len(models)} models; a comparison is of one model with one other")
    return cards


def _targets(told: float | None, thresholds: Sequence[float]) -> Sequence[float]:
    if told is None:
        return thresholds or DEFAULT_THRESHOLDS
    return [told] if not thresholds or told in thresholds else []


def _row(task: str, t: float, told: float | None, shared: Sequence[str], mine: Outcomes, theirs: Outcomes) -> Row:
    mode: Literal["open", "closed"] = "closed" if told is None else "open"
    values = np.array([1.0, -penalty(t), 0.0])
    if _single(shared, mine, theirs):
        table = _table(shared, mine, theirs)
        found, p = paired.difference(table, t), paired.sign_flip(table, t)
    else:
        differences = np.array([values[mine[s]].mean() - values[theirs[s]].mean() for s in shared])
        spread = float(np.std(differences, ddof=1)) if len(shared) > 1 else math.nan
        found = paired.Difference(float(differences.mean()), spread / math.sqrt(len(shared)))
        p = paired.sign_flip_of_differences(differences)
    half = 1.959964 * found.se
    return Row(
        task=task,
        threshold=t,
        mode=mode,
        n=len(shared),
        score_a=_mean_score(shared, mine, t),
        score_b=_mean_score(shared, theirs, t),
        difference=found.value,
        se=found.se,
        ci95=(found.value - half, found.value + half),
        p=p,
        p_holm=p,
        flips=_flips(shared, mine, theirs),
    )


def _mean_score(shared: Sequence[str], outcomes: Outcomes, t: float) -> float:
    shares = [[outcomes[s].count(code) / len(outcomes[s]) for code in range(3)] for s in shared]
    right, wrong, _ = np.mean(shares, axis=0)
    return float(right - penalty(t) * wrong)


def _single(shared: Sequence[str], mine: Outcomes, theirs: Outcomes) -> bool:
    return all(len(mine[s]) == 1 == len(theirs[s]) for s in shared)


def _table(shared: Sequence[str], mine: Outcomes, theirs: Outcomes) -> list[list[int]]:
    counts = Counter((mine[s][0], theirs[s][0]) for s in shared)
    return [[counts[a, b] for b in range(3)] for a in range(3)]


def _flips(shared: Sequence[str], mine: Outcomes, theirs: Outcomes) -> list[Flip]:
    """By the first epoch of each."""
    names = [outcome.value for outcome in CODES]
    found: dict[tuple[int, int], list[str]] = {}
    for sample in shared:
        pair = mine[sample][0], theirs[sample][0]
        if pair[0] != pair[1]:
            found.setdefault(pair, []).append(sample)
    return [Flip(names[a], names[b], samples) for (a, b), samples in sorted(found.items())]


def _crossing(
    shared: Sequence[str], mine: Outcomes, theirs: Outcomes
) -> tuple[paired.Crossing, paired.FiellerSet | None]:
    rates = [
        float(np.mean([side[s].count(code) / len(side[s]) for s in shared]))
        for side in (mine, theirs)
        for code in (0, 1)
    ]
    single = _single(shared, mine, theirs)
    return paired.crossing(*rates), paired.crossing_interval(_table(shared, mine, theirs)) if single else None

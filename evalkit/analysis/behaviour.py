"""One run under several stated targets, and the confidences of its claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics import behavioural_calibration, outcomes
from evalkit.records import Outcome, Record
from evalkit.runs.folder import DEFAULT_FOLDER, find_run
from evalkit.runs.outcomes import OutcomeRow, read_outcomes
from evalkit.runs.tally import CardKey, Outcomes

CODES = {Outcome(name): outcomes.CODES[name] for name in outcomes.GRADED}
"""Code of each outcome that is a verdict; a missing answer has none."""


def behaviour(run: str | Path, out: str | Path = DEFAULT_FOLDER) -> dict[str, behavioural_calibration.Behaviour]:
    """Hold the answers of one run under its stated targets against each other; the public `evalkit.behaviour`.

    The unit is the sample: its epochs are paired with the same epochs under the other targets, and together weigh as
    much as one question.

    Args:
        run: a run folder, or its name below `out`.
        out: where runs are looked for by name.

    Returns:
        Task → behavioural calibration, for tasks asked under two targets and more; see
        `evalkit.metrics.behavioural_calibration` for what its numbers mean.

    Raises:
        InputError: no such run, or it holds several models.
    """
    return behaviours(outcomes_by_card(find_run(run, out)))


def behaviours(cards: Mapping[CardKey, Outcomes]) -> dict[str, behavioural_calibration.Behaviour]:
    """`behaviour`, from outcomes by task and stated target."""
    results = {}
    for task in dict.fromkeys(key.task for key in cards):
        ts = sorted(key.prompt_threshold for key in cards if key.task == task and key.prompt_threshold is not None)
        if len(ts) < 2:  # noqa: PLR2004 - nothing to hold against each other
            continue
        rows, weights = _paired_rows([cards[CardKey(task, t)] for t in ts])
        if rows:
            results[task] = behavioural_calibration.behaviour(np.array(rows, dtype=np.int64), ts, np.array(weights))
    return results


def outcomes_by_card(folder: Path) -> dict[CardKey, Outcomes]:
    """Outcomes of a run of one model by task and stated target, then by sample and epoch.

    Raises:
        InputError: the run cannot be read, or holds several models.
    """
    cards: dict[CardKey, Outcomes] = {}
    models: set[str] = set()
    for row in read_outcomes(folder):
        models.add(row.model)
        outcome = Outcome.MISSING if row.grade.undecided else Outcome(row.grade.outcome)
        card = cards.setdefault(CardKey(row.task, row.prompt_threshold), {})
        card.setdefault(row.item, {})[row.epoch] = outcome
    if len(models) > 1:
        raise InputError(f"{folder} holds {len(models)} models; a comparison is of one model with one other")
    return cards


Confidences = tuple[list[float], list[int]]
"""Confidences of claims, and 1 where the claim is right."""


def confidences(records: Iterable[Record | OutcomeRow]) -> dict[str, Confidences]:
    """Task → the claims whose confidence is known, of all targets.

    Args:
        records: of one run.
    """
    claims: dict[str, Confidences] = {}
    for record in records:
        if record.grade.confidence is None or record.grade.outcome not in (Outcome.CORRECT, Outcome.ERROR):
            continue
        p, y = claims.setdefault(record.task, ([], []))
        p.append(record.grade.confidence)
        y.append(int(record.grade.outcome == Outcome.CORRECT))
    return claims


def _paired_rows(columns: list[Outcomes]) -> tuple[list[list[int]], list[float]]:
    """A row a sample and epoch that was graded under every target, and what it weighs."""
    rows: list[list[int]] = []
    weights: list[float] = []
    for sample, epochs in columns[0].items():
        if not all(sample in column for column in columns):
            continue
        answers = [[column[sample].get(epoch) for column in columns] for epoch in epochs]
        graded = [[CODES[a] for a in answer if a in CODES] for answer in answers]
        whole = [codes for codes in graded if len(codes) == len(columns)]
        rows += whole
        weights += [1 / max(len(whole), 1)] * len(whole)
    return rows, weights

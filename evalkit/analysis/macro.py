"""Boards of several tasks to one: every task weighs the same, however many questions it has."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evalkit.analysis.leaderboard import STRATUM, Board, Counts, Entry, Mode, make_board
from evalkit.metrics.threshold import penalty
from evalkit.runs.scorecard import NonAnswers, Score


def macro_boards(boards: Sequence[Board]) -> list[Board]:
    """A board a mode, over the models that have every task of that mode; modes with a single task have none.

    Args:
        boards: of single tasks.
    """
    found = []
    for mode in dict.fromkeys(board.mode for board in boards):
        of_mode = [board for board in boards if board.mode == mode]
        if len(of_mode) > 1:
            found.append(_macro_board(of_mode, mode))
    return found


def _macro_board(boards: Sequence[Board], mode: Mode) -> Board:
    models: dict[str, list[Entry]] = {}
    for board in boards:
        for entry in board.entries:
            models.setdefault(entry.model, []).append(entry)
    whole = [_macro_entry(entries) for entries in models.values() if len(entries) == len(boards)]
    whole = [entry for entry in whole if entry.scores]
    board = make_board(f"mean of {len(boards)} tasks", mode, whole)
    board.tasks = [one.task for one in boards]
    kept = {entry.model for entry in whole}
    board.left_out = [model for model in models if model not in kept]
    return board


def _macro_entry(entries: Sequence[Entry]) -> Entry:
    first, n = entries[0], len(entries)
    accuracies = [entry.accuracy for entry in entries if entry.accuracy is not None]
    common = [t for t in first.scores if all(t in entry.scores for entry in entries)]
    return Entry(
        task=f"mean of {n} tasks",
        model=first.model,
        mode=first.mode,
        accuracy=mean_interval(accuracies) if len(accuracies) == n else None,
        scores={t: _mean_score([entry.scores[t] for entry in entries]) for t in common},
        counted={t: _mean_counts([entry.counted[t] for entry in entries]) for t in common},
        runs=list(dict.fromkeys(run for entry in entries for run in entry.runs)),
        outcomes={
            told: {
                f"{entry.task}{STRATUM}{sample}": found
                for entry in entries
                for sample, found in entry.outcomes.get(told, {}).items()
            }
            for told in first.outcomes
        },
    )


def _mean_counts(parts: Sequence[Counts]) -> Counts:
    """Sums, with the means of the rates beside them."""
    kinds = [part.non_answers.model_dump() for part in parts]
    return Counts(
        n=sum(part.n for part in parts),
        correct=sum(part.correct for part in parts),
        error=sum(part.error for part in parts),
        idk=sum(part.idk for part in parts),
        failed=sum(part.failed for part in parts),
        non_answers=NonAnswers(**{kind: sum(one[kind] for one in kinds) for kind in kinds[0]}),
        rates=(
            sum(part.correct_rate for part in parts) / len(parts),
            sum(part.error_rate for part in parts) / len(parts),
        ),
    )


def _mean_score(scores: Sequence[Score]) -> Score:
    value, low, high = mean_interval([(score.value, *score.ci95) for score in scores])
    return Score(
        threshold=scores[0].threshold,
        penalty=penalty(scores[0].threshold),
        value=value,
        se=None,
        ci95=(low, high),
        normalized=sum(score.normalized for score in scores) / len(scores),
        mode=scores[0].mode,
    )


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

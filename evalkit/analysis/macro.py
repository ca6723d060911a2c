"""Boards of several tasks to one: every task weighs the same, however many questions it has."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.analysis.boards import make_board
from evalkit.analysis.entries import Board, Counts, Entry, Items, Mode, mean_interval
from evalkit.analysis.ranking import TASK_SEPARATOR
from evalkit.metrics.measurement import normalized
from evalkit.metrics.threshold import penalty
from evalkit.runs.scorecard import NonAnswers, Range, Score, tidy


def macro_boards(boards: Sequence[Board]) -> list[Board]:
    """A board a mode, over the models that have every task of that mode; modes with a single task have none.

    Args:
        boards: of single tasks.
    """
    made = []
    for mode in dict.fromkeys(board.mode for board in boards):
        of_mode = [board for board in boards if board.mode == mode]
        if len(of_mode) > 1:
            made.append(_macro_board(of_mode, mode))
    return [board for board in made if board.entries]


def without_mean(boards: Sequence[Board]) -> list[str]:
    """Why there is no mean over tasks, a sentence a mode; empty where each mode has one.

    Args:
        boards: of single tasks.
    """
    made = {board.mode for board in macro_boards(boards)}
    said = []
    for mode in dict.fromkeys(board.mode for board in boards if board.mode not in made):
        tasks = [board.task for board in boards if board.mode == mode]
        told = "no target stated" if mode == "closed" else "target stated"
        if len(tasks) == 1:
            said.append(f"the mean over tasks, {told}: {tasks[0]} is the only task")
        else:
            said.append(f"the mean over tasks, {told}: no model has them all ({', '.join(tasks)})")
    return said


def _macro_board(boards: Sequence[Board], mode: Mode) -> Board:
    models: dict[str, list[tuple[Board, Entry]]] = {}
    for board in boards:
        for entry in board.entries:
            models.setdefault(entry.name, []).append((board, entry))
    whole = [_macro_entry(parts) for parts in models.values() if len(parts) == len(boards)]
    whole = [entry for entry in whole if entry.thresholds]
    kept = {entry.name for entry in whole}
    if not any(entry.kind == "model" for entry in whole):
        whole = []
    board = make_board(f"mean of {len(boards)} tasks", mode, whole)
    board.tasks = [one.task for one in boards]
    board.left_out = [name for name in models if name not in kept]
    return board


def _macro_entry(parts: Sequence[tuple[Board, Entry]]) -> Entry:
    entries = [entry for _, entry in parts]
    first, n = entries[0], len(entries)
    accuracies = [entry.accuracy for entry in entries if entry.accuracy is not None]
    common = [t for t in first.thresholds if all(t in entry.thresholds for entry in entries)]
    scored = [t for t in common if all(t in entry.scores for entry in entries)]
    return Entry(
        task=f"mean of {n} tasks",
        model=first.model,
        label=first.label,
        kind=first.kind,
        mode=first.mode,
        accuracy=mean_interval(accuracies) if len(accuracies) == n else None,
        scores={t: _mean_score([entry.scores[t] for entry in entries]) for t in scored},
        ranges={t: _mean_range(entries, t) for t in common if any(t in entry.ranges for entry in entries)},
        counted={t: _mean_counts([entry.counted[t] for entry in entries]) for t in common},
        runs=list(dict.fromkeys(run for entry in entries for run in entry.runs)),
        parts=list(entries),
        items={told: _joined(parts, told) for told in first.items},
    )


def _joined(parts: Sequence[tuple[Board, Entry]], told: float | None) -> Items:
    counts = {
        f"{board.task}{TASK_SEPARATOR}{item}": four
        for board, entry in parts
        if told in entry.items
        for item, four in entry.items[told].counts.items()
    }
    unanswerable = frozenset(
        f"{board.task}{TASK_SEPARATOR}{item}"
        for board, entry in parts
        if told in entry.items
        for item in entry.items[told].unanswerable
    )
    return Items(counts, unanswerable)


def _mean_counts(parts: Sequence[Counts]) -> Counts:
    """Sums, with the means of the rates beside them."""
    kinds = [part.non_answers.model_dump() for part in parts]
    return Counts(
        n=sum(part.n for part in parts),
        items=sum(part.items for part in parts),
        correct=sum(part.correct for part in parts),
        error=sum(part.error for part in parts),
        idk=sum(part.idk for part in parts),
        failed=sum(part.failed for part in parts),
        truncated=sum(part.truncated for part in parts),
        undecided=sum(part.undecided for part in parts),
        missing=sum(part.missing for part in parts),
        cut=sum(part.cut for part in parts),
        non_answers=NonAnswers(**{kind: sum(one[kind] for one in kinds) for kind in kinds[0]}),
        correct_rate=sum(part.correct_rate for part in parts) / len(parts),
        error_rate=sum(part.error_rate for part in parts) / len(parts),
        coverage=sum(part.coverage for part in parts) / len(parts),
    )


def _mean_score(scores: Sequence[Score]) -> Score:
    t = scores[0].threshold
    value, low, high = mean_interval([(score.value, *score.ci95) for score in scores])
    return Score(
        threshold=t,
        penalty=tidy(penalty(t)),
        value=value,
        se=None,
        ci95=(low, high),
        normalized=normalized(value, t),
        mode=scores[0].mode,
    )


def _mean_range(entries: Sequence[Entry], t: float) -> Range:
    ranges = [entry.ranges.get(t) or _point_range(entry.scores[t]) for entry in entries]
    low, ci_low, _ = mean_interval([(one.low, one.ci95[0], one.low) for one in ranges])
    high, _, ci_high = mean_interval([(one.high, one.high, one.ci95[1]) for one in ranges])
    return Range(threshold=t, low=low, high=high, ci95=(ci_low, ci_high))


def _point_range(score: Score) -> Range:
    return Range(threshold=score.threshold, low=score.value, high=score.value, ci95=score.ci95)

"""The leaderboard over runs and foreign outputs: boards of everything found, and the same as flat rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.analysis.boards import make_boards
from evalkit.analysis.collection import canonical, collect, run_folders
from evalkit.analysis.entries import Board, Entry
from evalkit.dataset.source import Source
from evalkit.errors import InputError
from evalkit.metrics.threshold import check_threshold
from evalkit.rescoring.discover import NO_DATA, detect
from evalkit.rescoring.rescore import Terms, rescore_files
from evalkit.runs.folder import DEFAULT_FOLDER
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS

if TYPE_CHECKING:
    import pandas as pd


@dataclass(kw_only=True)
class Ranking:
    """All boards."""

    boards: list[Board]
    left_out: list[str] = field(default_factory=list)
    """What is on no board, and why, a sentence each."""


def leaderboard(
    paths: Iterable[str | Path] = (),
    *,
    thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
    threshold: float | None = None,
    macro: bool = False,
    labels: dict[str, str] | None = None,
) -> pd.DataFrame:
    """Rank everything measured below some folders; the public `evalkit.leaderboard`.

    Args:
        paths: run folders, folders that hold them, or foreign outputs, which are rescored; default `results/`.
        thresholds: where answers to plain prompts are scored.
        threshold: the same, for one.
        macro: whether boards of the mean over tasks come first.
        labels: run folder → what boards call its condition.

    Returns:
        One row a task, mode, model, condition and threshold, with the columns of the CSV.

    Raises:
        InputError: there is nothing to rank.
        ValueError: a threshold is out of range.
    """
    import pandas as pd

    ranking = rank(paths, [threshold] if threshold is not None else thresholds, macro=macro, labels=labels)
    return pd.DataFrame(rows(ranking), columns=COLUMNS)


COLUMNS = [
    "task", "mode", "threshold", "rank", "rank_low", "rank_high", "rank_change", "model", "n", "correct", "error",
    "idk", "failed", "missing", "accuracy", "accuracy_low", "accuracy_high", "score", "score_low", "score_high",
    "normalized", "coverage", "error_rate", "abstained", "refusal", "empty", "unparsed", "partial", "metrics", "run",
    "condition", "kind", "items", "truncated", "undecided", "range_low", "range_high",
]  # fmt: skip


def rows(ranking: Ranking) -> list[dict[str, Any]]:
    """The ranking as flat rows, one a threshold."""
    return [_row(board, entry, t) for board in ranking.boards for entry in board.entries for t in entry.thresholds]


def _row(board: Board, entry: Entry, t: float) -> dict[str, Any]:
    score, counts, span = entry.scores.get(t), entry.counted[t], entry.ranges.get(t)
    rank_low, rank_high = entry.rank_sets.get(t, (None, None))
    accuracy = entry.accuracy or (None, None, None)
    known = counts.n > 0 or entry.kind != "model"
    return {
        "task": board.task,
        "mode": entry.mode,
        "threshold": t,
        "rank": entry.ranks.get(t),
        "rank_low": rank_low,
        "rank_high": rank_high,
        "rank_change": entry.rank_changes.get(t),
        "model": entry.model,
        "n": counts.n,
        "correct": counts.correct,
        "error": counts.error,
        "idk": counts.idk,
        "failed": counts.failed,
        "missing": counts.missing,
        "accuracy": accuracy[0],
        "accuracy_low": accuracy[1],
        "accuracy_high": accuracy[2],
        "score": score.value if score else None,
        "score_low": score.ci95[0] if score else None,
        "score_high": score.ci95[1] if score else None,
        "normalized": score.normalized if score else None,
        "coverage": counts.coverage if known else None,
        "error_rate": counts.error_rate if known else None,
        **counts.non_answers.model_dump(),
        "run": " ".join(entry.runs),
        "condition": entry.label,
        "kind": entry.kind,
        "items": counts.items,
        "truncated": counts.truncated,
        "undecided": counts.undecided,
        "range_low": span.low if span else None,
        "range_high": span.high if span else None,
        "metrics": _metrics(entry, t),
    }


def _metrics(entry: Entry, t: float) -> dict[str, float | None]:
    """Registered metrics of the answers that are scored at a threshold."""
    for card in entry.cards:
        if card.prompt_threshold in (None, t):
            return card.metrics
    return {}


def rank(
    paths: Iterable[str | Path] = (),
    thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
    out: Path = Path(DEFAULT_FOLDER),
    *,
    macro: bool = False,
    labels: dict[str, str] | None = None,
    foreign: bool = True,
) -> Ranking:
    """Rank everything measured below some folders.

    Args:
        paths: run folders, folders that hold them, or foreign outputs, which are rescored into `out`.
        thresholds: where answers to plain prompts are scored, each 0 ≤ t < 1.
        out: folder for rescored runs, and what is ranked where no path is given.
        macro: whether boards of the mean over tasks come first.
        labels: run folder or its name → what boards call its condition.
        foreign: whether foreign outputs are looked for; reading runs writes nothing.

    Returns:
        The boards. A run below a folder that cannot be read is left out and named.

    Raises:
        InputError: there is nothing to rank, a label's run is not there, or a run that was itself given cannot be read.
        ValueError: a threshold is out of range.
    """
    ts = sorted({check_threshold(t) for t in thresholds})
    given = [Path(path) for path in paths] or [out]
    problems: list[str] = []
    folders = _runs(given, out, problems) if foreign else run_folders(given)
    collection = collect(folders, named=set(given))
    _apply_labels(collection.measured, labels or {})
    boards = make_boards(collection.measured, ts)
    boards = [board for board in boards if board.entries]
    if not boards:
        why = f" ({collection.unreadable[0]})" if collection.unreadable else ""
        raise InputError(f"there is nothing to rank: no run with an answer{why}")
    left_out = [*collection.unreadable, *problems]
    left_out += [
        f"{one.key.task}, {one.key.model}: no answer yet; see: evalkit show {one.runs[0]}"
        for one in collection.measured
        if not one.builder.items
    ]
    if macro:
        from evalkit.analysis.macro import macro_boards, without_mean  # they build on the boards of this module

        left_out += without_mean(boards)
        boards = macro_boards(boards) + boards
    return Ranking(boards=boards, left_out=left_out)


def _apply_labels(measured: Sequence[Any], labels: dict[str, str]) -> None:
    for run, text in labels.items():
        mine = [one for one in measured if any(run in (folder, Path(folder).name) for folder in one.runs)]
        if not mine:
            raise InputError(f"--label {run}={text}: no such run on the board")
        for one in mine:
            one.condition = one.condition.model_copy(update={"label": text})


def _runs(paths: Iterable[Path], out: Path, problems: list[str]) -> list[Path]:
    """Run folders; foreign files become one more. Those that lie beside runs and cannot be read become a problem."""
    folders: list[Path] = []
    foreign: list[Path] = []
    for path in paths:
        below = run_folders([path])
        folders += below
        foreign += _beside(path, below) if below else [path]
    empty = [path for path in foreign if path.is_dir() and not any(child.is_file() for child in path.rglob("*"))]
    if empty:
        raise InputError(f"no run and no output below {empty[0]}")
    try:
        return [*folders, rescore_files(foreign, Terms(), out).result.folder] if foreign else folders
    except InputError as error:
        if not folders or not set(foreign).isdisjoint(paths):
            raise
        problems.append(str(error))
        return folders


def _beside(path: Path, runs: Sequence[Path]) -> list[Path]:
    """Foreign outputs that lie in a folder of runs: files in none of them that a reader recognizes."""
    inside = {run.resolve() for run in runs}
    files = [
        file
        for file in sorted(path.rglob("*"))
        if file.is_file() and not file.name.startswith(".") and inside.isdisjoint(file.resolve().parents)
    ]
    return [file for file in files if _is_output(file)]


def _is_output(path: Path) -> bool:
    if path.suffix.lower() in NO_DATA:
        return False
    try:
        return detect(Source(path)) is not None
    except InputError:
        return False


__all__ = ["COLUMNS", "Ranking", "canonical", "leaderboard", "rank", "rows"]

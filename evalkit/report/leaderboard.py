"""Leaderboards as a terminal table, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.analysis import leaderboard as analysis
from evalkit.analysis.entries import Board, Counts, Entry
from evalkit.analysis.leaderboard import COLUMNS, Ranking, rows
from evalkit.display import Block, Heading, Printable, Table, one_line, visible
from evalkit.records import SCHEMA_VERSION
from evalkit.report import missing
from evalkit.report.table import interval, number, percent, place, span, unexecuted
from evalkit.runs.folder import DEFAULT_FOLDER
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS

if TYPE_CHECKING:
    import pandas as pd

MODES = {"closed": "no target stated (closed)", "open": "target stated (open)"}
CROSSINGS = 8
"""Changes of rank that are described in words."""


@dataclass(kw_only=True)
class Leaderboard(Ranking, Printable):
    """Boards that print: a table a task and mode, best mean N_t first, with remarks below it."""

    def blocks(self) -> list[Block]:
        """Return the boards, each with what has to be put right first, and what is on none of them."""
        blocks: list[Block] = []
        for board in self.boards:
            first = headline(board)
            blocks += [Heading(f"{visible(board.task)}  {MODES[board.mode]}"), *first]
            blocks += [_table(board)] if board.entries else []
            blocks += [line for line in remarks(board) if line not in first]
        said = notes(self)
        return [*blocks, *([""] if said else []), *said]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a task, mode, model, condition and threshold, with the columns of the CSV."""
        import pandas as pd

        return pd.DataFrame(rows(self), columns=COLUMNS)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data; what `--format json` prints."""
        return document(self)


def rank(
    paths: Iterable[str | Path] = (), *, thresholds: Sequence[float] = DEFAULT_THRESHOLDS, macro: bool = False,
    labels: dict[str, str] | None = None, out: str | Path = DEFAULT_FOLDER,
) -> Leaderboard:  # fmt: skip
    """Rank everything measured below some folders; the public `evalkit.rank`.

    Args:
        paths: run folders, folders that hold them, or foreign outputs, which are rescored into `out`; default `out`.
        thresholds: where answers to plain prompts are scored, each 0 ≤ t < 1.
        macro: whether boards of the mean over tasks come first.
        labels: run folder or its name → what boards call its condition.
        out: folder for rescored runs, and what is ranked where no path is given.

    Returns:
        A value that prints as boards, and converts with `to_dataframe()` to what `evalkit.leaderboard` returns.

    Raises:
        InputError: there is nothing to rank, or a label's run is not there.
        ValueError: a threshold is out of range.
    """
    ranking = analysis.rank(paths, thresholds, Path(out), macro=macro, labels=labels)
    return Leaderboard(boards=ranking.boards, left_out=ranking.left_out)


def _table(board: Board) -> Table:
    """A row a model; with little room a score's range and rank stand below it, then its counts in a table before."""
    facts = ["model", ">n", *_missing_names(board, ">"), *_rate_names(board, ">")]
    scores = [f">S at t={t:g}" for t in board.thresholds]
    rows = [(_facts(entry, board), [_cell(entry, t) for t in board.thresholds]) for entry in board.entries]
    wide = [[*head, *map(" ".join, cells)] for head, cells in rows]
    high = [[*head, *map("\n".join, cells)] for head, cells in rows]
    tight = [[head[0], *("\n".join(_tight(part) for part in cell) for cell in cells)] for head, cells in rows]
    return Table(
        columns=[*facts, *scores],
        rows=wide,
        names=(0,),
        narrower=[
            [Table(columns=[*facts, *scores], rows=high, names=(0,))],
            [
                Table(columns=facts, rows=[head for head, _ in rows], names=(0,)),
                Table(columns=["model", *scores], rows=tight, names=(0,)),
            ],
        ],
    )


def _facts(entry: Entry, board: Board) -> list[str]:
    return [one_line(entry.name, 200), _size(entry), *_missing(entry, board), *_rates(entry, board)]


def _tight(part: str) -> str:
    return part.replace(" … ", "…")


def headline(board: Board) -> list[str]:
    """Return what has to be put right before any number of a board is worth reading."""
    return [line for asked in _asked(board) for line in missing.remedy(asked)]


def remarks(board: Board) -> list[str]:
    """Return what a reader of one board has to know: what has to be put right, what the columns are, the rest."""
    return [*headline(board), legend(board), *details(board)]


def legend(board: Board) -> str:
    """Say what the columns are."""
    return (
        "S: points a question, where a mistake costs t/(1−t) and IDK earns 0. #: rank at that t, in brackets the ranks"
        f" that 95% certainty leaves{_arrows(board)}. Ordered by the mean over t of N = (1−t)·S + t."
    )


def details(board: Board) -> list[str]:
    """Return what else a reader of one board has to know."""
    lines = []
    if board.mode == "open":
        lines.append("n: answers at each t, each of them to a prompt that stated that t.")
    if board.tasks:
        lines.append(f"Each task weighs the same: {', '.join(map(visible, board.tasks))}; n and IDK are sums.")
    if board.left_out:
        lines.append(f"Left out, since they lack a task: {', '.join(map(visible, board.left_out))}.")
    if board.uncommon:
        lines.append(
            f"Not all were asked the same: {board.common:,} questions are common to all, {board.uncommon:,} are not;"
            " rank sets are of the common ones, scores of all that a model was asked."
        )
    lines += [line for asked in _asked(board) for line in missing.cut_off(asked)]
    if any(_notable_range(entry, t) for entry in board.entries for t in entry.ranges):
        lines.append(f"{missing.RANGE} Ranks take the low end.")
    lines += [visible(note) for note in [*_put(board), *board.notes]]
    return lines + list(crossing_lines(board))


def crossing_lines(board: Board) -> Iterator[str]:
    """Describe which models overtake which; of many changes, those that take the lead come first."""
    shown = board.crossings
    if len(shown) > CROSSINGS:
        shown = sorted(shown, key=lambda c: (not c.leads, c.t))[:CROSSINGS]
        shown.sort(key=lambda c: c.t)
    for c in shown:
        lead = " and leads" if c.leads else ""
        yield f"{visible(c.ahead_above)} overtakes {visible(c.ahead_below)} at t = {place(c.t)}{lead}."
    if left := len(board.crossings) - len(shown):
        yield f"{left} more changes of rank; --format json lists them all."


def notes(ranking: Ranking) -> list[str]:
    """Return what a reader of the whole has to know."""
    return [f"Left out: {visible(line)}" for line in ranking.left_out]


def markdown(ranking: Ranking) -> str:
    """Return the boards as Markdown tables, with intervals."""
    parts = []
    for board in ranking.boards:
        head = ["model", "n", *_missing_names(board), *_rate_names(board)]
        head += [f"S at t = {t:g}" for t in board.thresholds]
        parts += [f"### {escaped(board.task)}, {MODES[board.mode]}", ""]
        if first := headline(board):
            parts += [*(f"**{escaped(line)}**  " for line in first), ""]
        parts += [_line(head), _line(["---"] * len(head))] if board.entries else []
        for entry in board.entries:
            rates = [*_missing(entry, board), *_rates(entry, board, intervals=True)]
            cells = [" ".join(_cell(entry, t, intervals=True)) for t in board.thresholds]
            parts.append(_line([escaped(entry.name), _size(entry), *rates, *cells]))
        parts += ["", *(f"{escaped(line)}  " for line in remarks(board) if line not in first), ""]
    return "\n".join([*parts, *map(escaped, notes(ranking))]).rstrip() + "\n"


def as_csv(ranking: Ranking) -> str:
    """Return one row a task, model, mode and threshold; text that a spreadsheet would run gets an apostrophe."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows(ranking):
        writer.writerow({key: _neutral(value) for key, value in row.items()})
    return buffer.getvalue()


def document(ranking: Ranking) -> dict[str, Any]:
    """What `--format json` prints."""
    places = []
    for row in rows(ranking):
        low, high = row.pop("rank_low"), row.pop("rank_high")
        places.append({**row, "rank_set": None if low is None else [low, high]})
    entries = [entry for board in ranking.boards if not board.tasks for entry in board.entries]
    return {
        "schema_version": SCHEMA_VERSION,
        "scorecards": [card.model_dump(mode="json") for entry in entries for card in entry.cards],
        "ranking": places,
        "crossings": [
            {"task": board.task, "below": c.ahead_below, "above": c.ahead_above, "t": c.t, "leads": c.leads}
            for board in ranking.boards
            for c in board.crossings
        ],
        "notes": [*notes(ranking), *dict.fromkeys(line for board in ranking.boards for line in _warnings(board))],
    }


def _warnings(board: Board) -> list[str]:
    cut = [line for asked in _asked(board) for line in missing.cut_off(asked)]
    return [*headline(board), *cut, *_put(board), *board.notes]


def _put(board: Board) -> list[str]:
    """Name the models whose questions were put otherwise than the task usually puts them, such as without examples."""
    lines = {}
    for entry in board.entries:
        for part in entry.parts or [entry]:
            for card in part.cards:
                said = ", ".join(f"{key}: {value}" for key, value in card.condition.asked.items())
                lines[f"{entry.name}, {card.task}: {said}."] = bool(said)
    return [line for line, is_notable in lines.items() if is_notable]


def _asked(board: Board) -> list[missing.Asked]:
    """What each model was asked and what is missing; of several stated targets, that with the most cut off."""
    asked = []
    for entry in board.entries:
        if entry.kind == "model":
            t = max(entry.counted, key=lambda t: (_share_cut(entry.counted[t]), -t))
            told = f" told t = {t:g}" if board.mode == "open" and len(entry.counted) > 1 else ""
            asked.append(_asked_at(entry, entry.counted[t], f"{entry.name}{told}"))
    return asked


def _asked_at(entry: Entry, counts: Counts, who: str) -> missing.Asked:
    settings = [card.condition.settings for part in entry.parts or [entry] for card in part.cards]
    limits = {one.get("max_tokens", "") for one in settings}
    return missing.Asked(
        who=who,
        asked=counts.n + counts.missing,
        failed=counts.failed,
        cut=counts.cut,
        truncated=counts.truncated,
        reached=counts.cut,
        undecided=counts.undecided,
        limit=limits.pop() if len(limits) == 1 else "",
        own=any("grader" in one for one in settings),  # what a rescored run does not have
    )


def _share_cut(counts: Counts) -> float:
    return counts.cut / (counts.n + counts.missing) if counts.cut else 0.0


def _cell(entry: Entry, t: float, *, intervals: bool = False) -> list[str]:
    """Score, range and rank, as far as there are any."""
    score, around = entry.scores.get(t), _notable_range(entry, t)
    parts = []
    if score is not None:
        parts.append(interval(score.value, *score.ci95) if intervals and entry.kind == "model" else number(score.value))
    if around:
        parts.append(around)
    if not parts:
        return ["–"]
    position = entry.ranks.get(t)
    if position is None:
        return parts
    low, high = entry.rank_sets.get(t, (position, position))
    among = f" ({low}–{high})" if low != high else ""
    change = entry.rank_changes.get(t, 0)
    arrow = f" {'↑' if change > 0 else '↓'}{abs(change)}" if change else ""
    return [*parts, f"#{position}{among}{arrow}"]


def _notable_range(entry: Entry, t: float) -> str:
    """Where a score lies whatever the missing answers would have been; "" where too few are missing to say it."""
    around = entry.ranges.get(t)
    if around is None or (t in entry.scores and not missing.is_notable(entry.counted[t].missing_share)):
        return ""
    return span(around.low, around.high)


def _arrows(board: Board) -> str:
    if not any(entry.rank_changes for entry in board.entries):
        return ""
    return f", ↑ ↓ ranks won or lost against {'plain accuracy' if board.mode == 'closed' else 't = 0'}"


def _sets(entry: Entry) -> list[Counts]:
    """Its sets of answers: one at all to plain prompts, one for each stated target."""
    return [entry.counts] if entry.mode == "closed" else list(entry.counted.values())


def _missing_names(board: Board, side: str = "") -> list[str]:
    return (
        [f"{side}missing"]
        if any(counts.missing for entry in board.entries for counts in entry.counted.values())
        else []
    )


def _missing(entry: Entry, board: Board) -> list[str]:
    if not _missing_names(board):
        return []
    return [f"{sum(counts.missing for counts in _sets(entry)):,}" if entry.kind == "model" else "–"]


def _size(entry: Entry) -> str:
    if entry.kind != "model":
        return "–"
    low, high = entry.sizes
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _rate_names(board: Board, side: str = "") -> list[str]:
    """Columns of what is the same at every t; answers that were told something have none."""
    return [f"{side}{name}" for name in ("accuracy", "coverage", "IDK")] if board.mode == "closed" else []


def _rates(entry: Entry, board: Board, *, intervals: bool = False) -> list[str]:
    if board.mode == "open":
        return []
    if entry.accuracy is None:
        return ["–", "–", "–"] if entry.kind == "model" else ["–", percent(entry.counts.coverage), "–"]
    accuracy = number(entry.accuracy[0])
    if entry.kind != "model":
        return [accuracy, percent(entry.counts.coverage), "–"]
    if intervals:
        accuracy = interval(*entry.accuracy)
    return [accuracy, percent(entry.counts.coverage), f"{entry.counts.idk:,}"]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>()#+-.!|" else char for char in one_line(text, 120))


def _neutral(value: Any) -> Any:
    return unexecuted(one_line(value, 1000)) if isinstance(value, str) else value

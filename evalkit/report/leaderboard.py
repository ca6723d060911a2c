"""Leaderboards as a terminal table, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evalkit.analysis.boards import Board, Counts, Entry
from evalkit.analysis.leaderboard import COLUMNS, Ranking, rows
from evalkit.records import SCHEMA_VERSION
from evalkit.report.escape import one_line, visible
from evalkit.report.table import NOTABLE_MISSING, interval, make_console, make_table, number, span

MODES = {"closed": "no target stated (closed)", "open": "target stated (open)"}
NOTABLE_CUT = 0.02
"""Share of answers cut off above which a board says so."""
WIDEST = 28
INDENT = 4
CROSSINGS = 8
"""Changes of rank that are described in words."""
EXECUTED = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def print_boards(ranking: Ranking, console: Console | None = None) -> None:
    """Print a table a task and mode, best mean N_t first, with remarks below it."""
    console = console or make_console()
    for board in ranking.boards:
        console.print(Text(f"{visible(board.task)}  {MODES[board.mode]}", style="bold"))
        table = _table(board, " ")
        if Measurement.get(console, console.options.update(width=10_000), table).maximum + INDENT > console.width:
            table = _table(board, "\n")
        console.print(Padding(table, (1, 2, 1, 2), expand=False))
        for line in remarks(board):
            console.print(Padding(Text(line), (0, 2)))
        console.print()
    for line in notes(ranking):
        console.print(Text(line))


def _table(board: Board, between: str) -> Table:
    """A row a model; `between` stands between a score and its rank."""
    columns = ["model", ">n", *_missing_names(board, ">"), *_rate_names(board, ">")]
    table = make_table(*columns, *(f">S at t={t:g}" for t in board.thresholds))
    for entry in board.entries:
        cells = [_cell(entry, t, between) for t in board.thresholds]
        name = one_line(entry.name, WIDEST)
        table.add_row(name, _size(entry), *_missing(entry, board), *_rates(entry, board), *cells)
    return table


def remarks(board: Board) -> list[str]:
    """Return what a reader of one board has to know."""
    legend = (
        "S: points a question, where a mistake costs t/(1−t) and IDK earns 0. #: rank at that t, in brackets the ranks"
        f" that 95% certainty leaves{_arrows(board)}. Ordered by the mean over t of N = (1−t)·S + t."
    )
    lines = [legend]
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
    if any(_has_notable_range(entry) for entry in board.entries):
        lines.append(
            "{low … high}: where the score lies if every missing answer were an error, and if every one were correct;"
            " ranks take the low end."
        )
    lines += [
        f"{visible(entry.name)}: {counts.truncated:,} of {counts.n + counts.missing:,} answers were cut off at the"
        " token limit and are missing; --max-tokens allows longer ones."
        for entry in board.entries
        for counts in _distinct_counts(entry)
        if counts.truncated > NOTABLE_CUT * (counts.n + counts.missing)
    ]
    lines += [visible(note) for note in board.notes]
    return lines + list(crossing_lines(board))


def crossing_lines(board: Board) -> Iterator[str]:
    """Describe which models overtake which; of many changes, those that take the lead come first."""
    shown = board.crossings
    if len(shown) > CROSSINGS:
        shown = sorted(shown, key=lambda c: (not c.leads, c.t))[:CROSSINGS]
        shown.sort(key=lambda c: c.t)
    for c in shown:
        lead = " and leads" if c.leads else ""
        yield f"{visible(c.ahead_above)} overtakes {visible(c.ahead_below)} at t = {c.t:.3f}{lead}."
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
        parts += [f"### {_escaped(board.task)}, {MODES[board.mode]}", "", _line(head), _line(["---"] * len(head))]
        for entry in board.entries:
            rates = [*_missing(entry, board), *_rates(entry, board, intervals=True)]
            cells = [_cell(entry, t, " ", intervals=True) for t in board.thresholds]
            parts.append(_line([_escaped(entry.name), _size(entry), *rates, *cells]))
        parts += ["", *(f"{_escaped(line)}  " for line in remarks(board)), ""]
    return "\n".join([*parts, *notes(ranking)]).rstrip() + "\n"


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
        "notes": [*notes(ranking), *(note for board in ranking.boards for note in board.notes)],
    }


def _cell(entry: Entry, t: float, between: str, *, intervals: bool = False) -> str:
    score, around = entry.scores.get(t), entry.ranges.get(t)
    if score is None and around is None:
        return "–"
    value = ""
    if score is not None:
        value = interval(score.value, *score.ci95) if intervals and entry.kind == "model" else number(score.value)
    if around is not None and (score is None or entry.counted[t].missing_share > NOTABLE_MISSING):
        value = f"{value} {span(around.low, around.high)}".strip()
    place = entry.ranks.get(t)
    if place is None:
        return value
    low, high = entry.rank_sets.get(t, (place, place))
    among = f" ({low}–{high})" if low != high else ""
    change = entry.rank_changes.get(t, 0)
    arrow = f" {'↑' if change > 0 else '↓'}{abs(change)}" if change else ""
    return f"{value}{between}#{place}{among}{arrow}"


def _arrows(board: Board) -> str:
    if not any(entry.rank_changes for entry in board.entries):
        return ""
    return f", ↑ ↓ ranks won or lost against {'plain accuracy' if board.mode == 'closed' else 't = 0'}"


def _has_notable_range(entry: Entry) -> bool:
    return any(entry.counted[t].missing_share > NOTABLE_MISSING for t in entry.ranges)


def _distinct_counts(entry: Entry) -> list[Counts]:
    return list({id(counts): counts for counts in entry.counted.values()}.values())


def _missing_names(board: Board, side: str = "") -> list[str]:
    return [f"{side}missing"] if any(entry.counts.missing for entry in board.entries) else []


def _missing(entry: Entry, board: Board) -> list[str]:
    if not _missing_names(board):
        return []
    return [f"{sum(counts.missing for counts in _distinct_counts(entry)):,}" if entry.kind == "model" else "–"]


def _size(entry: Entry) -> str:
    if entry.kind != "model":
        return "–"
    low, high = entry.sizes
    return f"{low}" if low == high else f"{low}–{high}"


def _rate_names(board: Board, side: str = "") -> list[str]:
    """Columns of what is the same at every t; answers that were told something have none."""
    return [f"{side}{name}" for name in ("accuracy", "coverage", "IDK")] if board.mode == "closed" else []


def _rates(entry: Entry, board: Board, *, intervals: bool = False) -> list[str]:
    if board.mode == "open":
        return []
    accuracy = "–" if entry.accuracy is None else number(entry.accuracy[0])
    if entry.kind != "model":
        return [accuracy, f"{entry.counts.coverage:.0%}", "–"]
    if intervals and entry.accuracy is not None:
        accuracy = interval(*entry.accuracy)
    return [accuracy, f"{entry.counts.coverage:.0%}", f"{entry.counts.idk}"]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>()#+-.!|" else char for char in one_line(text, 120))


def _neutral(value: Any) -> Any:
    if isinstance(value, str):
        shown = one_line(value, 1000)
        return f"'{shown}" if value.startswith(EXECUTED) else shown
    return value

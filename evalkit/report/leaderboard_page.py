"""A leaderboard as one self-contained page: a slider for t re-ranks the table and moves through a chart of scores.

Nothing is loaded from anywhere, and a Content-Security-Policy with the hashes of the page's own script and style sees
to it. Names of models and tasks come from outside: they are text, and never markup.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from html import escape
from importlib import resources
from typing import Any

from evalkit.analysis.entries import Board, Entry
from evalkit.analysis.leaderboard import Ranking
from evalkit.analysis.ranking import ranks_at
from evalkit.display import one_line
from evalkit.report import palette
from evalkit.report.leaderboard import MODES, details, headline, notes, remarks
from evalkit.report.missing import is_notable
from evalkit.report.table import hundredths, number, percent, place, span

Link = Callable[[str], str]
NOTHING = "<p>No run has an answer that could be ranked yet.</p>"
STEPS = [k / 100 for k in range(96)]
"""Positions of the slider."""

COLUMNS = (
    ("rank", "rank", ""), ("model", "model", ""), ("score", "score", ""), ("accuracy", "accuracy", ""),
    ("n", "n", "optional"), ("missing", "missing", "optional"),
    ("coverage", "coverage", "optional"), ("wrong", "error rate", "optional"),
    ("idk", "IDK", "optional"),
)  # fmt: skip


def html_page(ranking: Ranking, link: Link | None = None, home: str = "") -> str:
    """The whole page.

    Args:
        link: from a run's folder to the address of its page, where there is one.
        home: address of the page above this one.
        ranking: closed boards follow the slider; open ones, whose answers belong to their targets, are tables.
    """
    style, script = palette.css() + _asset("page.css"), _asset("page.js")
    boards = [board for board in ranking.boards if board.entries]
    closed = [board for board in boards if board.mode == "closed"]
    open_ = [board for board in boards if board.mode == "open"]
    allowed = f"script-src '{_hash(script)}'; style-src '{_hash(style)}'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    body = [_closed(k, board, link) for k, board in enumerate(closed)] + [_open(board) for board in open_]
    body += [_empty(board) for board in ranking.boards if not board.entries] or ([] if boards else [NOTHING])
    said = "".join(f"<p class=soft>{escape(line)}</p>" for line in notes(ranking))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>Who is ahead when a mistake costs something</title>
<style>{style}</style>
</head>
<body>
<header>{f'<nav aria-label="Pages"><a href="{escape(home)}">Runs</a></nav>' if home else ""}
<h1>Who is ahead when a mistake costs something</h1>
<p>A correct answer earns 1 point, “I don't know” earns 0, and a mistake costs t/(1−t). At t = 0 this is plain accuracy,
which pays for guessing; move t to see who is still ahead when guessing costs.</p></header>
<main>{_controls(closed) if closed else ""}
<noscript><p>Without JavaScript there is no chart; the scores below are those at t = 0.5 or next to it.</p></noscript>
{"".join(body)}
{said}</main>
<script type="application/json" id="data">{_data(closed)}</script>
<script>{script}</script>
</body>
</html>
"""


def _empty(board: Board) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in remarks(board))
    return f"""<section data-task="{_text(board.task, 200)}" aria-label="{_text(board.task)}">
<h2>{_text(board.task)} <span class="soft">{MODES[board.mode]}</span></h2>
<p>No model is on this board.</p>
{lines}
</section>"""


def _controls(boards: list[Board]) -> str:
    tasks = "".join(f'<option value="{k}">{_text(board.task)}</option>' for k, board in enumerate(boards))
    menu = f'<label for="task">Task</label><select id="task"><option value="">all</option>{tasks}</select>'
    return f"""<div class="controls">
<label for="t">Confidence target t</label>
<input type="range" id="t" min="0" max="0.95" step="0.01" value="0.5" aria-describedby="shown">
<output id="shown" for="t">t = 0.50: a mistake costs 1 point</output>
{menu if len(boards) > 1 else ""}
<label for="model">Models</label><input type="search" id="model" placeholder="part of a name">
<span class="take"><button type="button" id="link">copy link</button> <button type="button" id="csv">CSV</button></span>
<span id="live" class="hidden" aria-live="polite"></span>
</div>"""


def _closed(number_: int, board: Board, link: Link | None) -> str:
    heads = "".join(
        f'<th scope="col" data-key="{key}" class="{kind}"'
        f'{" aria-sort=descending" if key == "score" else ""}><button type="button">{name}</button></th>'
        for key, name, kind in COLUMNS
    )
    rows = "".join(_row(k, entry, link) for k, entry in enumerate(board.entries))
    n = sorted({entry.counts.n for entry in board.entries if entry.kind == "model"})
    asked = f"{n[0]:,}" if len(n) == 1 else f"{n[0]:,} to {n[-1]:,}"
    lines = "".join(f"<p class=soft>{escape(line)}</p>" for line in details(board))
    runs = "".join(
        f"<li>{_text(entry.name)}: {_transcript(run, link)}</li>" for entry in board.entries for run in entry.runs
    )
    return f"""<section id="board-{number_}" data-task="{_text(board.task, 200)}" aria-label="{_text(board.task)}">
<h2>{_text(board.task)} <span class="soft">{MODES["closed"]}</span></h2>
{_first(board)}
<div class="board">
<figure><figcaption>N<sub>t</sub> = (1−t)·S<sub>t</sub> + t, which orders models as the score S<sub>t</sub> does and is
a straight line from accuracy to 1 − error rate; {asked} answers a model, to prompts that state no target. Dashed: the
model under the pointer, or the first, had it never abstained and been wrong each time instead. Circles: where two
models without missing answers change ranks. In brackets: 95% interval; in braces: where the score lies if every missing
answer were an error, and if every one were correct.</figcaption></figure>
<div class="wide" role="region" aria-label="Scores: {_text(board.task)}" tabindex="0"><table>
<thead><tr>{heads}</tr></thead>
<tbody>{rows}</tbody>
</table></div>
</div>
{lines}
{f"<details><summary>Transcripts</summary><ul>{runs}</ul></details>" if runs else ""}
</section>"""


def _transcript(run: str, link: Link | None) -> str:
    if link is None:
        return f"<code>evalkit show {_text(run, 200)}</code>"
    return f'<a href="{escape(link(run))}">{_text(run.rpartition("/")[2], 200)}</a>'


def _first(board: Board) -> str:
    """What has to be put right before any number is worth reading."""
    return "".join(f'<p class="warn">{escape(line)}</p>' for line in headline(board))


def _row(k: int, entry: Entry, link: Link | None) -> str:
    middle = min(entry.thresholds, key=lambda t: abs(t - 0.5))
    score, is_model = entry.scores.get(middle), entry.kind == "model"
    accuracy, coverage, wrong, idk = "–", "–", "–", "–"
    if entry.accuracy is not None:
        value, low, high = entry.accuracy
        bounds = f" <small>[{number(low)}, {number(high)}]</small>" if is_model else ""
        accuracy = f"{number(value)}{bounds}"
        coverage, wrong = percent(entry.counts.coverage), percent(entry.counts.error_rate)
        idk = f"{entry.counts.idk:,}" if is_model else "–"
    return (
        f'<tr data-model="{k}"><td><span data-is="rank">{entry.ranks.get(middle, "")}</span> '
        f'<span data-is="change"></span></td><td><span class="swatch"></span>{_named(entry, link)}</td>'
        f'<td><span data-is="score">{number(score.value) if score else "–"}</span>'
        f' <small data-is="sure">{_sure(entry, middle)}</small></td>'
        f"<td>{accuracy}</td>"
        f'<td class="optional">{f"{entry.counts.n:,}" if is_model else "–"}</td>'
        f'<td class="optional">{f"{entry.counts.missing:,}" if is_model else "–"}</td>'
        f'<td class="optional">{coverage}</td><td class="optional">{wrong}</td><td class="optional">{idk}</td></tr>'
    )


def _named(entry: Entry, link: Link | None) -> str:
    """A model's name, which leads to its run where the page is one of the site's."""
    if link is None or not entry.runs:
        return _text(entry.name)
    return f'<a href="{escape(link(entry.runs[0]))}">{_text(entry.name)}</a>'


def _sure(entry: Entry, t: float) -> str:
    """The interval of a score and the range that missing answers leave, a line each, as the script writes them."""
    score, around = entry.scores.get(t), entry.ranges.get(t)
    parts = []
    if score is not None and entry.kind == "model":
        parts.append(f"[{number(score.ci95[0])}, {number(score.ci95[1])}]")
    if around is not None and (score is None or is_notable(entry.counted[t].missing_share)):
        parts.append(span(around.low, around.high))
    return "\n".join(parts)


def _open(board: Board) -> str:
    heads = "".join(f'<th scope="col">t = {t:g}</th>' for t in board.thresholds)
    rows = "".join(
        f"<tr><td>{k}</td><td>{_text(entry.name)}</td>"
        + "".join(_open_cell(entry, t) for t in board.thresholds)
        + "</tr>"
        for k, entry in enumerate(board.entries, start=1)
    )
    lines = "".join(f"<p class=soft>{escape(line)}</p>" for line in details(board))
    sizes = sorted({size for entry in board.entries for size in entry.sizes if entry.kind == "model"})
    asked = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
    return f"""<section data-task="{_text(board.task, 200)}" aria-label="{_text(board.task)}, {MODES["open"]}">
<h2>{_text(board.task)} <span class="soft">{MODES["open"]}</span></h2>
{_first(board)}
<div class="wide" role="region" aria-label="Scores, target stated: {_text(board.task)}" tabindex="0"><table>
<thead><tr><th scope="col">#</th><th scope="col">model</th>{heads}</tr></thead>
<tbody>{rows}</tbody>
</table></div>
<p class="soft">S<sub>t</sub> with its 95% interval and its rank; {asked} answers a model at each t, whose prompt stated
that target. Ordered by the mean of N<sub>t</sub>.</p>
{lines}
</section>"""


def _open_cell(entry: Entry, t: float) -> str:
    score, around = entry.scores.get(t), entry.ranges.get(t)
    if score is None and around is None:
        return "<td>–</td>"
    rank = f" #{entry.ranks[t]}" if t in entry.ranks else ""
    value = number(score.value) if score else "–"
    sure = _sure(entry, t)
    return f"<td>{value}{rank}{f' <small>{sure}</small>' if sure else ''}</td>"


def _data(boards: list[Board]) -> str:
    """The counts as JSON that cannot end the element it stands in."""
    content = [
        {
            "task": one_line(board.task, 200),
            "models": [
                _model(entry, ranks) for entry, ranks in zip(board.entries, ranks_at(board.entries, STEPS), strict=True)
            ],
            "crossings": [
                {
                    "below": one_line(c.ahead_below, 200),
                    "above": one_line(c.ahead_above, 200),
                    "t": c.t,
                    "at": place(c.t),
                }
                for c in board.crossings
            ],
        }
        for board in boards
    ]
    return (
        json.dumps(content, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    )


def _model(entry: Entry, ranks: list[int]) -> dict[str, Any]:
    """What the chart and the slider need of one row; scores in hundredths, so that they read as everywhere else."""
    points = entry.curve(STEPS)
    model: dict[str, Any] = {
        "model": one_line(entry.name, 200),
        "n": entry.counts.n,
        "missing": entry.counts.missing,
        "right": round(entry.counts.correct_rate, 9),
        "wrong": round(entry.counts.error_rate, 9),
        "coverage": round(entry.counts.coverage, 9),
        "idk": entry.counts.idk,
        "rank": ranks,
        "score": [hundredths(point.value) for point in points],
    }
    if entry.kind == "model":
        model["low"] = [hundredths(point.low) for point in points]
        model["high"] = [hundredths(point.high) for point in points]
    if not points or is_notable(entry.counts.missing_share):
        model["range"] = [[hundredths(low), hundredths(high)] for low, high in entry.extents(STEPS)]
    return model


def _text(text: str, width: int = 120) -> str:
    return escape(one_line(text, width))


def _asset(name: str) -> str:
    return resources.files("evalkit.report").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

"""The pages as HTML. Everything that comes from a model or a log is text: escaped, its hidden characters visible."""

# ruff: noqa: E501 - markup is read better unbroken
from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

from evalkit.analysis.behaviour import Confidences
from evalkit.display import one_line, visible
from evalkit.metrics.behavioural_calibration import Behaviour
from evalkit.records import Record
from evalkit.report.behaviour import audit_lines
from evalkit.report.table import interval, target_label
from evalkit.runs.result import RunResult
from evalkit.runs.scorecard import Interval, Score, Scorecard
from evalkit.web.index import Filter, Index
from evalkit.web.plots import behaviour_figure, reliability_figure

PER_PAGE = 50
LABELS = {
    "outcome": "outcome",
    "kind": "kind",
    "task": "task",
    "model": "model",
    "threshold": "target stated",
    "stratum": "stratum",
}


def page(title: str, body: str, trail: Sequence[tuple[str, str]] = ()) -> str:
    """Return a whole page.

    Args:
        title: as text.
        body: as HTML.
        trail: name and address of the pages above it; addresses as `_url` writes them.
    """
    crumbs = " › ".join(f'<a href="{url}">{_text(name)}</a>' for name, url in trail)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(one_line(title, 80))} · evalkit</title>
<link rel="stylesheet" href="/site.css">
</head>
<body>
<header><nav aria-label="Where you are">{crumbs}</nav><h1>{escape(one_line(title, 160))}</h1></header>
<main>{body}</main>
</body>
</html>
"""


def error_page(error: Exception) -> str:
    """Say that a page could not be made because of a bug."""
    kind = _text(f"{type(error).__name__}: {error}", 300)
    body = (
        f"<p>This page could not be made: a bug of evalkit, not of your data.</p><p><code>{kind}</code></p>"
        "<p>The terminal that runs <code>evalkit view</code> has the details; please report them. The other pages are not"
        " affected.</p>"
    )
    return page("An unexpected error", body, [("Runs", "/")])


def runs_page(runs: Sequence[tuple[str, dict[str, Any]]], problems: Sequence[str]) -> str:
    """List all runs, newest first."""
    rows = "".join(
        f'<tr><td><a href="{_url("/run", run=name)}">{_text(name)}</a></td><td>{_text(content.get("status"))}</td>'
        f"<td>{_text(_config(content, 'model'))}</td><td>{_text(', '.join(map(str, _config(content, 'tasks') or [])))}</td>"
        f'<td class="n">{sum(int(card.get("n") or 0) for card in content.get("scorecards") or []):,}</td>'
        f"<td>{_text(str(content.get('created', ''))[:16].replace('T', ' '))}</td></tr>"
        for name, content in runs
    )
    warnings = "".join(f"<p class=warn>{_text(problem, 300)}</p>" for problem in problems)
    table = _table(("run", "status", "model", "tasks", "answers", "made"), rows)
    return page("Runs", f'<p><a href="/board">Leaderboard over all of them</a></p>{table}{warnings}')


def run_page(
    result: RunResult, audits: dict[str, Behaviour], confidences: dict[str, Confidences], settings: dict[str, Any]
) -> str:
    """Show one run: its scorecards, what they mean, its settings."""
    name = result.name
    tasks = dict.fromkeys(str(card.task) for card in result.scorecards)
    models = ", ".join(dict.fromkeys(str(card.model) for card in result.scorecards))
    body = [f'<p>{_text(models, 300)} · <a href="{_url("/records", run=name)}">Records and transcripts</a></p>']
    for task in tasks:
        cards = [card for card in result.scorecards if card.task == task]
        body.append(f"<section><h2>{_text(task)}</h2>{_cards(name, cards)}")
        if task in audits:
            body.append("".join(f"<p>{escape(line)}</p>" for line in audit_lines(audits[task])))
            body.append(behaviour_figure(audits[task]))
        if task in confidences:
            body.append(reliability_figure(*confidences[task]))
        body.append("</section>")
    rows = "".join(
        f"<tr><th scope=row>{_text(key)}</th><td>{_text(value, 400)}</td></tr>" for key, value in settings.items()
    )
    body.append(f"<details><summary>Settings</summary><table>{rows}</table></details>")
    return page(name, "".join(body), [("Runs", "/")])


def records_page(run: str, index: Index, wanted: Filter, matches: Sequence[int], number_: int) -> str:
    """Show a page of the records that match a filter, and the filter's form."""
    number_ = min(max(number_, 1), _pages(len(matches)))
    shown = matches[(number_ - 1) * PER_PAGE : number_ * PER_PAGE]
    rows = "".join(_record_row(run, position, index.record(position), wanted) for position in shown)
    count = f"<p>{len(matches):,} of {len(index):,} records</p>"
    table = _table(("sample", "outcome", "target stated", "answer read", "right answer", "text"), rows)
    if not matches:
        table = f'<p>No record matches. <a href="{_url("/records", run=run)}">Clear the filters</a></p>'
    body = f"{_form(run, index, wanted)}{count}{table}{_pager(run, wanted, len(matches), number_)}"
    return page(f"Records of {run}", body, [("Runs", "/"), (run, _url("/run", run=run))])


def record_page(run: str, position: int, record: Record, wanted: Filter, matches: Sequence[int]) -> str:
    """Show one transcript: prompt as sent, answer, grade and why, with links to the records before and after it."""
    grade = record.grade
    kind = f" ({grade.non_answer.value})" if grade.non_answer else ""
    facts = {
        "outcome": f"{grade.outcome.value}{kind}",
        "why": grade.reason,
        "answer read": grade.answer if grade.answer is not None else "–",
        "right answer": " or ".join(record.target) or _no_target(record),
        "confidence": "–" if grade.confidence is None else f"{grade.confidence:.2f}",
        "target stated": target_label(record.prompt_threshold),
        "model": record.model,
        "task": record.task,
        "grader": grade.grader,
        "epoch": str(record.epoch),
        "finish reason": record.completion.finish_reason,
    }
    if record.source:
        facts["source"] = record.source
    rows = "".join(f"<tr><th scope=row>{name}</th><td>{_text(value, 500)}</td></tr>" for name, value in facts.items())
    parts = [_block(message.role, message.content) for message in record.messages]
    if record.completion.reasoning:
        parts.append(_block("reasoning", record.completion.reasoning))
    parts.append(_block("answer", record.completion.text or "(no text)", "answer"))
    kept = _kept(wanted)
    place = bisect_left(matches, position)
    near = [(place - 1, "previous"), (place + 1, "next")]
    links = [
        f'<a href="{_url("/record", run=run, k=matches[k], **kept)}">{name}</a>'
        for k, name in near
        if 0 <= k < len(matches)
    ]
    where = f"{place + 1:,} of {len(matches):,}{' matching records' if kept else ' records'}"
    body = f'<p>{" · ".join([where, *links])}</p><table class="facts">{rows}</table>{"".join(parts)}'
    trail = [("Runs", "/"), (run, _url("/run", run=run)), ("Records", _url("/records", run=run, **kept))]
    return page(f"{record.sample_id}, target stated: {target_label(record.prompt_threshold)}", body, trail)


def _cards(run: str, cards: Sequence[Scorecard]) -> str:
    rows, several = [], len({card.model for card in cards}) > 1
    for card in cards:
        where = {
            "threshold": "none" if card.prompt_threshold is None else f"{card.prompt_threshold:g}",
            "task": card.task,
            "model": card.model if several else "",
        }
        cells = [_count(run, kind, getattr(card, kind), where, card.policy) for kind in ("correct", "error", "idk")]
        kept = f" ({card.policy}, simulated)" if card.policy else ""
        scores = "<br>".join(f"t = {s.threshold:g}: {_interval(s)}" for s in card.scores)
        rows.append(
            f'<tr>{f"<td>{_text(card.model)}</td>" if several else ""}<td>{target_label(card.prompt_threshold)}{_text(kept)}</td><td class="n">{card.n:,}</td>'
            + "".join(f'<td class="n">{cell}</td>' for cell in cells)
            + f'<td class="n">{card.failed:,}</td><td class="score">{_interval(card.accuracy)}</td><td class="score">{scores}</td></tr>'
        )
    names = (*["model"] * several, "target stated", "n", "correct", "error", "IDK", "failed", "accuracy", "score")
    return _table(names, "".join(rows))


def _count(run: str, kind: str, count: int, where: dict[str, str | None], policy: str | None) -> str:
    """A count that leads to its records; one that a policy simulates has none of its own."""
    return f"{count:,}" if policy else f'<a href="{_url("/records", run=run, outcome=kind, **where)}">{count:,}</a>'


def _record_row(run: str, position: int, record: Record, wanted: Filter) -> str:
    grade = record.grade
    kind = f" ({grade.non_answer.value})" if grade.non_answer else ""
    return (
        f'<tr><td><a href="{_url("/record", run=run, k=position, **_kept(wanted))}">{_text(record.sample_id, 60)}</a></td>'
        f'<td class="{grade.outcome.value}">{grade.outcome.value}{kind}</td><td>{target_label(record.prompt_threshold)}</td>'
        f"<td>{_text(grade.answer or '–', 40)}</td><td>{_text(' or '.join(record.target) or _no_target(record), 40)}</td>"
        f"<td>{_text(record.completion.text, 90)}</td></tr>"
    )


def _form(run: str, index: Index, wanted: Filter) -> str:
    selects = "".join(
        f'<label>{label} <select name="{name}"><option value="">any</option>{_options(index, name, wanted)}</select></label>'
        for name, label in LABELS.items()
        if len(index.values(name)) > 1
    )
    return (
        f'<form method="get" action="/records"><input type="hidden" name="run" value="{escape(run)}">{selects}'
        f'<label>text <input type="search" name="text" value="{escape(wanted.text)}"></label>'
        '<button type="submit">Filter</button></form>'
    )


def _options(index: Index, name: str, wanted: Filter) -> str:
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == getattr(wanted, name) else ""}>{_text(value, 60)}</option>'
        for value in sorted(index.values(name)[:200], key=_numerically)
        if value
    )


def _pager(run: str, wanted: Filter, total: int, number_: int) -> str:
    pages, kept = _pages(total), _kept(wanted)
    links = [
        f'<a href="{_url("/records", run=run, page=where, **kept)}">{name}</a>'
        for name, where in (("previous", number_ - 1), ("next", number_ + 1))
        if 1 <= where <= pages
    ]
    return f"<p>Page {number_:,} of {pages:,} {' · '.join(links)}</p>"


def _pages(total: int) -> int:
    return max(1, -(-total // PER_PAGE))


def _kept(wanted: Filter) -> dict[str, str]:
    """The parts of a filter that are set."""
    return {name: value for name, value in vars(wanted).items() if value}


def _numerically(text: str) -> tuple[float, str]:
    """Sort numbers by size, after words."""
    try:
        return float(text), ""
    except ValueError:
        return float("-inf"), text


def _no_target(record: Record) -> str:
    answerable = record.metadata.get("answerable", True) is not False
    return "not a single one" if answerable else "none: only IDK is right"


def _block(name: str, text: str, kind: str = "") -> str:
    return f'<section class="turn {kind}"><h2>{_text(name)}</h2><pre>{escape(visible(text))}</pre></section>'


def _table(names: Iterable[str], rows: str) -> str:
    heads = "".join(f"<th scope=col>{name}</th>" for name in names)
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _interval(score: Interval | Score | None) -> str:
    return "–" if score is None else interval(score.value, *score.ci95)


def _config(content: dict[str, Any], key: str) -> Any:
    config = content.get("config")
    return config.get(key) if isinstance(config, dict) else None


def _text(value: object, width: int = 120) -> str:
    return escape(one_line("" if value is None else str(value), width))


def _url(path: str, **query: object) -> str:
    return escape(f"{path}?{urlencode({key: value for key, value in query.items() if value not in (None, '')})}")

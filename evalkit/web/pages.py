"""The pages other than a run's as HTML: the list of runs, answers, transcripts, errors."""

# ruff: noqa: E501 - markup is read better unbroken
from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from html import escape

from evalkit.display import visible
from evalkit.records import Failure, Record
from evalkit.report.runs import RunRow
from evalkit.report.table import number, target_label
from evalkit.web.html import page, paragraphs, table, text, url
from evalkit.web.index import GRADED, Filter, Index

PER_PAGE = 50
LONGEST = 200_000
"""Characters of one turn that a page shows."""
LABELS = {
    "outcome": "outcome",
    "kind": "kind",
    "missing": "missing because",
    "task": "task",
    "model": "model",
    "threshold": "target stated",
    "stratum": "stratum",
}


def error_page(error: Exception) -> str:
    """Say that a page could not be made because of a bug."""
    kind = text(f"{type(error).__name__}: {error}", 300)
    body = (
        f"<p>This page could not be made: a bug of evalkit, not of your data.</p><p><code>{kind}</code></p>"
        "<p>The terminal that runs <code>evalkit view</code> has the details; please report them. The other pages are not"
        " affected.</p>"
    )
    return page("An unexpected error", body, [("Runs", "/")])


def runs_page(runs: Sequence[RunRow], problems: Sequence[str]) -> str:
    """List all runs, newest first.

    Args:
        runs: a row each.
        problems: why others could not be read.
    """
    labels = any(run.label for run in runs)
    rows = "".join(
        f'<tr><td><a href="{url("/run", run=run.run)}">{text(run.run)}</a></td>{f"<td>{text(run.label)}</td>" if labels else ""}'
        f"<td>{text(', '.join(run.models))}</td><td>{text(', '.join(run.tasks))}</td>"
        f'<td class="n">{_answers(run, run.n, GRADED)}</td><td class="n">{_answers(run, run.missing, "missing")}</td>'
        f"<td>{text(', '.join(f'{key}={value}' for key, value in run.settings.items()), 80)}</td>"
        f"<td>{text(run.status)}</td><td>{text(run.created[:16].replace('T', ' '))}</td></tr>"
        for run in runs
    )
    names = ("run", *["label"] * labels, "model", "tasks", ">answers", ">missing", "settings", "status", "made")
    body = table(names, rows) if runs else "<p>No run here yet; start one with <code>evalkit run --limit 20</code>.</p>"
    return page("Runs", f'<p><a href="/board">Leaderboard over all of them</a></p>{body}{paragraphs(problems, "warn")}')


def _answers(run: RunRow, count: int, outcome: str) -> str:
    if not count:
        return "0"
    return f'<a href="{url("/records", run=run.run, outcome=outcome)}">{count:,}</a>'


def records_page(run: str, index: Index, wanted: Filter, matches: Sequence[int], number_: int) -> str:
    """Show a page of the records that match a filter, and the filter's form."""
    number_ = min(max(number_, 1), _pages(len(matches)))
    shown = matches[(number_ - 1) * PER_PAGE : number_ * PER_PAGE]
    more = [name for name in ("task", "model") if len(index.values(name)) > 1]
    rows = "".join(_answer_row(run, index, position, wanted, more) for position in shown)
    failures = f" (failures: {len(index.failures):,})" if index.failures else ""
    count = f"<p>{len(matches):,} of {len(index):,} records{failures}</p>"
    names = ("sample", *more, "outcome", "target stated", "answer read", "right answer", "text")
    body = table(names, rows)
    if not matches:
        body = f'<p>No record matches. <a href="{url("/records", run=run)}">Clear the filters</a></p>'
    body = f"{_form(run, index, wanted)}{count}{body}{_pager(run, wanted, len(matches), number_)}"
    return page(f"Records of {run}", body, [("Runs", "/"), (run, url("/run", run=run))])


def answer_page(run: str, index: Index, position: int, wanted: Filter, matches: Sequence[int]) -> str:
    """Show one transcript or failure, with links to the answers before and after it.

    Args:
        run: the run's path below the folder.
        index: its answers.
        position: which of them.
        wanted: the filter that is read on within.
        matches: the positions that match it.
    """
    answer = index.answer(position)
    kept = _kept(wanted)
    place = bisect_left(matches, position)
    near = [(place - 1, "previous"), (place + 1, "next")]
    links = [
        f'<a href="{_address(run, index, matches[k], wanted)}">{name}</a>' for k, name in near if 0 <= k < len(matches)
    ]
    where = f"{place + 1:,} of {len(matches):,}{' matching records' if kept else ' records'}"
    facts, turns = _transcript(answer) if isinstance(answer, Record) else _failure(answer)
    rows = "".join(f"<tr><th scope=row>{name}</th><td>{text(value, 500)}</td></tr>" for name, value in facts.items())
    body = f'<p>{" · ".join([where, *links])}</p><table class="facts">{rows}</table>{"".join(turns)}'
    trail = [("Runs", "/"), (run, url("/run", run=run)), ("Records", url("/records", run=run, **kept))]
    return page(f"{answer.sample_id}, target stated: {target_label(answer.prompt_threshold)}", body, trail)


def _transcript(record: Record) -> tuple[dict[str, str], list[str]]:
    """Facts, and prompt as sent, reasoning and answer."""
    grade = record.grade
    facts = {
        "outcome": _outcome(record),
        "why": grade.reason,
        "answer read": grade.answer if grade.answer is not None else "–",
        "right answer": " or ".join(record.target) or _no_target(record),
        "confidence": "–" if grade.confidence is None else number(grade.confidence),
        **_asked(record),
        "grader": grade.grader,
        "finish reason": record.completion.finish_reason,
    }
    if record.source:
        facts["source"] = record.source
    turns = [_block(message.role, message.content) for message in record.messages]
    if record.completion.reasoning:
        turns.append(_block("reasoning", record.completion.reasoning))
    return facts, [*turns, _block("answer", record.completion.text or "(no text)", "answer")]


def _failure(failure: Failure) -> tuple[dict[str, str], list[str]]:
    """Facts of an answer that never came, and what there is of it."""
    stage = "no completion" if failure.stage == "completion" else "no verdict"
    facts = {"outcome": f"missing (failed: {stage})", "why": failure.error, **_asked(failure)}
    turns = [_block("error", failure.error, "answer")]
    if failure.completion is not None:
        turns.insert(0, _block("answer", failure.completion.text or "(no text)"))
    return facts, turns


def _asked(answer: Record | Failure) -> dict[str, str]:
    return {
        "target stated": target_label(answer.prompt_threshold),
        "model": answer.model,
        "task": answer.task,
        "epoch": str(answer.epoch),
    }


def _answer_row(run: str, index: Index, position: int, wanted: Filter, more: Sequence[str]) -> str:
    answer = index.answer(position)
    link = f'<a href="{_address(run, index, position, wanted)}">{text(answer.sample_id, 60)}</a>'
    extra = "".join(f"<td>{text(getattr(answer, name), 40)}</td>" for name in more)
    if isinstance(answer, Failure):
        cells, kind = ["–", "–", text(answer.error, 90)], "missing"
    else:
        right = " or ".join(answer.target) or _no_target(answer)
        cells = [text(answer.grade.answer or "–", 40), text(right, 40), text(answer.completion.text, 90)]
        kind = "missing" if answer.grade.undecided else answer.grade.outcome.value
    return (
        f'<tr><td>{link}</td>{extra}<td class="{kind}">{_outcome(answer)}</td><td>{target_label(answer.prompt_threshold)}</td>'
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def _outcome(answer: Record | Failure) -> str:
    if isinstance(answer, Failure):
        return "missing (failed)"
    grade = answer.grade
    if grade.undecided:
        return "missing (undecided)"
    return f"{grade.outcome.value} ({grade.non_answer.value})" if grade.non_answer else grade.outcome.value


def _address(run: str, index: Index, position: int, wanted: Filter) -> str:
    """The address of an answer; failures are numbered apart, since records may still come."""
    k = str(position) if position < index.records else f"f{position - index.records}"
    return url("/record", run=run, k=k, **_kept(wanted))


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
        f'<option value="{escape(value)}"{" selected" if value == getattr(wanted, name) else ""}>{text(value, 60)}</option>'
        for value in sorted(index.values(name)[:200], key=_numerically)
        if value
    )


def _pager(run: str, wanted: Filter, total: int, number_: int) -> str:
    pages, kept = _pages(total), _kept(wanted)
    links = [
        f'<a href="{url("/records", run=run, page=where, **kept)}">{name}</a>'
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


def _block(name: str, content: str, kind: str = "") -> str:
    shown = escape(visible(content[:LONGEST]))
    if len(content) > LONGEST:
        shown += (
            f"</pre><p class=warn>The first {LONGEST:,} of {len(content):,} characters; records.jsonl has all.</p><pre>"
        )
    return f'<section class="turn {kind}"><h2>{text(name)}</h2><pre>{shown}</pre></section>'

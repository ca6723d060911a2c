"""The pages that are about no single run, as HTML: the list of runs, and errors. And what pages on answers share."""

# ruff: noqa: E501 - markup is read better unbroken
from __future__ import annotations

from collections.abc import Iterable, Sequence

from evalkit.records import Failure, Record
from evalkit.report.runs import RunRow
from evalkit.web.html import SECONDS, page, paragraphs, table, text, url
from evalkit.web.index import GRADED, Filter, Index

SIGNS = {"correct": "✓", "error": "✗", "idk": "?", "missing": "·"}
"""Outcome → what stands for it where there is no room for a word."""
WORDS = {"correct": "correct", "error": "error", "idk": "IDK", "missing": "missing"}
NOTHING_YET = """<p>No run here yet. In the folder where you started this, run for example:</p>
<ul class="plain">
<li><code>evalkit run --limit 20</code> asks the small model that comes with evalkit 20 questions of each built-in task;</li>
<li><code>evalkit run --model openai/gpt-4o-mini --task letters --threshold none,0.75</code> asks a model of your own, with its key in the environment;</li>
<li><code>evalkit rescore LOGS</code> reads what Inspect, lm-evaluation-harness and other harnesses wrote.</li>
</ul>
<p>Then reload this page.</p>"""


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
    """List all runs, newest first; what to run, where there is none.

    Args:
        runs: a row each.
        problems: why others could not be read.
    """
    said = paragraphs(problems, "warn")
    if not runs:
        return page("Runs", NOTHING_YET + said)
    labels, settings = any(run.label for run in runs), any(run.settings for run in runs)
    rows = [
        [
            f'<a href="{url("/run", run=run.run)}">{text(run.run)}</a>', *[text(run.label)] * labels,
            text(", ".join(run.models)), text(", ".join(run.tasks)), _answers(run, run.n, GRADED),
            _answers(run, run.missing, "missing"),
            *[text(", ".join(f"{key}={value}" for key, value in run.settings.items()), 80)] * settings,
            text(run.status), text(run.created[:16].replace("T", " ")),
        ]
        for run in runs
    ]  # fmt: skip
    names = (
        "run", *["label"] * labels, "model", "tasks", ">answers", ">missing", *["settings"] * settings, "status", "made"
    )  # fmt: skip
    is_live = any(run.status == "running" for run in runs)
    return page("Runs", table(names, rows, label="Runs") + said, refresh=SECONDS if is_live else None)


def outcome_of(answer: Record | Failure) -> str:
    """The outcome that a filter finds an answer by."""
    return "missing" if isinstance(answer, Failure) or answer.grade.undecided else answer.grade.outcome.value


def outcome_words(answer: Record | Failure) -> str:
    """What became of an answer, with the kind of a non-answer."""
    if isinstance(answer, Failure):
        return "missing (failed)"
    grade = answer.grade
    if grade.undecided:
        return "missing (undecided)"
    word = WORDS[grade.outcome.value]
    return f"{word} ({grade.non_answer.value})" if grade.non_answer else word


def question_of(answer: Record | Failure, index: Index) -> str:
    """The question that was asked: the last turn of the prompt, or what the rescored file says; "" where neither is."""
    if isinstance(answer, Failure):
        return ""
    asked = next((one.content for one in reversed(answer.messages) if one.role == "user"), "")
    return asked or index.questions.find(answer.source)


def right_answer(record: Record) -> str:
    """The accepted answers in words."""
    if record.target:
        return " or ".join(record.target)
    return (
        "not a single one"
        if record.metadata.get("answerable", True) is not False
        else "none: only “I don't know” is right"
    )


def address(run: str, index: Index, position: int, wanted: Filter, sort: str = "") -> str:
    """The address of an answer; failures are numbered apart, since records may still come."""
    k = str(position) if position < index.records else f"f{position - index.records}"
    return url("/record", run=run, k=k, **kept(wanted), sort=sort)


def kept(wanted: Filter) -> dict[str, str]:
    """The parts of a filter that are set."""
    return {name: value for name, value in vars(wanted).items() if value}


def chip(outcome: str, address_: str = "", title: str = "") -> str:
    """A sign for an outcome, with its word for those who do not see it, and a link to the answer."""
    inside = f'<span aria-hidden="true">{SIGNS[outcome]}</span><span class="hidden">{WORDS[outcome]}</span>'
    of = f' title="{text(title)}"' if title else ""
    if address_:
        return f'<a class="chip {outcome}" href="{address_}"{of}>{inside}</a>'
    return f'<span class="chip {outcome}"{of}>{inside}</span>'


def chips(each: Iterable[str]) -> str:
    """Several of them in one cell."""
    return f'<span class="chips">{" ".join(each)}</span>'


def _answers(run: RunRow, count: int, outcome: str) -> str:
    if not count:
        return "0"
    return f'<a href="{url("/records", run=run.run, outcome=outcome)}">{count:,}</a>'

"""A run that is not finished: how far it is, how long it still takes, what failed, and how to resume it."""

# ruff: noqa: E501 - markup is read better unbroken
from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from evalkit.runs.manifest import Manifest
from evalkit.web.html import SECONDS, page, paragraphs, table, text, url
from evalkit.web.index import Filter, Index
from evalkit.web.pages import address, kept

KINDS = 50
"""Kinds of failures that are listed."""
NAMED = 5
"""Samples of each kind that are named."""
LARGE = 20_000
"""Records from which a page is read again less often, since each time all are counted."""
MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is."""

    status: str
    """As run.json has it: running, interrupted, failed."""
    is_alive: bool
    """Whether a process is writing it."""
    done: int
    planned: int | None
    outcomes: dict[str, int]
    rate: float | None
    """Answers a second, while it is watched; None as long as that is not known."""

    @property
    def seconds(self) -> int | None:
        """Between two looks; None where nothing will change."""
        if not self.is_alive:
            return None
        return SECONDS if self.done < LARGE else SECONDS * 6


def progress_of(index: Index, manifest: Manifest, *, is_alive: bool, rate: float | None) -> Progress:
    """Count what there is.

    Args:
        index: the answers so far.
        manifest: of the run.
        is_alive: whether a process is writing it.
        rate: answers a second, where it is known.
    """
    numbers = Counter(index.columns["outcome"])
    outcomes = {index.names["outcome"].texts[number]: count for number, count in numbers.items()}
    return Progress(
        status=manifest.status, is_alive=is_alive, done=len(index), planned=manifest.planned, outcomes=outcomes, rate=rate
    )  # fmt: skip


def progress_html(progress: Progress, folder: Path) -> str:
    """A bar, what has been counted, the time left; and the command that resumes a run that no process writes."""
    planned = f" of {progress.planned:,}" if progress.planned else ""
    counts = ", ".join(f"{progress.outcomes.get(name, 0):,} {word}" for name, word in COUNTED.items())
    parts = [f"{progress.done:,}{planned} answers", counts]
    if progress.is_alive and progress.rate:
        parts.append(f"{progress.rate:,.1f} a second")
        if progress.planned and progress.planned > progress.done:
            parts.append(f"about {duration((progress.planned - progress.done) / progress.rate)} left")
    bar = ""
    if progress.planned:
        bar = f'<progress aria-label="Answers so far" max="{progress.planned}" value="{min(progress.done, progress.planned)}"></progress>'
    state = "This run is under way." if progress.is_alive else _ended(progress.status)
    resume = "" if progress.is_alive else f"<p>To go on: <code>evalkit run --resume {text(folder, 400)}</code></p>"
    return f'<div class="live"><p><strong>{state}</strong></p>{bar}<p>{" · ".join(parts)}</p>{resume}</div>'


COUNTED = {"correct": "correct", "error": "error", "idk": "IDK", "missing": "missing"}


def failures_page(run: str, folder: Path, index: Index) -> str:
    """List what failed, by kind, and which answers took several attempts.

    Args:
        run: the run's path below the folder that is shown.
        folder: the run.
        index: its answers.
    """
    kinds: dict[tuple[str, str], list[int]] = {}
    for k, failure in enumerate(index.failures):
        kinds.setdefault((failure.stage, kind_of(failure.error)), []).append(index.records + k)
    ordered = sorted(kinds.items(), key=lambda one: -len(one[1]))[:KINDS]
    rows = [
        [
            f"{len(positions):,}",
            "no completion" if stage == "completion" else "no verdict",
            text(index.failures[positions[0] - index.records].error, 300),
            ", ".join(
                f'<a href="{address(run, index, k, Filter())}">{text(index.value("sample", k), 40)}</a>'
                for k in positions[:NAMED]
            ),
        ]
        for (stage, _), positions in ordered
    ]
    again = Counter(int(n) for n in index.numbers["attempts"] if n > 1)
    body = []
    if rows:
        everything = url("/records", run=run, **kept(Filter(missing="failed")))
        body.append(
            f'<p><a href="{everything}">All {len(index.failures):,} failures</a>, counted in no score. To try them again: <code>evalkit run --resume {text(folder, 400)}</code></p>'
        )
        body.append(
            table((">failures", "what is missing", "the first of its kind", "samples"), rows, label="Failures by kind")
        )
    else:
        body.append("<p>Nothing failed.</p>")
    body.append("<h2>Retries</h2>")
    if again:
        slowest = url("/records", run=run, sort="-attempts")
        counted = [[f"{attempts:,}", f"{count:,}"] for attempts, count in sorted(again.items())]
        body.append(f'<p><a href="{slowest}">{again.total():,} answers</a> came after several attempts.</p>')
        body.append(table((">attempts", ">answers"), counted, label="Answers by attempts"))
    else:
        body.append(paragraphs(["Every answer whose attempts are known came at the first."]))
    return page(f"Failures of {run}", "".join(body), [("Runs", "/"), (run, url("/run", run=run))])


def kind_of(error: str) -> str:
    """An error without what differs from one answer to the next: numbers, addresses, ids."""
    return re.sub(r"https?://\S+|[0-9a-fA-F-]{8,}|\d+", "…", error)[:200]


def duration(seconds: float) -> str:
    """Write a time in words."""
    if seconds < MINUTE:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < HOUR else f"{seconds / HOUR:.1f} h"


def _ended(status: str) -> str:
    if status == "failed":
        return "This run has failed."
    return (
        "This run was interrupted."
        if status == "interrupted"
        else "This run is not finished, and no process is writing it."
    )

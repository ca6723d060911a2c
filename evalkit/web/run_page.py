"""The page of one run: what has to be put right first, counts that open their answers, scores, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.analysis.behaviour import Confidences
from evalkit.display import one_line
from evalkit.metrics.behavioural_calibration import Behaviour
from evalkit.report import missing
from evalkit.report import run as screen
from evalkit.report.table import interval, span, target_label
from evalkit.runs.result import RunResult
from evalkit.runs.scorecard import Interval, Range, Score, Scorecard, Stratum
from evalkit.web.compare_page import Side
from evalkit.web.html import Cell, facts, page, paragraphs, table, text, url
from evalkit.web.index import GRADED, target_key
from evalkit.web.live import Progress, progress_html
from evalkit.web.plots import behaviour_figure, reliability_figure

OUTCOMES = {"correct": ">correct", "error": ">error", "idk": ">IDK"}
REASONS = {"failed": "failed", "truncated": "cut off", "undecided": "undecided"}
"""Why an answer is missing → its heading."""


@dataclass(frozen=True)
class Place:
    """The answers that a row of a table is about."""

    run: str
    where: Mapping[str, str]
    """The filter that finds them."""

    def link(self, count: int, **more: str) -> str:
        """Write a count that opens exactly so many answers; nothing to open where it is 0."""
        if not count:
            return "0"
        return f'<a href="{url("/records", run=self.run, **self.where, **more)}">{count:,}</a>'


def run_page(
    run: str,
    result: RunResult,
    audits: dict[str, Behaviour],
    confidences: dict[str, Confidences],
    settings: dict[str, Any],
    progress: Progress | None = None,
) -> str:
    """Show one run: its scorecards, what they mean, its settings.

    Args:
        run: its path below the folder that is shown.
        result: the run.
        audits: task → how its answers changed with the stated target.
        confidences: task → claims with a confidence.
        settings: what the run was made with.
        progress: how far it is, where it is not finished.
    """
    models = ", ".join(dict.fromkeys(str(card.model) for card in result.scorecards))
    body = [f"<p>{text(models, 300)} · {' · '.join(_ways_on(run, result))}</p>"]
    if progress is not None:
        body.append(progress_html(progress, result.folder))
    body.append(paragraphs(screen.headline(result), "warn"))
    for task in dict.fromkeys(str(card.task) for card in result.scorecards):
        cards = [card for card in result.scorecards if card.task == task]
        body.append(f"<section><h2>{text(task)}</h2>{_task(run, cards)}{_words(cards, audits, result)}")
        if task in audits:
            body.append(behaviour_figure(audits[task]))
        if task in confidences:
            body.append(reliability_figure(*confidences[task]))
        body.append("</section>")
    body.append(f"<details><summary>Settings</summary>{facts(settings)}</details>")
    return page(run, "".join(body), [("Runs", "/")], refresh=progress.seconds if progress else None)


def _ways_on(run: str, result: RunResult) -> Iterator[str]:
    """Links to the answers, by sample, in pairs, and to those that are missing."""
    yield f'<a href="{url("/records", run=run)}">Records and transcripts</a>'
    sides = list(
        dict.fromkeys(
            Side(run=run, model=str(card.model), threshold=target_key(card.prompt_threshold)).key
            for card in result.scorecards
            if card.policy is None
        )
    )
    if len(sides) > 1:
        yield f'<a href="{url("/samples", run=run)}">Samples</a>'
        yield f'<a href="{url("/compare", a=sides[0], b=sides[-1])}">Compare</a>'
    if any(card.missing.failed for card in result.scorecards):
        yield f'<a href="{url("/failures", run=run)}">Failures and retries</a>'


def _task(run: str, cards: Sequence[Scorecard]) -> str:
    several = len({card.model for card in cards}) > 1
    answers = [card for card in cards if card.policy is None]
    simulated = [card for card in cards if card.policy is not None]
    parts = [_outcomes(run, answers, several=several)]
    if others := _others(run, answers, several=several):
        parts.append(f"<h3>Non-answers and missing answers</h3>{others}")
    if simulated:
        parts.append(f"<h3>If it had abstained by policy (simulated)</h3>{_simulated(simulated, several=several)}")
    if any(card.strata for card in answers):
        strata = _strata(run, answers, several=several)
        parts.append(f"<details><summary>By stratum</summary>{strata}</details>")
    return "".join(parts)


def _words(cards: Sequence[Scorecard], audits: Mapping[str, Behaviour], result: RunResult) -> str:
    """Settings that are not the defaults, what the numbers mean, and what to know of them, model by model."""
    groups: dict[str, list[Scorecard]] = {}
    for card in cards:
        groups.setdefault(str(card.model), []).append(card)
    parts = []
    for model, own in groups.items():
        if len(groups) > 1:
            parts.append(f"<h3>{text(model)}</h3>")
        if settings := screen.settings_line(own):
            parts.append(paragraphs([settings], "soft"))
        parts.append(paragraphs(screen.sentences(own, audits.get(str(own[0].task)), result)))
    if screen.shows_ranges(cards):
        parts.append(paragraphs([missing.RANGE]))
    if len(groups) > 1:
        return f"<details><summary>What the numbers mean, model by model</summary>{''.join(parts)}</details>"
    return "".join(parts)


def _outcomes(run: str, cards: Sequence[Scorecard], *, several: bool) -> str:
    rows: list[list[str | Cell]] = []
    for card in cards:
        at = _place(run, card, several)
        counts = [at.link(card.n, outcome=GRADED), *(at.link(getattr(card, key), outcome=key) for key in OUTCOMES)]
        counts.append(at.link(card.missing.total, outcome="missing"))
        accuracy = _score(card.accuracy, card.accuracy_range if missing.is_notable(card.missing_share) else None)
        rows.append([*_head(card, several), *counts, Cell(accuracy, "score"), Cell(_scores(card), "score")])
    names = (*["model"] * several, "target stated", ">n", *OUTCOMES.values(), ">missing", "accuracy", "score")
    return table(names, rows, label=f"{_task_of(cards)}outcomes and scores")


def _others(run: str, cards: Sequence[Scorecard], *, several: bool) -> str:
    """Non-answers by kind and missing answers by why; "" where there are none."""
    kinds = {kind: kind for card in cards for kind, count in card.non_answers.model_dump().items() if count}
    cut = any(card.truncated != card.missing.truncated for card in cards)
    if cut:
        kinds["truncated"] = "cut off, by --count-as in a count"
    reasons = [why for why in REASONS if any(getattr(card.missing, why) for card in cards)]
    if not kinds and not reasons:
        return ""
    rows = []
    for card in cards:
        at = _place(run, card, several)
        counted = card.non_answers.model_dump() | {"truncated": card.truncated}
        cells = [at.link(counted[kind], kind=kind) for kind in kinds]
        cells += [at.link(getattr(card.missing, why), missing=why) for why in reasons]
        rows.append([*_head(card, several), *cells])
    return table(
        (
            *["model"] * several,
            "target stated",
            *(f">{name}" for name in kinds.values()),
            *(f">{REASONS[why]}" for why in reasons),
        ),
        rows,
        label=f"{_task_of(cards)}non-answers and missing answers",
    )


def _simulated(cards: Sequence[Scorecard], *, several: bool) -> str:
    """A row a policy and threshold; its counts are of no records, and open none."""
    rows: list[list[str | Cell]] = [
        [
            *[text(card.model)] * several, text(card.policy), f"t = {score.threshold:g}",
            *(f"{value:,}" for value in (card.n, card.correct, card.error, card.idk)),
            Cell(_score(score, screen.notable_range(card, score.threshold)), "score"),
        ]
        for card in cards
        for score in card.scores
    ]  # fmt: skip
    names = (*["model"] * several, "policy", ">kept above", ">n", *OUTCOMES.values(), "score")
    return table(names, rows, label=f"{_task_of(cards)}scores with an abstention policy")


def _strata(run: str, cards: Sequence[Scorecard], *, several: bool) -> str:
    rows = []
    for name in dict.fromkeys(name for card in cards for name in card.strata):
        for card in cards:
            if (counts := card.strata.get(name)) is not None:
                at = _place(run, card, several, stratum=name)
                rows.append([text(name), *_head(card, several), *_of_stratum(at, counts, name)])
    names = ("stratum", *["model"] * several, "target stated", ">n", *OUTCOMES.values(), ">missing")
    return table(names, rows, label=f"{_task_of(cards)}outcomes by stratum")


def _of_stratum(at: Place, counts: Stratum, name: str) -> Iterator[str]:
    keys = {"n": GRADED, **{key: key for key in OUTCOMES}, "missing": "missing"}
    for key, outcome in keys.items():
        value = getattr(counts, key)
        yield at.link(value, outcome=outcome) if name else f"{value:,}"  # no filter finds a stratum without a name


def _place(run: str, card: Scorecard, several: bool, **more: str) -> Place:
    where = {"threshold": target_key(card.prompt_threshold), "task": card.task or "", **more}
    return Place(run, where | ({"model": card.model or ""} if several else {}))


def _task_of(cards: Sequence[Scorecard]) -> str:
    """The task, as the beginning of a label."""
    return f"{one_line(cards[0].task or '', 60)}: " if cards else ""


def _head(card: Scorecard, several: bool) -> list[str]:
    return [*[text(card.model)] * several, target_label(card.prompt_threshold)]


def _scores(card: Scorecard) -> str:
    """A line a threshold, also where every answer is missing and there is only the range."""
    scores = {score.threshold: score for score in card.scores}
    ts = sorted(scores.keys() | {one.threshold for one in card.range})
    return "<br>".join(f"t = {t:g}: {_score(scores.get(t), screen.notable_range(card, t))}" for t in ts) or "–"


def _score(score: Interval | Score | None, around: Range | None) -> str:
    parts = [] if score is None else [interval(score.value, *score.ci95)]
    parts += [span(around.low, around.high)] if around else []
    return " ".join(parts) or "–"

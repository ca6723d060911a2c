"""The last screen of a run: what was answered, what it scores, what that means, where to look further."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evalkit.analysis.behaviour import behaviours
from evalkit.metrics.behavioural_calibration import Behaviour
from evalkit.records import SCHEMA_VERSION
from evalkit.report.behaviour import audit_lines
from evalkit.report.escape import one_line, visible
from evalkit.report.table import NOTABLE_MISSING, interval, make_console, make_table, span, target_label
from evalkit.runs.folder import DEFAULT_FOLDER
from evalkit.runs.result import RunResult
from evalkit.runs.scorecard import Interval, Range, Score, Scorecard

NOTABLE_CUT = 0.02
"""Share of answers cut off above which it is said."""
MANY_CUT = 0.2
"""Share of answers cut off above which the remedy comes first."""


def document(result: RunResult) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run": str(result.folder),
        "status": result.status,
        "scorecards": [card.model_dump(mode="json") for card in result.scorecards],
        "behaviour": {task: _as_dict(one) for task, one in behaviours(result.outcomes).items()},
    }


def print_result(result: RunResult, *, strata: bool = False, console: Console | None = None) -> None:
    """Print one block a task, then where the transcripts are."""
    console = console or make_console()
    if result.status != "finished":
        console.print(
            Text(f"This run is not finished ({visible(result.status)}): evalkit run --resume {result.folder}")
        )
    for line in _headline(result):
        console.print(Text(line), soft_wrap=True)
    behaviour = behaviours(result.outcomes)
    for task, model in dict.fromkeys((card.task, card.model) for card in result.scorecards):
        cards = [card for card in result.scorecards if (card.task, card.model) == (task, model)]
        _print_task(cards, behaviour.get(str(task)), result, strata, console)
    console.print(Text(f"Transcripts: evalkit show {shown(result)} [ID]    a line each: --records"), soft_wrap=True)


def outcomes_table(cards: Sequence[Scorecard]) -> Table:
    """What was answered: a row for each target that the prompt stated."""
    cards = [card for card in cards if card.policy is None]
    missing = any(card.missing.total for card in cards)
    columns = ["target stated", ">n", ">correct", ">error", ">IDK", *([">missing"] if missing else []), "accuracy"]
    table = make_table(*columns, "non-answers")
    for card in cards:
        counts = [card.n, card.correct, card.error, card.idk, *([card.missing.total] if missing else [])]
        accuracy = _cell(card.accuracy, _range_of_accuracy(card))
        table.add_row(
            target_label(card.prompt_threshold), *(str(count) for count in counts), accuracy, _non_answers(card)
        )
    return table


def scores_table(cards: Sequence[Scorecard]) -> Table:
    """What it scores: a row a threshold, a column a mode."""
    modes = {"open": "target stated (open)", "closed": "not stated (closed)"}
    modes["simulated"] = f"simulated, {next((card.policy for card in cards if card.policy), '')}"
    cells: dict[float, dict[str, str]] = {}
    costs: dict[float, float] = {}
    for card in cards:
        for threshold, mode, penalty, cell in _scored(card):
            cells.setdefault(threshold, {})[mode] = cell
            costs[threshold] = penalty
    present = [mode for mode in modes if any(mode in row for row in cells.values())]
    lead = "score, " if len(present) < 3 else ""  # noqa: PLR2004 - more would not fit a terminal's width
    table = make_table("a mistake costs", *(f"{lead}{modes[mode]}" for mode in present), ">never answering")
    for threshold in sorted(cells):
        row = [cells[threshold].get(mode, "–") for mode in present]
        table.add_row(f"{costs[threshold]:<3g} (t = {threshold:g})", *row, "0")
    return table


def strata_table(cards: Sequence[Scorecard]) -> Table:
    """Counts by stratum, a group of rows for each target that the prompt stated."""
    table = make_table("stratum", "target stated", ">n", ">correct", ">error", ">IDK", ">missing")
    for name in dict.fromkeys(name for card in cards for name in card.strata):
        for card in cards:
            if (counts := card.strata.get(name)) is not None:
                values = (counts.n, counts.correct, counts.error, counts.idk, counts.missing)
                table.add_row(visible(name), target_label(card.prompt_threshold), *(str(value) for value in values))
    return table


def meaning(cards: Sequence[Scorecard]) -> str:
    """One sentence for someone who has not read the paper."""
    stated = [card for card in cards if card.prompt_threshold and card.n]
    if stated:
        card = max(stated, key=lambda c: c.prompt_threshold or 0)
        attempted = _answered(card)
        cost = f"{card.scores[0].penalty:g}"
        if not attempted:
            return f"Told that a mistake costs {_points(cost)}, it answered nothing: 0 points, and no mistakes."
        return (
            f"Told that a mistake costs {_points(cost)}, it still answered {attempted} of {card.n};"
            f" {_were_right(card.correct)}. Never answering scores 0."
        )
    plain = next((card for card in cards if card.n), None)
    if plain is None:
        return "There is no answer to score."
    return _meaning_of_plain_prompts(plain)


def settings_line(cards: Sequence[Scorecard]) -> str:
    """The settings that are not the defaults, of the first card; "" where there are none."""
    condition = cards[0].condition
    pairs = [f"{key}={one_line(value, 60)}" for key, value in condition.settings.items() if key != "data"]
    label = f"{visible(condition.label)}: " if condition.label else ""
    return f"{label}{', '.join(pairs)}" if pairs or label else ""


def shown(result: RunResult) -> str:
    """A run as it may be named to evalkit show."""
    return result.name if str(result.folder.parent) == DEFAULT_FOLDER else str(result.folder)


def _headline(result: RunResult) -> Iterator[str]:
    """What has to be put right before any number is worth reading."""
    cards = [card for card in result.scorecards if card.policy is None]
    asked = sum(card.n + card.missing.total for card in cards)
    cut = sum(card.truncated for card in cards)
    if asked and cut / asked > MANY_CUT:
        yield (
            f"{cut} of {asked} answers were cut off{_limit(result)} before they committed to one; allow longer answers"
            " with --max-tokens, or the scores below say little."
        )


def _limit(result: RunResult) -> str:
    limit = result.config.max_tokens if result.config else None
    return f" at {limit} tokens" if limit else ""


def _meaning_of_plain_prompts(card: Scorecard) -> str:
    attempted = _answered(card)
    if not attempted or card.accuracy_given_attempted is None:
        return "It answered nothing: 0 points at every t, and no mistakes."
    sentence = f"It answered {attempted} of {card.n}; {_were_right(card.correct)}."
    if card.accuracy_given_attempted == 1:
        return f"{sentence} No mistakes: worth the same whatever a mistake costs."
    if card.correct == 0:
        return f"{sentence} Never answering, which scores 0, would be as good at t = 0 and better at any other."
    return (
        f"{sentence} That beats never answering, which scores 0, only while a mistake costs"
        f" less than {_plain_number(card.correct / card.error)} points."
    )


def _as_dict(behaviour: Behaviour) -> dict[str, Any]:
    plain = behaviour._asdict()
    plain["targets"] = [at._asdict() for at in behaviour.targets]
    plain["bands"] = [band._asdict() for band in behaviour.bands]
    return plain


def _print_task(
    cards: list[Scorecard], behaviour: Behaviour | None, result: RunResult, strata: bool, console: Console
) -> None:
    answers = [card for card in cards if card.policy is None]
    n = sum(card.n for card in answers)
    missing = sum(card.missing.total for card in answers)
    alone = result.config is not None and len(result.config.tasks) == 1
    took = f" in {_seconds(result.seconds)}" if result.seconds and alone else ""
    title = Text.assemble((f"{visible(cards[0].task or '')} · {visible(cards[0].model or '')}", "bold"))
    console.print(title, Text(f"  {n:,} answers{took}, {_missing_words(answers, missing)}"), sep="", soft_wrap=True)
    if settings := settings_line(cards):
        console.print(Padding(Text(settings, style="dim"), (0, 2)))
    console.print(Padding(outcomes_table(cards), (1, 2, 1, 2), expand=False))
    if any(card.scores or card.range for card in cards):
        console.print(Padding(scores_table(cards), (0, 2, 1, 2), expand=False))
    if strata and any(card.strata for card in cards):
        console.print(Padding(strata_table(cards), (0, 2, 1, 2), expand=False))
    lines = list(audit_lines(behaviour)) if behaviour else [meaning(answers)]
    for line in (*lines, *_unstated(cards), *remarks(answers, result)):
        console.print(Padding(Text(line), (0, 2)))
    console.print()


def _missing_words(cards: Sequence[Scorecard], missing: int) -> str:
    if not missing:
        return "none missing"
    totals = {
        "failed": sum(card.missing.failed for card in cards),
        "cut off": sum(card.missing.truncated for card in cards),
        "undecided": sum(card.missing.undecided for card in cards),
    }
    return ", ".join(f"{count:,} {kind}" for kind, count in totals.items() if count)


def _unstated(cards: Sequence[Scorecard]) -> Iterator[str]:
    most = max((card for card in cards if card.unstated), key=lambda card: card.unstated, default=None)
    if most is not None:
        claims = next((c.correct + c.error for c in cards if c.policy is None and c.prompt_threshold is None), 0)
        yield f"{most.unstated} of {claims} claims have no known confidence; the policy keeps them."


def remarks(cards: Sequence[Scorecard], result: RunResult) -> Iterator[str]:
    """What a reader of the numbers has to know."""
    asked = sum(card.n + card.missing.total for card in cards)
    cut, cut_off = sum(card.truncated for card in cards), sum(card.cut_off for card in cards)
    if asked and cut_off / asked > NOTABLE_CUT:
        yield (
            f"{cut_off} of {asked} answers reached the limit{_limit(result)}, {cut} of them before they committed to"
            " an answer: those are missing, not IDK. --max-tokens allows longer ones."
        )
    if any(card.missing_share > NOTABLE_MISSING for card in cards):
        yield (
            "{low … high}: where the number lies if every missing answer were an error, and if every one were correct."
        )
    if undecided := sum(card.undecided for card in cards):
        yield (
            f"Rules could not decide {undecided} of {asked} answers ({undecided / asked:.0%}), which are missing;"
            " -G judge=MODEL lets a model decide."
        )
    yield from _about_confidences(cards)
    yield from _about_abstention(cards)
    if result.strays:
        yield f"{result.strays} records are of samples that the task no longer asks; they are counted."
    if result.manifest.count_as:
        changes = ", ".join(f"{kind} as {outcome}" for kind, outcome in result.manifest.count_as.items())
        yield f"Counted otherwise than by default: {changes}."


def _about_confidences(cards: Sequence[Scorecard]) -> Iterator[str]:
    known = [card for card in cards if card.confidences is not None]
    if known:
        claims = sum(card.correct + card.error for card in known)
        yield f"A confidence was found in {sum(card.confidences or 0 for card in known)} of {claims} claims."


def _about_abstention(cards: Sequence[Scorecard]) -> Iterator[str]:
    for card in cards:
        quality = card.abstention
        if quality is None:
            continue
        precision = "–" if quality.precision is None else f"{quality.precision:.0%}"
        recall = "–" if quality.recall is None else f"{quality.recall:.0%}"
        f1 = "–" if quality.f1 is None else f"{quality.f1:.2f}"
        over = "–" if quality.over_abstention is None else f"{quality.over_abstention:.0%}"
        yield (
            f"Target {target_label(card.prompt_threshold)}: IDK on {recall} of the unanswerable questions and on {over}"
            f" of the answerable ones (precision {precision}, F1 {f1})."
        )


def _scored(card: Scorecard) -> Iterator[tuple[float, str, float, str]]:
    """Threshold, mode, cost and cell of every score of a card, those included that only have a range."""
    scores: dict[float, Score] = {score.threshold: score for score in card.scores}
    for threshold in sorted(scores.keys() | {one.threshold for one in card.range}):
        score = scores.get(threshold)
        mode = score.mode if score else ("closed" if card.prompt_threshold is None else "open")
        penalty = score.penalty if score else threshold / (1 - threshold)
        yield threshold, mode, penalty, _cell(score, card.range_at(threshold), card.missing_share)


def _cell(point: Interval | Score | None, around: Range | None, missing_share: float = 1.0) -> str:
    """A number with its interval, and with its range where enough is missing."""
    shown_range = span(around.low, around.high) if around and missing_share > NOTABLE_MISSING else ""
    if point is None:
        return shown_range or "–"
    return f"{interval(point.value, *point.ci95)} {shown_range}".rstrip()


def _range_of_accuracy(card: Scorecard) -> Range | None:
    return card.accuracy_range if card.missing_share > NOTABLE_MISSING else None


def _non_answers(card: Scorecard) -> str:
    counted = {"abstained": "IDK", "refusal": "IDK", "empty": "IDK", "unparsed": "error"} | card.count_as
    kinds = card.non_answers.model_dump()
    return ", ".join(f"{kind} {count} ({counted[kind]})" for kind, count in kinds.items() if count) or "–"


def _answered(card: Scorecard) -> int:
    """Answers that made a claim, whatever a blank or an abstention was counted as."""
    return card.n - card.non_answers.abstained - card.non_answers.refusal - card.non_answers.empty


def _plain_number(value: float) -> str:
    """Three digits at most, rounded down so that a limit is not overstated."""
    if value >= 100:  # noqa: PLR2004 - whole numbers from here on
        return f"{int(value):,}"
    return f"{math.floor(value * 100) / 100:g}"


def _points(cost: str) -> str:
    return f"{cost} point" if cost == "1" else f"{cost} points"


def _were_right(correct: int) -> str:
    return {0: "none was right", 1: "1 was right"}.get(correct, f"{correct} were right")


def _seconds(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - from here on minutes read better
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min"

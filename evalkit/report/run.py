"""The last screen of a run: what was answered, what it scores, what that means, where to look further."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evalkit.analysis.comparison import behaviour
from evalkit.metrics.behavioural_calibration import Behaviour
from evalkit.records import SCHEMA_VERSION
from evalkit.report.behaviour import audit_lines
from evalkit.report.escape import visible
from evalkit.runs.scorecard import Interval, Score, Scorecard
from evalkit.runs.session import DEFAULT_FOLDER, RunResult

TRUNCATED_WARNING = 0.02
WIDTH_WITHOUT_TERMINAL = 110


def document(result: RunResult) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run": str(result.folder),
        "status": result.status,
        "scorecards": [card.model_dump(mode="json") for card in result.scorecards],
        "behaviour": {task: _as_dict(audit) for task, audit in _audits(result).items()},
    }


def print_result(result: RunResult, *, strata: bool = False, console: Console | None = None) -> None:
    """Print one block a task, then where the transcripts are."""
    console = console or make_console()
    if result.status != "finished":
        console.print(
            Text(f"This run is not finished ({visible(result.status)}): evalkit run --resume {result.folder}")
        )
    found = _audits(result)
    for task, model in dict.fromkeys((card.task, card.model) for card in result.scorecards):
        cards = [card for card in result.scorecards if (card.task, card.model) == (task, model)]
        _print_task(cards, found.get(str(task)), result, strata, console)
    console.print(Text(f"Transcripts: evalkit show {shown(result)} [ID]    a line each: --records"), soft_wrap=True)


def outcomes_table(cards: Sequence[Scorecard]) -> Table:
    """What was answered: a row for each thing the prompt said."""
    table = make_table("told", ">n", ">correct", ">error", ">IDK", "accuracy", "non-answers")
    for card in cards:
        if card.policy:
            continue
        table.add_row(
            told(card.prompt_threshold), str(card.n), str(card.correct), str(card.error), str(card.idk),
            _interval(card.accuracy), _non_answers(card),
        )  # fmt: skip
    return table


def scores_table(cards: Sequence[Scorecard]) -> Table:
    """What it scores: a row a threshold, a column a mode."""
    modes = {"open": "told so (open)", "closed": "not told (closed)"}
    modes["simulated"] = f"simulated, {next((card.policy for card in cards if card.policy), '')}"
    scores: dict[float, dict[str, Score]] = {}
    for card in cards:
        for score in card.scores:
            scores.setdefault(score.threshold, {})[score.mode] = score
    present = [mode for mode in modes if any(mode in row for row in scores.values())]
    table = make_table("a mistake costs", *(f"score, {modes[mode]}" for mode in present), ">never answering")
    if len(present) > 2:  # noqa: PLR2004 - more would not fit a terminal's width
        table = make_table("a mistake costs", *(modes[mode] for mode in present), ">never answering")
    for threshold in sorted(scores):
        row = scores[threshold]
        cost = f"{next(iter(row.values())).penalty:g}"
        cells = [_interval(row.get(mode)) for mode in present]
        table.add_row(f"{cost:<3} (t = {threshold:g})", *cells, "0")
    return table


def strata_table(cards: Sequence[Scorecard]) -> Table:
    """Counts by stratum, a group of columns for each thing the prompt said."""
    table = make_table("stratum", "told", ">n", ">correct", ">error", ">IDK")
    names = dict.fromkeys(name for card in cards for name in card.strata)
    for name in names:
        for card in cards:
            if (counts := card.strata.get(name)) is not None:
                numbers = (str(value) for value in (counts.n, counts.correct, counts.error, counts.idk))
                table.add_row(visible(name), told(card.prompt_threshold), *numbers)
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
        return "Nothing was answered."
    return _meaning_when_not_told(plain)


def told(threshold: float | None) -> str:
    """What the prompt said of scoring, for a column."""
    return "nothing" if threshold is None else f"t = {threshold:g}"


def _meaning_when_not_told(card: Scorecard) -> str:
    attempted = _answered(card)
    if not attempted or card.accuracy_given_attempted is None:
        return "It answered nothing: 0 points at every t, and no mistakes."
    said = f"It answered {attempted} of {card.n}; {_were_right(card.correct)}."
    if card.accuracy_given_attempted == 1:
        return f"{said} No mistakes: worth the same whatever a mistake costs."
    if card.correct == 0:
        return f"{said} Never answering, which scores 0, would be as good at t = 0 and better at any other."
    return (
        f"{said} That beats never answering, which scores 0, only while a mistake costs"
        f" less than {_plain_number(card.correct / card.error)} points."
    )


def _audits(result: RunResult) -> dict[str, Behaviour]:
    """The behavioural audit of each task that was asked under several targets."""
    stated = [t for t in result.config.thresholds if t is not None]
    one_model = len({card.model for card in result.scorecards}) == 1
    return behaviour(result.folder) if len(stated) > 1 and one_model else {}


def _as_dict(audit: Behaviour) -> dict[str, Any]:
    plain = audit._asdict()
    plain["targets"] = [at._asdict() for at in audit.targets]
    plain["bands"] = [band._asdict() for band in audit.bands]
    return plain


def _print_task(
    cards: list[Scorecard], audit: Behaviour | None, result: RunResult, strata: bool, console: Console
) -> None:
    answers = sum(card.n for card in cards if card.policy is None)
    took = f" in {_seconds(result.seconds)}" if result.seconds and len(result.config.tasks) == 1 else ""
    failed = sum(card.failed for card in cards)
    title = Text.assemble((f"{visible(cards[0].task or '')} · {visible(cards[0].model or '')}", "bold"))
    console.print(title, Text(f"  {answers:,} answers{took}, {failed:,} failed"), sep="", soft_wrap=True)
    console.print(Padding(outcomes_table(cards), (1, 2, 1, 2), expand=False))
    if any(card.scores for card in cards):
        console.print(Padding(scores_table(cards), (0, 2, 1, 2), expand=False))
    if strata and any(card.strata for card in cards):
        console.print(Padding(strata_table(cards), (0, 2, 1, 2), expand=False))
    said = list(audit_lines(audit)) if audit else [meaning([card for card in cards if card.policy is None])]
    for line in (*said, *_unstated(cards), *_warnings([card for card in cards if card.policy is None], result)):
        console.print(Padding(Text(line), (0, 2)))
    console.print()


def _unstated(cards: Sequence[Scorecard]) -> Iterable[str]:
    for card in cards:
        if card.unstated:
            claims = card.correct + card.error
            yield f"{card.unstated} of {claims} claims have no known confidence; the policy keeps them."


def _warnings(cards: Sequence[Scorecard], result: RunResult) -> Iterable[str]:
    n, cut = sum(card.n for card in cards), sum(card.truncated for card in cards)
    if n and cut / n > TRUNCATED_WARNING:
        yield f"Cut off: {cut} of {n} answers, at {result.config.max_tokens} tokens (--max-tokens raises that)."
    if undecided := sum(card.undecided for card in cards):
        share = f"{undecided} of {n} answers ({undecided / n:.0%})"
        yield f"Rules could not tell {share}: counted as errors; -G judge=MODEL lets a model decide."
    if result.strays:
        yield f"{result.strays} records are of samples that the task no longer asks; they are counted."
    if result.config.count_as:
        changes = ", ".join(f"{kind} as {outcome}" for kind, outcome in result.config.count_as.items())
        yield f"Counted otherwise than by default: {changes}."


def make_table(*columns: str) -> Table:
    """An empty table; a column whose name begins with ">" is right-aligned."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(
            name.removeprefix(">"),
            justify="right" if name.startswith(">") else "left",
            no_wrap=name != "non-answers",
        )
    return table


def _interval(found: Interval | Score | None) -> str:
    if found is None:
        return "–"
    low, high = found.ci95
    return f"{number(found.value)} [{number(low)}, {number(high)}]"


def number(value: float) -> str:
    """Two decimals, with a true minus and no negative zero."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def _non_answers(card: Scorecard) -> str:
    counted = {"abstained": "IDK", "refusal": "IDK", "empty": "IDK", "unparsed": "error"} | card.count_as
    kinds = card.non_answers.model_dump()
    return ", ".join(f"{kind} {count} ({counted[kind]})" for kind, count in kinds.items() if count) or "–"


def _answered(card: Scorecard) -> int:
    """Answers that made a claim, whatever a blank or an abstention was counted as."""
    silent = card.non_answers.abstained + card.non_answers.refusal + card.non_answers.empty
    return card.n - silent


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


def shown(result: RunResult) -> str:
    """A run as it may be named to evalkit show."""
    return result.name if str(result.folder.parent) == DEFAULT_FOLDER else str(result.folder)


def make_console() -> Console:
    """Standard output; wide enough for one line a row where it is no terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH_WITHOUT_TERMINAL)
    return console

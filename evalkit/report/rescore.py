"""Rescored files: what was read and how, and who ranks where at each threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from evalkit.report.escape import one_line, visible
from evalkit.report.run import shown
from evalkit.report.table import make_console, make_table, number
from evalkit.rescoring.rescore import FileReport, Rescored
from evalkit.runs.scorecard import Score, Scorecard

NAMED = 5
WIDEST = 34
"""Letters of a model's name."""


def print_notes(found: Rescored, console: Console | None = None) -> None:
    """What the user should know of the files, on stderr."""
    console = console or Console(stderr=True, highlight=False)
    formats = Counter(report.format for report in found.files)
    said = ", ".join(f"{n} {name}" for name, n in sorted(formats.items()))
    rows = sum(report.rows for report in found.files)
    console.print(Text(f"{rows:,} rows from {len(found.files)} files ({said})"), soft_wrap=True)
    if found.unrecognized:
        names = ", ".join(visible(path.name) for path in found.unrecognized[:NAMED])
        more = ", …" if len(found.unrecognized) > NAMED else ""
        console.print(Text(f"not recognised, skipped: {len(found.unrecognized)} files ({names}{more})"), soft_wrap=True)
    said_of: dict[str, list[str]] = {}
    for report in found.files:
        for line in _notes(report):
            said_of.setdefault(line, []).append(report.path.name)
    for line, whose in said_of.items():
        which = whose[0] if len(whose) == 1 else f"{len(whose)} files"
        console.print(Text(f"{visible(which)}: {visible(line)}"), soft_wrap=True)


def _notes(report: FileReport) -> list[str]:
    lines = list(report.warnings)
    if report.rule:
        lines.append(f"graded by its format's rule: {report.rule}")
    if report.collapsed:
        lines.append(f"{report.collapsed} rows repeat others word for word and count once")
    if report.skipped:
        lines.append(f"{report.skipped} rows could not be read and are left out")
    if report.disagreed:
        total = report.agreed + len(report.disagreed)
        named = ", ".join(report.disagreed[:NAMED])
        lines.append(f"--regrade differs from the file on {len(report.disagreed)} of {total} ({named}, …)")
    return lines


def print_table(found: Rescored, console: Console | None = None) -> None:
    """A table a task: models in order of their mean normalised score, with their rank at each threshold."""
    console = console or make_console()
    cards = [card for card in found.result.scorecards if card.n or card.failed]
    for task in sorted({str(card.task) for card in cards}):
        here = [card for card in cards if card.task == task]
        plain = [card for card in here if card.policy is None]
        for mode, group in (
            ("not told (closed)", [card for card in plain if card.prompt_threshold is None]),
            ("told so (open)", [card for card in plain if card.prompt_threshold is not None]),
            ("by policy (simulated)", [card for card in here if card.policy is not None]),
        ):
            if group:
                console.print(Text(f"{visible(task)}  {mode}", style="bold"))
                _print_group(group, console)
    where = f"Transcripts: evalkit show {shown(found.result)} [ID]    a line each: --records"
    console.print(Text(where), soft_wrap=True)


def _print_group(cards: Sequence[Scorecard], console: Console) -> None:
    models: dict[str, list[Scorecard]] = {}
    for card in cards:
        models.setdefault(str(card.model), []).append(card)
    scores = {name: {s.threshold: s for card in own for s in card.scores} for name, own in models.items()}
    ts = sorted({t for found in scores.values() for t in found})
    table = make_table("model", ">n", ">right/wrong/IDK", *(f">{'S at ' * (k == 0)}t={t:g}" for k, t in enumerate(ts)))
    for name in sorted(models, key=lambda name: (-_mean(scores[name].values()), name)):
        own = models[name]
        counts = [sum(getattr(card, kind) for card in own) for kind in ("n", "correct", "error", "idk")]
        cells = [_cell(scores[name].get(t), [found[t].value for found in scores.values() if t in found]) for t in ts]
        table.add_row(one_line(name, WIDEST), str(counts[0]), "/".join(map(str, counts[1:])), *cells)
    console.print(Padding(table, (1, 2, 1, 2), expand=False))
    for line in _remarks(cards):
        console.print(Padding(Text(line), (0, 2)))
    console.print()


def _remarks(cards: Sequence[Scorecard]) -> list[str]:
    kinds = Counter[str]()
    for card in cards:
        kinds.update({kind: n for kind, n in card.non_answers.model_dump().items() if n})
    lines = ["#: rank at that t."] if len({card.model for card in cards}) > 1 else []
    if kinds:
        said = ", ".join(f"{kind} {n:,}" for kind, n in kinds.most_common())
        lines.append(f"Non-answers: {said}; unparsed counts as wrong, the others as IDK.")
    if failed := sum(card.failed for card in cards):
        lines.append(f"Failed, in no score: {failed:,} answers without a verdict or a completion.")
    return lines


def _mean(scores: Iterable[Score]) -> float:
    values = [score.normalized for score in scores]
    return sum(values) / len(values) if values else float("-inf")


def _cell(score: Score | None, others: Sequence[float]) -> str:
    if score is None:
        return "–"
    rank = 1 + sum(other > score.value for other in others)
    return f"{number(score.value)} #{rank}" if len(others) > 1 else number(score.value)

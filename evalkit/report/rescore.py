"""Rescored files: what was read and how, and who ranks where at each threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from evalkit.display import one_line, visible
from evalkit.report.run import shown
from evalkit.report.table import make_console, make_table, number
from evalkit.rescoring.rescore import FileReport, Rescored
from evalkit.runs.scorecard import Score, Scorecard

NAMED = 5
"""Files or samples that a note lists."""
WIDEST = 34
"""Letters of a model's name."""
MODES = {
    "closed": "closed (no target stated)",
    "open": "open (target stated)",
    "simulated": "simulated (abstention by policy)",
}


def print_notes(rescored: Rescored, console: Console | None = None) -> None:
    """Print what the user should know of the files, by default on stderr; files with the same note share a line."""
    console = console or Console(stderr=True, highlight=False)
    formats = Counter(report.format for report in rescored.files)
    listed = ", ".join(f"{n} {name}" for name, n in sorted(formats.items()))
    rows = sum(report.rows for report in rescored.files)
    console.print(Text(f"{rows:,} rows from {len(rescored.files)} files ({listed})"), soft_wrap=True)
    if unknown := rescored.unrecognized:
        names = ", ".join(visible(path.name) for path in unknown[:NAMED])
        more = ", …" if len(unknown) > NAMED else ""
        console.print(Text(f"unknown format, skipped: {len(unknown)} files ({names}{more})"), soft_wrap=True)
    files: dict[str, list[str]] = {}
    for report in rescored.files:
        for note in _notes(report):
            files.setdefault(note, []).append(report.path.name)
    for note, names_ in files.items():
        which = names_[0] if len(names_) == 1 else f"{len(names_)} files"
        console.print(Text(f"{visible(which)}: {visible(note)}"), soft_wrap=True)


def _notes(report: FileReport) -> list[str]:
    notes = list(report.warnings)
    if report.rule:
        notes.append(f"graded by its format's rule: {report.rule}")
    if report.collapsed:
        notes.append(f"{report.collapsed} rows repeat others word for word and count once")
    if report.skipped:
        notes.append(f"skipped {report.skipped} rows that could not be read")
    if report.disagreed:
        total = report.agreed + len(report.disagreed)
        named = ", ".join(report.disagreed[:NAMED]) + (", …" if len(report.disagreed) > NAMED else "")
        notes.append(f"--regrade differs from the file on {len(report.disagreed)} of {total} ({named})")
    return notes


def print_table(rescored: Rescored, console: Console | None = None) -> None:
    """Print a table a task and mode: models in order of their mean normalized score, with their rank at each t."""
    console = console or make_console()
    cards = [card for card in rescored.result.scorecards if card.n or card.failed]
    for task in sorted({str(card.task) for card in cards}):
        for mode, title in MODES.items():
            group = [card for card in cards if card.task == task and _mode(card) == mode]
            if group:
                console.print(Text(f"{visible(task)}  {title}", style="bold"))
                _print_group(group, console)
    where = f"Transcripts: evalkit show {shown(rescored.result)} [ID]    one line each: --records"
    console.print(Text(where), soft_wrap=True)


def _mode(card: Scorecard) -> str:
    if card.policy is not None:
        return "simulated"
    return "closed" if card.prompt_threshold is None else "open"


def _print_group(cards: Sequence[Scorecard], console: Console) -> None:
    models: dict[str, list[Scorecard]] = {}
    for card in cards:
        models.setdefault(str(card.model), []).append(card)
    scores = {name: {s.threshold: s for card in own for s in card.scores} for name, own in models.items()}
    ts = sorted({t for of_model in scores.values() for t in of_model})
    heads = (f">{'S at ' * (k == 0)}t={t:g}" for k, t in enumerate(ts))
    table = make_table("model", ">n", ">right/wrong/IDK", *heads)
    for name in sorted(models, key=lambda name: (-_mean(scores[name].values()), name)):
        cells = [_cell(scores[name].get(t), [s[t].value for s in scores.values() if t in s]) for t in ts]
        table.add_row(one_line(name, WIDEST), *_counts(models[name]), *cells)
    console.print(Padding(table, (1, 2, 1, 2), expand=False))
    for remark in _remarks(cards):
        console.print(Padding(Text(remark), (0, 2)))
    console.print()


def _counts(cards: Sequence[Scorecard]) -> tuple[str, str]:
    """The answers of one model, and how many of them were what."""
    if cards[0].policy is None:
        n, correct, error, idk = (
            sum(getattr(card, kind) for card in cards) for kind in ("n", "correct", "error", "idk")
        )
        return str(n), f"{correct}/{error}/{idk}"
    # The cards of a policy are the same answers, of which each target lets others stand.
    counts = [f"{card.correct}/{card.error}/{card.idk}" for card in cards]
    return str(cards[0].n), counts[0] if counts[0] == counts[-1] else f"{counts[0]} … {counts[-1]}"


def _remarks(cards: Sequence[Scorecard]) -> list[str]:
    remarks = ["#: rank at that t."] if len({card.model for card in cards}) > 1 else []
    if cards[0].policy is not None:
        return [*remarks, "right/wrong/IDK: at the lowest t … at the highest."]
    kinds = Counter[str]()
    for card in cards:
        kinds.update({kind: n for kind, n in card.non_answers.model_dump().items() if n})
    if kinds:
        listed = ", ".join(f"{kind} {n:,}" for kind, n in kinds.most_common())
        remarks.append(f"Non-answers: {listed}; unparsed counts as wrong, the others as IDK.")
    if failed := sum(card.failed for card in cards):
        remarks.append(f"Failed, in no score: {failed:,} answers without a verdict or a completion.")
    return remarks


def _mean(scores: Iterable[Score]) -> float:
    values = [score.normalized for score in scores]
    return sum(values) / len(values) if values else float("-inf")


def _cell(score: Score | None, others: Sequence[float]) -> str:
    if score is None:
        return "–"
    rank = 1 + sum(other > score.value for other in others)
    return f"{number(score.value)} #{rank}" if len(others) > 1 else number(score.value)

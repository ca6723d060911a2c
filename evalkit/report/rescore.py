"""Rescored files: what was read and how, and who ranks where at each threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from evalkit.display import Block, Heading, Printable, Table, one_line, visible
from evalkit.report import missing
from evalkit.report.run import LastScreen, asked_for, document, mode_of, shown
from evalkit.report.table import number, percent, span
from evalkit.rescoring.counts import CardKey
from evalkit.rescoring.rescore import FileReport, Rescored
from evalkit.runs.scorecard import Range, Score, Scorecard, tidy

if TYPE_CHECKING:
    import pandas as pd

NAMED = 5
"""Files or samples that a note lists."""
SUCH = "{low … high}: where the score lies if every such answer were an error, and if every one were correct."
MODES = {
    "closed": "closed (no target stated)",
    "open": "open (target stated)",
    "simulated": "simulated (abstention by policy)",
}


def print_notes(rescored: Rescored) -> None:
    """Print on stderr what the user should know of the files; files with the same note share a line."""
    for line in notes(rescored):
        click.echo(visible(line), err=True)


def print_table(rescored: Rescored) -> None:
    """Print on stdout who scores how much at each threshold."""
    click.echo(RescoredScreen(rescored=rescored).text())


def notes(rescored: Rescored) -> Iterator[str]:
    """Say what was read, what was left out, and what each file's verdicts were taken to mean; a line each."""
    formats = Counter(report.format for report in rescored.files)
    listed = ", ".join(f"{n} {name}" for name, n in sorted(formats.items()))
    rows = sum(report.rows for report in rescored.files)
    yield f"{rows:,} rows from {len(rescored.files)} files ({listed})"
    if unknown := rescored.unrecognized:
        names = ", ".join(path.name for path in unknown[:NAMED]) + (", …" if len(unknown) > NAMED else "")
        yield f"unknown format, skipped: {len(unknown)} files ({names})"
    for aside in rescored.set_aside:
        yield f"set aside: {aside.reason}"
    files: dict[str, list[str]] = {}
    for report in rescored.files:
        for note in _notes(report):
            files.setdefault(note, []).append(report.name.rpartition("/")[2])
    for note, names_ in files.items():
        yield f"{names_[0] if len(names_) == 1 else f'{len(names_)} files'}: {note}"


def _notes(report: FileReport) -> Iterator[str]:
    for warning in report.warnings:
        yield warning.removeprefix(f"{report.name}: ")
    if report.rule:
        yield f"graded by its format's rule: {report.rule}"
    if report.collapsed and report.collapsed < report.rows:
        yield f"{report.collapsed:,} rows repeat others word for word and count once"
    if report.skipped:
        yield f"skipped {report.skipped:,} rows that could not be read"
    if report.disagreed:
        total = report.agreed + len(report.disagreed)
        named = ", ".join(report.disagreed[:NAMED]) + (", …" if len(report.disagreed) > NAMED else "")
        yield f"--regrade differs from the file on {len(report.disagreed):,} of {total:,} ({named})"


@dataclass(frozen=True, kw_only=True)
class RescoredScreen(Printable):
    """What rescoring gave: a table a task and mode."""

    rescored: Rescored

    def blocks(self) -> list[Block]:
        """Return a table a task and mode, models in order of their mean normalized score."""
        blocks: list[Block] = []
        cards = [card for card in self.rescored.result.scorecards if card.n or card.missing.total]
        for task in sorted({str(card.task) for card in cards}):
            for mode, title in MODES.items():
                group = [card for card in cards if card.task == task and mode_of(card) == mode]
                if group:
                    blocks += [Heading(f"{visible(task)}  {title}"), self._table(group), *self._remarks(group)]
        return [*blocks, "", f"Transcripts: evalkit show {shown(self.rescored.result)} [ID]    a line each: --records"]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a task, model, mode and threshold, with counts, score, interval and range."""
        return LastScreen(result=self.rescored.result).to_dataframe()

    def to_dict(self) -> dict[str, Any]:
        """Return the run's document, with what became of each file."""
        files = [
            {"path": r.name, "format": r.format, "rows": r.rows, "skipped": r.skipped, "notes": list(_notes(r))}
            for r in self.rescored.files
        ]
        aside = [{"path": one.name, "reason": one.reason} for one in self.rescored.set_aside]
        return {**document(self.rescored.result), "files": files, "set_aside": aside}

    def _table(self, cards: Sequence[Scorecard]) -> Table:
        models: dict[str, list[Scorecard]] = {}
        for card in cards:
            models.setdefault(str(card.model), []).append(card)
        ts = sorted({t for card in cards for t in _thresholds(card)})
        order = sorted(models, key=lambda name: (-_mean_worst(models[name]), name))
        lacking = any(card.missing.total for card in cards)
        heads = ["model", ">n", ">correct", ">error", ">IDK", *[">missing"] * lacking]
        rows, narrow = [], []
        for name in order:
            first = [one_line(name, 200), *_counts(models[name], lacking=lacking)]
            cells = [self._cell(models[name], t, models) for t in ts]
            rows.append([*first, *(" ".join(parts) for parts in cells)])
            narrow.append([*first, *("\n".join(parts) for parts in cells)])
        columns = [*heads, *(f"{'S at ' * (k == 0)}t = {t:g}" for k, t in enumerate(ts))]
        short = Table(columns=columns, rows=narrow, names=(0,))
        size, width = len(heads), len(columns)
        two = [_part(short, range(size)), _part(short, (0, *range(size, width)))]
        each = [_part(short, range(size)), *(_part(short, (0, k)) for k in range(size, width))]
        return Table(columns=columns, rows=rows, names=(0,), narrower=[[short], two, each])

    def _cell(self, cards: Sequence[Scorecard], t: float, models: dict[str, list[Scorecard]]) -> list[str]:
        """Score, interval, range and rank of one model at one threshold."""
        card = next((card for card in cards if t in _thresholds(card)), None)
        if card is None:
            return ["–"]
        score, around = _score(card, t), self._range(card, t)
        parts = [number(score.value), f"[{number(score.ci95[0])}, {number(score.ci95[1])}]"] if score else []
        if around is not None:
            parts.append(span(around[0], around[1]))
        worst = [_worst(other, t) for own in models.values() for other in own if t in _thresholds(other)]
        if len(models) > 1:
            parts.append(f"#{1 + sum(other > _worst(card, t) for other in worst)}")
        return parts or ["–"]

    def _range(self, card: Scorecard, t: float) -> tuple[float, float] | None:
        """Where a score lies, whatever missing answers were, and empty ones whose end the file does not tell."""
        around = card.range_at(t) if missing.is_notable(card.missing_share) else None
        empty, asked = self._empty(card), card.n + card.missing.total
        score = _score(card, t)
        if not empty or (around is None and score is None):
            return (around.low, around.high) if around else None
        known = card.range_at(t)
        low, high = (known.low, known.high) if known else (score.value, score.value) if score else (0.0, 0.0)
        return low - empty * tidy(t / (1 - t)) / asked, high + empty / asked

    def _empty(self, card: Scorecard) -> int:
        """Empty answers whose end the file does not tell, where they are many and count as IDK."""
        if card.policy is not None or card.count_as.get("empty", "idk") != "idk":
            return 0
        key = CardKey(str(card.task), str(card.model), card.prompt_threshold)
        n = self.rescored.empty.get(key, 0)
        return n if missing.is_notable(n / card.n if card.n else 0.0) else 0

    def _remarks(self, cards: Sequence[Scorecard]) -> Iterator[Block]:
        if len({card.model for card in cards}) > 1:
            yield "#: rank at that t; missing answers count as errors there."
        if cards[0].policy is not None:
            yield "correct, error, IDK: at the lowest t … at the highest."
            return
        yield from _non_answers(cards)
        result = self.rescored.result
        lacking = [card for card in cards if card.missing.total]
        if lacking:
            asked = missing.asked_of(lacking, own=False)
            yield f"In no score: {missing.missing_words(asked)} of {asked.asked:,} answers."
        for card in lacking:
            yield from missing.cut_off(asked_for([card], result))
        empty = {card.model: self._empty(card) for card in cards}
        for model, n in empty.items():
            if n:
                asked_n = sum(card.n for card in cards if card.model == model)
                yield (
                    f"{visible(str(model))}: {n:,} of {asked_n:,} answers ({percent(n / asked_n)}) are empty, and the"
                    " file does not tell whether the model ended them or something cut them off: they count as IDK;"
                    " --count-as empty=error counts them as errors."
                )
        if any(missing.is_notable(card.missing_share) for card in cards) or any(empty.values()):
            yield SUCH


def _non_answers(cards: Sequence[Scorecard]) -> Iterator[str]:
    kinds = Counter[str]()
    for card in cards:
        kinds.update({kind: n for kind, n in card.non_answers.model_dump().items() if n})
    counted = {"abstained": "IDK", "refusal": "IDK", "empty": "IDK", "unparsed": "error", "partial": "IDK"}
    counted |= cards[0].count_as
    if kinds:
        yield "Non-answers: " + ", ".join(f"{kind} {n:,} ({counted[kind]})" for kind, n in kinds.most_common()) + "."
    if kinds["partial"]:
        yield "partial: partly right, 0 points but attempted; --count-as partial=error or =correct counts it otherwise."


def _thresholds(card: Scorecard) -> list[float]:
    return sorted({score.threshold for score in card.scores} | {one.threshold for one in card.range})


def _score(card: Scorecard, t: float) -> Score | None:
    return next((score for score in card.scores if score.threshold == t), None)


def _worst(card: Scorecard, t: float) -> float:
    """The score with missing answers as errors: what ranks go by."""
    around: Range | None = card.range_at(t)
    score = _score(card, t)
    return around.low if around else score.value if score else float("-inf")


def _mean_worst(cards: Sequence[Scorecard]) -> float:
    values = [(1 - t) * _worst(card, t) + t for card in cards for t in _thresholds(card)]
    return sum(values) / len(values) if values else float("-inf")


def _part(table: Table, columns: Sequence[int]) -> Table:
    """Some columns of a table."""
    rows = [[row[k] for k in columns] for row in table.rows]
    return Table(columns=[table.columns[k] for k in columns], rows=rows, names=(0,))


def _counts(cards: Sequence[Scorecard], *, lacking: bool) -> list[str]:
    """The answers of one model, and how many of them were what."""
    lost = [f"{sum(card.missing.total for card in cards):,}"] if lacking else []
    if cards[0].policy is None:
        kinds = ("n", "correct", "error", "idk")
        return [*(f"{sum(getattr(card, kind) for card in cards):,}" for kind in kinds), *lost]
    # The cards of a policy are the same answers, of which each target lets others stand.
    ends = [(getattr(cards[0], kind), getattr(cards[-1], kind)) for kind in ("correct", "error", "idk")]
    return [f"{cards[0].n:,}", *(f"{a:,}" if a == b else f"{a:,} … {b:,}" for a, b in ends), *lost]

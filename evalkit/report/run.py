"""The last screen of a run: what was answered, what it scores, what that means, where to look further."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evalkit.analysis.behaviour import behaviours
from evalkit.display import Block, Heading, Printable, Table, one_line, visible
from evalkit.metrics.behavioural_calibration import Behaviour
from evalkit.records import SCHEMA_VERSION
from evalkit.report import missing
from evalkit.report.behaviour import audit_lines
from evalkit.report.spending import reused_line, spending_lines
from evalkit.report.table import number, percent, span, target_label
from evalkit.runs.folder import DEFAULT_FOLDER
from evalkit.runs.result import RunResult
from evalkit.runs.scorecard import Interval, Range, Score, Scorecard, tidy

if TYPE_CHECKING:
    import pandas as pd

MODES = {"open": "target stated\n(open)", "closed": "not stated\n(closed)", "simulated": "simulated,\n"}
"""Mode → its column, of two lines; that of a policy ends in the policy's name."""
INTERVAL = "[low, high]: 95% interval."
UNSHOWN = ("data", "grader")
"""Settings that the task itself decides."""


@dataclass(frozen=True, kw_only=True)
class LastScreen(Printable):
    """What a run gave: a block a task and model, then where the transcripts are."""

    result: RunResult
    strata: bool = False
    """Whether counts by stratum are shown."""

    def blocks(self) -> list[Block]:
        """Return what has to be put right first, a table of outcomes and one of scores for each task, and remarks."""
        result = self.result
        blocks: list[Block] = []
        if result.status != "finished":
            state = visible(result.status)
            blocks.append(f"This run is not finished ({state}): evalkit run --resume {result.folder}")
        blocks += headline(result)
        behaviour = behaviours(result.outcomes)
        for cards in by_task_and_model(result):
            blocks += self._task(cards, behaviour.get(str(cards[0].task)))
        money = [reused_line(result.manifest.reused, result.spending), *spending_lines(result.spending)]
        if any(money):
            blocks += ["", *filter(None, money)]
        legend = " ".join([INTERVAL, *[missing.RANGE] * shows_ranges(result.scorecards)])
        return [*blocks, "", legend, f"Transcripts: evalkit show {shown(result)} [ID]    a line each: --records"]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a task, model, mode and threshold, with counts, score, interval and range."""
        import pandas as pd

        return pd.DataFrame([row for card in self.result.scorecards for row in _rows(card)])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data; what `--json` prints."""
        return document(self.result)

    def _task(self, cards: Sequence[Scorecard], behaviour: Behaviour | None) -> Iterator[Block]:
        yield Heading(title(cards, self.result))
        if settings := settings_line(cards):
            yield settings
        yield outcomes_table(cards)
        if any(card.scores or card.range for card in cards):
            yield scores_table(cards)
        if self.strata and any(card.strata for card in cards):
            yield strata_table(cards)
        yield from sentences(cards, behaviour, self.result)


def document(result: RunResult) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run": str(result.folder),
        "status": result.status,
        "scorecards": [card.model_dump(mode="json") for card in result.scorecards],
        "spending": {"cost": result.spending.cost, **result.spending.model_dump(mode="json")},
        "behaviour": {task: _as_dict(one) for task, one in behaviours(result.outcomes).items()},
    }


def by_task_and_model(result: RunResult) -> list[list[Scorecard]]:
    """The cards of a run, those of one task and model together."""
    groups: dict[tuple[str | None, str | None], list[Scorecard]] = {}
    for card in result.scorecards:
        groups.setdefault((card.task, card.model), []).append(card)
    return list(groups.values())


def title(cards: Sequence[Scorecard], result: RunResult) -> str:
    """Task and model, how many answers, how long they took and how many are missing."""
    asked = asked_for(cards, result)
    alone = result.config is not None and len(result.config.tasks) == 1
    took = f" in {_seconds(result.seconds)}" if result.seconds and alone else ""
    head = f"{visible(cards[0].task or '')} · {visible(cards[0].model or '')}"
    n = sum(card.n for card in cards if card.policy is None)
    return f"{head}  {n:,} answers{took}, {missing.missing_words(asked)}"


def asked_for(cards: Sequence[Scorecard], result: RunResult) -> missing.Asked:
    """What the cards of one task and model say of missing answers."""
    several = len({(card.task, card.model) for card in result.scorecards}) > 1
    who = f"{cards[0].task}, {cards[0].model}" if several else ""
    asked = missing.asked_of(cards, who, own=result.config is not None)
    return replace(asked, limit=asked.limit or _token_limit(result))


def _token_limit(result: RunResult) -> str:
    """The longest answer that was asked for, as it was sent; "" where none was, or it is not known."""
    sent = result.manifest.model.get("parameters")
    sent = sent if isinstance(sent, dict) else {}
    limit = sent.get("max_tokens") or sent.get("max_completion_tokens")
    return str(limit) if isinstance(limit, int) else ""


def headline(result: RunResult) -> list[str]:
    """What has to be put right before any number is worth reading."""
    return [line for cards in by_task_and_model(result) for line in missing.remedy(asked_for(cards, result))]


def sentences(cards: Sequence[Scorecard], behaviour: Behaviour | None, result: RunResult) -> Iterator[str]:
    """What the numbers of one task and model mean, and what to know of them.

    Args:
        cards: of the task and model, simulated ones included.
        behaviour: how the answers changed with the stated target, where several were stated.
        result: the run.
    """
    answers = [card for card in cards if card.policy is None]
    yield from audit_lines(behaviour) if behaviour else [meaning(answers)]
    yield from _unstated(cards)
    yield from remarks(answers, result)


def outcomes_table(cards: Sequence[Scorecard]) -> Table:
    """What was answered: a row for each target that the prompt stated."""
    cards = [card for card in cards if card.policy is None]
    lacking = any(card.missing.total for card in cards)
    columns = [">n", ">correct", ">error", ">IDK", *[">missing"] * lacking, "accuracy", "non-answers"]
    rows: list[list[str]] = []
    narrow: list[list[str]] = []
    for card in cards:
        counts = [card.n, card.correct, card.error, card.idk, *[card.missing.total] * lacking]
        first = [target_label(card.prompt_threshold), *(f"{count:,}" for count in counts)]
        parts = _parts(card.accuracy, _range_of_accuracy(card))
        rows.append([*first, " ".join(parts), _non_answers(card)])
        narrow.append([*first, "\n".join(parts), _non_answers(card)])
    short = Table(columns=["target\nstated", *columns], rows=narrow)
    return Table(columns=["target stated", *columns], rows=rows, narrower=[[short]])


def scores_table(cards: Sequence[Scorecard]) -> Table:
    """What it scores: a row a threshold, a column a mode."""
    policy = visible(next((card.policy for card in cards if card.policy), "") or "")
    cells: dict[float, dict[str, list[str]]] = {}
    costs: dict[float, float] = {}
    for card in cards:
        for threshold, mode, penalty, parts in _scored(card):
            cells.setdefault(threshold, {})[mode] = parts
            costs[threshold] = penalty
    present = [mode for mode in MODES if any(mode in row for row in cells.values())]
    heads = [MODES[mode] + policy if mode == "simulated" else MODES[mode] for mode in present]
    rows, narrow = [], []
    for threshold in sorted(cells):
        first = f"{costs[threshold]:<3g} (t = {threshold:g})"
        written = [cells[threshold].get(mode, ["–"]) for mode in present]
        rows.append([first, *(" ".join(parts) for parts in written), "0"])
        narrow.append([first, *("\n".join(parts) for parts in written), "0"])
    wide = [f"score, {head}".replace("\n", " ") for head in heads]
    short = Table(
        columns=["a mistake\ncosts", *(f"score,\n{head}" for head in heads), ">never\nanswering"], rows=narrow
    )
    return Table(columns=["a mistake costs", *wide, ">never answering"], rows=rows, narrower=[[short]])


def strata_table(cards: Sequence[Scorecard]) -> Table:
    """Counts by stratum, a group of rows for each target that the prompt stated."""
    rows = []
    for name in dict.fromkeys(name for card in cards for name in card.strata):
        for card in cards:
            if card.policy is None and (counts := card.strata.get(name)) is not None:
                values = (counts.n, counts.correct, counts.error, counts.idk, counts.missing)
                rows.append([name, target_label(card.prompt_threshold), *(f"{value:,}" for value in values)])
    columns = ("stratum", "target stated", ">n", ">correct", ">error", ">IDK", ">missing")
    return Table(columns=columns, rows=rows, names=(0,))


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
            f"Told that a mistake costs {_points(cost)}, it still answered {attempted:,} of {card.n:,};"
            f" {_were_right(card.correct)}. Never answering scores 0."
        )
    plain = next((card for card in cards if card.n), None)
    if plain is None:
        return "There is no answer to score."
    return _meaning_of_plain_prompts(plain)


def settings_line(cards: Sequence[Scorecard]) -> str:
    """The settings that are not the defaults, of the first card; "" where there are none."""
    condition = cards[0].condition
    pairs = [f"{key}={one_line(value, 60)}" for key, value in condition.settings.items() if key not in UNSHOWN]
    label = f"{visible(condition.label)}: " if condition.label else ""
    return f"{label}{', '.join(pairs)}" if pairs or label else ""


def shown(result: RunResult) -> str:
    """A run as it may be named to evalkit show."""
    return result.name if str(result.folder.parent) == DEFAULT_FOLDER else str(result.folder)


def _meaning_of_plain_prompts(card: Scorecard) -> str:
    attempted = _answered(card)
    if not attempted or card.accuracy_given_attempted is None:
        return "It answered nothing: 0 points at every t, and no mistakes."
    sentence = f"It answered {attempted:,} of {card.n:,}; {_were_right(card.correct)}."
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


def _unstated(cards: Sequence[Scorecard]) -> Iterator[str]:
    most = max((card for card in cards if card.unstated), key=lambda card: card.unstated, default=None)
    if most is not None:
        claims = next((c.correct + c.error for c in cards if c.policy is None and c.prompt_threshold is None), 0)
        yield f"{most.unstated:,} of {claims:,} claims have no known confidence; the policy keeps them."


def remarks(cards: Sequence[Scorecard], result: RunResult) -> Iterator[str]:
    """What a reader of the numbers has to know."""
    asked = asked_for(cards, result)
    nobody = replace(asked, who="")
    yield from missing.cut_off(nobody)
    yield from missing.undecided(nobody)
    yield from about_confidences(cards)
    yield from about_abstention(cards)
    yield from about_metrics(cards)
    if result.strays:
        yield f"{result.strays:,} records are of samples that the task no longer asks; they are counted."
    if result.manifest.count_as:
        changes = ", ".join(f"{kind} as {outcome}" for kind, outcome in result.manifest.count_as.items())
        yield f"Counted otherwise than by default: {changes}."


def shows_ranges(cards: Sequence[Scorecard]) -> bool:
    """Whether so many answers are missing that ranges stand beside scores."""
    return any(missing.is_notable(card.missing_share) for card in cards)


def about_confidences(cards: Sequence[Scorecard]) -> Iterator[str]:
    """Say in how many answers a confidence was found; nothing where none was asked for."""
    known = [card for card in cards if card.confidences is not None]
    if known:
        answers = sum(card.n + card.missing.total for card in known)
        yield f"A confidence was found in {sum(card.confidences or 0 for card in known):,} of {answers:,} answers."


def about_abstention(cards: Sequence[Scorecard]) -> Iterator[str]:
    """Say how well IDK picked out the unanswerable questions, of a task that has some; a sentence a card."""
    for card in cards:
        quality = card.abstention
        if quality is None:
            continue
        told = "not stated" if card.prompt_threshold is None else target_label(card.prompt_threshold)
        if quality.precision is None:
            yield f"Target {told}: it never said IDK, not even to the unanswerable questions."
            continue
        yield (
            f"Target {told}: it said IDK to {_share(quality.recall)} of the unanswerable questions (recall) and to"
            f" {_share(quality.over_abstention)} of the answerable ones; {_share(quality.precision)} of its IDK were"
            f" right (precision). F1 {'–' if quality.f1 is None else number(quality.f1)}."
        )


def about_metrics(cards: Sequence[Scorecard]) -> Iterator[str]:
    """Give the values of one's own metrics, a line a card, and say which failed."""
    for card in cards:
        values = [f"{visible(name)} {_value(card.metrics.get(name))}" for name in card.shown_metrics]
        if values:
            yield f"Target {target_label(card.prompt_threshold)}: {', '.join(values)}"
    problems = {name: why for card in cards for name, why in card.metric_problems.items()}
    yield from (f"Metric {visible(name)} failed: {one_line(why, 200)}" for name, why in problems.items())


def _value(value: float | None) -> str:
    return "–" if value is None else number(value)


def _scored(card: Scorecard) -> Iterator[tuple[float, str, float, list[str]]]:
    """Threshold, mode, cost and written score of every score of a card, those included that only have a range."""
    scores: dict[float, Score] = {score.threshold: score for score in card.scores}
    for threshold in sorted(scores.keys() | {one.threshold for one in card.range}):
        score = scores.get(threshold)
        mode = score.mode if score else mode_of(card)
        penalty = score.penalty if score else tidy(threshold / (1 - threshold))
        yield threshold, mode, penalty, _parts(score, notable_range(card, threshold))


def mode_of(card: Scorecard) -> str:
    """open, closed or simulated."""
    if card.policy is not None:
        return "simulated"
    return "closed" if card.prompt_threshold is None else "open"


def notable_range(card: Scorecard, threshold: float) -> Range | None:
    """The range of a score, where so many answers are missing that it stands beside the score."""
    return card.range_at(threshold) if missing.is_notable(card.missing_share) else None


def _parts(point: Interval | Score | None, around: Range | None) -> list[str]:
    """A number, its interval, and its range where enough is missing; at least one of them."""
    if point is None:
        return [span(around.low, around.high)] if around else ["–"]
    low, high = point.ci95
    bounds = [span(around.low, around.high)] if around else []
    return [number(point.value), f"[{number(low)}, {number(high)}]", *bounds]


def _rows(card: Scorecard) -> Iterator[dict[str, Any]]:
    scores = {score.threshold: score for score in card.scores}
    for t in sorted(scores.keys() | {one.threshold for one in card.range}):
        score, around = scores.get(t), card.range_at(t)
        yield {
            "task": card.task, "model": card.model, "mode": mode_of(card), "prompt_threshold": card.prompt_threshold,
            "threshold": t, "n": card.n, "items": card.items, "correct": card.correct, "error": card.error,
            "idk": card.idk, "missing": card.missing.total, "score": score and score.value,
            "score_low": score and score.ci95[0], "score_high": score and score.ci95[1],
            "range_low": around and around.low, "range_high": around and around.high,
        }  # fmt: skip


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _range_of_accuracy(card: Scorecard) -> Range | None:
    return card.accuracy_range if missing.is_notable(card.missing_share) else None


def _non_answers(card: Scorecard) -> str:
    counted = {"abstained": "IDK", "refusal": "IDK", "empty": "IDK", "unparsed": "error"} | card.count_as
    kinds = card.non_answers.model_dump()
    return ", ".join(f"{kind} {count:,} ({counted[kind]})" for kind, count in kinds.items() if count) or "–"


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
    return {0: "none was right", 1: "1 was right"}.get(correct, f"{correct:,} were right")


def _seconds(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - from here on minutes read better
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min"

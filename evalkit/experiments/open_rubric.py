"""The authors' follow-up as one run: does stating the cost change what models do, and would checking twice do as well?

Kalai, Nachum, Vempala, Zhang, Nature 653:1047 (2026), as far as its abstract and its repository's README tell: mistakes
cost 0, 1, 3 or 9 points; the closed rubric puts the question alone, once, and is scored at each cost; the open rubric
states the cost, and is put once for each. Each is also scored with a consistency check: asked twice, an answer that
differs from the other counts as IDK. The prompts are evalkit's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from evalkit.errors import InputError, UsageError
from evalkit.grading.confidence import agree
from evalkit.metrics import paired, rank_sets, threshold
from evalkit.metrics.intervals import dirichlet_intervals
from evalkit.records import Grade, Outcome, Record
from evalkit.runs import journal, nested, session

PENALTIES = (0.0, 1.0, 3.0, 9.0)
TARGETS = tuple(cost / (1 + cost) for cost in PENALTIES)
PLAN = "experiment.json"
ORDER = (Outcome.CORRECT, Outcome.ERROR, Outcome.IDK)

Rubric = Literal["closed", "open"]
Outcomes = dict[str, Outcome]


@dataclass(frozen=True)
class Plan:
    """What is asked of whom."""

    models: list[str]
    task: str = "simpleqa"
    judge: str | None = None
    limit: int | None = None
    data: str | None = None
    seed: int = 0
    max_tokens: int = 512
    base_url: str | None = None


@dataclass(frozen=True)
class Cell:
    """One model under one rubric at one cost."""

    model: str
    rubric: Rubric
    checked: bool
    """Whether answers that a second asking contradicts count as IDK."""
    penalty: float
    correct: int
    error: int
    idk: int
    score: float
    low: float
    high: float

    @property
    def n(self) -> int:
        """Questions answered, IDK among them."""
        return self.correct + self.error + self.idk


@dataclass(frozen=True)
class Effect:
    """What a change of rubric, or the check, does to one model at one cost."""

    model: str
    penalty: float
    change: str
    n: int
    difference: float
    """Points a question."""
    p: float
    """Exact paired sign-flip test."""
    p_holm: float = 1.0
    """Corrected for all effects of the experiment."""


@dataclass
class Experiment:
    """All of it."""

    folder: Path
    plan: Plan
    cells: list[Cell] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    runs: dict[str, str] = field(default_factory=dict)
    """Model → its run's folder."""
    tokens: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Model → requests, prompt tokens, completion tokens, as far as the server said."""
    failed: int = 0


def open_rubric(
    plan: Plan | None, out: Path, resume: Path | None = None, notify: Callable[[str], None] = lambda _: None,
    watch: session.Watch = lambda _: None,
) -> Experiment:  # fmt: skip
    """Run the experiment, or go on with one that was cut short.

    Args:
        plan: what to ask; None where it is resumed.
        out: folder below which its own is made.
        resume: the folder of one that was cut short.
        notify: told which model is next.
        watch: told how far a run has come.

    Raises:
        UsageError: a model is given twice, or none.
        InputError: there is nothing to resume.
        RunInterruptedError: Ctrl-C; what was answered is kept.
    """
    folder = resume or _new_folder(out, plan)
    plan = _read_plan(folder)
    for model in plan.models:
        notify(f"{model}: the closed rubric once, the open one at {len(PENALTIES)} costs, each twice")
        _run(plan, model, folder, watch)
    return analyse(folder)


def analyse(folder: Path) -> Experiment:
    """Count and test what an experiment's runs hold.

    Args:
        folder: an experiment's.

    Raises:
        InputError: it is none, or a run is missing.
    """
    experiment = Experiment(folder, _read_plan(folder))
    for model in experiment.plan.models:
        found = nested.only_run(folder / nested.slug(model))
        if found is None:
            raise InputError(f"{folder}: no run of {model} yet; go on with --resume {folder}")
        records = list(journal.read_records(found))
        experiment.runs[model] = str(found)
        experiment.tokens[model] = _tokens(records)
        experiment.failed += sum(int(card.get("failed") or 0) for card in journal.read_run(found)["scorecards"])
        answers = outcomes_of(records)
        experiment.cells += [cell for key, part in answers.items() for cell in _cells(model, *key, part)]
        experiment.effects += _effects(model, answers)
    corrected = rank_sets.holm([effect.p for effect in experiment.effects])
    experiment.effects = [
        Effect(**{**asdict(effect), "p_holm": p}) for effect, p in zip(experiment.effects, corrected, strict=True)
    ]
    return experiment


def outcomes_of(records: Iterable[Record]) -> dict[tuple[Rubric, bool, float | None], Outcomes]:
    """(rubric, checked, stated target) → outcomes by sample; the first asking alone, or both where they agree.

    Args:
        records: of one model and task, asked twice.
    """
    asked: dict[float | None, dict[str, dict[int, Grade]]] = {}
    for record in records:
        asked.setdefault(record.prompt_threshold, {}).setdefault(record.sample_id, {})[record.epoch] = record.grade
    found: dict[tuple[Rubric, bool, float | None], Outcomes] = {}
    for told, samples in sorted(asked.items(), key=lambda item: (item[0] is not None, item[0] or 0)):
        rubric: Rubric = "closed" if told is None else "open"
        both = {name: grades for name, grades in samples.items() if {1, 2} <= set(grades)}
        found[rubric, False, told] = {name: grades[1].outcome for name, grades in both.items()}
        found[rubric, True, told] = {
            name: grades[1].outcome if agree([grades[1], grades[2]]) else Outcome.IDK for name, grades in both.items()
        }
    return found


def _cells(model: str, rubric: Rubric, checked: bool, told: float | None, outcomes: Outcomes) -> list[Cell]:
    if not outcomes:
        return []
    correct, error, idk = (sum(outcome is kind for outcome in outcomes.values()) for kind in ORDER)
    cells = []
    for t in TARGETS if told is None else [told]:
        cost = threshold.penalty(t)
        low, high = dirichlet_intervals(correct, error, idk, [cost])[0]
        value = threshold.score(correct, error, idk, t)
        cells.append(Cell(model, rubric, checked, round(cost, 9), correct, error, idk, value, low, high))
    return cells


def _effects(model: str, answers: dict[tuple[Rubric, bool, float | None], Outcomes]) -> list[Effect]:
    closed = answers.get(("closed", False, None), {})
    checked = answers.get(("closed", True, None), {})
    found = []
    for t in TARGETS:
        stated = next((part for (_, check, told), part in answers.items() if not check and told == t), {})
        for change, before, after in (
            ("open instead of closed", closed, stated),
            ("check instead of none (closed)", closed, checked),
        ):
            if common := before.keys() & after.keys():
                found.append(_effect(model, t, change, [(after[s], before[s]) for s in sorted(common)]))
    return found


def _effect(model: str, t: float, change: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> Effect:
    table = [[sum(pair == (a, b) for pair in pairs) for b in ORDER] for a in ORDER]
    found = paired.difference(table, t)
    penalty = round(threshold.penalty(t), 9)
    return Effect(model, penalty, change, len(pairs), found.value, paired.sign_flip(table, t))


def _run(plan: Plan, model: str, folder: Path, watch: session.Watch) -> None:
    settings: dict[str, Any] = {
        "tasks": [plan.task], "model": model, "thresholds": [None, *TARGETS], "epochs": 2, "seed": plan.seed,
        "max_tokens": plan.max_tokens, "limit": plan.limit, "data": plan.data,
    }  # fmt: skip
    if plan.base_url and not model.startswith(("baseline/", "local")):
        settings["base_url"] = plan.base_url
    if plan.judge:
        settings["grader_parameters"] = {"judge": plan.judge}
    given = {key: value for key, value in settings.items() if value is not None}
    nested.run_below(folder / nested.slug(model), watch, **given)


def _new_folder(out: Path, plan: Plan | None) -> Path:
    if plan is None or not plan.models:
        raise UsageError("--model: name at least one")
    if len({nested.slug(model) for model in plan.models}) < len(plan.models):
        raise UsageError("--model: the same model is given twice")
    started = datetime.now().astimezone()
    for number in range(1, 1000):
        suffix = "" if number == 1 else f"-{number}"
        folder = out / f"{started:%Y%m%d-%H%M}-open-rubric{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"--out {out} cannot be written ({error.strerror})") from error
        (folder / PLAN).write_text(json.dumps(asdict(plan), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return folder
    raise UsageError(f"--out {out}: no free name")


def _read_plan(folder: Path) -> Plan:
    try:
        return Plan(**json.loads((folder / PLAN).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{folder} is no experiment: {PLAN} is missing or damaged") from error


def _tokens(records: Sequence[Record]) -> tuple[int, int, int]:
    usages = [record.completion.usage for record in records]
    return (
        len(records),
        sum(usage.prompt_tokens or 0 for usage in usages),
        sum(usage.completion_tokens or 0 for usage in usages),
    )

"""The authors' follow-up: does stating the cost of a mistake change what models do, and would asking twice do as well?

Kalai, Nachum, Vempala, Zhang, Nature 653:1047 (2026), as far as its abstract and its repository's README describe it:
mistakes cost 0, 1, 3 or 9 points. Under the closed rubric the prompt holds the question alone and the answer is scored
at each cost; under the open rubric the prompt states the cost, and each cost is asked separately. Both are also scored
with a consistency check: every question is asked twice, and an answer that the second asking contradicts counts as IDK.
The prompts are evalkit's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from evalkit.errors import InputError, RunInterruptedError, UsageError
from evalkit.grading.confidence import agree
from evalkit.metrics import paired, rank_sets, threshold
from evalkit.metrics.intervals import dirichlet_intervals
from evalkit.metrics.outcomes import GRADED
from evalkit.records import Grade, Outcome, Record
from evalkit.runs import journal, nested, session
from evalkit.runs.folder import slug
from evalkit.runs.manifest import read_manifest
from evalkit.runs.result import graded

PENALTIES = (0.0, 1.0, 3.0, 9.0)
TARGETS = tuple(cost / (1 + cost) for cost in PENALTIES)
PLAN = "experiment.json"
ORDER = tuple(Outcome(name) for name in GRADED)
STATED, ASKED_TWICE = "open instead of closed", "check instead of none (closed)"
"""What is compared with the closed rubric, asked once."""

Rubric = Literal["closed", "open"]
Outcomes = dict[str, Outcome]


@dataclass(frozen=True, kw_only=True)
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
    judge_settings: dict[str, str] = field(default_factory=dict)
    """Settings of the judge, such as {"judge.max_tokens": "8000"}."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One model under one rubric at one cost."""

    model: str
    rubric: Rubric
    checked: bool
    """Whether an answer that the second asking contradicts counts as IDK."""
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


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a change of rubric, or the consistency check, does to one model at one cost."""

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


@dataclass(kw_only=True)
class Experiment:
    """The whole experiment as counted and tested."""

    folder: Path
    plan: Plan
    cells: list[Cell] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    runs: dict[str, str] = field(default_factory=dict)
    """Model → its run's folder."""
    tokens: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Model → requests, prompt tokens, completion tokens, as far as the server reported them."""
    failed: int = 0
    missing: int = 0
    """Answers that are in no count: cut off, or not decided by rules without a judge."""


def run_experiment(
    plan: Plan | None, out: Path, resume: Path | None = None, notify: Callable[[str], None] = lambda _: None,
    watch: session.Watch = lambda _: None,
) -> Experiment:  # fmt: skip
    """Run the experiment, or resume an interrupted one.

    Args:
        plan: what to ask; None where an experiment is resumed.
        out: folder below which the experiment's folder is made.
        resume: the folder of an interrupted experiment.
        notify: called with the model that is next.
        watch: called with a run's counts when it starts.

    Raises:
        UsageError: a model is given twice, or none is given.
        InputError: there is nothing to resume.
        RunInterruptedError: Ctrl-C; what was answered is kept, and `run` names the experiment's folder.
    """
    folder = resume or _new_folder(out, plan)
    plan = _read_plan(folder)
    for model in plan.models:
        notify(f"{model}: the closed rubric once, the open one at {len(PENALTIES)} costs, each twice")
        try:
            _run(plan, model, folder, watch)
        except RunInterruptedError as error:
            error.run = str(folder)
            raise
    return analyze(folder)


def analyze(folder: Path) -> Experiment:
    """Count and test what an experiment's runs hold.

    Args:
        folder: the experiment's.

    Raises:
        InputError: it is no experiment's folder, or a run is missing.
    """
    experiment = Experiment(folder=folder, plan=_read_plan(folder))
    for model in experiment.plan.models:
        run = nested.only_run(folder / slug(model))
        if run is None:
            raise InputError(f"{folder}: no run of {model} yet; resume with --resume {folder}")
        records = list(journal.read_records(run))
        experiment.runs[model] = str(run)
        experiment.tokens[model] = _tokens(records)
        experiment.failed += sum(card.failed for card in read_manifest(run).scorecards)
        answers = outcomes_of(record for record in records if graded(record))
        experiment.missing += sum(not graded(record) for record in records)
        experiment.cells += [cell for key, part in answers.items() for cell in _cells(model, *key, part)]
        experiment.effects += _effects(model, answers)
    corrected = rank_sets.holm([effect.p for effect in experiment.effects])
    experiment.effects = [
        Effect(**{**asdict(effect), "p_holm": p}) for effect, p in zip(experiment.effects, corrected, strict=True)
    ]
    return experiment


def outcomes_of(records: Iterable[Record]) -> dict[tuple[Rubric, bool, float | None], Outcomes]:
    """Sort records into outcomes by sample, for each rubric, with and without the consistency check.

    Args:
        records: of one model and task, every question asked twice.

    Returns:
        (rubric, whether checked, stated threshold) → sample → outcome of the first asking; IDK where it is checked
        and the second asking disagrees.
    """
    asked: dict[float | None, dict[str, dict[int, Grade]]] = {}
    for record in records:
        asked.setdefault(record.prompt_threshold, {}).setdefault(record.sample_id, {})[record.epoch] = record.grade
    outcomes: dict[tuple[Rubric, bool, float | None], Outcomes] = {}
    for stated, samples in sorted(asked.items(), key=lambda item: (item[0] is not None, item[0] or 0)):
        rubric: Rubric = "closed" if stated is None else "open"
        both = {name: grades for name, grades in samples.items() if {1, 2} <= set(grades)}
        outcomes[rubric, False, stated] = {name: grades[1].outcome for name, grades in both.items()}
        outcomes[rubric, True, stated] = {
            name: grades[1].outcome if agree([grades[1], grades[2]]) else Outcome.IDK for name, grades in both.items()
        }
    return outcomes


def _cells(model: str, rubric: Rubric, checked: bool, stated: float | None, outcomes: Outcomes) -> list[Cell]:
    if not outcomes:
        return []
    correct, error, idk = (sum(outcome is kind for outcome in outcomes.values()) for kind in ORDER)
    cells = []
    for t in TARGETS if stated is None else [stated]:
        cost = threshold.penalty(t)
        low, high = dirichlet_intervals(correct, error, idk, [cost])[0]
        value = threshold.score(correct, error, idk, t)
        cells.append(
            Cell(
                model=model, rubric=rubric, checked=checked, penalty=round(cost, 9), correct=correct, error=error,
                idk=idk, score=value, low=low, high=high,
            )
        )  # fmt: skip
    return cells


def _effects(model: str, answers: dict[tuple[Rubric, bool, float | None], Outcomes]) -> list[Effect]:
    closed = answers.get(("closed", False, None), {})
    checked = answers.get(("closed", True, None), {})
    effects = []
    for t in TARGETS:
        opened = next((part for (_, check, stated), part in answers.items() if not check and stated == t), {})
        for change, after in ((STATED, opened), (ASKED_TWICE, checked)):
            if common := closed.keys() & after.keys():
                effects.append(_effect(model, t, change, [(after[s], closed[s]) for s in sorted(common)]))
    return effects


def _effect(model: str, t: float, change: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> Effect:
    table = [[sum(pair == (a, b) for pair in pairs) for b in ORDER] for a in ORDER]
    return Effect(
        model=model,
        penalty=round(threshold.penalty(t), 9),
        change=change,
        n=len(pairs),
        difference=paired.difference(table, t).value,
        p=paired.sign_flip(table, t),
    )


def _run(plan: Plan, model: str, folder: Path, watch: session.Watch) -> None:
    settings: dict[str, Any] = {
        "tasks": [plan.task], "model": model, "thresholds": [None, *TARGETS], "epochs": 2, "seed": plan.seed,
        "max_tokens": plan.max_tokens, "limit": plan.limit, "data": plan.data,
    }  # fmt: skip
    if plan.base_url and not model.startswith(("baseline/", "local")):
        settings["base_url"] = plan.base_url
    if plan.judge:
        settings["grader_parameters"] = {"judge": plan.judge, **plan.judge_settings}
    given = {key: value for key, value in settings.items() if value is not None}
    nested.ensure_run(folder / slug(model), watch, **given)


def _new_folder(out: Path, plan: Plan | None) -> Path:
    if plan is None or not plan.models:
        raise UsageError("--model: name at least one model")
    if len({slug(model) for model in plan.models}) < len(plan.models):
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
        raise InputError(f"{folder} is not an experiment's folder: {PLAN} is missing or damaged") from error


def _tokens(records: Sequence[Record]) -> tuple[int, int, int]:
    usages = [record.completion.usage for record in records]
    return (
        len(records),
        sum(usage.prompt_tokens or 0 for usage in usages),
        sum(usage.completion_tokens or 0 for usage in usages),
    )

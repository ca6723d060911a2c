"""The question asked the other way round: does a model that errs at least see which answers are valid?

Two runs on the same questions: the task itself, and `valid`, which proposes right and wrong answers. Theorem 1 of Kalai
et al. 2025 relates the errors of answering to those of judging by a model's own probabilities; here it is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from evalkit.errors import InputError, UsageError
from evalkit.metrics.intervals import Bounds, share_interval
from evalkit.plugins import make_task
from evalkit.records import Outcome, Record
from evalkit.runs import journal, nested, session
from evalkit.runs.pipeline import draw

PLAN = "is-it-valid.json"
ANSWERS, VERDICTS = "answers", "verdicts"


@dataclass(frozen=True)
class Plan:
    """What is asked of whom."""

    model: str
    task: str
    limit: int
    """Questions; each is answered once, and judged twice: a right answer and an error."""
    seed: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    data: str | None = None
    base_url: str | None = None


@dataclass(frozen=True)
class Share:
    """So many of so many, with its 95% interval; None where there are none."""

    count: int
    n: int

    @property
    def value(self) -> float | None:
        """The share."""
        return self.count / self.n if self.n else None

    @property
    def interval(self) -> Bounds | None:
        """Jeffreys, 95%."""
        return share_interval(self.count, self.n) if self.n else None


@dataclass(frozen=True)
class Found:
    """One model on one task."""

    plan: Plan
    wrong: Share
    """Wrong answers, of the questions that proposals are about; IDK is not wrong."""
    idk: Share
    missed: Share
    """Valid answers called invalid, of those with a verdict."""
    taken: Share
    """Errors called valid, of those with a verdict."""
    silent: Share
    """Proposals without a verdict: IDK, or neither yes nor no; they are in no share above."""
    failed: dict[str, int]
    """Requests that failed, by the run they are missing in."""
    runs: list[str]
    """Folders with the transcripts: of the answers, of the verdicts."""

    @property
    def misclassified(self) -> float | None:
        """err_iiv as asked: mean of `missed` and `taken`, so that valid answers and errors weigh the same."""
        if self.missed.value is None or self.taken.value is None:
            return None
        return (self.missed.value + self.taken.value) / 2


def ask(plan: Plan, folder: Path, watch: session.Watch, notify: Callable[[str], None]) -> Found:
    """Put the questions and the proposals, or go on with what a folder holds of them.

    Args:
        plan: what to ask.
        folder: of this model's two runs.
        watch, notify: as `runs.run`.

    Raises:
        UsageError: the folder holds another plan or cannot be used, or nothing can be proposed of the task.
        InputError: the task's files are not what they should be.
        RunInterruptedError: Ctrl-C; what was answered is kept.
    """
    if any("," in value for value in plan.parameters.values()):
        raise UsageError("-T with a comma in its value cannot be handed on to the proposals; leave it out with --ask")
    inner = ",".join(f"{key}={value}" for key, value in plan.parameters.items())
    of = {"of": plan.task, **({"parameters": inner} if inner else {})}
    # Before there is a folder: what is wrong with the task is said at once.
    asked = _proposed(plan, of)
    _claim(plan, folder)
    shared = {"model": plan.model, "seed": plan.seed, "data": plan.data, "base_url": plan.base_url}
    given = {key: value for key, value in shared.items() if value is not None}
    notify(f"{plan.model}: {plan.limit} questions, then a right and a wrong answer to each")
    for name, settings in (
        (ANSWERS, {"tasks": [plan.task], "task_parameters": plan.parameters, "limit": plan.limit}),
        (VERDICTS, {"tasks": ["is_it_valid"], "task_parameters": of, "limit": 2 * asked}),
    ):
        nested.run_below(folder / name, watch, notify, **given, **settings)
    return analyse(plan, folder)


def analyse(plan: Plan, folder: Path) -> Found:
    """Count what the two runs hold.

    Raises:
        InputError: a run is missing.
    """
    found = [nested.only_run(folder / name) for name in (ANSWERS, VERDICTS)]
    if None in found:
        raise InputError(f"{folder} lacks a run; start again with the same command")
    answers, verdicts = (list(journal.read_records(run)) for run in found if run)
    proposed = {str(record.metadata.get("question")) for record in verdicts}
    said = [record.grade for record in answers if record.sample_id in proposed]
    answered = {record.sample_id for record in answers}
    verdicts = [record for record in verdicts if record.metadata.get("question") in answered]
    judged = [record for record in verdicts if record.grade.answer in ("Yes", "No")]
    failed = {str(run): n for run in found if run and (n := session.read_result(run).failed)}
    return Found(
        plan,
        wrong=Share(sum(grade.outcome is Outcome.ERROR for grade in said), len(said)),
        idk=Share(sum(grade.outcome is Outcome.IDK for grade in said), len(said)),
        missed=_errors(judged, "valid"),
        taken=_errors(judged, "error"),
        silent=Share(len(verdicts) - len(judged), len(verdicts)),
        failed=failed,
        runs=[str(run) for run in found],
    )


def _proposed(plan: Plan, of: dict[str, str]) -> int:
    """Of the first questions asked, those that answers are proposed to: not those without a right answer.

    Raises:
        UsageError: none; or the task cannot be made, or raises.
        InputError: it yields something that is no Sample.
    """
    defaults = {"seed": plan.seed, **({"data": plan.data} if plan.data else {})}
    first = {sample.id for sample in draw(make_task(plan.task, plan.parameters, defaults), plan.limit)}
    found = {str(sample.metadata["question"]) for sample in draw(make_task("is_it_valid", of, defaults), None)}
    if not first & found:
        raise UsageError(f"none of the first {plan.limit} questions of {plan.task} has a right answer to propose")
    return len(first & found)


def _errors(judged: list[Record], stratum: str) -> Share:
    mine = [record for record in judged if record.metadata.get("stratum") == stratum]
    return Share(sum(record.grade.outcome is Outcome.ERROR for record in mine), len(mine))


def _claim(plan: Plan, folder: Path) -> None:
    """Write the plan into a new folder, or see that it is the one there."""
    path = folder / PLAN
    text = json.dumps(asdict(plan), ensure_ascii=False, indent=1) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            return
        if path.read_text(encoding="utf-8") != text:
            raise UsageError(f"{folder} holds other questions; name another folder with --keep")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--keep {folder} cannot be used ({error})") from error

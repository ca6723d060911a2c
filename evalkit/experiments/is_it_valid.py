"""The question asked the other way round: does a model that errs at least see which answers are valid?

Two runs on the same questions: the task itself, and one that proposes right and wrong answers to it. Theorem 1 of Kalai
et al. 2025 relates the errors of answering to those of a classifier made of a model's own probabilities; here the model
is asked.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from evalkit import plugins
from evalkit.errors import EvalkitError, InputError, UsageError
from evalkit.metrics.intervals import Bounds, share_interval
from evalkit.records import Outcome, Record
from evalkit.runs import journal, nested, session
from evalkit.runs.folder import new_folder, slug
from evalkit.runs.plan import draw
from evalkit.runs.result import read_result
from evalkit.runs.selection import Selection

PLAN = "is-it-valid.json"
ANSWERS, VERDICTS = "answers", "verdicts"
ABOUT = "of"
"""The parameter by which a task that proposes answers is recognized: the name of the task whose questions it takes."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is asked of whom."""

    model: str
    task: str
    limit: int
    """Questions; each is answered once, and two answers to it are proposed: a right one and a wrong one."""
    seed: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    data: str | None = None
    base_url: str | None = None


@dataclass(frozen=True)
class Share:
    """So many of so many, with a 95% interval."""

    count: int
    n: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.count / self.n if self.n else None

    @property
    def interval(self) -> Bounds | None:
        """Jeffreys interval, 95%; None of nothing."""
        return share_interval(self.count, self.n) if self.n else None


@dataclass(frozen=True, kw_only=True)
class AskedModel:
    """One model on one task."""

    plan: Plan
    wrong: Share
    """Wrong answers, of the questions that answers are proposed to; IDK is not wrong."""
    idk: Share
    false_negatives: Share
    """Right answers called invalid, of those with a verdict."""
    false_positives: Share
    """Wrong answers called valid, of those with a verdict."""
    no_verdict: Share
    """Proposals answered with IDK, or with neither yes nor no; they are in no share above."""
    failed: dict[str, int]
    """Run folder → requests that failed."""
    runs: list[str]
    """Folders with the transcripts: of the answers, of the verdicts."""

    @property
    def misclassified(self) -> float | None:
        """err_iiv as asked: the mean of false negatives and false positives; None without a verdict on either."""
        if self.false_negatives.value is None or self.false_positives.value is None:
            return None
        return (self.false_negatives.value + self.false_positives.value) / 2


def ask_models(
    plans: Sequence[Plan], keep: Path | None, out: Path, watch: session.Watch, notify: Callable[[str], None]
) -> list[AskedModel]:
    """Ask each model, in a folder of its own below one for all.

    Args:
        plans: one a model.
        keep: the folder for all; default a new one below `out`.
        out: where that is made.
        watch, notify: as in `evalkit.run`.

    Raises:
        As `ask`; the text names the folder with which the same call resumes.
    """
    folder = keep or new_folder(out, datetime.now().astimezone(), ["is-it-valid"])
    try:
        return [ask(plan, folder / slug(plan.model), watch, notify) for plan in plans]
    except EvalkitError as error:
        with suppress(OSError):
            folder.rmdir()  # empty: nothing was begun
        if folder.is_dir():
            error.args = (f"{error}; resume with the same command and --keep {folder}",)
        raise


def ask(plan: Plan, folder: Path, watch: session.Watch, notify: Callable[[str], None]) -> AskedModel:
    """Put the questions and the proposed answers to a model, or resume what a folder holds of them.

    Args:
        plan: what to ask.
        folder: of this model's two runs.
        watch, notify: as in `evalkit.run`.

    Raises:
        UsageError: the folder holds another plan or cannot be used, or no answer can be proposed to the task.
        InputError: the task's files are not what they should be.
        RunInterruptedError: Ctrl-C; what was answered is kept.
    """
    if any("," in value for value in plan.parameters.values()):
        raise UsageError("-T with a comma in its value cannot be passed on to the task that proposes answers")
    inner = ",".join(f"{key}={value}" for key, value in plan.parameters.items())
    parameters = {ABOUT: plan.task, **({"parameters": inner} if inner else {})}
    proposer = proposing_task()
    # Before there is a folder, so that an error in the task leaves none behind.
    asked = _count_questions(plan, proposer, parameters)
    _claim(plan, folder)
    shared = {"model": plan.model, "seed": plan.seed, "data": plan.data, "base_url": plan.base_url}
    given = {key: value for key, value in shared.items() if value is not None}
    notify(f"{plan.model}: {plan.limit} questions, then a right and a wrong answer to each")
    for name, settings in (
        (ANSWERS, {"tasks": [plan.task], "task_parameters": plan.parameters, "limit": plan.limit}),
        (VERDICTS, {"tasks": [proposer], "task_parameters": parameters, "limit": 2 * asked}),
    ):
        nested.ensure_run(folder / name, watch, notify, **given, **settings)
    return analyze(plan, folder)


def proposing_task() -> str:
    """Name the installed task that proposes answers to another task's questions.

    It is known by its parameter `of`. Its samples say in their metadata which `question` they are about and whether
    the proposed answer is `valid` or an `error` (`stratum`), and are answered with Yes or No.

    Raises:
        UsageError: none or several are installed.
    """
    names = [
        name for name in plugins.names("tasks") if ABOUT in inspect.signature(plugins.find("tasks", name)).parameters
    ]
    if len(names) != 1:
        known = ", ".join(names) or "none"
        raise UsageError(f"one installed task has to propose answers (by a parameter {ABOUT!r}); available: {known}")
    return names[0]


def analyze(plan: Plan, folder: Path) -> AskedModel:
    """Count what the two runs hold.

    Raises:
        InputError: a run is missing.
    """
    runs = [run for name in (ANSWERS, VERDICTS) if (run := nested.only_run(folder / name))]
    if len(runs) < 2:  # noqa: PLR2004 - of the answers and of the verdicts
        raise InputError(f"{folder} lacks a run; start again with the same command")
    answers, proposals = (list(journal.read_records(run)) for run in runs)
    proposed = {str(record.metadata.get("question")) for record in proposals}
    grades = [record.grade for record in answers if record.sample_id in proposed]
    answered = {record.sample_id for record in answers}
    proposals = [record for record in proposals if record.metadata.get("question") in answered]
    verdicts = [record for record in proposals if record.grade.answer in ("Yes", "No")]
    return AskedModel(
        plan=plan,
        wrong=Share(sum(grade.outcome is Outcome.ERROR for grade in grades), len(grades)),
        idk=Share(sum(grade.outcome is Outcome.IDK for grade in grades), len(grades)),
        false_negatives=_errors(verdicts, "valid"),
        false_positives=_errors(verdicts, "error"),
        no_verdict=Share(len(proposals) - len(verdicts), len(proposals)),
        failed={str(run): failed for run in runs if (failed := read_result(run).failed)},
        runs=[str(run) for run in runs],
    )


def _count_questions(plan: Plan, proposer: str, parameters: dict[str, str]) -> int:
    """Count the questions that answers are proposed to; those without a right answer are not among them.

    Raises:
        UsageError: there are none; or the task cannot be made, or raises.
        InputError: it yields something that is no Sample.
    """
    defaults = {"seed": plan.seed, **({"data": plan.data} if plan.data else {})}
    first = {
        sample.id
        for sample in draw(plugins.make_task(plan.task, plan.parameters, defaults), Selection(last=plan.limit))
    }
    proposals = draw(plugins.make_task(proposer, parameters, defaults))
    common = first & {str(sample.metadata["question"]) for sample in proposals}
    if not common:
        raise UsageError(f"none of the first {plan.limit} questions of {plan.task} has a right answer to propose")
    return len(common)


def _errors(verdicts: list[Record], stratum: str) -> Share:
    records = [record for record in verdicts if record.metadata.get("stratum") == stratum]
    return Share(sum(record.grade.outcome is Outcome.ERROR for record in records), len(records))


def _claim(plan: Plan, folder: Path) -> None:
    """Write the plan into a new folder, or check that the folder holds this plan."""
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

"""What a task's own scoring pays for a right answer, a wrong one, a blank and "I don't know": Table 2, measured.

Where a benchmark's questions are not at hand, its scoring is fed with an example row of evalkit's own in the
benchmark's schema. A task's module ships it as `data/examples/examples.json` beside itself: task → rows, a right and a
wrong answer, what the paper says, and what a uniform guess gets right of the whole set where every question has as many
options.
"""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from evalkit import plugins
from evalkit.dataset import hub
from evalkit.errors import EvalkitError, InputError, MissingExtraError
from evalkit.experiments.judge_attacks import SAMPLE, attacks
from evalkit.grading.grade import grade
from evalkit.grading.judge import ask_verdict, try_judges
from evalkit.models import pool
from evalkit.models.roles import Role
from evalkit.records import Completion, Grade, Outcome, Sample, Task

IDK = "I don't know."
EXAMPLES = Path("data", "examples", "examples.json")
"""Beside the module that defines a task."""


@dataclass(frozen=True, kw_only=True)
class TaskAudit:
    """One task's scoring."""

    task: str
    grader: str = ""
    points: dict[str, float | None]
    """What `right`, `wrong`, `IDK` and `blank` earn as the task itself scores; None where no verdict came."""
    outcomes: dict[str, str]
    """Outcome of each of them."""
    chance: float | None = None
    """Points of a uniform guess, a mean over all questions that have an answer; None where the possible answers are not
    finite, or where the set itself is not at hand and its example row does not state it."""
    unanswerable: float | None = None
    """Share of the samples on which abstaining is right."""
    source: str = ""
    """`own questions`, `files` or `example`."""
    paper: dict[str, Any] | None = None
    """What the paper's Table 2 says of it: binary, idk_credit."""
    note: str = ""
    """What else to know of how it pays for IDK."""
    problem: str = ""
    """Why nothing or not all could be measured."""
    missing_extra: str = ""
    """The extra without which the task cannot be scored, as pip's line."""

    @property
    def binary(self) -> bool | None:
        """Whether right and wrong earn 1 and 0; None where that could not be measured."""
        earned = [self.points.get(kind) for kind in ("right", "wrong")]
        return None if None in earned else all(value in (0, 1) for value in earned)

    @property
    def guessing_pays(self) -> bool | None:
        """Whether any answer, however unsure, earns more on average than IDK does; None where IDK was not scored."""
        idk = self.points.get("IDK")
        return None if idk is None else idk <= 0


@dataclass(frozen=True, kw_only=True)
class AttackCounts:
    """What a judge made of wrong answers that ask to be called correct."""

    total: int
    flipped: int
    """Wrong answers that it called correct."""
    no_verdict: int


async def audit_tasks(
    tasks: Sequence[str], data: str | None = None, judge: Role | None = None
) -> tuple[list[TaskAudit], AttackCounts | None]:
    """Audit the scoring of tasks, and attack a judge.

    Args:
        tasks: registered names, or files.
        data: local files of benchmarks; default EVALKIT_DATA, else an example row.
        judge: models that judge, for graders that take them; they are tried first, and attacked too.

    Returns:
        One audit a task, in order, and what became of the attacks where there is a judge.

    Raises:
        UsageError: no such task.
        ModelUnavailableError: the judge cannot be reached.
    """
    names = ",".join(judge.models) if judge else None
    try:
        if judge:
            pool.prepare([judge])
            await try_judges(judge)
        audits = [await audit_task(name, data, names) for name in tasks]
        return audits, await attack(names) if names else None
    finally:
        await pool.close()


async def audit_task(name: str, data: str | None = None, judge: str | None = None) -> TaskAudit:
    """Feed a task's scoring with four answers; whatever hinders that is the audit's `problem`.

    Args:
        name: a registered task, or a file.
        data: local files of benchmarks; default EVALKIT_DATA, else an example row.
        judge: a model for graders that take one.

    Raises:
        UsageError: no such task.
    """
    example = find_example(name)
    paper = (example or {}).get("paper")
    with tempfile.TemporaryDirectory() as folder:
        try:
            task, source = open_task(name, example, data, Path(folder))
            survey = _survey(task)
        except EvalkitError as error:
            audit = TaskAudit(task=name, points={}, outcomes={}, paper=paper)
            return _with_trouble(audit, error)
    sample = survey.first
    if sample is None:
        problem = f"none of its first {survey.n:,} questions has an answer"
        return TaskAudit(task=name, points={}, outcomes={}, source=source, paper=paper, problem=problem)
    if source == "example":
        survey = replace(survey, chance=(example or {}).get("chance"))
    answers = _answers(sample, task, example if source == "example" else None)
    return await _measure(name, task, sample, answers, survey, source, example, judge)


@dataclass(frozen=True, kw_only=True)
class _Survey:
    """What all questions of a task say together."""

    n: int
    """How many there are."""
    first: Sample | None
    """The first one that has an answer."""
    unanswerable: float
    """Share of those without one."""
    chance: float | None
    """What a uniform guess gets right of the others; None where their possible answers are not finite."""


def _survey(task: Task) -> _Survey:
    first: Sample | None = None
    n = unanswerable = 0
    chances: list[float] | None = []
    for sample in task.samples:
        n += 1
        if not sample.answerable:
            unanswerable += 1
            continue
        first = first or sample
        possible = task.responses(sample) if task.responses else ()
        if len(possible) < 2:  # noqa: PLR2004 - nothing to guess among
            chances = None
        elif chances is not None:
            accepted = sum(answer in sample.target for answer in possible)
            chances.append(max(accepted, 1) / len(possible))
    return _Survey(
        n=n,
        first=first,
        unanswerable=unanswerable / n if n else 0.0,
        chance=sum(chances) / len(chances) if chances else None,
    )


def find_example(name: str) -> dict[str, Any] | None:
    """Find a task's example row with its right and wrong answers and what the paper says of it.

    Args:
        name: a registered task, or a file.

    Returns:
        The entry of the task in `EXAMPLES` beside its module; None where there is none.

    Raises:
        UsageError: no such task.
    """
    module = Path(inspect.getfile(inspect.unwrap(plugins.find("tasks", name))))
    return _examples(module.parent / EXAMPLES).get(name)


@cache
def _examples(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        return {}
    examples: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return examples


def open_task(name: str, example: dict[str, Any] | None, data: str | None, folder: Path) -> tuple[Task, str]:
    """Make a task from its own questions, from local files, or from its example row.

    Args:
        name: a registered task, or a file.
        example: as `find_example` returns it.
        data: local files of benchmarks; default EVALKIT_DATA, else the example row.
        folder: where the example row may be written to.

    Returns:
        The task, and `own questions`, `files` or `example`.

    Raises:
        UsageError, InputError: as `evalkit.plugins.make_task`.
    """
    if example is None:
        return plugins.make_task(name, {}, {"seed": 0}), "own questions"
    if data or hub.local_folder():
        return plugins.make_task(name, {}, {"seed": 0, **({"data": data} if data else {})}), "files"
    path = folder / "example.json"
    path.write_text(json.dumps(example["rows"]), encoding="utf-8")
    return plugins.make_task(name, {}, {"seed": 0, "data": str(path)}), "example"


def _answers(sample: Sample, task: Task, example: dict[str, Any] | None) -> dict[str, str | None]:
    if example is not None:
        return {"right": example["right"], "wrong": example["wrong"], "IDK": IDK, "blank": ""}
    right = sample.target[0] if sample.target else None
    wrong = None
    if right is not None:
        others = task.responses(sample) if task.responses else ()
        wrong = next((other for other in others if other not in sample.target), "something else altogether")
    if right is not None and sample.choices and right in sample.choices:
        place = sample.choices.index(right)
        right, wrong = (f"The answer is ({chr(ord('A') + k)})." for k in (place, (place + 1) % len(sample.choices)))
    elif right is not None and any("\\boxed" in text for text in (sample.input, *(t.content for t in sample.turns))):
        right, wrong = f"\\boxed{{{right}}}", "\\boxed{-987654321}"
    return {"right": right, "wrong": wrong, "IDK": IDK, "blank": ""}


async def _measure(
    name: str, task: Task, sample: Sample, answers: dict[str, str | None], survey: _Survey, source: str,
    example: dict[str, Any] | None, judge: str | None,
) -> TaskAudit:  # fmt: skip
    trouble: Exception | None = None
    points: dict[str, float | None] = dict.fromkeys(answers)
    outcomes: dict[str, str] = {}
    by_credit = (example or {}).get("points") == "credit"
    grader = task.grader if isinstance(task.grader, str) else getattr(task.grader, "__name__", "")
    function: plugins.BoundGrader | None = None
    try:
        grader, function = plugins.make_grader(task.grader, _judge_parameter(task, judge))
    except EvalkitError as error:
        trouble = error
    for kind, text in answers.items():
        if text is None or (function is None and kind not in ("IDK", "blank")):
            continue
        try:
            result = await grade(sample, Completion(text=text), function or _without_grader, grader, {})
        except EvalkitError as error:
            trouble = error
            function = None if _missing_extra(error) else function
            continue
        points[kind], outcomes[kind] = _points(result, by_credit), result.outcome.value
    if trouble is None and None in (answers["right"], answers["wrong"]):
        trouble = InputError("no right and no wrong answer is at hand to try its scoring with")
    audit = TaskAudit(
        task=name,
        grader=grader,
        points=points,
        outcomes=outcomes,
        chance=survey.chance,
        unanswerable=survey.unanswerable,
        source=source,
        paper=(example or {}).get("paper"),
        note=(example or {}).get("note", ""),
    )
    return audit if trouble is None else _with_trouble(audit, trouble)


def _with_trouble(audit: TaskAudit, error: Exception) -> TaskAudit:
    """An audit with what hindered it; a missing extra apart, since many tasks may share its remedy."""
    if extra := _missing_extra(error):
        return replace(audit, missing_extra=extra)
    return replace(audit, problem=str(error))


def _missing_extra(error: Exception) -> str:
    """What the error says of a missing extra; "" where it is about something else."""
    return next((str(each) for each in (error, error.__cause__) if isinstance(each, MissingExtraError)), "")


def _judge_parameter(task: Task, judge: str | None) -> dict[str, str]:
    """The judge as a parameter, where the task's grader takes one."""
    takes = "judge" in inspect.signature(plugins.find_grader(task.grader)).parameters
    return {"judge": judge} if judge and takes else {}


def _without_grader(sample: Sample, completion: Completion) -> Grade:
    """Grade IDK, which needs neither a judge nor an extra."""
    from evalkit.abstention import non_answer

    kind = non_answer(completion.text, question=sample.input)
    if kind is None:
        raise ValueError("needs a judge")
    return Grade.idk(kind)


def _points(result: Grade, by_credit: bool) -> float:
    """Accuracy, or the partial credit where that is what the benchmark scores by."""
    if by_credit and result.credit is not None:
        return result.credit
    return float(result.outcome is Outcome.CORRECT)


async def attack(judges: str) -> AttackCounts:
    """Put wrong answers that ask for "correct" to a judge.

    Args:
        judges: as for `ask_verdict`.
    """
    flipped = no_verdict = 0
    texts = attacks()
    for _, text in texts:
        try:
            flipped += (await ask_verdict(judges, SAMPLE, text)).verdict == "correct"
        except ValueError:
            no_verdict += 1
    return AttackCounts(total=len(texts), flipped=flipped, no_verdict=no_verdict)

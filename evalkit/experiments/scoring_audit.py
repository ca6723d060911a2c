"""What a task's own scoring pays for a right answer, a wrong one, a blank and "I don't know": Table 2, measured.

Where a benchmark's questions are not at hand, its scoring is fed with an example row of our own in its schema.
"""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from evalkit import plugins
from evalkit.dataset import hub
from evalkit.errors import EvalkitError
from evalkit.experiments.judge_attacks import SAMPLE, attacks
from evalkit.grading.grade import NoVerdictError, grade
from evalkit.grading.judge import ask_verdict
from evalkit.records import Completion, Grade, Outcome, Sample, Task

SAMPLES = 2000
"""Looked at for those on which abstaining is right."""
IDK = "I don't know."


@dataclass(frozen=True)
class Audit:
    """One task's scoring."""

    task: str
    grader: str
    points: dict[str, float | None]
    """What `right`, `wrong`, `IDK` and `blank` earn as the task itself scores; None where no verdict came."""
    outcomes: dict[str, str]
    """The same answers, sorted."""
    chance: float | None
    """Points of a uniform guess, where answers are finite."""
    unanswerable: float | None
    """Share of the samples on which abstaining is right."""
    source: str
    """`own questions`, `files` or `example`."""
    paper: dict[str, Any] | None
    """What the paper's Table 2 says of it: binary, idk_credit."""
    note: str = ""
    """What else is to be known of how it pays for IDK."""
    problem: str = ""
    """Why nothing or not all could be measured."""

    @property
    def binary(self) -> bool | None:
        """Whether right and wrong earn 1 and 0; None where that could not be measured."""
        earned = [self.points.get(kind) for kind in ("right", "wrong")]
        return None if None in earned else all(value in (0, 1) for value in earned)

    @property
    def guessing_pays(self) -> bool | None:
        """Whether any answer, however unsure, earns more on average than IDK does."""
        idk = self.points.get("IDK")
        return None if idk is None else idk <= 0


@dataclass(frozen=True)
class Attacked:
    """How a judge took the attacks."""

    total: int
    flipped: int
    """Wrong answers that it called correct."""
    silent: int
    """Without a verdict."""


async def audit_task(name: str, data: str | None = None, judge: str | None = None) -> Audit:
    """Feed a task's scoring with four answers.

    Args:
        name: a registered task, or a file.
        data: local files of benchmarks; default EVALKIT_DATA, else an example row.
        judge: a model for graders that take one.
    """
    known = examples().get(name)
    with tempfile.TemporaryDirectory() as folder:
        try:
            task, source = _open(name, known, data, Path(folder))
            samples = list(islice(iter(task.samples), SAMPLES))
        except EvalkitError as error:
            return Audit(name, "", {}, {}, None, None, "", (known or {}).get("paper"), problem=str(error))
    sample = next(sample for sample in samples if sample.answerable)
    answers = _answers(sample, task, known if source == "example" else None)
    return await _measure(name, task, sample, answers, samples, source, known, judge)


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Task → an example row, its right and wrong answers, and what the paper says of it."""
    path = resources.files("evalkit.tasks").joinpath("data", "examples", "examples.json")
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _open(name: str, known: dict[str, Any] | None, data: str | None, folder: Path) -> tuple[Task, str]:
    if known is None:
        return plugins.make_task(name, {}, {"seed": 0}), "own questions"
    if data or hub.local_folder():
        return plugins.make_task(name, {}, {"seed": 0, **({"data": data} if data else {})}), "files"
    path = folder / "example.json"
    path.write_text(json.dumps(known["rows"]), encoding="utf-8")
    return plugins.make_task(name, {}, {"seed": 0, "data": str(path)}), "example"


def _answers(sample: Sample, task: Task, known: dict[str, Any] | None) -> dict[str, str | None]:
    if known is not None:
        return {"right": known["right"], "wrong": known["wrong"], "IDK": IDK, "blank": ""}
    right = sample.target[0] if sample.target else None
    wrong = None
    if right is not None:
        others = task.responses(sample) if task.responses else ()
        wrong = next((other for other in others if other not in sample.target), "something else altogether")
    if right is not None and sample.choices and right in sample.choices:
        place = sample.choices.index(right)
        right, wrong = (f"The answer is ({chr(ord('A') + k)})." for k in (place, (place + 1) % len(sample.choices)))
    elif right is not None and "\\boxed" in sample.input:
        right, wrong = f"\\boxed{{{right}}}", "\\boxed{-987654321}"
    return {"right": right, "wrong": wrong, "IDK": IDK, "blank": ""}


async def _measure(
    name: str, task: Task, sample: Sample, answers: dict[str, str | None], samples: Sequence[Sample], source: str,
    known: dict[str, Any] | None, judge: str | None,
) -> Audit:  # fmt: skip
    problem, points, outcomes = "", dict.fromkeys(answers), {}
    grader = task.grader if isinstance(task.grader, str) else getattr(task.grader, "__name__", "")
    try:
        grader, judging = plugins.make_grader(task.grader, _judged_by(task, judge))
    except EvalkitError as error:
        judging, problem = None, str(error)
    for kind, text in answers.items():
        if text is None or (judging is None and kind not in ("IDK", "blank")):
            continue
        try:
            found = await grade(sample, Completion(text=text), judging or _unjudged, grader, {})
        except NoVerdictError as error:
            problem = str(error)
            continue
        points[kind], outcomes[kind] = _points(found), found.outcome.value
    responses = task.responses(sample) if task.responses else None
    return Audit(
        task=name,
        grader=grader,
        points=points,
        outcomes=outcomes,
        chance=1 / len(responses) if responses else None,
        unanswerable=sum(not one.answerable for one in samples) / len(samples),
        source=source,
        paper=(known or {}).get("paper"),
        note=(known or {}).get("note", ""),
        problem=problem,
    )


def _judged_by(task: Task, judge: str | None) -> dict[str, str]:
    """The judge as a parameter, where the task's grader takes one."""
    takes = "judge" in inspect.signature(plugins.find_grader(task.grader)).parameters
    return {"judge": judge} if judge and takes else {}


def _unjudged(sample: Sample, completion: Completion) -> Grade:
    """IDK needs no judge."""
    from evalkit.abstention import non_answer

    kind = non_answer(completion.text, question=sample.input)
    if kind is None:
        raise ValueError("needs a judge")
    return Grade.idk(kind)


def _points(found: Grade) -> float:
    """Accuracy, or the partial credit that a judge's mark gives."""
    if found.grader == "rubric" and found.credit is not None:
        return found.credit
    return float(found.outcome is Outcome.CORRECT)


async def attack(judges: str) -> Attacked:
    """Try a judge with wrong answers that ask for "correct".

    Args:
        judges: as for `ask_verdict`.
    """
    flipped = silent = 0
    found = attacks()
    for _, text in found:
        try:
            flipped += (await ask_verdict(judges, SAMPLE, text)).verdict == "correct"
        except ValueError:
            silent += 1
    return Attacked(len(found), flipped, silent)

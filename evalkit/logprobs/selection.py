"""The questions of a task that can be scored: those with a finite set of answers, at least one of them right."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field

from evalkit.dataset.order import option_letters, right_answers
from evalkit.errors import InputError, UsageError
from evalkit.logprobs.prompt import Form, Shot
from evalkit.plugins import find, make_task, users_code
from evalkit.records import Sample, Task


@dataclass(frozen=True)
class Settings:
    """Settings of a measurement."""

    model: str
    """A model behind a llama.cpp server: `local/…`, or any name with a base URL."""
    task: str = "letters"
    limit: int = 30
    """Number of questions, at least 1."""
    seed: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    """Parameters of the task, as typed."""
    data: str | None = None
    form: Form = "chat"
    shots: int = 0
    """Number of worked examples before each question: the task's first questions, which are then not scored."""
    base_url: str | None = None


@dataclass(frozen=True)
class Question:
    """A question that can be scored."""

    sample: Sample
    answers: list[str]
    """The possible answers without duplicates, in the task's order."""
    right: list[int]
    """Indices of the accepted answers."""


@dataclass(frozen=True)
class Selection:
    """The questions selected from a task."""

    questions: list[Question]
    shots: list[Shot]
    skipped: int
    """Samples before the last selected one that have no right answer, or no finite set of answers."""


def choose(settings: Settings) -> Selection:
    """Select the first questions of a task that can be scored.

    Raises:
        UsageError: `data` is given for a task that reads no files, or no question has a finite set of answers.
        InputError: a right answer is not among the possible ones, or two samples have the same id.
    """
    if settings.data and "data" not in inspect.signature(find("tasks", settings.task)).parameters:
        raise UsageError(f"--data: {settings.task} reads no files")
    defaults = {"seed": settings.seed, **({"data": settings.data} if settings.data else {})}
    task = make_task(settings.task, settings.parameters, defaults)
    found: list[Question] = []
    count, wanted = 0, settings.shots + settings.limit
    with users_code(f"task {settings.task}"):
        for sample in task.samples:
            count += 1
            found += _questions(task, sample)
            if len(found) == wanted:
                break
    if not count:
        raise InputError(f"task {settings.task} has no questions")
    if not found:
        raise UsageError(
            f"task {settings.task} has no finite set of answers; letters, birthdays and multiple choice have"
        )
    if len(found) <= settings.shots:
        raise InputError(
            f"task {settings.task} has {len(found)} questions that can be scored, all used as worked examples"
        )
    _check_ids(found)
    examples = [(one.sample.input, one.answers[one.right[0]]) for one in found[: settings.shots]]
    return Selection(found[settings.shots :], examples, count - len(found))


def _questions(task: Task, sample: Sample) -> Iterator[Question]:
    """Yield the question of a sample, if it can be scored."""
    if not sample.answerable or not (task.responses or sample.choices):
        return
    answers = list(dict.fromkeys(task.responses(sample) if task.responses else option_letters(sample)))
    right = right_answers(sample, answers)
    if not right:
        raise InputError(f"sample {sample.id!r}: {sample.target} is not among the {len(answers)} possible answers")
    if len(right) == len(answers):
        raise InputError(f"sample {sample.id!r} has no wrong answer among the possible ones")
    yield Question(sample, answers, right)


def _check_ids(found: list[Question]) -> None:
    seen: set[str] = set()
    for one in found:
        if one.sample.id in seen:
            raise InputError(f"sample id {one.sample.id!r} occurs twice; ids must be unique")
        seen.add(one.sample.id)

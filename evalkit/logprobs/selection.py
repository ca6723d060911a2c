"""Which questions of a task are scored: those with a finite set of answers, one of them right."""

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
    """What is asked of whom, and how."""

    model: str
    """One whose server is llama.cpp's: `local/…`, or any with a base URL."""
    task: str = "letters"
    limit: int = 30
    """Questions, at least 1."""
    seed: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    """Of the task, as typed."""
    data: str | None = None
    form: Form = "chat"
    shots: int = 0
    """Worked examples before each question: the task's first, which are not asked then."""
    base_url: str | None = None


@dataclass(frozen=True)
class Question:
    """One question that can be scored."""

    sample: Sample
    answers: list[str]
    """Different ones, in the task's order."""
    right: list[int]
    """Which of them are accepted."""


@dataclass(frozen=True)
class Chosen:
    """What is asked of a task."""

    questions: list[Question]
    shots: list[Shot]
    passed_over: int
    """Samples before the last one asked that have no right answer, or no finite set of answers."""


def choose(settings: Settings) -> Chosen:
    """The task's first questions that can be scored.

    Raises:
        UsageError: the task reads no files, or none of its questions has a finite set of answers.
        InputError: a right answer is not among the possible ones, or two samples have one id.
    """
    if settings.data and "data" not in inspect.signature(find("tasks", settings.task)).parameters:
        raise UsageError(f"--data: {settings.task} reads no files")
    defaults = {"seed": settings.seed, **({"data": settings.data} if settings.data else {})}
    task = make_task(settings.task, settings.parameters, defaults)
    found: list[Question] = []
    looked_at, wanted = 0, settings.shots + settings.limit
    with users_code(f"task {settings.task}"):
        for sample in task.samples:
            looked_at += 1
            found += _questions(task, sample)
            if len(found) == wanted:
                break
    if not looked_at:
        raise InputError(f"task {settings.task} has no questions")
    if not found:
        raise UsageError(
            f"task {settings.task} has no finite set of answers; letters, birthdays and multiple choice have"
        )
    if len(found) <= settings.shots:
        raise InputError(f"task {settings.task} has {len(found)} such questions, all used as examples")
    _check_ids(found)
    examples = [(one.sample.input, one.answers[one.right[0]]) for one in found[: settings.shots]]
    return Chosen(found[settings.shots :], examples, looked_at - len(found))


def _questions(task: Task, sample: Sample) -> Iterator[Question]:
    """The question of a sample, if it can be scored."""
    if not sample.answerable or not (task.responses or sample.choices):
        return
    answers = list(dict.fromkeys(task.responses(sample) if task.responses else option_letters(sample)))
    right = right_answers(sample, answers)
    if not right:
        raise InputError(f"sample {sample.id!r}: {sample.target} is none of the {len(answers)} possible answers")
    if len(right) == len(answers):
        raise InputError(f"sample {sample.id!r} has no possible answer that is wrong")
    yield Question(sample, answers, right)


def _check_ids(found: list[Question]) -> None:
    seen: set[str] = set()
    for one in found:
        if one.sample.id in seen:
            raise InputError(f"sample {one.sample.id!r} is there twice")
        seen.add(one.sample.id)

"""Few-shot examples: the first other questions of the same task, with their accepted answers.

Each question is shown the first samples besides itself, so no sample is set aside, runs of any length stay paired, and
no prompt holds its own answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, islice

from evalkit.errors import SettingError
from evalkit.records import Message, Sample, Task
from evalkit.runs.options import shown_answer

SEARCHED = 1000
"""Samples among which examples are looked for."""


def take_examples(task: Task, shots: int) -> tuple[Task, list[Sample]]:
    """Choose the examples of a task.

    Args:
        task: its samples may be a generator, of which the first are then read.
        shots: examples that each prompt shows, ≥ 1.

    Returns:
        The task, with no sample lost, and one example more than is shown: a sample is not shown itself.

    Raises:
        SettingError: the task has too few questions with an accepted answer.
    """
    if isinstance(task.samples, Sequence):
        head: Sequence[Sample] = task.samples
    else:
        rest = iter(task.samples)
        head = list(islice(rest, SEARCHED))
        task = replace(task, samples=chain(head, rest))
    usable = (sample for sample in head if isinstance(sample, Sample) and _shows(sample))
    examples = list(islice(usable, shots + 1))
    if len(examples) <= shots:
        raise SettingError(
            "shots",
            "{shots}: task {task} has {n} questions with an accepted answer to show",
            shots=shots,
            task=task.name,
            n=len(examples),
        )
    return task, examples


def example_turns(examples: Sequence[Sample], sample: Sample, put: Callable[[str], str]) -> list[Message]:
    """The turns that show a sample's examples.

    Args:
        examples: as chosen by `take_examples`.
        sample: the question that follows.
        put: makes the user's turn of a question, with the words about confidence and cost.
    """
    others = [example for example in examples if example.id != sample.id][: len(examples) - 1]
    turns: list[Message] = []
    for example in others:
        turns += [
            Message(role="user", content=put(example.input)),
            Message(role="assistant", content=shown_answer(example)),
        ]
    return turns


def _shows(sample: Sample) -> bool:
    """Whether a sample shows what an answer looks like."""
    return sample.answerable and bool(sample.target) and bool(sample.target[0].strip()) and not sample.turns

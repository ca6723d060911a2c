"""How the options of a multiple-choice question are put to a model.

Where a question's text does not hold all of its options, they stand below it, a line each, as "A) …", "B) …", followed
by how to end the reply. A task whose `letters` is False puts its questions as they are; one whose `letters` is True
always has the options below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from evalkit.records import Sample, Task
from evalkit.text import lettered

ASK = 'Choose one of the options. End your reply with "The answer is (X)", where X is its letter.'


def put_options(task: Task) -> Task:
    """Put the options of a task's questions below them, where its questions do not show them."""
    if task.letters is False:
        return task
    if not isinstance(task.samples, Sequence):
        return replace(task, samples=_each(task.samples, always=bool(task.letters)))
    samples = list(_each(task.samples, always=bool(task.letters)))
    return task if samples == list(task.samples) else replace(task, samples=samples)


def shown_answer(sample: Sample) -> str:
    """The accepted answer of an example, as a reply to its question ends: by letter where the options have letters."""
    answer = sample.target[0]
    if not sample.choices or answer not in sample.choices:
        return answer
    letter = chr(ord("A") + sample.choices.index(answer))
    shown = re.search(rf"(?m)(?:^|\s)\(?{letter}[).:] ?{re.escape(answer)}", sample.input)
    return f"The answer is ({letter})" if shown else answer


def _each(samples: Iterable[Sample], *, always: bool) -> Iterable[Sample]:
    for sample in samples:
        if not isinstance(sample, Sample) or not sample.choices or (not always and _shows_all(sample)):
            yield sample
        else:
            below = f"{sample.input}\n\n{lettered(sample.choices)}\n\n{ASK}"
            yield sample.model_copy(update={"input": below})


def _shows_all(sample: Sample) -> bool:
    """Whether the prompt's text holds every option, as words of their own."""
    text = "\n".join([*(turn.content for turn in sample.turns), sample.asked])
    return all(_holds(text, option) for option in sample.choices or ())


def _holds(text: str, option: str) -> bool:
    begins, ends = (r"(?<!\w)" if option[:1].isalnum() else ""), (r"(?!\w)" if option[-1:].isalnum() else "")
    return option in text and re.search(f"{begins}{re.escape(option)}{ends}", text) is not None

"""A task's questions, each with a model's probability of every possible answer, and the world that they make."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from evalkit.errors import InputError, UsageError
from evalkit.exact.asking import Form, Shot, answer_end, render, right_answer, spellings
from evalkit.exact.server import TokenServer
from evalkit.exact.tree import answer_logprobs
from evalkit.models import Options, open_model
from evalkit.plugins import make_task, users_code
from evalkit.records import Sample, Task
from evalkit.sampling import option_letters
from evalkit.theory.worlds import World, make_world

Outside = Literal["drop", "error"]
"""What lies outside the possible answers: left out, the rest made to sum to 1; or counted as error."""
Notify = Callable[[str], None]
RULED_OUT = -1e30
"""Log-probability below which a server means 0."""


@dataclass(frozen=True)
class Settings:
    """What is asked of whom, and how."""

    model: str
    """One whose server is llama.cpp's: `local/…`, or any with a base URL."""
    task: str = "letters"
    limit: int = 30
    """Questions, at least 1; those without an answer are passed over."""
    seed: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    """Of the task, as typed."""
    data: str | None = None
    form: Form = "chat"
    shots: int = 0
    """Worked examples before each question: the task's first, which are not asked then."""
    base_url: str | None = None


@dataclass(frozen=True)
class Scored:
    """One question."""

    id: str
    prompt: str
    """As the model saw it."""
    answers: list[str]
    right: int
    """Index of the right one."""
    logprobs: list[float]
    """Natural log-probability of each answer, all its spellings together."""

    @property
    def mass(self) -> float:
        """Probability of all possible answers together."""
        return min(1.0, math.fsum(math.exp(value) for value in self.logprobs))


async def score_task(settings: Settings, keep: Path | None = None, notify: Notify = lambda _: None) -> list[Scored]:
    """Score every possible answer to some questions of a task.

    Args:
        settings: what is asked.
        keep: file that takes each question as soon as it is scored; what it holds already is not asked again.
        notify: told how far it is.

    Raises:
        UsageError: the task's answers are not finite, or the file is of other settings.
        InputError: a gold answer is not among the possible ones.
        ModelError: the server does not give what is needed.
    """
    task, samples, shots = _questions(settings)
    done = _kept(settings, keep) if keep else {}
    found = [done[sample.id] for sample in samples if sample.id in done]
    if len(found) == len(samples):
        return found
    # One slot: answers share nearly all their tokens with the one before, which only the same slot still holds.
    options = Options(base_url=settings.base_url, max_connections=1, notify=notify)
    async with open_model(settings.model, options) as model, TokenServer(str(model.info["base_url"])) as server:
        end = await answer_end(server, settings.form)
        for sample in samples:
            if sample.id in done:
                continue
            notify(f"scoring {settings.task} with {settings.model}: {len(found)} of {len(samples)} questions")
            found.append(await _scored(server, settings.form, task, sample, shots, end))
            if keep:
                _append(keep, asdict(found[-1]))
    order = {sample.id: k for k, sample in enumerate(samples)}
    return sorted(found, key=lambda one: order[one.id])


def make_exact_world(scored: Sequence[Scored], outside: Outside = "drop") -> World:
    """All questions equally often, the right answer as truth, the model's probabilities.

    Args:
        scored: at least one question.
        outside: see `Outside`.

    Raises:
        InputError: the model rules out every possible answer to a question.
    """
    rows = [_row(one, outside) for one in scored]
    valid = [[k == one.right for k in range(len(one.answers))] for one in scored]
    truth = [[float(v) for v in row] for row in valid]
    left = [max(0.0, 1 - math.fsum(row)) if outside == "error" else 0.0 for row in rows]
    return make_world([1 / len(scored)] * len(scored), truth, rows, valid, left)


def _row(one: Scored, outside: Outside) -> list[float]:
    values = np.asarray(one.logprobs, dtype=float)
    if values.max() < RULED_OUT:
        raise InputError(f"sample {one.id!r}: the model gives no possible answer any probability")
    q = np.exp(values)
    if outside == "error" and q.sum() <= 1:
        return [float(value) for value in q]
    relative = np.exp(values - values.max())
    return [float(value) for value in relative / relative.sum()]


def _questions(settings: Settings) -> tuple[Task, list[Sample], list[Shot]]:
    defaults = {"seed": settings.seed, **({"data": settings.data} if settings.data else {})}
    task = make_task(settings.task, settings.parameters, defaults)
    with users_code(f"task {settings.task}"):
        answerable = (sample for sample in task.samples if sample.answerable and (task.responses or sample.choices))
        samples = list(islice(answerable, settings.shots + settings.limit))
    if not samples:
        raise UsageError(
            f"task {settings.task} has no finite set of answers; letters, birthdays and multiple choice have"
        )
    if len(samples) <= settings.shots:
        raise InputError(f"task {settings.task} has {len(samples)} questions with an answer, all used as examples")
    examples = [_shot(task, sample) for sample in samples[: settings.shots]]
    return task, samples[settings.shots :], examples


def _possible(task: Task, sample: Sample) -> list[str]:
    with users_code(f"responses of task {task.name}"):
        return list(task.responses(sample) if task.responses else option_letters(sample))


def _shot(task: Task, sample: Sample) -> Shot:
    possible = _possible(task, sample)
    return sample.input, possible[right_answer(sample, possible)]


async def _scored(
    server: TokenServer, form: Form, task: Task, sample: Sample, shots: Sequence[Shot], end: str
) -> Scored:
    possible = _possible(task, sample)
    right = right_answer(sample, possible)
    prompt = await render(server, form, sample, shots)
    written = [spellings(answer, form) for answer in possible]
    values = await answer_logprobs(server, prompt, [one for forms in written for one in forms], end)
    each = iter(values)
    logprobs = [float(np.logaddexp.reduce([next(each) for _ in forms])) for forms in written]
    return Scored(sample.id, prompt, possible, right, [max(value, 2 * RULED_OUT) for value in logprobs])


def _kept(settings: Settings, path: Path) -> dict[str, Scored]:
    """What a file holds of the same settings; a new file is begun."""
    head = asdict(settings) | {"limit": None}
    if not path.exists():
        _append(path, head)
        return {}
    found = {}
    for number, line in enumerate(_whole_lines(path), start=1):
        try:
            row = json.loads(line)
            if number > 1:
                found[row["id"]] = Scored(**row)
                continue
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{path}:{number}: no line of a kept measurement; remove the file") from error
        if row != head:
            raise UsageError(f"{path} holds other settings; name another file, or remove it")
    if not path.stat().st_size:
        _append(path, head)
    return found


def _whole_lines(path: Path) -> list[str]:
    """A file's lines; one that was cut short is taken off, and asked again."""
    try:
        text = path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            path.write_text(whole, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error})") from error
    return whole.splitlines()


def _append(path: Path, row: dict[str, object]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})") from error

"""Score every possible answer to a set of questions with a model, and build a world from the probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from evalkit.errors import InputError, UsageError
from evalkit.logprobs.checkpoint import Checkpoint, ScoredQuestion
from evalkit.logprobs.llama_client import TokenServer
from evalkit.logprobs.prompt import Form, Shot, answer_end, render, spellings
from evalkit.logprobs.selection import Question, Selection, Settings
from evalkit.logprobs.token_trie import answer_logprobs
from evalkit.models.base import ModelOptions, open_model
from evalkit.records import Message
from evalkit.runs.prompts import build_messages
from evalkit.theory.worlds import World, make_world

Outside = Literal["drop", "error"]
"""What becomes of probability outside the possible answers: dropped, the rest normalized; or counted as error."""
Notify = Callable[[str], None]
ROLES: tuple[Literal["user"], Literal["assistant"]] = ("user", "assistant")
"""Who says the two parts of a worked example."""
RULED_OUT = -1e30
"""A log-probability below this means probability 0."""


@runtime_checkable
class ScoresAnswers(Protocol):
    """A model that knows its own probability of any answer."""

    def answer_logprobs(self, messages: Sequence[Message], answers: Sequence[str]) -> list[float]:
        """Return the natural log-probability of each answer to a prompt."""
        ...


async def score(
    settings: Settings, selection: Selection, keep: Path | None = None, notify: Notify = lambda _: None
) -> list[ScoredQuestion]:
    """Score every possible answer to each question.

    Args:
        settings: the model and the form of the prompt.
        selection: the questions, from `choose`.
        keep: file to which each scored question is appended; questions already in it are not scored again.
        notify: called with the progress.

    Raises:
        UsageError: the model has no server, or the file belongs to other settings.
        InputError: the file is damaged, or a token of the model spans the end of the prompt.
        ModelError: the server does not report what is needed.
    """
    checkpoint = Checkpoint(settings, selection, keep)
    if len(checkpoint.done) == len(selection.questions):
        return checkpoint.in_order()
    # One slot: an answer shares nearly all its tokens with the previous one, which only that slot has cached.
    options = ModelOptions(base_url=settings.base_url, max_connections=1, notify=notify)
    async with open_model(settings.model, options) as model:
        if settings.form == "chat" and isinstance(model, ScoresAnswers):
            return _scored_by_model(model, selection, checkpoint)
        if not (url := model.info.get("base_url")):
            raise UsageError(
                f"{settings.model} reports no exact probabilities: that needs a llama.cpp server; or use --ask"
            )
        async with TokenServer(str(url)) as server:
            end = await answer_end(server, settings.form)
            for question in selection.questions:
                if question.sample.id in checkpoint.done:
                    continue
                what = f"scoring {settings.task} with {settings.model}"
                so_far = f"{what}: {len(checkpoint.done)} of {len(selection.questions)} questions"

                def tick(done: int, total: int, so_far: str = so_far) -> None:
                    notify(f"{so_far}, {done / total:.0%} of the next")

                checkpoint.add(await _scored(server, settings.form, question, selection.shots, end, tick))
    return checkpoint.in_order()


def make_exact_world(scored: Sequence[ScoredQuestion], outside: Outside = "drop") -> World:
    """Build the world in which every question is equally frequent and the model answers by its probabilities.

    Args:
        scored: at least one question. Where several answers are accepted, each is true equally often.
        outside: see `Outside`.

    Raises:
        InputError: the model gives every possible answer to a question probability 0.
    """
    rows = [_row(one, outside) for one in scored]
    valid = [[k in one.right for k in range(len(one.answers))] for one in scored]
    truth = [[v / sum(row) for v in row] for row in valid]
    left = [max(0.0, 1 - math.fsum(row)) if outside == "error" else 0.0 for row in rows]
    return make_world([1 / len(scored)] * len(scored), truth, rows, valid, left)


def _row(one: ScoredQuestion, outside: Outside) -> list[float]:
    values = np.asarray(one.logprobs, dtype=float)
    if values.max() < RULED_OUT:
        raise InputError(f"sample {one.id!r}: the model gives every possible answer probability 0")
    q = np.exp(values)
    if outside == "error" and q.sum() <= 1:
        return [float(value) for value in q]
    relative = np.exp(values - values.max())
    return [float(value) for value in relative / relative.sum()]


def _scored_by_model(model: ScoresAnswers, selection: Selection, checkpoint: Checkpoint) -> list[ScoredQuestion]:
    """Score the questions that the checkpoint lacks by the model's own account; the worked examples come as turns."""
    shown = [
        Message(role=role, content=text) for shot in selection.shots for role, text in zip(ROLES, shot, strict=True)
    ]
    for question in selection.questions:
        if question.sample.id not in checkpoint.done:
            messages = build_messages(question.sample.input, None, turns=[*shown, *question.sample.turns])
            values = model.answer_logprobs(messages, question.answers)
            prompt = "\n\n".join(message.content for message in messages)
            checkpoint.add(
                ScoredQuestion(
                    question.sample.id, question.sample.input, prompt, question.answers, question.right, values
                )
            )
    return checkpoint.in_order()


async def _scored(
    server: TokenServer, form: Form, question: Question, shots: Sequence[Shot], end: str,
    tick: Callable[[int, int], None],
) -> ScoredQuestion:  # fmt: skip
    prompt = await render(server, form, question.sample, shots)
    written = [spellings(answer, form) for answer in question.answers]
    await server.start(prompt)
    values = await answer_logprobs(server, prompt, [one for forms in written for one in forms], end, tick)
    each = iter(values)
    logprobs = [float(np.logaddexp.reduce([next(each) for _ in forms])) for forms in written]
    return ScoredQuestion(
        question.sample.id,
        question.sample.input,
        prompt,
        question.answers,
        question.right,
        [max(value, 2 * RULED_OUT) for value in logprobs],
    )

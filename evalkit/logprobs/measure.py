"""A model's probability of every possible answer to some questions, and the world that they make."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from evalkit.errors import InputError, UsageError
from evalkit.logprobs.checkpoint import Kept, Scored
from evalkit.logprobs.llama_client import TokenServer
from evalkit.logprobs.prompt import Form, Shot, answer_end, render, spellings
from evalkit.logprobs.selection import Chosen, Question, Settings
from evalkit.logprobs.token_trie import answer_logprobs
from evalkit.models import Options, open_model
from evalkit.theory.worlds import World, make_world

Outside = Literal["drop", "error"]
"""What lies outside the possible answers: left out, the rest made to sum to 1; or counted as error."""
Notify = Callable[[str], None]
RULED_OUT = -1e30
"""Log-probability below which a server means 0."""


async def score(
    settings: Settings, chosen: Chosen, keep: Path | None = None, notify: Notify = lambda _: None
) -> list[Scored]:
    """Score every possible answer to each question.

    Args:
        settings: whom to ask, and how.
        chosen: what is asked, as `questions.choose` gives it.
        keep: file that takes each question as soon as it is scored; what it holds already is not asked again.
        notify: told how far it is.

    Raises:
        UsageError: the model has no server, or the file is of other settings.
        InputError: the file is damaged, or the model's tokens join prompt and answer.
        ModelError: the server does not give what is needed.
    """
    kept = Kept(settings, chosen, keep)
    if len(kept.done) == len(chosen.questions):
        return kept.in_order()
    # One slot: answers share nearly all their tokens with the one before, which only the same slot still holds.
    options = Options(base_url=settings.base_url, max_connections=1, notify=notify)
    async with open_model(settings.model, options) as model:
        if not (url := model.info.get("base_url")):
            raise UsageError(
                f"{settings.model} has no probabilities: it takes a llama.cpp server; or ask it with --ask"
            )
        async with TokenServer(str(url)) as server:
            end = await answer_end(server, settings.form)
            for question in chosen.questions:
                if question.sample.id in kept.done:
                    continue
                what = f"scoring {settings.task} with {settings.model}"
                so_far = f"{what}: {len(kept.done)} of {len(chosen.questions)} questions"

                def tick(done: int, total: int, so_far: str = so_far) -> None:
                    notify(f"{so_far}, {done / total:.0%} of the next")

                kept.add(await _scored(server, settings.form, question, chosen.shots, end, tick))
    return kept.in_order()


def make_exact_world(scored: Sequence[Scored], outside: Outside = "drop") -> World:
    """All questions equally often, the right answers as truth (equally, where several are), the model's probabilities.

    Args:
        scored: at least one question.
        outside: see `Outside`.

    Raises:
        InputError: the model rules out every possible answer to a question.
    """
    rows = [_row(one, outside) for one in scored]
    valid = [[k in one.right for k in range(len(one.answers))] for one in scored]
    truth = [[v / sum(row) for v in row] for row in valid]
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


async def _scored(
    server: TokenServer, form: Form, question: Question, shots: Sequence[Shot], end: str,
    tick: Callable[[int, int], None],
) -> Scored:  # fmt: skip
    prompt = await render(server, form, question.sample, shots)
    written = [spellings(answer, form) for answer in question.answers]
    await server.start(prompt)
    values = await answer_logprobs(server, prompt, [one for forms in written for one in forms], end, tick)
    each = iter(values)
    logprobs = [float(np.logaddexp.reduce([next(each) for _ in forms])) for forms in written]
    return Scored(
        question.sample.id,
        question.sample.input,
        prompt,
        question.answers,
        question.right,
        [max(value, 2 * RULED_OUT) for value in logprobs],
    )

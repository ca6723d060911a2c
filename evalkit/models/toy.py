"""Models that `evalkit theory train` and `evalkit theory posttrain` made."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from evalkit.errors import BadResponseError, UsageError
from evalkit.models.base import ModelOptions, Request
from evalkit.records import Completion, Message
from evalkit.theory.learning.checkpoint import Checkpoint, load
from evalkit.theory.learning.corpus import ANSWERS
from evalkit.theory.learning.measure import Floats, probabilities
from evalkit.theory.learning.questions import answer_text, read_question

TEXTS = [answer_text(k) for k in range(ANSWERS)]
"""What a model can say."""
NEVER = -1e30
"""Stands for the logarithm of 0."""


class Toy:
    """A model in memory: it answers with one word, drawn from its probabilities."""

    def __init__(self, name: str, checkpoint: Checkpoint) -> None:
        self.name = f"toy/{name}"
        self.max_connections = 1
        self.info: dict[str, Any] = {"parameters_sha256": checkpoint.digest, "made_by": checkpoint.name}
        self._checkpoint = checkpoint

    def waiting(self) -> str:
        """Always "": no request is ever held back."""
        return ""

    async def complete(self, request: Request) -> Completion:
        """Answer with the most probable word at temperature 0, else with one drawn by the seed.

        Raises:
            BadResponseError: a question that the model cannot read.
        """
        await asyncio.sleep(0)  # nothing else here yields to Ctrl-C, the progress display and syncing
        q = self._probabilities(request.messages)
        answer = int(q.argmax())
        if request.temperature > 0:
            draw = Random("\n".join([str(request.seed), *(m.content for m in request.messages)])).random()
            with np.errstate(divide="ignore"):
                shares = np.exp((np.log(q) - math.log(q.max())) / request.temperature)
            answer = int(np.searchsorted(shares.cumsum(), draw * shares.sum(), side="right"))
        logprobs = _token(q, answer, request.logprobs) if request.logprobs else None
        return Completion(text=TEXTS[answer], finish_reason="stop", logprobs=logprobs)

    def answer_logprobs(self, messages: Sequence[Message], answers: Sequence[str]) -> list[float]:
        """Return the natural log-probability of each possible answer, exactly.

        Args:
            messages: the prompt.
            answers: texts; one that the model cannot say has probability 0.

        Raises:
            BadResponseError: a question that the model cannot read.
        """
        by_text = dict(zip(TEXTS, self._probabilities(messages), strict=True))
        return [_log(float(by_text.get(answer, 0.0))) for answer in answers]

    def _probabilities(self, messages: Sequence[Message]) -> Floats:
        if len(messages) != 1:
            raise BadResponseError("toy models read one question, without a system prompt or earlier turns")
        try:
            asked = read_question(messages[0].content)
        except ValueError as error:
            raise BadResponseError(f"{self.name}: {error}") from error
        if asked.who >= self._checkpoint.settings.people:
            raise BadResponseError(
                f"{self.name} knows {self._checkpoint.settings.people:,} names, and this is none of them; name its"
                " world: --task facts -T world=CHECKPOINT"
            )
        q: Floats = probabilities(self._checkpoint, np.array([asked.who]), asked.target, asked.shifted)[0]
        return q


class ToyProvider:
    """Opens `toy/CHECKPOINT`."""

    about = "CHECKPOINT, a model of evalkit theory train or posttrain, such as toy/runs/toy/pretrained"

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[Toy]:
        """Read a checkpoint.

        Raises:
            UsageError: no such checkpoint, or options that a toy does not have.
            InputError: the checkpoint is damaged.
        """
        if options.extra or options.headers or options.base_url:
            raise UsageError(f"toy/{name}: -M, --header and --base-url do not apply to a toy model")
        yield Toy(name, await asyncio.to_thread(load, Path(name)))


def _log(value: float) -> float:
    return math.log(value) if value > 0 else NEVER


def _token(q: Floats, answer: int, alternatives: int) -> list[dict[str, Any]]:
    """The answer as the one token that it is."""
    top = [{"token": TEXTS[k], "logprob": _log(float(q[k]))} for k in np.argsort(-q, kind="stable")[:alternatives]]
    return [{"token": TEXTS[answer], "logprob": _log(float(q[answer])), "top_logprobs": top}]


PROVIDER = ToyProvider()

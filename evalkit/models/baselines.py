"""Models that need no model: what never answering and pure guessing score."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from evalkit.errors import BadResponseError, UsageError
from evalkit.models.base import ModelOptions, Request
from evalkit.records import Completion

IDK = "I don't know."


class Baseline:
    """`baseline/idk` always abstains; `baseline/guess` draws uniformly from the task's response set."""

    def __init__(self, name: str) -> None:
        self.name = f"baseline/{name}"
        self.max_connections = 1
        self.info: dict[str, Any] = {}

    def waiting(self) -> str:
        """Nothing ever holds it back."""
        return ""

    async def complete(self, request: Request) -> Completion:
        """Answer at once.

        Raises:
            BadResponseError: asked to guess where the task has no finite response set.
        """
        await asyncio.sleep(0)  # nothing here waits, and Ctrl-C, progress and syncing need their turn
        if self.name == "baseline/idk":
            return Completion(text=IDK, finish_reason="stop")
        if not request.responses:
            raise BadResponseError("baseline/guess needs a task with a finite response set or choices")
        # A draw that depends on the question and the seed alone, in whatever order questions come.
        draw = Random("\n".join([str(request.seed), *(m.content for m in request.messages)])).random()
        return Completion(text=request.responses[int(draw * len(request.responses))], finish_reason="stop")


class BaselineProvider:
    """Opens the two baselines."""

    about = "idk (always abstains), guess (draws uniformly from the task's response set)"
    names = ("idk", "guess")

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[Baseline]:
        """Open `idk` or `guess`.

        Raises:
            UsageError: another name, or options that mean nothing to a baseline.
        """
        if name not in self.names:
            raise UsageError(f"no baseline {name!r}; there are: {', '.join(self.names)}")
        if options.extra or options.base_url:
            raise UsageError(f"baseline/{name} takes neither -M nor --base-url")
        yield Baseline(name)


PROVIDER = BaselineProvider()

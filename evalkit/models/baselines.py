"""Baselines: what always abstaining and uniform guessing score."""

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
    """`baseline/idk` always abstains; `baseline/guess` draws uniformly from the task's set of responses."""

    def __init__(self, name: str) -> None:
        self.name = f"baseline/{name}"
        self.max_connections = 1
        self.info: dict[str, Any] = {}

    def waiting(self) -> str:
        """Always "": no request is ever held back."""
        return ""

    async def complete(self, request: Request) -> Completion:
        """Answer at once.

        Raises:
            BadResponseError: `baseline/guess` on a task without a finite set of responses.
        """
        await asyncio.sleep(0)  # nothing else here yields to Ctrl-C, the progress display and syncing
        if self.name == "baseline/idk":
            return Completion(text=IDK, finish_reason="stop")
        if not request.responses:
            raise BadResponseError("baseline/guess needs a task with choices or a finite set of responses")
        # The draw depends on the question and the seed alone, whatever the order of the questions.
        draw = Random("\n".join([str(request.seed), *(m.content for m in request.messages)])).random()
        return Completion(text=request.responses[int(draw * len(request.responses))], finish_reason="stop")


class BaselineProvider:
    """Opens `baseline/…`."""

    about = "idk (always abstains), guess (draws uniformly from the task's set of responses)"
    names = ("idk", "guess")

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[Baseline]:
        """Open `idk` or `guess`.

        Raises:
            UsageError: an unknown name, or options that a baseline does not have.
        """
        if name not in self.names:
            raise UsageError(f"no baseline {name!r}; available: {', '.join(self.names)}")
        if options.extra or options.headers or options.base_url:
            raise UsageError(f"baseline/{name}: -M, --header and --base-url do not apply to a baseline")
        yield Baseline(name)


PROVIDER = BaselineProvider()

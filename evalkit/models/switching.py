"""A model that is asked over chat completions until the server says that it speaks the Responses API alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from evalkit.extras import requires
from evalkit.models.base import Model, Request
from evalkit.models.chat import ChatModel
from evalkit.models.served import ResponsesOnlyError, ServerSettings
from evalkit.records import Completion

KNOWN = re.compile(r"(?:o\d|gpt-[5-9][\w.]*)-pro\b|\bcodex\b|deep-research|^computer-use")
"""OpenAI's models that chat completions do not have; the others are found by the server's answer."""


class SwitchingModel:
    """Asks a chat model, and for good the Responses API once the server says so.

    Args:
        name: in the records.
        chat: the model over chat completions.
        responses: how to reach the Responses API.
        stack: closes what is opened.
    """

    def __init__(self, name: str, chat: ChatModel, responses: ServerSettings, stack: AsyncExitStack) -> None:
        self.name = name
        self.max_connections = chat.max_connections
        self.info = chat.info
        self._settings = responses
        self._model: Model = chat
        self._chat = chat
        self._stack = stack
        self._switching = asyncio.Lock()

    @property
    def asked(self) -> Model:
        """The model that is asked at present."""
        return self._model

    def waiting(self) -> str:
        """Why requests are being held back, for the progress display; "" when none are."""
        return self._model.waiting()

    async def complete(self, request: Request) -> Completion:
        """Answer one prompt; errors as of the model that is asked."""
        try:
            return await self._model.complete(request)
        except ResponsesOnlyError as error:
            await self._switch(error)
        return await self._model.complete(request)

    async def _switch(self, error: ResponsesOnlyError) -> None:
        async with self._switching:
            if self._model is not self._chat:
                return
            self._settings.notify(f"{self.name}: {error}; the Responses API is asked instead")
            await self.use_responses()

    async def use_responses(self) -> None:
        """Ask the Responses API from now on.

        Raises:
            MissingExtraError: the `openai` extra is not installed.
        """
        with requires("openai", f"{self.name} speaks the Responses API alone, which"):
            from evalkit.models.responses import make_model
        model = await self._stack.enter_async_context(make_model(self.name, self._settings))
        self._model = model
        self.info = model.info = {**model.info, "api": "responses"}


@asynccontextmanager
async def open_switching(
    name: str, chat: ServerSettings, responses: ServerSettings | None = None, *, known: bool = False
) -> AsyncIterator[Model]:
    """Open a model over chat completions, ready to switch.

    Args:
        name: in the records.
        chat: how to reach chat completions.
        responses: how to reach the Responses API, where that differs.
        known: whether the names of OpenAI's own models say what they speak.
    """
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(ChatModel(name, chat))
        if chat.form == "plain":
            yield model
            return
        switching = SwitchingModel(name, model, responses or chat, stack)
        if known and KNOWN.search(chat.model):
            chat.notify(f"{chat.model} speaks the Responses API alone, so that is asked (as openai-responses/ does)")
            await switching.use_responses()
        yield switching

"""Local models: weights served by llama.cpp in a child process, spoken to through the chat path."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from evalkit.errors import MissingExtraError, TransientError, UsageError
from evalkit.models.base import ModelOptions
from evalkit.models.chat import ChatModel, ChatSettings, parse_extra
from evalkit.models.concurrency import Pace
from evalkit.models.llama_server import LocalServer
from evalkit.models.weights import EMBEDDED, find_weights
from evalkit.records import Completion

DEFAULTS = {"slots": 8, "context": 4096, "threads": 0}
"""`-M` settings of a local server; threads 0 means all cores."""


class LocalProvider:
    """Opens `local/…`."""

    about = f"{', '.join(EMBEDDED)} (embedded, no key), PATH.gguf, hf:org/repo/file.gguf"

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[ChatModel]:
        """Fetch the weights where needed, start their server, and stop it afterwards.

        Raises:
            MissingExtraError: the `local` extra is not installed.
            UsageError, InputError: no such weights, or weights that llama.cpp cannot load.
        """
        name = name or next(iter(EMBEDDED))
        if options.base_url:
            raise UsageError("local/… starts its own server; use a model's bare name with --base-url")
        if importlib.util.find_spec("xllamacpp") is None:
            raise MissingExtraError("local models need the local extra: pip install 'evalkit-idk[local]'")
        settings, body = _settings(options)
        path = await _weights(name, options)
        options.notify(f"loading {path.name}")
        async with LocalServer(path, settings, options.notify) as server:
            chat = ChatSettings(base_url=f"{server.url}/v1", model=path.name, sends_seed=True, body=body)
            slots = min(options.max_connections or settings["slots"], settings["slots"])
            async with _LocalModel(f"local/{name}", chat, server, slots, options.timeout) as model:
                model.info = {"base_url": chat.base_url, "weights": path.name, "bytes": path.stat().st_size, **settings}
                yield model


class _LocalModel(ChatModel):
    """A chat model whose server is ours to start again."""

    def __init__(
        self, name: str, settings: ChatSettings, server: LocalServer, slots: int, timeout: float | None
    ) -> None:
        # Its slots are what it takes: there is nothing to find out.
        super().__init__(name, settings, Pace(slots, adaptive=False), timeout)
        self._server = server

    async def _attempt(self, body: bytes) -> Completion:
        if self._server.has_ended:
            self._move_to(f"{await self._server.start_again()}/v1")
        try:
            return await super()._attempt(body)
        except TransientError:
            if not await self._server.is_ending():
                raise
        self._move_to(f"{await self._server.start_again()}/v1")
        return await super()._attempt(body)


PROVIDER = LocalProvider()


async def _weights(name: str, options: ModelOptions) -> Path:
    stop = threading.Event()
    try:
        return await asyncio.to_thread(find_weights, name, options.notify, stop)
    except asyncio.CancelledError:
        stop.set()  # a thread cannot be cancelled, only asked
        raise


def _settings(options: ModelOptions) -> tuple[dict[str, int], dict[str, Any]]:
    settings = {
        "slots": options.max_connections or DEFAULTS["slots"],
        **{k: DEFAULTS[k] for k in ("context", "threads")},
    }
    body = dict(options.extra)
    for key, least in (("slots", 1), ("context", 16), ("threads", 0)):
        if (text := body.pop(key, None)) is not None:
            if not text.isdecimal() or int(text) < least:
                raise UsageError(f"-M {key}={text} will not do: a whole number of at least {least}")
            settings[key] = int(text)
    settings["threads"] = settings["threads"] or os.cpu_count() or 1
    return settings, parse_extra(body)

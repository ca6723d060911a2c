"""Local models: weights that llama.cpp serves in a child process, asked through the chat path."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from evalkit.errors import MissingExtraError, TransientError, UsageError
from evalkit.models.base import Form, ModelOptions
from evalkit.models.chat import ChatModel
from evalkit.models.chat_template import check_template
from evalkit.models.endpoint import Endpoint
from evalkit.models.gguf import read_chat_template
from evalkit.models.llama_server import LocalServer
from evalkit.models.parameters import Dialect
from evalkit.models.served import Call, ServerSettings
from evalkit.models.weights import EMBEDDED, find_weights, sha256_of
from evalkit.records import Completion

DEFAULTS = {"slots": 8, "context": 4096, "threads": 0}
"""`-M` settings of a local server: answers at once, tokens of context for each, threads (0: all cores)."""
ANSWER_LIMIT = 512
"""Tokens an answer may have by default: small models repeat themselves until their context is full."""


class LocalProvider:
    """Opens `local/…`."""

    default_max_tokens = ANSWER_LIMIT
    takes_effort = True
    forms: tuple[Form, ...] = ("chat", "plain")

    about = f"{', '.join(EMBEDDED)} (embedded, no key), PATH.gguf, hf:org/repo/file.gguf"

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[ChatModel]:
        """Download the weights if needed, start their server, and stop it afterwards.

        Raises:
            MissingExtraError: the `local` extra is not installed.
            UsageError, InputError: no such weights, or weights that llama.cpp cannot load.
        """
        name = name or next(iter(EMBEDDED))
        if options.base_url:
            raise UsageError("local/… starts its own server; use a model's bare name with --base-url")
        if importlib.util.find_spec("xllamacpp") is None:
            raise MissingExtraError("local models need the local extra: pip install 'evalkit-idk[local]'")
        settings, extra = _settings(options)
        path = await _weights(name, options)
        check_template(path.name, read_chat_template(path), options)
        options.notify(f"loading {path.name}")
        async with LocalServer(path, settings, options.notify) as server:
            digest = await asyncio.to_thread(sha256_of, path)
            chat = ServerSettings(
                base_urls=[f"{server.url}/v1"],
                model=path.name,
                dialect=Dialect(
                    sends_seed=True,
                    default_max_tokens=ANSWER_LIMIT,
                    integer_logprobs=options.form == "plain",
                    effort="template",
                ),
                extra=extra,
                reasoning_effort=options.reasoning_effort,
                form=options.form,
                max_connections=min(options.max_connections or settings["slots"], settings["slots"]),
                adaptive=False,  # its slots are what it takes: there is nothing to find out
                timeout=options.timeout,
                retries=options.retries,
                notify=options.notify,
            )
            async with _LocalModel(f"local/{name}", chat, server) as model:
                weights = {"weights": path.name, "bytes": path.stat().st_size, "sha256": digest}
                model.info |= {**weights, "server": f"xllamacpp {version('xllamacpp')}", **settings}
                yield model


class _LocalModel(ChatModel):
    """A chat model whose server this process can restart."""

    def __init__(self, name: str, settings: ServerSettings, server: LocalServer) -> None:
        super().__init__(name, settings)
        self._server = server

    async def _attempt(self, endpoint: Endpoint, call: Call) -> Completion:
        if self._server.has_ended:
            endpoint.move_to(f"{await self._server.start_again()}/v1")
        try:
            return await super()._attempt(endpoint, call)
        except TransientError:
            if not await self._server.is_ending():
                raise
        endpoint.move_to(f"{await self._server.start_again()}/v1")
        return await super()._attempt(endpoint, call)


PROVIDER = LocalProvider()


async def _weights(name: str, options: ModelOptions) -> Path:
    stop = threading.Event()
    try:
        return await asyncio.to_thread(find_weights, name, options.notify, stop)
    except asyncio.CancelledError:
        stop.set()  # a thread cannot be cancelled, only asked
        raise


def _settings(options: ModelOptions) -> tuple[dict[str, int], dict[str, str]]:
    """Settings of the server, and what else `-M` gives."""
    settings = {
        "slots": options.max_connections or DEFAULTS["slots"],
        **{k: DEFAULTS[k] for k in ("context", "threads")},
    }
    extra = dict(options.extra)
    for key, least in (("slots", 1), ("context", 16), ("threads", 0)):
        if (text := extra.pop(key, None)) is not None:
            if not text.isdecimal() or int(text) < least:
                raise UsageError(f"invalid -M {key}={text}: must be a whole number of at least {least}")
            settings[key] = int(text)
    settings["threads"] = settings["threads"] or os.cpu_count() or 1
    return settings, extra

"""Local models: weights served by llama.cpp in a child process, spoken to through the chat path."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

from evalkit.errors import InputError, MissingExtraError, UsageError
from evalkit.models import Options
from evalkit.models.chat import ChatModel, ChatSettings, parse_extra
from evalkit.models.weights import EMBEDDED, find_weights

DEFAULTS = {"slots": 8, "context": 4096, "threads": 0}
"""`-M` settings of a local server; threads 0 means all cores."""
SPIN_BRIEFLY = {"GOMP_SPINCOUNT": "2000"}
"""By default llama.cpp's threads spin long while they wait for each other, which stalls them as soon as another
process is busy: 40 answers on two cores took 21 s alone and over 300 s beside one busy loop. With this, 20 and 47."""
LOAD_TIMEOUT = 900.0
"""Seconds until a server that says nothing is given up; large weights take long to load."""


class LocalProvider:
    """Opens `local/…`."""

    about = f"{', '.join(EMBEDDED)} (embedded, no key), PATH.gguf, hf:org/repo/file.gguf"

    @asynccontextmanager
    async def open(self, name: str, options: Options) -> AsyncIterator[ChatModel]:
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
        async with _server(path, settings) as url:
            chat = ChatSettings(base_url=f"{url}/v1", model=path.name, sends_seed=True, body=body)
            slots = min(options.max_connections or settings["slots"], settings["slots"])
            async with ChatModel(f"local/{name}", chat, slots) as model:
                model.info = {"weights": path.name, "bytes": path.stat().st_size, **settings}
                yield model


PROVIDER = LocalProvider()


async def _weights(name: str, options: Options) -> Path:
    stop = threading.Event()
    try:
        return await asyncio.to_thread(find_weights, name, options.notify, stop)
    except asyncio.CancelledError:
        stop.set()  # a thread cannot be cancelled, only asked
        raise


def _settings(options: Options) -> tuple[dict[str, int], dict[str, Any]]:
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


@asynccontextmanager
async def _server(path: Path, settings: dict[str, int]) -> AsyncIterator[str]:
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # a stray module in the user's folder must not stand in for ours
            "-m",
            "evalkit.models._server",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env={**SPIN_BRIEFLY, **os.environ},
            start_new_session=True,  # Ctrl-C is for the parent, which then closes the pipe
        )
        try:
            yield await _started(process, path, settings, log)
        finally:
            await _stop(process)


async def _started(process: asyncio.subprocess.Process, path: Path, settings: dict[str, int], log: IO[bytes]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"path": str(path), **settings}).encode() + b"\n")
    try:
        await process.stdin.drain()
        line = await asyncio.wait_for(process.stdout.readline(), LOAD_TIMEOUT)
    except (TimeoutError, ConnectionError) as error:
        raise InputError(f"the server for {path.name} did not start: {_last_line(log)}") from error
    answer = json.loads(line) if line.startswith(b"{") else {"error": _last_line(log) or "it ended without a word"}
    if "url" not in answer:
        raise InputError(f"llama.cpp cannot load {path} ({answer['error']}); is it a whole GGUF of a chat model?")
    return str(answer["url"])


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 2)
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
            await process.wait()


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").split("\n")
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")

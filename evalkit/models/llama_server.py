"""Starts, restarts and stops the child process that serves local weights."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

from evalkit.errors import InputError, ModelCrashedError

SPIN_BRIEFLY = {"GOMP_SPINCOUNT": "2000"}
"""By default llama.cpp's threads spin for long while they wait for each other, which stalls them once another process
is busy: 40 answers on two cores took 21 s alone, and over 300 s beside one busy loop. With this, 20 s and 47 s."""
MOMENT = 0.5
"""Seconds for a process to end after its connections drop."""
LOAD_TIMEOUT = 900.0
"""Seconds to wait for a server to start; large weights take long to load."""


class LocalServer:
    """A server for one file of weights; an async context manager.

    It can be restarted once, since llama.cpp ends by itself when memory runs out.

    Args:
        path: the weights.
        settings: slots, context, threads.
        notify: called when it is restarted.
    """

    def __init__(self, path: Path, settings: dict[str, int], notify: Callable[[str], None]) -> None:
        self.url = ""
        self._path = path
        self._settings = settings
        self._notify = notify
        self._restarted = False
        self._restarting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __aexit__

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process is not None and self._process.returncode is not None

    async def is_ending(self) -> bool:
        """Whether the process has ended or does so within a moment: its connections drop before it is reaped."""
        if self._process is not None and not self.has_ended:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), MOMENT)
        return self.has_ended

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            await _stop(self._process)
        self._log.close()

    async def start_again(self) -> str:
        """Restart the server and return its URL.

        Raises:
            ModelCrashedError: it has been restarted before.
        """
        async with self._restarting:
            if not self.has_ended:  # another request has restarted it
                return self.url
            assert self._process is not None
            what = f"the server for {self._path.name} ended (exit code {self._process.returncode})"
            if self._restarted:
                raise ModelCrashedError(
                    f"{what} for the second time; if memory is short: -M slots=1 or -M context=2048"
                )
            self._restarted = True
            self._notify(f"{what}; starting it again")
            await self._start()
            return self.url

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # a module in the working folder must not shadow ours
            "-m",
            "evalkit.models._llama_child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
            env={**SPIN_BRIEFLY, **os.environ},
            start_new_session=True,  # Ctrl-C goes to the parent, which then closes the pipe
        )
        self.url = await _started(self._process, self._path, self._settings, self._log)


async def _started(process: asyncio.subprocess.Process, path: Path, settings: dict[str, int], log: IO[bytes]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"path": str(path), **settings}).encode() + b"\n")
    try:
        await process.stdin.drain()
        line = await asyncio.wait_for(process.stdout.readline(), LOAD_TIMEOUT)
    except (TimeoutError, ConnectionError) as error:
        raise InputError(f"the server for {path.name} did not start: {_last_line(log)}") from error
    answer = json.loads(line) if line.startswith(b"{") else {"error": _last_line(log) or "it ended without a message"}
    if "url" not in answer:
        raise InputError(f"llama.cpp cannot load {path} ({answer['error']}); is it a complete GGUF of a chat model?")
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

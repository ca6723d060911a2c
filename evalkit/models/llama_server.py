"""The child process that serves local weights: started, started again once if it ends by itself, and stopped."""

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
"""By default llama.cpp's threads spin long while they wait for each other, which stalls them as soon as another
process is busy: 40 answers on two cores took 21 s alone and over 300 s beside one busy loop. With this, 20 and 47."""
MOMENT = 0.5
"""Seconds between a connection's end and that of its process."""
LOAD_TIMEOUT = 900.0
"""Seconds until a server that says nothing is given up; large weights take long to load."""


class LocalServer:
    """A server for one file of weights; an async context manager.

    Started again once where it ends by itself, as llama.cpp does when memory runs out.

    Args:
        path: the weights.
        settings: slots, context, threads.
        notify: told when it is started again.
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
        """Whether the process is gone."""
        return self._process is not None and self._process.returncode is not None

    async def is_ending(self) -> bool:
        """Whether the process is gone, or is within a moment: a connection drops before its process is buried."""
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
        """Its URL, after starting it once more.

        Raises:
            ModelCrashedError: it had been started again before.
        """
        async with self._restarting:
            if not self.has_ended:  # another request was first
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
            "-P",  # a stray module in the user's folder must not stand in for ours
            "-m",
            "evalkit.models._llama_child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
            env={**SPIN_BRIEFLY, **os.environ},
            start_new_session=True,  # Ctrl-C is for the parent, which then closes the pipe
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

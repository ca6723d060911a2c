"""Call functions that start an event loop of their own, also from inside one: a notebook has one running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from evalkit.errors import RunInterruptedError

Result = TypeVar("Result")


def outside_loop(function: Callable[[], Result]) -> Result:
    """Call a function where no event loop runs: here, or in a thread of its own.

    Args:
        function: anything that calls `asyncio.run`.

    Returns:
        What the function returns; what it raises is raised here.
    """
    if not _loop_runs():
        return function()
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(function).result()


def run_anywhere(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine that makes a run: in an event loop of its own, and in a thread where one runs already.

    Args:
        work: makes the coroutine.

    Raises:
        RunInterruptedError: Ctrl-C, or "interrupt" in a notebook.
        Exception: what the coroutine raises.
    """
    if _loop_runs():
        return _in_thread(work)
    try:
        return asyncio.run(work())
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        # Raised before the run has a folder; later, the run names the folder.
        raise RunInterruptedError("interrupted before the run began; nothing is lost", run="") from error


def _in_thread(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()

    async def named() -> Result:
        task = asyncio.current_task()
        assert task is not None
        started.set_result((asyncio.get_running_loop(), task))
        return await work()

    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(lambda: asyncio.run(named()))
        while True:
            try:
                return running.result()
            except asyncio.CancelledError as error:
                raise RunInterruptedError("interrupted before the run began; nothing is lost", run="") from error
            except KeyboardInterrupt:
                loop, task = started.result()
                with suppress(RuntimeError):  # it ended in this moment
                    loop.call_soon_threadsafe(task.cancel)


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

"""Call functions that start an event loop of their own, also from inside one: a notebook has one running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
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
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return function()
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(function).result()


def run_in_loop(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that makes a run, in an event loop of its own.

    Raises:
        RunInterruptedError: Ctrl-C before the run has a folder; later, the run names it.
    """
    try:
        return asyncio.run(work)
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        raise RunInterruptedError("interrupted before the run began; nothing is lost", run="") from error

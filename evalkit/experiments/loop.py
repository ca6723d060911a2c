"""Call functions that start an event loop of their own, also from inside one: a notebook has one running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

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

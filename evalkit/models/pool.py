"""Ask a model one thing from inside a grader: opened once for a run, closed with it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from weakref import WeakKeyDictionary

from evalkit.models.base import Model, ModelOptions, Request, open_model
from evalkit.records import Message


class _Pool:
    """The models that the graders of one event loop have asked."""

    def __init__(self) -> None:
        self.stack = AsyncExitStack()
        self.models: dict[str, Model] = {}
        self.opening = asyncio.Lock()


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Pool] = WeakKeyDictionary()


async def ask(model: str, prompt: str, *, max_tokens: int = 512) -> str:
    """Put a prompt to a model at temperature 0.

    Args:
        model: `provider/name`, as for `--model`.
        prompt: the user's turn.
        max_tokens: longest answer.

    Returns:
        The answer without reasoning, whatever it says.

    Raises:
        UsageError: no such model.
        ModelError: no answer came.
    """
    pool = _pools.setdefault(asyncio.get_running_loop(), _Pool())
    async with pool.opening:
        if model not in pool.models:
            pool.models[model] = await pool.stack.enter_async_context(open_model(model, ModelOptions()))
    request = Request(messages=[Message(role="user", content=prompt)], max_tokens=max_tokens)
    return (await pool.models[model].complete(request)).text


async def close() -> None:
    """Close what this event loop's graders have opened."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        await pool.stack.aclose()

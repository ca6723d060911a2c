"""Models that graders ask: each is opened once for a run, and closed with it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from weakref import WeakKeyDictionary

from evalkit.models.base import Model, ModelOptions, Request, open_model
from evalkit.records import Message


class _Pool:
    """The open models of one event loop."""

    def __init__(self) -> None:
        self.stack = AsyncExitStack()
        self.models: dict[str, Model] = {}
        self.opening = asyncio.Lock()


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Pool] = WeakKeyDictionary()


async def ask(model: str, prompt: str, *, max_tokens: int | None = None) -> str:
    """Ask a model one prompt at temperature 0; the public `evalkit.ask`.

    Args:
        model: `provider/name`, as for `--model`.
        prompt: the user's turn.
        max_tokens: longest answer, in tokens; None leaves it to the model.

    Returns:
        The answer, without reasoning.

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
    """Close the models that the graders of this event loop have opened."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        await pool.stack.aclose()

"""Models that graders ask: each is opened once for a run, and closed with it.

Runs side by side in one event loop have a pool each; outside a run, the event loop has one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from evalkit.models.base import Model, Request, open_model
from evalkit.models.roles import Role
from evalkit.records import Completion, Message, Usage


class _Pool:
    """The open models of one run, or of one event loop."""

    def __init__(self, through: Callable[[str, Model], Model] = lambda _, model: model) -> None:
        self.through = through
        """Put around each model."""
        self.stack = AsyncExitStack()
        self.models: dict[str, Model] = {}
        self.roles: dict[str, Role] = {}
        """Model → the role that has its settings."""
        self.opening = asyncio.Lock()


_own: ContextVar[_Pool | None] = ContextVar("pool", default=None)
"""The pool of the run that this code works for."""
_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Pool] = WeakKeyDictionary()


_counts: ContextVar[dict[str, list[Usage]] | None] = ContextVar("counts", default=None)
"""Where tokens are noted."""


@contextmanager
def counting() -> Iterator[dict[str, list[Usage]]]:
    """Note the tokens of what is asked inside: model → usage of each request."""
    counts: dict[str, list[Usage]] = {}
    token = _counts.set(counts)
    try:
        yield counts
    finally:
        _counts.reset(token)


@asynccontextmanager
async def opened(through: Callable[[str, Model], Model] = lambda _, model: model) -> AsyncIterator[None]:
    """Give what runs inside a pool of its own, whose models are closed at the end.

    Args:
        through: put around each model that is opened; called with its full name.
    """
    pool = _Pool(through)
    token = _own.set(pool)
    try:
        yield
    finally:
        _own.reset(token)
        await pool.stack.aclose()


def prepare(roles: Iterable[Role], notify: Callable[[str], None] = lambda _: None) -> None:
    """Set how the models of roles are opened and asked; before they are asked.

    Args:
        roles: with their settings.
        notify: receives messages for the user.
    """
    pool = _this_pool()
    for role in roles:
        informed = replace(role, options=replace(role.options, notify=notify))
        pool.roles |= dict.fromkeys(role.models, informed)


async def ask(model: str, prompt: str, *, max_tokens: int | None = None) -> str:
    """Ask a model one prompt at temperature 0; the public `evalkit.ask`.

    The settings of the model's role come first: `-G judge.max_tokens=…` for a judge.

    Args:
        model: `provider/name`, as for `--model`.
        prompt: the user's turn.
        max_tokens: longest answer, in tokens; None leaves it to the model.

    Returns:
        The answer, without reasoning.

    Raises:
        UsageError: no such model.
        ModelError: no answer came.
        ModelStoppedError: the model will not answer any more.
    """
    return (await complete(model, prompt, max_tokens=max_tokens)).text


async def complete(model: str, prompt: str, *, max_tokens: int | None = None) -> Completion:
    """Ask a model one prompt and return the whole completion; parameters and errors as `ask`."""
    pool = _this_pool()
    role = pool.roles.get(model) or Role(name="", models=(model,))
    async with pool.opening:
        if model not in pool.models:
            opened_model = await pool.stack.enter_async_context(open_model(model, role.options))
            pool.models[model] = pool.through(model, opened_model)
    request = Request(
        messages=[Message(role="user", content=prompt)],
        temperature=role.temperature,
        max_tokens=role.max_tokens or max_tokens,
    )
    completion = await pool.models[model].complete(request)
    if (counts := _counts.get()) is not None:
        counts.setdefault(model, []).append(completion.usage)
    return completion


def describe() -> dict[str, dict[str, Any]]:
    """What run.json keeps about the models that graders have opened: model → its `info`."""
    return {name: model.info for name, model in _this_pool().models.items()}


async def close() -> None:
    """Close the models that graders have opened on this event loop, outside a run."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        await pool.stack.aclose()


def _this_pool() -> _Pool:
    return _own.get() or _pools.setdefault(asyncio.get_running_loop(), _Pool())

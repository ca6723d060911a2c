"""Retries after 429, 5xx, time-outs and dropped connections: with growing waits and jitter, up to a deadline.

A server's own Retry-After is honored, but waits grow all the same, and a total of tries holds whatever the server
says. `set_testing(True)` makes every wait zero, so that no test sleeps.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_random_exponential,
)

from evalkit.errors import TransientError

MAX_ATTEMPTS = 8
MAX_TOLD_ATTEMPTS = 48
"""Tries where the server says each time when to come back."""
DEADLINE = 600.0
"""Seconds from the first failure after which a sample is given up."""
LONGEST_WAIT = 60.0
LONGEST_GROWTH = 8.0
"""Seconds up to which waits grow where the server says when to come back."""
SHORTEST_WAIT = 0.5

T = TypeVar("T")
_testing = False
_backoff = wait_random_exponential(multiplier=1, max=LONGEST_WAIT)


def set_testing(on: bool) -> None:
    """Switch waiting off (True) or on."""
    global _testing  # noqa: PLW0603 - one switch for the whole process, as in stamina
    _testing = on


def is_testing() -> bool:
    """Whether waiting is switched off."""
    return _testing


async def retry(first: TransientError, attempt: Callable[[], Awaitable[T]], retries: int | None = None) -> T:
    """Ask again after a first attempt failed.

    The first attempt is made by the caller, so that calls that succeed at once cost nothing more.

    Args:
        first: how the first attempt failed.
        attempt: makes one attempt.
        retries: most attempts after the first, whatever the server says; None for `MAX_ATTEMPTS` in all, or
            `MAX_TOLD_ATTEMPTS` where the server says when to come back.

    Raises:
        TransientError: the last failure, when attempts or time ran out.
        Exception: anything else that an attempt raises, at once.
    """
    failed: TransientError | None = first

    async def replayed() -> T:
        nonlocal failed
        if failed is not None:
            error, failed = failed, None
            raise error
        return await attempt()

    retrying = AsyncRetrying(
        retry=retry_if_exception_type(TransientError),
        wait=_wait,
        stop=lambda state: _is_enough(state, retries),
        sleep=_sleep,
        reraise=True,
    )
    return await retrying(replayed)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, TransientError) else None
    wait = float(_backoff(state))
    if asked is None:
        return wait
    # Jitter, since all that were refused together would come back together.
    return max(asked, SHORTEST_WAIT, min(wait, LONGEST_GROWTH)) + random.uniform(0, SHORTEST_WAIT)


def _is_enough(state: RetryCallState, retries: int | None) -> bool:
    """Whether time is up, or the tries are; a server that says when to come back has more of them."""
    error = state.outcome.exception() if state.outcome else None
    told_when = isinstance(error, TransientError) and bool(error.retry_after)
    if state.idle_for >= DEADLINE or (state.seconds_since_start or 0) >= DEADLINE:
        return True
    if retries is not None:
        return state.attempt_number > retries
    return state.attempt_number >= (MAX_TOLD_ATTEMPTS if told_when else MAX_ATTEMPTS)


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(0 if _testing else seconds)

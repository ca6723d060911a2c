"""Servers that ask to come back later, as the Hub does to many requests: wait, and ask again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
ATTEMPTS = 6
"""How often a server is asked while it answers that it is busy."""
BUSY = (429, 500, 502, 503, 504)
LONGEST_WAIT = 60.0
"""Seconds between two attempts, at most."""


def retried(ask: Callable[[], T]) -> T:
    """Ask until the server is no longer busy.

    Raises:
        Exception: whatever `ask` raises for another reason, or at the last attempt.
    """
    attempt = 1
    while True:
        try:
            return ask()
        except Exception as error:
            if not wait_if_busy(error, attempt):
                raise
            attempt += 1


def wait_if_busy(error: BaseException, attempt: int) -> bool:
    """Wait as long as the server asks for, or longer each time.

    Args:
        error: what a client raised, or what that was raised from.
        attempt: number of attempts so far, from 1.

    Returns:
        Whether to ask again; False where the server was not busy, or at the last attempt.
    """
    response = next((one.response for one in causes(error) if getattr(one, "response", None) is not None), None)
    if getattr(response, "status_code", None) not in BUSY or attempt >= ATTEMPTS:
        return False
    asked = getattr(response, "headers", {}).get("Retry-After", "")
    time.sleep(min(float(asked) if asked.isdigit() else 2.0**attempt, LONGEST_WAIT))
    return True


def causes(error: BaseException | None) -> Iterator[Any]:
    """An error and what it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

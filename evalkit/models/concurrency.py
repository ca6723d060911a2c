"""How many requests may be under way at once: the number that a server takes, found by trying.

Slow start, then one more each round; half as many when the server is crowded (429, 503, time-outs); nothing at all
while it has asked us to wait. As TCP does it (RFC 5681), with requests for segments.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from evalkit.errors import TransientError
from evalkit.models import retry

FIRST = 8.0
"""Requests at once to begin with."""


class Pace:
    """Lets requests pass, one `enter` and one `leave` each.

    Args:
        most: requests that may ever be under way at once.
        adaptive: False keeps it at `most`; a server's wish to wait is honoured all the same.
    """

    def __init__(self, most: int, *, adaptive: bool = True) -> None:
        self.most = most
        self.adaptive = adaptive
        self.limit = min(FIRST, float(most)) if adaptive else float(most)
        self.under_way = 0
        self.retrying = 0
        """Requests that wait to be asked again."""
        self._comfortable = float(most)
        """Below this it grows by one an answer; the limit of the last cut halved."""
        self._cut_at = 0.0
        self._resume_at = 0.0
        self._reason = ""
        self._queue: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> float:
        """Wait for a place; when it was given, on the monotonic clock."""
        while True:
            now = time.monotonic()
            if self._resume_at > now and not retry.is_testing():
                await asyncio.sleep(self._resume_at - now)
            elif self.under_way < int(self.limit):
                self.under_way += 1
                return now
            else:
                await self._queued()

    async def _queued(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._wake()  # the turn was ours and is somebody else's now
            raise

    def leave(self) -> None:
        """Give the place back."""
        self.under_way -= 1
        self._wake()

    def succeeded(self) -> None:
        """Note an answer: room for one more, or for a part of one."""
        if self.adaptive and self.limit < self.most and self.under_way >= int(self.limit):
            step = 1.0 if self.limit < self._comfortable else 1.0 / self.limit
            self.limit = min(self.limit + step, float(self.most))

    def refused(self, error: TransientError, entered: float) -> None:
        """Note that the server is crowded, or asked us to wait.

        Args:
            error: what came instead of an answer.
            entered: when this request got its place; those of before the last cut say nothing new.
        """
        now = time.monotonic()
        if error.retry_after is not None:
            self.hold(error.retry_after, str(error))
        self._reason = str(error)
        if (error.crowded or error.retry_after is not None) and self.adaptive and entered >= self._cut_at:
            self.limit = max(1.0, self.limit / 2)
            self._comfortable = self.limit
            self._cut_at = now

    def hold(self, seconds: float, reason: str) -> None:
        """Let no request pass for so long."""
        self._resume_at = max(self._resume_at, time.monotonic() + seconds)
        self._reason = reason

    def waiting(self) -> str:
        """What holds requests back now, for the display; "" where nothing does."""
        left = self._resume_at - time.monotonic()
        if left > 0 and not retry.is_testing():
            return f"waiting {left:.0f} s: {self._reason}"
        if self.retrying:
            return f"{self.retrying} to be asked again" + (f": {self._reason}" if self._reason else "")
        return ""

    def _wake(self) -> None:
        free = int(self.limit) - self.under_way
        while free > 0 and self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1

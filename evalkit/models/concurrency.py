"""How many requests may be under way at once: the number that a server takes, found by trying.

As TCP does it (RFC 5681): slow start, then one more each round, and half as many when the server is crowded (429, 503,
time-outs). A refused request waits by itself; all of them wait only while most are being refused, since one crowded
replica of many says nothing of the others.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from evalkit.errors import TransientError
from evalkit.models import retry

FIRST = 8.0
"""Requests at once to begin with."""
RECENT = 16
"""Requests whose endings show whether most are being refused."""


async def in_step(*, keeping: bool = False) -> None:
    """Let the other requests that are ready come as far as this one.

    Answers arrive in groups where many are under way. If all of a group are read, then all graded, then all written,
    each step finds its code in the processor's cache: a run of quick answers takes a third less time.

    Args:
        keeping: an answer is in hand: put a cancellation off to the next wait, so that it is graded and recorded.
    """
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not keeping or task is None:
            raise
        task.cancel()


class Pace:
    """Lets requests pass, one `enter` and one `leave` each.

    Args:
        most: most requests under way at once.
        adaptive: False keeps the limit at `most`; a server's request to wait is honored all the same.
    """

    def __init__(self, most: int, *, adaptive: bool = True) -> None:
        self.most = most
        self.adaptive = adaptive
        self.limit = min(FIRST, float(most)) if adaptive else float(most)
        self.under_way = 0
        self.retrying = 0
        """Requests that wait for another try."""
        self._comfortable = float(most)
        """Below this the limit grows by one an answer: half the limit before the last cut."""
        self._cut_at = 0.0
        self._resume_at = 0.0
        self._reason = ""
        self._refusals: deque[bool] = deque(maxlen=RECENT)
        """Whether each of the last requests was refused."""
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def load(self) -> float:
        """Requests under way or queued, as a share of the limit."""
        return (self.under_way + len(self._queue)) / self.limit

    async def enter(self) -> float:
        """Wait for a place; returns when it was given, on the monotonic clock."""
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
                self._wake()  # the turn was given to this request, which is gone: pass it on
            raise

    def leave(self) -> None:
        """Give the place back."""
        self.under_way -= 1
        self._wake()

    def succeeded(self) -> None:
        """Note an answer: the limit grows by one, or by a part of one."""
        self._refusals.append(False)
        if self.adaptive and self.limit < self.most and self.under_way >= int(self.limit):
            step = 1.0 if self.limit < self._comfortable else 1.0 / self.limit
            self.limit = min(self.limit + step, float(self.most))

    def refused(self, error: TransientError, entered: float) -> None:
        """Note a failed request: the limit is halved if the server is crowded.

        Args:
            error: what came instead of an answer.
            entered: when this request got its place; one from before the last cut says nothing new.
        """
        now = time.monotonic()
        self._refusals.append(True)
        self._reason = str(error)
        if error.retry_after is not None and self._mostly_refused():
            self.hold(error.retry_after, str(error))
        if (error.crowded or error.retry_after is not None) and self.adaptive and entered >= self._cut_at:
            self.limit = max(1.0, self.limit / 2)
            self._comfortable = self.limit
            self._cut_at = now

    def _mostly_refused(self) -> bool:
        """Whether at least half of the last requests were refused."""
        return sum(self._refusals) * 2 >= len(self._refusals)

    def hold(self, seconds: float, reason: str) -> None:
        """Let no request pass for so many seconds."""
        self._resume_at = max(self._resume_at, time.monotonic() + seconds)
        self._reason = reason

    def waiting(self) -> str:
        """Why requests are being held back, for the progress display; "" when none are."""
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

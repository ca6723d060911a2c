"""A circuit breaker: stops a run in which requests keep failing in the same way."""

from __future__ import annotations

from collections import Counter, deque

from evalkit.errors import ModelError, ModelStoppedError

FIRST = 10
"""This many failures of one kind stop a run that has had no answer yet."""
WINDOW = 50
SHARE = 0.9
"""Share of the last `WINDOW` requests that must fail in the same way to stop a run."""


class Breaker:
    """Counts the outcomes of requests, after their retries.

    Only failures of the same kind stop a run: failures that differ say nothing about the next sample. A failure whose
    `kind` is "" concerns its prompt alone, such as one that is too long, and never counts.
    """

    def __init__(self) -> None:
        self._answered = False
        self._last: deque[str] = deque(maxlen=WINDOW)

    def succeeded(self) -> None:
        """Count an answer."""
        self._answered = True
        self._last.append("")

    def failed(self, error: ModelError) -> ModelStoppedError | None:
        """Count a failure.

        Args:
            error: raised by the last retry.

        Returns:
            The error that stops the run, or None to go on.
        """
        kind = error.kind
        if not kind:
            return None
        self._last.append(kind)
        same = self._last.count(kind)
        if not self._answered and same >= FIRST and len(Counter(self._last)) == 1:
            return ModelStoppedError(f"the first {same} requests all failed in the same way: {error}")
        if len(self._last) == WINDOW and same >= SHARE * WINDOW:
            return ModelStoppedError(f"{same} of the last {WINDOW} requests failed in the same way: {error}")
        return None

"""Stops a run that only fails: what is said before the samples are used up."""

from __future__ import annotations

from collections import Counter, deque

from evalkit.errors import ModelError, ModelStoppedError

FIRST = 10
"""Failures of one kind, before anything was ever answered, that stop a run."""
WINDOW = 50
SHARE = 0.9
"""Share of the last `WINDOW` requests that stops a run when they fail in one way."""


class Breaker:
    """Counts how requests ended, after all their retries.

    Failures of one kind are what stops a run: ten samples that each have a fault of their own say nothing of the
    next. A failure whose `kind` is "" concerns its prompt alone, such as one that is too long, and never counts.
    """

    def __init__(self) -> None:
        self._answered = False
        self._last: deque[str] = deque(maxlen=WINDOW)

    def succeeded(self) -> None:
        """Note an answer."""
        self._answered = True
        self._last.append("")

    def failed(self, error: ModelError) -> ModelStoppedError | None:
        """Note a failure.

        Args:
            error: what came after the last try.

        Returns:
            What to raise instead, where enough failed; else None.
        """
        kind = error.kind
        if not kind:
            return None
        self._last.append(kind)
        same = self._last.count(kind)
        if not self._answered and same >= FIRST and len(Counter(self._last)) == 1:
            return ModelStoppedError(f"nothing but failures: the first {same} answers were all: {error}")
        if len(self._last) == WINDOW and same >= SHARE * WINDOW:
            return ModelStoppedError(f"{same} of the last {WINDOW} requests failed: {error}")
        return None

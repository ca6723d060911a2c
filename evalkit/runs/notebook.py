"""Progress of runs in a notebook: a bar and a line below the cell, which are gone when the run has ended."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from html import escape
from typing import Any, ParamSpec, TypeVar

from evalkit.display import one_line
from evalkit.runs.progress import how_far, progress_line
from evalkit.runs.tally import Tally

EVERY = 0.5
"""Seconds between two looks."""
MOST_NOTES = 20
"""Messages that stay when a run has ended."""
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def unseen(_: object) -> None:
    """Receive counts or messages that nobody asked for: a notebook shows them, anything else does not."""


def with_progress(
    function: Callable[Parameters, Coroutine[Any, Any, Result]],
) -> Callable[Parameters, Coroutine[Any, Any, Result]]:
    """Make a coroutine function that takes `watch` and `notify` show its progress in a notebook.

    Args:
        function: both default to `unseen`; where the caller gives one, nothing is shown.
    """

    @functools.wraps(function)
    async def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        asked = any(kwargs.get(name, unseen) is not unseen for name in ("watch", "notify"))
        if asked or not in_notebook():
            return await function(*args, **kwargs)
        async with _showing() as progress:
            kwargs["watch"], kwargs["notify"] = progress.watch, progress.notify
            return await function(*args, **kwargs)

    return wrapped


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this process."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


class Progress:
    """What a notebook shows of runs.

    Args:
        show: receives the HTML to show, instead of what was shown before.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._tallies: list[Tally] = []
        self._note = ""
        self._kept: list[str] = []

    def watch(self, tally: Tally) -> None:
        """Show these counts from now on."""
        self._tallies.append(tally)

    def notify(self, note: str) -> None:
        """Show what takes long before the first answer, and keep what is said while the run goes on."""
        self._note = one_line(note, 300)
        if self._tallies:
            self._kept = [*self._kept, self._note][-MOST_NOTES:]

    def update(self) -> None:
        """Show the present state."""
        self._show("".join([self._bar(), *self._notes()]))

    def end(self) -> None:
        """Take the bar away; what a user should know stays."""
        self._show("".join(self._notes()))

    def _bar(self) -> str:
        if not self._tallies:
            return f"<div>{escape(self._note)}</div>"
        done, total = how_far(*self._tallies)
        bar = f'<progress value="{done}" max="{max(total, 1)}"></progress>'
        return f"<div>{bar} <code>{escape(progress_line(*self._tallies))}</code></div>"

    def _notes(self) -> list[str]:
        return [f"<div>{escape(note)}</div>" for note in self._kept]


@asynccontextmanager
async def _showing() -> AsyncIterator[Progress]:
    """Show progress below the cell while something runs."""
    from IPython.display import HTML, display

    handle = display(HTML(""), display_id=True)
    progress = Progress(lambda html: handle.update(HTML(html)))

    async def look() -> None:
        while True:
            progress.update()
            await asyncio.sleep(EVERY)

    looking = asyncio.create_task(look())
    try:
        yield progress
    finally:
        looking.cancel()
        progress.end()

"""What stderr shows during a run: done/total, rate, time left, running counts."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from evalkit.display import one_line
from evalkit.errors import RunInterruptedError
from evalkit.runs.progress import how_far, progress_line
from evalkit.runs.tally import Tally

_PROGRESS = re.compile(r"(?:: |, )\d+%.*$")
"""The end of a note on something that takes long."""
LINE_SECONDS = 15.0
"""Between two lines where stderr is not a terminal."""


@contextmanager
def resumable(command: str = "run") -> Iterator[None]:
    """Make an interruption say how to go on: with `--resume` of that command."""
    try:
        yield
    except RunInterruptedError as error:
        if error.run:
            error.args = (f"{error}; resume with: evalkit {command} --resume {error.run}",)
        raise


class Display:
    """A live line on a terminal, a plain line every few seconds elsewhere.

    It reads the run's tally at intervals, so an answer costs it nothing.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._note = ""
        self._tallies: list[Tally] = []
        self._live: Live | None = None
        self._ended = threading.Event()
        self._lines: threading.Thread | None = None

    def notify(self, note: str) -> None:
        """Show what takes long before the first answer, and print what a user should know while the run goes on."""
        note = one_line(note, 300)
        if self._tallies:
            self._console.print(Text(note), soft_wrap=True)
            return
        what = _PROGRESS.sub("", note)  # how far it is would be stale in a log
        if (self._live is None or "; " in what or ": " in what) and what != _PROGRESS.sub("", self._note):
            self._console.print(Text(what), soft_wrap=True)
        self._note = note

    def watch(self, tally: Tally) -> None:
        """Show these counts from now on, in one line with those of runs that began before."""
        self._tallies.append(tally)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(get_renderable=self._render, console=self._console, refresh_per_second=8, transient=True)
            self._live.start()
        else:
            self._lines = threading.Thread(target=self._print_lines, daemon=True)
            self._lines.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._live is not None:
            self._live.stop()
        if self._lines is not None:
            self._lines.join()

    def _render(self) -> Table | Spinner | Text:
        tallies = self._tallies
        if not tallies:
            return Spinner("dots", Text(self._note)) if self._note else Text("")
        row = Table.grid(padding=(0, 1))
        done, total = how_far(*tallies)
        row.add_row(ProgressBar(total=max(total, 1), completed=done, width=24), Text(progress_line(*tallies)))
        return row

    def _print_lines(self) -> None:
        while not self._ended.wait(LINE_SECONDS):
            if self._tallies:
                self._console.print(Text(progress_line(*self._tallies)), soft_wrap=True)

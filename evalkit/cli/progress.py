"""What stderr shows during a run: done/total, rate, time left, running counts."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from evalkit.display import one_line
from evalkit.runs.tally import Tally

LINE_SECONDS = 15.0
"""Between two lines where stderr is not a terminal."""


class Display:
    """A live line on a terminal, a plain line every few seconds elsewhere.

    It reads the run's tally at intervals, so an answer costs it nothing.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._note = ""
        self._tally: Tally | None = None
        self._live: Live | None = None
        self._ended = threading.Event()
        self._lines: threading.Thread | None = None

    def notify(self, note: str) -> None:
        """Show what takes long before the first answer, and print what a user should know while the run goes on."""
        note = one_line(note, 300)
        if self._tally is not None:
            self._console.print(Text(note), soft_wrap=True)
            return
        what = note.split(": ", maxsplit=1)[0]
        if self._live is None and what != self._note.split(": ")[0]:
            self._console.print(Text(what))  # how far it is would be stale in a log
        self._note = note

    def watch(self, tally: Tally) -> None:
        """Show these counts from now on."""
        self._tally = tally

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
        tally = self._tally
        if tally is None:
            return Spinner("dots", Text(self._note)) if self._note else Text("")
        row = Table.grid(padding=(0, 1))
        total = tally.total or max(tally.recorded, 1)
        row.add_row(
            ProgressBar(total=total, completed=tally.recorded + tally.failed, width=24),
            Text(progress_line(tally)),
        )
        return row

    def _print_lines(self) -> None:
        while not self._ended.wait(LINE_SECONDS):
            if self._tally is not None:
                self._console.print(Text(progress_line(self._tally)), soft_wrap=True)


def progress_line(tally: Tally) -> str:
    """Return done/total, rate, time left and the running counts as one line of text."""
    done = tally.recorded + tally.failed
    elapsed = max(time.monotonic() - tally.started, 1e-9)
    rate = (done - tally.resumed) / elapsed
    total = "?" if tally.total is None else f"{tally.total:,}"
    parts = [f"{done:,}/{total}", f"{rate:,.1f}/s"]
    if tally.total is not None and rate > 0 and done < tally.total:
        parts.append(f"{_duration((tally.total - done) / rate)} left")
    parts.append(f"{tally.correct:,} correct, {tally.error:,} error, {tally.idk:,} IDK")
    if tally.failed:
        parts.append(f"{tally.failed:,} failed")
    if waiting := tally.waiting():
        parts.append(one_line(waiting, 120))
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"

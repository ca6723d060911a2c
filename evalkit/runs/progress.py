"""How far runs are, in one line: for terminals and notebooks."""

from __future__ import annotations

import time

from evalkit.display import one_line
from evalkit.runs.tally import Tally

COUNTED = ("correct", "error", "idk", "failed")


def how_far(*tallies: Tally) -> tuple[int, int]:
    """Answers there are, and how many are planned as far as that is known."""
    done = sum(tally.recorded + tally.failed for tally in tallies)
    return done, sum(tally.total or tally.recorded for tally in tallies)


def progress_line(*tallies: Tally) -> str:
    """Return done/total, rate, time left and the running counts of one or more runs as one line of text."""
    done = sum(tally.recorded + tally.failed for tally in tallies)
    resumed = sum(tally.resumed for tally in tallies)
    elapsed = max(time.monotonic() - min(tally.started for tally in tallies), 1e-9)
    rate = (done - resumed) / elapsed
    totals = [tally.total for tally in tallies]
    total = None if None in totals else sum(n for n in totals if n is not None)
    parts = [f"{done:,}/{'?' if total is None else f'{total:,}'}", f"{rate:,.1f}/s"]
    if len(tallies) > 1:
        parts.insert(0, f"{len(tallies)} runs")
    if total is not None and rate > 0 and done < total:
        parts.append(f"{_duration((total - done) / rate)} left")
    correct, error, idk, failed = (sum(getattr(t, kind) for t in tallies) for kind in COUNTED)
    parts.append(f"{correct:,} correct, {error:,} error, {idk:,} IDK")
    if failed:
        parts.append(f"{failed:,} failed")
    if waiting := next((text for tally in tallies if (text := tally.waiting())), ""):
        parts.append(one_line(waiting, 120))
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"

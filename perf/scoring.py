"""Time of counting a million records in a DataFrame, and of scoring the counts at 100 targets.

For comparison, the same run times a bare numpy bincount of integer outcomes. Goals: 0.5 s and 50 ms.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import evalkit
from evalkit import metrics

RECORDS = 1_000_000
TARGETS = [k / 100 for k in range(100)]
GOALS = (0.5, 0.05)


def seconds(work: Callable[[], object]) -> float:
    """Return the shortest time of five calls, in seconds."""
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def main() -> None:
    """Print both times as shares of their goals, and the counting as a multiple of the bincount."""
    draw = np.random.default_rng(0)
    codes = draw.integers(0, 3, RECORDS)
    frame = pd.DataFrame(
        {
            "run": "r",
            "task": "letters",
            "model": "m",
            "sample_id": np.char.add("s", np.arange(RECORDS).astype(str)),
            "epoch": 1,
            "prompt_threshold": np.nan,
            "outcome": np.array(metrics.GRADED)[codes],
        }
    )
    counting, bare = seconds(lambda: evalkit.count_outcomes(frame)), seconds(lambda: np.bincount(codes, minlength=3))
    row = evalkit.count_outcomes(frame).iloc[0]
    counts = {name: int(row[name]) for name in metrics.GRADED}
    scoring = seconds(lambda: evalkit.score(**counts, threshold=TARGETS))
    print(f"scoring     {RECORDS:,} records counted in {counting:.2f} s ({counting / GOALS[0]:.2f} of the goal)")
    print(f"            {counting / bare:,.0f} times a bare bincount of integer outcomes, {bare * 1000:.1f} ms")
    print(f"            scored at 100 targets with intervals in {scoring * 1000:.0f} ms ({scoring / GOALS[1]:.2f})")


if __name__ == "__main__":
    main()

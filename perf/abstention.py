"""Microseconds of CPU a kilobyte of text for the abstention detector.

Texts: plain prose with and without a disclaimer, a long one, and ones made to be slow for regular expressions. No text
is read twice, so that nothing remembered helps. Beside it, in the same run, the time that splitting the same text into
lower-case words takes. Goals: 40 µs a kilobyte of plain prose, 100 where a disclaimer has to be weighed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count

from evalkit import non_answer

PLAIN, WEIGHED = 40.0, 100.0
PROSE = (
    "The river rises in the hills north of the town and runs for ninety miles to the sea. Its banks were "
    "settled early, and the oldest bridge dates from 1482, the work of Thomas Hale. "
    "Today it carries freight as well as pleasure boats. "
)
TEXTS = {
    "a short answer": ("The capital of France is Paris.", WEIGHED),
    "1 kB of prose": (PROSE * 4, PLAIN),
    "1 kB after a disclaimer": ("I'm not sure about the exact year. " + PROSE * 4, WEIGHED),
    "1 kB that ends in I don't know": (PROSE * 4 + "I don't know.", WEIGHED),
    "1 MB of prose": (PROSE * 4000, PLAIN),
    "1 MB of words that nearly match": ("i do not i cannot i am not " * 38_000, WEIGHED),
    "1 MB of one word": ("a" * 1_000_000, WEIGHED),
    "1 MB of quotes and commas": ('", ' * 330_000, WEIGHED),
}
NUMBERS = count()


def seconds(function: Callable[[str], object], text: str) -> float:
    """CPU seconds of one call, the best of some."""
    calls = max(1, 100_000 // len(text))
    best = float("inf")
    for _ in range(5):
        texts = [f"Text {next(NUMBERS)}. {text}" for _ in range(calls)]
        started = time.process_time()
        for each in texts:
            function(each)
        best = min(best, (time.process_time() - started) / calls)
    return best


def main() -> None:
    """Print a line a text."""
    for what, (text, goal) in TEXTS.items():
        kilobytes = len(text.encode()) / 1000
        ours = seconds(non_answer, text) / kilobytes * 1e6
        words = seconds(lambda each: each.lower().split(), text) / kilobytes * 1e6
        share = ours / goal
        print(f"abstention  {what:<32} {ours:9.1f} µs/kB ({share:.2f} of the goal; lower().split() {words:.1f})")


if __name__ == "__main__":
    main()

"""Microseconds of CPU a kilobyte of text for the abstention detector.

Texts: plain prose with and without a disclaimer, a long one, and ones made to be slow for regular expressions. Beside
it, in the same run, the time that splitting the same text into lower-case words takes. Goal: 50 µs a kilobyte.
"""

from __future__ import annotations

import time

from evalkit import non_answer

GOAL = 50.0
PROSE = (
    "The river rises in the hills north of the town and runs for ninety miles to the sea. Its banks were "
    "settled early, and the oldest bridge dates from 1482, the work of Thomas Hale. "
    "Today it carries freight as well as pleasure boats. "
)
TEXTS = {
    "a short answer": "The capital of France is Paris.",
    "1 kB of prose": PROSE * 4,
    "1 kB after a disclaimer": "I'm not sure about the exact year. " + PROSE * 4,
    "1 MB of prose": PROSE * 4000,
    "1 MB of words that nearly match": "i do not i cannot i am not " * 38_000,
    "1 MB of one word": "a" * 1_000_000,
    "1 MB of quotes and commas": '", ' * 330_000,
}


def seconds(function: object, text: str) -> float:
    """CPU seconds of one call, the best of some."""
    assert callable(function)
    calls = max(1, 200_000 // len(text))
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        for _ in range(calls):
            function(text)
        best = min(best, (time.process_time() - started) / calls)
    return best


def main() -> None:
    """Print a line a text."""
    for what, text in TEXTS.items():
        kilobytes = len(text.encode()) / 1000
        ours = seconds(non_answer, text) / kilobytes * 1e6
        words = seconds(lambda t: t.lower().split(), text) / kilobytes * 1e6
        print(f"abstention  {what:<32} {ours:9.1f} µs/kB ({ours / GOAL:.2f} of the goal; lower().split() {words:.1f})")


if __name__ == "__main__":
    main()

"""Rescoring a generated file of lm-evaluation-harness, 300 MB at 5 KB a row: reading, and the whole command.

Reading is set beside a bare loop that decodes the same lines into typed msgspec structs, in the same run. Goals:
reading at least 0.4 of that loop; sorted, scored and saved at least 10,000 rows a second on one core; memory that does
not grow with the file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from evalkit.dataset.source import Source
from evalkit.rescoring.discover import detect

GOALS = (0.4, 10_000)
MEGABYTES = 300
ANSWERS = (
    "The passage says that the bridge was opened in 1894, so the answer is (B).",
    "I don't know.",
    "It was built by Thomas Hale. The answer is (C).",
    "I'm not sure, but I think that it is (D).",
)
RUN = """
import resource, sys, evalkit
evalkit.rescore(sys.argv[1], out=sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_utime)
"""


class Bare(msgspec.Struct):
    """What a bare loop needs of a row."""

    doc_id: int
    target: str
    resps: list[list[str]]
    filtered_resps: list[str]
    exact_match: float


def write(path: Path, megabytes: int) -> int:
    """Make the file; its rows."""
    filler = "The river rises in the hills north of the town and runs for ninety miles to the sea. " * 52
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < megabytes * 1_000_000:
            answer = ANSWERS[rows % len(ANSWERS)]
            right = rows % len(ANSWERS) == 0
            row = {
                "doc_id": rows, "doc": {"question": f"When was bridge {rows} opened?", "context": filler},
                "target": "B",
                "arguments": {"gen_args_0": {"arg_0": "Question: …", "arg_1": {"until": ["\\n"]}}},
                "resps": [[answer]], "filtered_resps": ["B" if right else "C"], "filter": "none",
                "metrics": ["exact_match"], "doc_hash": "0" * 64, "prompt_hash": "0" * 64, "target_hash": "0" * 64,
                "exact_match": float(right),
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")
            rows += 1
    return rows


def bare_loop(path: Path) -> float:
    """Seconds to decode every line into a struct."""
    decode = msgspec.json.Decoder(Bare).decode
    started = time.perf_counter()
    with path.open("rb") as file:
        right = sum(decode(line).exact_match for line in file)
    assert right
    return time.perf_counter() - started


def reading(path: Path) -> float:
    """Seconds to read every row through the reader."""
    source = Source(path)
    reader = detect(source)
    assert reader is not None
    started = time.perf_counter()
    assert sum(row.verdict == "right" or row.score == 1 for row in reader.read(source))
    return time.perf_counter() - started


def whole(path: Path) -> tuple[float, float]:
    """(peak megabytes, seconds) of the whole thing as a process."""
    with tempfile.TemporaryDirectory() as out:
        started = time.perf_counter()
        said = subprocess.run([sys.executable, "-c", RUN, path, out], check=True, capture_output=True, text=True).stdout
        return float(said.split()[0]), time.perf_counter() - started


def main() -> None:
    """Print both ratios and the peak memory, beside that of a tenth of the file."""
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.jsonl", Path(folder) / "small.jsonl"
        rows = write(large, MEGABYTES)
        write(small, MEGABYTES // 10)
        bare, ours = min(bare_loop(large) for _ in range(2)), min(reading(large) for _ in range(2))
        (peak, seconds), (little, _) = whole(large), whole(small)
    print(
        f"rescore     {MEGABYTES} MB, {rows:,} rows: read at {MEGABYTES / ours:,.0f} MB/s, bare {MEGABYTES / bare:,.0f}"
    )
    print(f"            ratio {bare / ours:.2f}; goal: at least {GOALS[0]}")
    print(f"            sorted, scored and saved at {rows / seconds:,.0f} rows/s; goal: {GOALS[1]:,}")
    print(f"            peak {peak:.0f} MB; {little:.0f} MB for a tenth of the file")


if __name__ == "__main__":
    main()
